package market

import (
	"math"
	"slices"
	"strings"
)

// cardOf is what is known of a card; its zero fields are unknown.
type cardOf struct {
	model, form string
	memoryGB    float64
	// doubtful is set when the memory may be read in two ways.
	doubtful bool
}

// gpu is the catalogue entry that fits, when exactly one does.
func (c cardOf) gpu() *Gpu {
	fitting := c.fitting(theCatalogue().ofModel(c.model))
	if c.doubtful || len(fitting) != 1 {
		return nil
	}
	return fitting[0].clone()
}

func (c cardOf) fitting(gpus []*Gpu) []*Gpu {
	var fitting []*Gpu
	for _, gpu := range gpus {
		if fitsForm(gpu, c.form) && (c.memoryGB == 0 || fitsMemory(gpu, c.memoryGB)) {
			fitting = append(fitting, gpu)
		}
	}
	return fitting
}

// fitsForm lets shops call a superchip's module SXM.
func fitsForm(gpu *Gpu, form string) bool {
	return form == "" || strings.EqualFold(gpu.FormFactor, form) || gpu.FormFactor == "superchip" && form == "SXM"
}

// soldAs lists the sizes under which shops and drivers offer one and the same card.
var soldAs = map[string][]float64{
	"B200": {179, 180, 183, 192}, "B300": {268, 270, 275, 279, 288},
	"GB200": {184, 185, 186, 189, 192}, "GB300": {277, 278, 279, 288},
}

// memoryTolerance covers drivers that show a little less than the nominal size.
const memoryTolerance = 0.01

func fitsMemory(gpu *Gpu, memoryGB float64) bool {
	if gpu.MemoryGB == nil || slices.Contains(soldAs[gpu.Model], memoryGB) {
		return true
	}
	return math.Abs(*gpu.MemoryGB-memoryGB) <= *gpu.MemoryGB*memoryTolerance
}

// hasMemory is true when some entry of the model has this memory.
func hasMemory(model string, memoryGB float64) bool {
	return len(cardOf{memoryGB: memoryGB}.fitting(theCatalogue().ofModel(model))) > 0
}

// Narrow refines the identity by a card memory and a form factor from elsewhere, such as another column of a price
// table; zero and empty say nothing. A contradiction with what the name states leaves no catalogue entry.
func (id GpuIdentity) Narrow(cardMemoryGB float64, formFactor string) GpuIdentity {
	form := parseForm(formFactor)
	card := cardOf{model: id.Model, form: id.FormFactor}
	if id.MemoryGB != nil && !id.Partition {
		card.memoryGB = *id.MemoryGB
	}
	gpus := theCatalogue().ofModel(id.Model)
	if id.Gpu != nil {
		gpus = []*Gpu{id.Gpu}
	}
	fitting := cardOf{form: form, memoryGB: cardMemoryGB}.fitting(card.fitting(gpus))
	id.Gpu = nil
	if len(fitting) == 1 {
		id.Gpu = fitting[0].clone()
	}
	return id.filled(cardMemoryGB, form)
}

// filled takes over what the name left open.
func (id GpuIdentity) filled(cardMemoryGB float64, form string) GpuIdentity {
	if id.Model == "" {
		return id
	}
	if id.FormFactor == "" {
		id.FormFactor = form
	}
	if id.MemoryGB == nil && !id.Partition && cardMemoryGB > 0 {
		id.MemoryGB = &cardMemoryGB
	}
	return id
}
