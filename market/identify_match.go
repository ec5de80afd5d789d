package market

import (
	"slices"
	"strings"
)

// match is one spelling found in a name, between two atoms.
type match struct {
	alias
	start, end int
	// unmet is a spelling whose condition the rest of the name does not meet: it settles nothing by itself.
	unmet bool
}

// reader holds one name while it is being understood.
type reader struct {
	provider string
	atoms    []atom
	// strange[i] is the number of atoms before i that say something we have no word for.
	strange []int
	vendors map[string]bool
}

func newReader(provider, name string) *reader {
	r := &reader{provider: provider, atoms: split(name), vendors: map[string]bool{}}
	r.cutAtEllipsis(name)
	r.strange = make([]int, len(r.atoms)+1)
	for i := range r.atoms {
		r.strange[i+1] = r.strange[i]
		if !r.familiar(i) {
			r.strange[i+1]++
		}
		r.noteVendor(i)
	}
	return r
}

// cutAtEllipsis drops the last word before an ellipsis: nvidia-smi cuts long names short,
// and "RTX 2080 ..." may have been an RTX 2080 Ti.
func (r *reader) cutAtEllipsis(name string) {
	name = strings.TrimSpace(name)
	if !strings.HasSuffix(name, "...") && !strings.HasSuffix(name, "…") {
		return
	}
	r.atoms = append(r.atoms, atom{text: "...", kind: hanAtom})
}

// familiar is true for an atom that goes with any card: a maker, a form, a unit, a short number.
func (r *reader) familiar(i int) bool {
	a := r.atoms[i]
	if a.kind == digitAtom {
		return len(a.text) <= 3 || r.isUnit(i+1)
	}
	return a.kind == timesAtom || familiarWords[a.text] || vendorWords[a.text] != "" || isChip(r.atoms, i)
}

// theModel finds the one model that the name names.
func (r *reader) theModel() (match, bool) {
	matches := r.matches()
	found, models := match{}, map[string]bool{}
	for i, m := range matches {
		if m.unmet && !r.inList(m) {
			continue
		}
		if !models[m.vendor+"/"+m.model] && len(models) == 0 {
			found = matches[i]
		}
		models[m.vendor+"/"+m.model] = true
	}
	settled := len(models) == 1 && found.model != "" && !found.unmet
	return found, settled && !r.listContinues(found) && !r.cutShort(found) && !r.otherEdition(found)
}

func (r *reader) matches() []match {
	var found []match
	for i := 0; i < len(r.atoms); {
		m, ok := r.matchAt(i)
		if !ok {
			i++
			continue
		}
		found, i = append(found, m), m.end
	}
	return found
}

// matchAt finds the longest spelling that starts here and whose condition holds; failing that, one whose does not.
func (r *reader) matchAt(start int) (match, bool) {
	var unmet *match
	if r.atoms[start].glued {
		return match{}, false
	}
	for end := min(start+theDictionary().longest, len(r.atoms)); end > start; end-- {
		if end < len(r.atoms) && r.atoms[end].glued {
			continue
		}
		for _, a := range theDictionary().at(r.atoms[start:end]) {
			m := match{alias: a, start: start, end: end}
			if r.holds(m) {
				return m, true
			}
			unmet = &match{alias: a, start: start, end: end, unmet: true}
		}
	}
	if unmet == nil {
		return match{}, false
	}
	return *unmet, true
}

// holds checks a spelling's condition: "alone" (nothing strange around it), "vendor" (its maker is named too),
// "either" of the two, "vgpu" (a profile follows), "24GB" (that memory follows), "provider gcp".
func (r *reader) holds(m match) bool {
	memory, isMemory := memoryCondition(m.when)
	provider, isProvider := strings.CutPrefix(m.when, "provider ")
	switch {
	case isMemory:
		stated, found := r.memoryAfter(m.end)
		return found && stated == memory
	case isProvider:
		return r.provider == provider && r.alone(m)
	case m.when == "vgpu":
		return r.profile(m.end).found
	}
	return m.when == "" || m.when != "vendor" && r.alone(m) || m.when != "alone" && r.hasMaker(m)
}

// hasMaker is true when the name tells the spelling's maker: by a word, or by NVIDIA's way of naming slices.
func (r *reader) hasMaker(m match) bool {
	return r.vendors[m.vendor] || m.vendor == "NVIDIA" && r.profile(m.end).found
}

func (r *reader) alone(m match) bool {
	return r.strange[m.start] == 0 && r.strange[len(r.atoms)] == r.strange[m.end]
}

// inList is true when a list separator joins the spelling to its neighbour: "A2 / A16" names two cards.
func (r *reader) inList(m match) bool {
	before := m.start > 0 && joinsList(r.atoms[m.start].gap)
	return before || m.end < len(r.atoms) && joinsList(r.atoms[m.end].gap)
}

func joinsList(gap string) bool { return strings.ContainsAny(gap, "/,&+|") }

// listContinues is true when what follows a slash looks like a second model: "RTX 6000/8000", "A40/A50".
func (r *reader) listContinues(m match) bool {
	if m.end >= len(r.atoms) || !strings.Contains(r.atoms[m.end].gap, "/") {
		return false
	}
	for i := m.end; i < len(r.atoms) && (i == m.end || r.atoms[i].glued); i++ {
		a := r.atoms[i]
		if a.kind == digitAtom && len(a.text) > 1 && !r.isUnit(i+1) && (len(a.text) > 2 || a.glued) {
			return true
		}
	}
	return false
}

func (r *reader) cutShort(m match) bool {
	return m.end < len(r.atoms) && r.atoms[m.end].text == "..."
}

// editionWords make another model of the one before them; a spelling that stops short of one has not named it.
var editionWords = map[string]bool{
	"ti": true, "super": true, "xt": true, "xtx": true, "gre": true, "ultra": true,
	"cnx": true, "ceo": true, "sff": true,
}

func (r *reader) otherEdition(m match) bool {
	if m.start > 0 && r.atoms[m.start-1].text == "drive" {
		return true
	}
	if m.end >= len(r.atoms) || strings.Contains(m.model, "SFF") {
		return false
	}
	next := r.atoms[m.end]
	return editionWords[next.text] || isGeForce(m.model) && slices.Contains([]string{"d", "s", "m", "v"}, next.text)
}
