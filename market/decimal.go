package market

import (
	"errors"

	"github.com/govalues/decimal"
)

// Decimal is an exact decimal number of at most 19 digits. No float ever holds a price.
type Decimal = decimal.Decimal

const (
	// ListedScale is the most decimals a listed amount keeps.
	ListedScale = 9
	// DerivedScale is the decimals of an amount we computed, rounded half-even, once.
	DerivedScale = 6
	// RateScale is the decimals an exchange rate is shown with.
	RateScale = 9
)

var (
	errDivideByZero = errors.New("division by zero")
	errTooLarge     = errors.New("number does not fit 19 digits")
)

// tens are the powers of ten that decimals are scaled with.
var tens = func() (out [decimal.MaxScale + 1]uint64) {
	out[0] = 1
	for n := 1; n < len(out); n++ {
		out[n] = out[n-1] * 10
	}
	return out
}()

// Units is d as a whole number of 10^-scale, cut off below.
func Units(d Decimal, scale int) (int64, error) {
	scaled, _ := wide{lo: d.Coef()}.times(wide{lo: tens[scale]}) // two of 64 bits always fit
	units, _, fits := scaled.over(wide{lo: tens[d.Scale()]})
	n, signFits := signed(units, d.IsNeg())
	if !fits || !signFits {
		return 0, errTooLarge
	}
	return n, nil
}

// toDecimal is n units of 10^-scale.
func toDecimal(n int64, scale int) (Decimal, error) {
	d, err := decimal.New(n, scale)
	return d.Trim(0), err
}
