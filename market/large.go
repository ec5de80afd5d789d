package market

import "math/big"

// large is a fraction of whole numbers of any size, for the few that 128 bits do not hold.
type large struct{ num, den *big.Int }

func (a *large) times(b *large) *large {
	return &large{new(big.Int).Mul(a.num, b.num), new(big.Int).Mul(a.den, b.den)}
}

// units is the fraction as a whole number of 10^-scale, the nearest, ties to even.
func (a *large) units(scale int) (int64, error) {
	if a.den.Sign() == 0 {
		return 0, errDivideByZero
	}
	scaled := new(big.Int).Mul(a.num, bigOf(wide{lo: tens[scale]}))
	quotient, rest := new(big.Int).QuoRem(scaled, a.den, new(big.Int))
	if awayFromZero(quotient, rest, a.den) {
		quotient.Add(quotient, big.NewInt(int64(scaled.Sign()*a.den.Sign())))
	}
	if !quotient.IsInt64() {
		return 0, errTooLarge
	}
	return quotient.Int64(), nil
}

func awayFromZero(quotient, rest, den *big.Int) bool {
	twice := new(big.Int).Lsh(rest, 1)
	order := twice.CmpAbs(den)
	return order > 0 || order == 0 && quotient.Bit(0) == 1
}

func bigOf(a wide) *big.Int {
	n := new(big.Int).SetUint64(a.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(a.lo))
}
