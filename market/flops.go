package market

import (
	"strconv"

	"github.com/govalues/decimal"
)

var thousand = decimal.MustNew(1000, 0)

// petaflops turns a catalogue figure in TFLOPS into an exact decimal of PFLOPS; false where the figure is unknown.
func petaflops(tflops *float64) (Decimal, bool) {
	if tflops == nil || *tflops <= 0 {
		return Decimal{}, false
	}
	d, err := decimal.Parse(strconv.FormatFloat(*tflops, 'f', -1, 64))
	if err != nil {
		return Decimal{}, false
	}
	p, err := d.Quo(thousand)
	return p, err == nil
}
