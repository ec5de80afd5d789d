package market

// fraction is an exact quotient of two whole numbers, for arithmetic that must be rounded only once. It is a value: what computes with
// it makes a new one. One over zero shows when it is rounded.
type fraction struct {
	num, den wide
	negative bool
	// beyond is the whole fraction where 128 bits do not hold it; nil otherwise.
	beyond *large
}

// ratio is one whole number over another.
func ratio(num, den int64) fraction {
	return fraction{num: wide{lo: magnitude(num)}, den: wide{lo: magnitude(den)}, negative: num < 0 != (den < 0)}
}

// exactly is a decimal as a fraction.
func exactly(d Decimal) fraction {
	return fraction{num: wide{lo: d.Coef()}, den: wide{lo: tens[d.Scale()]}, negative: d.IsNeg()}
}

func (f fraction) times(g fraction) fraction {
	num, numFits := f.num.times(g.num)
	den, denFits := f.den.times(g.den)
	if f.beyond != nil || g.beyond != nil || !numFits || !denFits {
		return fraction{beyond: f.enlarged().times(g.enlarged())}
	}
	return fraction{num: num, den: den, negative: f.negative != g.negative}
}

func (f fraction) over(g fraction) fraction {
	if g.beyond != nil {
		return f.times(fraction{beyond: &large{g.beyond.den, g.beyond.num}})
	}
	return f.times(fraction{num: g.den, den: g.num, negative: g.negative})
}

// round gives the decimal nearest to the fraction, ties to even, without trailing zeros.
func (f fraction) round(scale int) (Decimal, error) {
	n, err := f.units(scale)
	if err != nil {
		return Decimal{}, err
	}
	return toDecimal(n, scale)
}

// units is round as a whole number of 10^-scale.
func (f fraction) units(scale int) (int64, error) {
	scaled, fits := f.num.times(wide{lo: tens[scale]})
	switch {
	case f.beyond != nil || !fits:
		return f.enlarged().units(scale)
	case f.den == wide{}:
		return 0, errDivideByZero
	}
	rounded, fits := scaled.nearest(f.den)
	n, signFits := signed(rounded, f.negative)
	if !fits || !signFits {
		return 0, errTooLarge
	}
	return n, nil
}

func (f fraction) enlarged() *large {
	if f.beyond != nil {
		return f.beyond
	}
	out := &large{bigOf(f.num), bigOf(f.den)}
	if f.negative {
		out.num.Neg(out.num)
	}
	return out
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// signed is a number with its sign; it fits where 64 bits hold both.
func signed(n uint64, negative bool) (value int64, fits bool) {
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n < 1<<63
}
