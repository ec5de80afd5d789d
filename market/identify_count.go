package market

import (
	"strconv"
	"strings"
)

// maxStatedCount bounds what is read as a number of cards.
const maxStatedCount = 1024

// count is the number of cards the name states, before the model ("8x H100", "8卡 H100") or after it ("3090*8").
// A number below one is a part of a card: "1/2 A10", "A10*0.5".
func (r *reader) count(m match) *float64 {
	for _, read := range []func() (float64, bool){
		func() (float64, bool) { return r.share(r.beforeVendors(m.start), m.end) },
		func() (float64, bool) { return r.countBefore(r.beforeVendors(m.start)) },
		func() (float64, bool) { return r.countAfter(m.end) },
	} {
		if n, found := read(); found {
			return &n
		}
	}
	return nil
}

func (r *reader) beforeVendors(i int) int {
	for i > 0 && vendorWords[r.atoms[i-1].text] != "" {
		i--
	}
	return i
}

// share reads the fraction that stands right before the model or right after it.
func (r *reader) share(before, after int) (float64, bool) {
	if before > 0 && r.atoms[before-1].kind == timesAtom {
		before--
	}
	if after < len(r.atoms) && r.atoms[after].kind == timesAtom {
		after++
	}
	for _, i := range []int{before - 2, after} {
		if n, found := r.quotient(i); found {
			return n, true
		}
	}
	if n, found := r.decimalShare(before - 1); found {
		return n, true
	}
	return r.decimalShare(after)
}

func (r *reader) quotient(i int) (float64, bool) {
	if i < 0 || i+1 >= len(r.atoms) || r.atoms[i+1].gap != "/" || r.isUnit(i+2) {
		return 0, false
	}
	over, ok := parsePositive(r.atoms[i].text)
	under, known := parsePositive(r.atoms[i+1].text)
	return over / under, ok && known && over < under
}

func (r *reader) decimalShare(i int) (float64, bool) {
	if i < 0 || i >= len(r.atoms) || !strings.HasPrefix(r.atoms[i].text, "0.") || r.isUnit(i+1) {
		return 0, false
	}
	timesBefore, timesAfter := i > 0 && r.atoms[i-1].kind == timesAtom, i+1 < len(r.atoms) && r.atoms[i+1].kind == timesAtom
	n, ok := parsePositive(r.atoms[i].text)
	return n, ok && n < 1 && (timesBefore || timesAfter)
}

func (r *reader) countBefore(i int) (float64, bool) {
	if i < 2 || !r.isTimes(i-1) {
		return 0, false
	}
	return r.cards(i - 2)
}

func (r *reader) countAfter(i int) (float64, bool) {
	i = r.skip(i)
	if i+1 < len(r.atoms) && r.atoms[i].kind == digitAtom && r.isUnit(i+1) {
		i = r.skip(i + 2)
	}
	for i < len(r.atoms) && r.atoms[i].text == "ib" {
		i++
	}
	switch {
	case i+1 < len(r.atoms) && r.atoms[i].kind == timesAtom:
		return r.cards(i + 1)
	case i+1 < len(r.atoms) && r.isTimes(i+1) && !r.isUnit(i+3):
		return r.cards(i)
	}
	return 0, false
}

// isTimes is true for a times sign, and for the measure word of cards.
func (r *reader) isTimes(i int) bool {
	return r.atoms[i].kind == timesAtom || r.atoms[i].text == "卡" || r.atoms[i].text == "张"
}

func (r *reader) cards(i int) (float64, bool) {
	a := r.atoms[i]
	if a.kind != digitAtom || strings.Contains(a.text, ".") || r.isUnit(i+1) || r.partOfFraction(i) {
		return 0, false
	}
	n, err := strconv.Atoi(a.text)
	return float64(n), err == nil && n >= 1 && n <= maxStatedCount
}

func (r *reader) partOfFraction(i int) bool {
	return i > 0 && strings.Contains(r.atoms[i].gap, "/") && r.atoms[i-1].kind == digitAtom
}
