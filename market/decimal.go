package market

import (
	"errors"
	"fmt"
	"math"
	"math/big"

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

// fraction is an exact quotient of two whole numbers, for arithmetic that must be rounded only once.
type fraction struct{ num, den *big.Int }

var ten = big.NewInt(10)

func newFraction() fraction { return fraction{big.NewInt(1), big.NewInt(1)} }

// times multiplies the fraction by d in place.
func (f fraction) times(d Decimal) fraction {
	f.num.Mul(f.num, coefficient(d))
	f.den.Mul(f.den, pow10(d.Scale()))
	return f
}

// over divides the fraction by d in place; a zero shows when the result is rounded.
func (f fraction) over(d Decimal) fraction {
	f.den.Mul(f.den, coefficient(d))
	f.num.Mul(f.num, pow10(d.Scale()))
	return f
}

// timesInts multiplies the fraction by num/den in place.
func (f fraction) timesInts(num, den int64) fraction {
	f.num.Mul(f.num, big.NewInt(num))
	f.den.Mul(f.den, big.NewInt(den))
	return f
}

// timesFraction multiplies the fraction by g in place.
func (f fraction) timesFraction(g fraction) fraction {
	f.num.Mul(f.num, g.num)
	f.den.Mul(f.den, g.den)
	return f
}

func (f fraction) copy() fraction {
	return fraction{new(big.Int).Set(f.num), new(big.Int).Set(f.den)}
}

// round gives the decimal nearest to the fraction, ties to even, without trailing zeros.
func (f fraction) round(scale int) (Decimal, error) {
	if f.den.Sign() == 0 {
		return Decimal{}, errDivideByZero
	}
	scaled := new(big.Int).Mul(f.num, pow10(scale))
	quotient, rest := new(big.Int).QuoRem(scaled, f.den, new(big.Int))
	if awayFromZero(quotient, rest, f.den) {
		quotient.Add(quotient, big.NewInt(int64(scaled.Sign()*f.den.Sign())))
	}
	return fromBig(quotient, scale)
}

func awayFromZero(quotient, rest, den *big.Int) bool {
	twice := new(big.Int).Lsh(rest, 1)
	order := twice.CmpAbs(den)
	return order > 0 || order == 0 && quotient.Bit(0) == 1
}

func fromBig(n *big.Int, scale int) (Decimal, error) {
	if !n.IsInt64() {
		return Decimal{}, errTooLarge
	}
	d, err := decimal.New(n.Int64(), scale)
	if err != nil {
		return Decimal{}, fmt.Errorf("%w: %w", errTooLarge, err)
	}
	return d.Trim(0), nil
}

func coefficient(d Decimal) *big.Int {
	n := new(big.Int).SetUint64(d.Coef())
	if d.IsNeg() {
		n.Neg(n)
	}
	return n
}

// powers are those of ten that amounts are scaled with; they must not be changed.
var powers = func() (out [2 * decimal.MaxPrec]*big.Int) {
	for n := range out {
		out[n] = new(big.Int).Exp(ten, big.NewInt(int64(n)), nil)
	}
	return out
}()

func pow10(n int) *big.Int { return powers[n] }

// Units is d as a whole number of 10^-scale, cut off below.
func Units(d Decimal, scale int) (int64, error) {
	if n, exact := scaled(d, scale); exact {
		return n, nil
	}
	n := new(big.Int).Mul(coefficient(d), pow10(scale))
	n.Quo(n, pow10(d.Scale()))
	if !n.IsInt64() {
		return 0, errTooLarge
	}
	return n.Int64(), nil
}

// scaled is Units for the usual amount, which has no more decimals than wanted and is far from the largest number.
func scaled(d Decimal, scale int) (n int64, exact bool) {
	n = int64(d.Coef())
	if n < 0 || scale < d.Scale() || scale-d.Scale() > ListedScale || n > math.MaxInt64/1_000_000_000 {
		return 0, false
	}
	for range scale - d.Scale() {
		n *= 10
	}
	if d.IsNeg() {
		n = -n
	}
	return n, true
}

// toDecimal is n units of 10^-scale.
func toDecimal(n int64, scale int) (Decimal, error) {
	d, err := decimal.New(n, scale)
	return d.Trim(0), err
}
