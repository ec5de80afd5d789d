package market

import "strings"

// maxNameBytes bounds the work on a name; no real one comes near it.
const maxNameBytes = 64 << 10

type atomKind int

const (
	letterAtom atomKind = iota
	digitAtom
	hanAtom
	timesAtom
)

// atom is the smallest piece of a name: a run of letters, a number, one other character, or a times sign.
type atom struct {
	text string
	kind atomKind
	// gap is what stands between the atom before and this one; glued says that nothing does.
	gap   string
	glued bool
}

// split cuts a name into its atoms, in lower case and with full-width characters folded.
func split(name string) []atom {
	if len(name) > maxNameBytes {
		name = name[:maxNameBytes]
	}
	s := splitter{text: []rune(fold(name))}
	for s.next() {
	}
	return separateTimes(s.atoms)
}

type splitter struct {
	text  []rune
	at    int
	gap   int
	atoms []atom
}

func (s *splitter) next() bool {
	for s.at < len(s.text) && kindOf(s.text[s.at]) < 0 {
		s.at++
	}
	if s.at >= len(s.text) {
		return false
	}
	kind, end := kindOf(s.text[s.at]), s.end()
	s.add(kind, end)
	s.at, s.gap = end, end
	return true
}

func (s *splitter) add(kind atomKind, end int) {
	a := atom{text: string(s.text[s.at:end]), kind: kind, gap: string(s.text[s.gap:s.at])}
	if n := len(s.atoms); n > 0 && a.gap == "" {
		a.glued = kind <= digitAtom && s.atoms[n-1].kind <= digitAtom
	}
	s.atoms = append(s.atoms, a)
}

func (s *splitter) end() int {
	kind, end := kindOf(s.text[s.at]), s.at+1
	if kind > digitAtom {
		return end
	}
	for end < len(s.text) && (kindOf(s.text[end]) == kind || kind == digitAtom && s.decimalPoint(end)) {
		end++
	}
	return end
}

// decimalPoint is true for the point of 19.5, which is one number and not two.
func (s *splitter) decimalPoint(at int) bool {
	if s.text[at] != '.' || at+1 >= len(s.text) || kindOf(s.text[at+1]) != digitAtom {
		return false
	}
	return !strings.ContainsRune(string(s.text[s.at:at]), '.')
}

func kindOf(r rune) atomKind {
	switch {
	case r >= 'a' && r <= 'z':
		return letterAtom
	case r >= '0' && r <= '9':
		return digitAtom
	case r == '*' || r == '×' || r == '✕':
		return timesAtom
	case r >= 0x2E80 && r < 0xFF00:
		return hanAtom
	}
	return -1
}

func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 0xFF01 && r <= 0xFF5E:
			return foldASCII(r - 0xFF01 + '!')
		case r == 0x3000 || r == 0xA0:
			return ' '
		case r >= 0x3001 && r <= 0x303F:
			return ','
		}
		return r
	}, name)
}

func foldASCII(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// looseWords may be written against the number before them: H100SXM, H200NVL, A100PCIe.
var looseWords = map[string]bool{"sxm": true, "pcie": true, "nvl": true, "oam": true, "mig": true}

// separateTimes frees the x of 8xH100, H100x8 and 8X, and the words that people write without a space.
func separateTimes(atoms []atom) []atom {
	var out []atom
	for i, a := range atoms {
		switch {
		case looseWords[a.text] && a.glued:
			a.glued = false
		case isLeadingTimes(atoms, i):
			out = append(out, atom{text: "x", kind: timesAtom})
			if a.text = a.text[1:]; a.text == "" {
				continue
			}
			a.glued = false
		case isTrailingTimes(atoms, i), isLoneTimes(atoms, i):
			a.kind, a.glued = timesAtom, false
		}
		if n := len(out); n > 0 && out[n-1].kind == timesAtom {
			a.glued = false
		}
		out = append(out, a)
	}
	return out
}

// isLeadingTimes is true for the x of "8x" and "8xH100", where a small number starts the word.
func isLeadingTimes(atoms []atom, i int) bool {
	if i == 0 || !atoms[i].glued || atoms[i].text[0] != 'x' || atoms[i].kind != letterAtom {
		return false
	}
	count := atoms[i-1]
	return !count.glued && count.kind == digitAtom && len(count.text) <= 3 && !strings.Contains(count.text, ".") &&
		!(len(atoms[i].text) > 1 && looseTimesException[atoms[i].text])
}

// looseTimesException lists words after a number that start with x and are no times sign.
var looseTimesException = map[string]bool{"xlarge": true, "xl": true, "xt": true, "xtx": true, "xm": true}

// isLoneTimes is true for the x of "H20 x 8".
func isLoneTimes(atoms []atom, i int) bool {
	return atoms[i].text == "x" && !atoms[i].glued && i+1 < len(atoms) && !atoms[i+1].glued
}

// isTrailingTimes is true for the x of "H100x8" and "4090 x1", where a small number ends the word.
func isTrailingTimes(atoms []atom, i int) bool {
	if atoms[i].text != "x" || i+1 >= len(atoms) {
		return false
	}
	count := atoms[i+1]
	ends := i+2 >= len(atoms) || !atoms[i+2].glued
	return ends && count.glued && count.kind == digitAtom && len(count.text) <= 2
}
