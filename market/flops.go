package market

import (
	"sync"

	"github.com/govalues/decimal"
)

// petaflops are a card's FP16 figures in PFLOPS; zero is unknown.
type petaflops struct{ dense, sparse Decimal }

// petaflopsOf are the figures of the catalogue by id.
var petaflopsOf = sync.OnceValue(func() map[string]petaflops {
	out := map[string]petaflops{}
	for _, gpu := range theCatalogue().gpus {
		out[gpu.ID] = petaflops{inPetaflops(gpu.Fp16Tflops), inPetaflops(gpu.Fp16SparseTflops)}
	}
	return out
})

func (p petaflops) on(basis PflopsBasis) Decimal {
	if basis == Fp16Sparse {
		return p.sparse
	}
	return p.dense
}

var thousand = decimal.MustNew(1000, 0)

// inPetaflops turns a catalogue figure in TFLOPS into an exact decimal of PFLOPS; zero where the figure is unknown.
func inPetaflops(tflops *float64) Decimal {
	if tflops == nil || *tflops <= 0 {
		return Decimal{}
	}
	d, exact := decimalOf(*tflops)
	if !exact {
		return Decimal{}
	}
	p, err := d.Quo(thousand)
	if err != nil {
		return Decimal{}
	}
	return p
}

// petaflops is the FP16 tensor compute of one card as an exact decimal of PFLOPS; false where the figure is unknown on that basis.
func (g *Gpu) petaflops(basis PflopsBasis) (Decimal, bool) {
	figure := petaflopsOf()[g.ID].on(basis)
	return figure, figure.IsPos()
}
