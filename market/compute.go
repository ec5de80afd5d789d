package market

import (
	"fmt"
	"strings"
)

// Compute is what one card of a GPU computes.
type Compute struct {
	// Gpu is the catalogue entry; of a model whose variants agree, the first by id.
	Gpu *Gpu
	// Variants are all entries that were asked about, by id.
	Variants []*Gpu
	Basis    PflopsBasis
	// Petaflops are PFLOPS of FP16 tensor compute on the basis; nil where the figure is unknown.
	Petaflops *Decimal
}

// ComputeOf finds what one card computes of a catalogue id, or of a model whose variants agree. An *AmbiguousError lists variants
// that do not, an *InvalidError names a GPU that there is none of.
func ComputeOf(field, name string, basis PflopsBasis) (Compute, error) {
	variants, err := variantsOf(field, name)
	if err != nil {
		return Compute{}, err
	}
	c := Compute{Gpu: variants[0], Variants: variants, Basis: basis}
	first, known := variants[0].petaflops(basis)
	for _, g := range variants[1:] {
		if other, alsoKnown := g.petaflops(basis); known != alsoKnown || first.Cmp(other) != 0 {
			return Compute{}, newAmbiguousError(field, name, variants)
		}
	}
	if known {
		c.Petaflops = &first
	}
	return c, nil
}

func variantsOf(field, name string) ([]*Gpu, error) {
	if !strings.Contains(name, "/") {
		if variants := GpusOfModel(name); len(variants) > 0 {
			return variants, nil
		}
		return nil, &InvalidError{field, fmt.Sprintf("no GPU model is called %q; query gpus lists the models", abbreviate(name))}
	}
	gpu, found := GpuByID(strings.ToLower(name))
	if !found {
		return nil, &InvalidError{field, fmt.Sprintf("%q is not in the catalogue; query gpus lists what is", abbreviate(name))}
	}
	return []*Gpu{gpu}, nil
}

// AmbiguousError is a question about a model whose variants differ in what was asked.
type AmbiguousError struct {
	// Field is the argument that names the model.
	Field string
	// Model is the model, and Gpus are the ids of its variants.
	Model string
	Gpus  []string
}

func newAmbiguousError(field, model string, variants []*Gpu) *AmbiguousError {
	e := &AmbiguousError{Field: field, Model: model}
	for _, g := range variants {
		e.Gpus = append(e.Gpus, g.ID)
	}
	return e
}

// Error names the variants to choose from.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%s: the variants of %s differ in their FLOPS; name one of %s", e.Field, e.Model, strings.Join(e.Gpus, ", "))
}
