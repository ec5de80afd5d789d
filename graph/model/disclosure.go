package model

import "gpuhour/market"

// Disclosure is a stated figure.
type Disclosure struct{ market.Disclosure }

// NewDisclosure is a stated figure as the schema has it.
func NewDisclosure(d market.Disclosure) Disclosure { return Disclosure{d} }

// IsNode says that it has an id.
func (Disclosure) IsNode() {}

// Ticker is null for who is not listed.
func (d Disclosure) Ticker() *string { return optional(d.Disclosure.Ticker) }

// Gpu is null: no source says which variant it speaks of.
func (Disclosure) Gpu() *Gpu { return nil }

// GpuModel is the model, where the source names one.
func (d Disclosure) GpuModel() *string { return optional(d.Disclosure.GpuModel) }

// PetaflopsBasis is null where the source does not say.
func (d Disclosure) PetaflopsBasis() *market.PflopsBasis { return optional(d.Basis) }

// AmountPer is what the amount pays for.
func (d Disclosure) AmountPer() *market.DisclosureBasis { return optional(d.Per) }

// Period is null where the amount is paid once.
func (d Disclosure) Period() *market.Period { return optional(d.Disclosure.Period) }

// SourceURL is null where no address is known.
func (d Disclosure) SourceURL() *string { return optional(d.Disclosure.SourceURL) }
