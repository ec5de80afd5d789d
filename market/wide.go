package market

import (
	"cmp"
	"math/bits"
)

// wide is a whole number of 128 bits: room for nearly every price, without an allocation.
type wide struct{ hi, lo uint64 }

// times is the product; it fits where no bit was lost.
func (a wide) times(b wide) (product wide, fits bool) {
	hi, lo := bits.Mul64(a.lo, b.lo)
	lostA, crossA := bits.Mul64(a.hi, b.lo)
	lostB, crossB := bits.Mul64(a.lo, b.hi)
	hi, carry := bits.Add64(hi, crossA|crossB, 0) // where both are more than zero, the product does not fit
	return wide{hi, lo}, (a.hi == 0 || b.hi == 0) && lostA|lostB|carry == 0
}

// over is the quotient, rounded down, with what is left; it fits where it has 64 bits. Nothing may be divided by zero.
func (a wide) over(b wide) (quotient uint64, rest wide, fits bool) {
	switch {
	case b.hi != 0:
		quotient, rest = a.overWide(b)
		return quotient, rest, true
	case a.hi >= b.lo:
		return 0, wide{}, false
	}
	quotient, rest.lo = bits.Div64(a.hi, a.lo, b.lo)
	return quotient, rest, true
}

// overWide divides by more than 64 bits: the first 64 of them give a quotient that is right or one too small (Warren, Hacker's
// Delight, chapter 9).
func (a wide) overWide(b wide) (quotient uint64, rest wide) {
	shift := bits.LeadingZeros64(b.hi)
	first := b.hi<<shift | b.lo>>(64-shift)
	quotient, _ = bits.Div64(a.hi>>1, a.hi<<63|a.lo>>1, first)
	quotient >>= 63 - shift
	if quotient > 0 {
		quotient--
	}
	part, _ := b.times(wide{lo: quotient})
	rest = a.minus(part)
	if rest.compare(b) >= 0 {
		quotient, rest = quotient+1, rest.minus(b)
	}
	return quotient, rest
}

// nearest is the quotient rounded to a whole number, ties to even; it fits where it has 64 bits.
func (a wide) nearest(b wide) (quotient uint64, fits bool) {
	quotient, rest, fits := a.over(b)
	var up uint64
	if order := rest.compare(b.minus(rest)); order > 0 || order == 0 && quotient%2 == 1 {
		up = 1
	}
	quotient, carry := bits.Add64(quotient, up, 0)
	return quotient, fits && carry == 0
}

// minus is the difference to a number that is no larger.
func (a wide) minus(b wide) wide {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return wide{hi, lo}
}

func (a wide) compare(b wide) int {
	return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}
