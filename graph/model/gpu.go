package model

import "gpuhour/market"

// Gpu is an entry of the catalogue with the view its offers are found in.
type Gpu struct {
	env *Env
	*market.Gpu
}

// NewGpu is an entry of the catalogue.
func NewGpu(env *Env, g *market.Gpu) *Gpu { return &Gpu{env, g} }

// IsNode says that it has an id.
func (Gpu) IsNode() {}

// FormFactor is null where the catalogue has none.
func (g Gpu) FormFactor() *string { return optional(g.Gpu.FormFactor) }

// Architecture is null where the catalogue has none.
func (g Gpu) Architecture() *string { return optional(g.Gpu.Architecture) }

// Offers are those of exactly this accelerator.
func (g Gpu) Offers(filter *OfferFilter, orderBy *OfferOrder, first *int, after *string) (*OfferConnection, error) {
	return Ask(g.env, filter, g.ID, orderBy, Window(first, after, nil, nil))
}

// GpuIdentity is what the catalogue makes of a name.
type GpuIdentity struct {
	env *Env
	market.GpuIdentity
}

// NewGpuIdentity is the catalogue's answer.
func NewGpuIdentity(env *Env, id market.GpuIdentity) *GpuIdentity { return &GpuIdentity{env, id} }

// Gpu is the catalogue entry, where the name settles it.
func (i GpuIdentity) Gpu() *Gpu {
	if i.GpuIdentity.Gpu == nil {
		return nil
	}
	return &Gpu{i.env, i.GpuIdentity.Gpu}
}

// Vendor is null where the name does not say.
func (i GpuIdentity) Vendor() *string { return optional(i.GpuIdentity.Vendor) }

// Model is null where the name does not say.
func (i GpuIdentity) Model() *string { return optional(i.GpuIdentity.Model) }

// FormFactor is null where the name does not say.
func (i GpuIdentity) FormFactor() *string { return optional(i.GpuIdentity.FormFactor) }
