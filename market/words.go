package market

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The bounds of a name: what is longer is not one.
const (
	longestName = 4096
	mostWords   = 48
)

// wordsOf cuts a name into its words, in capitals: at everything that is neither letter nor digit, between Latin and Chinese, and
// where a count or a form factor is glued to a model ("8xH100", "H200NVL").
func wordsOf(name string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(spaced(name[:min(len(name), longestName)]), unicode.IsSpace) {
		out = append(out, unglue(strings.Trim(w, "."))...)
		if len(out) >= mostWords {
			break
		}
	}
	return slices.DeleteFunc(out, func(w string) bool { return w == "" })
}

// spaced puts spaces where words end. A point stays where it stands between digits, as in "1g.5gb" and "19.5".
func spaced(name string) string {
	var b strings.Builder
	last := rune(' ')
	for _, r := range strings.ToUpper(name) {
		r = halfWidth(r)
		switch {
		case r == '*' || r == '×':
			b.WriteString(" X ")
		case r == '.', unicode.IsDigit(r) || unicode.IsLetter(r):
			if chinese(r) != chinese(last) {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
		last = r
	}
	return b.String()
}

// halfWidth turns the full-width forms of ASCII into ASCII.
func halfWidth(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		return r - 0xFEE0
	}
	return r
}

func chinese(r rune) bool { return unicode.Is(unicode.Han, r) }

var (
	gluedCount = regexp.MustCompile(`^(\d{1,3}X)([A-Z][A-Z0-9]*\d.*)$`)
	gluedForm  = regexp.MustCompile(`^([A-Z]{1,4}\d+[A-Z]?)(SXM\d?|PCIE|NVL|OAM)$`)
	dotted     = regexp.MustCompile(`^\d+G\.\d+GB$|^\d+\.\d+[A-Z]*$`)
)

func unglue(w string) []string {
	if m := gluedCount.FindStringSubmatch(w); m != nil {
		return append([]string{m[1]}, unglue(m[2])...)
	}
	if m := gluedForm.FindStringSubmatch(w); m != nil {
		return m[1:]
	}
	if dotted.MatchString(w) {
		return []string{w}
	}
	return strings.Split(w, ".")
}
