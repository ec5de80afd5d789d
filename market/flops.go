package market

import "github.com/govalues/decimal"

var thousand = decimal.MustNew(1000, 0)

// petaflops is the FP16 tensor compute of one card as an exact decimal of PFLOPS; false where the figure is unknown on that basis.
func (g *Gpu) petaflops(basis PflopsBasis) (Decimal, bool) {
	tflops := g.Fp16Tflops
	if basis == Fp16Sparse {
		tflops = g.Fp16SparseTflops
	}
	if tflops == nil || *tflops <= 0 {
		return Decimal{}, false
	}
	d, exact := decimalOf(*tflops)
	if !exact {
		return Decimal{}, false
	}
	p, err := d.Quo(thousand)
	return p, err == nil
}
