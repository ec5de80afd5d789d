package market

import (
	"strconv"
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
	if tflops == nil {
		return Decimal{}
	}
	d, err := decimal.Parse(strconv.FormatFloat(*tflops, 'f', -1, 64))
	if err != nil {
		return Decimal{}
	}
	p, err := d.Quo(thousand)
	if err != nil {
		return Decimal{}
	}
	return p
}
