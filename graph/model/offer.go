package model

import (
	"time"

	"gpuhour/market"
)

// Offer is an offer with the view it was found in.
type Offer struct {
	env   *Env
	entry *market.Entry
	sheet market.Sheet
	// moment is what exchange rates and freshness are of.
	moment time.Time
}

// NewOffer is an entry of the view.
func NewOffer(env *Env, e *market.Entry) Offer {
	return Offer{env, e, env.View.Sheet(e.Offer), env.Now}
}

// IsNode says that it has an id.
func (Offer) IsNode() {}

// ID is the offer's.
func (o Offer) ID() string { return o.entry.Offer.ID }

// Provider is who rents it out; a provider that this version no longer knows is shown by its id.
func (o Offer) Provider() Provider {
	id := o.entry.Offer.Provider
	if p, known := o.env.Providers[id]; known {
		return Provider{o.env, p}
	}
	return Provider{o.env, market.Provider{ID: id, Name: id, Kind: o.entry.Offer.Kind, Disabled: "this version has no scraper for it"}}
}

// Kind is the kind of seller.
func (o Offer) Kind() market.ProviderKind { return o.entry.Offer.Kind }

// Sku is the provider's name of it.
func (o Offer) Sku() string { return o.entry.Offer.SKU }

// GpuName is the accelerator's name, verbatim.
func (o Offer) GpuName() string { return o.entry.Offer.GpuName }

// GpuModel is the model, where it is certain.
func (o Offer) GpuModel() *string { return optional(o.entry.Offer.GpuModel) }

// Gpu is the catalogue entry, where the name says which.
func (o Offer) Gpu() *Gpu {
	if o.entry.Gpu == nil {
		return nil
	}
	return &Gpu{o.env, o.entry.Gpu}
}

// GpuCount is the number of cards.
func (o Offer) GpuCount() float64 { return o.entry.Offer.GpuCount.Float() }

// Vcpus is the number of virtual processors.
func (o Offer) Vcpus() *int { return o.entry.Offer.VCPUs }

// MemoryGb is the machine's memory.
func (o Offer) MemoryGb() *float64 { return o.entry.Offer.MemoryGB }

// Region is the provider's name of the place.
func (o Offer) Region() *string { return optional(o.entry.Offer.Region) }

// Country is where the region says it lies.
func (o Offer) Country() *string { return optional(o.entry.Offer.Country) }

// Area is the part of the world.
func (o Offer) Area() *market.Area { return optional(o.entry.Offer.Area) }

// Market is how it is sold.
func (o Offer) Market() market.Market { return o.entry.Offer.Market }

// CommitmentMonths is the term of a reserved offer.
func (o Offer) CommitmentMonths() *int { return optional(o.entry.Offer.CommitmentMonths) }

// Listed is what the provider printed.
func (o Offer) Listed() ListedPrice { return ListedPrice{o.entry.Offer.Listed} }

// Price is the whole offer for one hour.
func (o Offer) Price() market.Money {
	return market.Money{Amount: o.entry.Offer.Price, Currency: o.entry.Offer.Listed.Currency}
}

// rate is the exact rate from the listed currency; false where none is known.
func (o Offer) rate(to *market.Currency) (market.Rate, bool) {
	return o.env.View.Rates().Between(o.entry.Offer.Listed.Currency, currencyOf(to), o.moment)
}

// currencyOf is the currency asked for; an explicit null asks for dollars too.
func currencyOf(c *market.Currency) market.Currency {
	if c == nil {
		return market.USD
	}
	return *c
}

// basisOf is the basis asked for; an explicit null asks for the default too.
func basisOf(b *market.PflopsBasis) market.PflopsBasis {
	if b == nil {
		return market.Fp16Dense
	}
	return *b
}

// PricePerGpuHour is the price of one card for one hour; nil where no rate is known.
func (o Offer) PricePerGpuHour(currency *market.Currency) (*market.Decimal, error) {
	rate, found := o.rate(currency)
	if !found {
		return nil, nil
	}
	d, err := o.entry.Offer.PricePerGpuHourIn(rate)
	return &d, err
}

// Fx is the rate used, where one was needed and known.
func (o Offer) Fx(currency *market.Currency) *ExchangeRate {
	rate, found := o.rate(currency)
	if !found || currencyOf(currency) == o.entry.Offer.Listed.Currency {
		return nil
	}
	return NewExchangeRate(rate, o.moment)
}

// PricePerPflopsHour is the price of one PFLOPS for one hour; nil where the card's figure or the rate is unknown.
func (o Offer) PricePerPflopsHour(currency *market.Currency, basis *market.PflopsBasis) *market.Decimal {
	rate, found := o.rate(currency)
	if !found {
		return nil
	}
	d, known := o.entry.Offer.PricePerPflopsHourIn(rate, basisOf(basis))
	if !known {
		return nil
	}
	return &d
}

// Stock is what the provider says of it.
func (o Offer) Stock() market.Stock { return o.entry.Offer.Stock }

// GpusAvailable is the number of cards free.
func (o Offer) GpusAvailable() *int { return o.entry.Offer.GpusAvailable }

// FirstSeenAt is when it was first listed.
func (o Offer) FirstSeenAt() time.Time { return o.entry.Offer.FirstSeenAt }

// ObservedAt is when its sheet was last believed.
func (o Offer) ObservedAt() time.Time { return o.sheet.LastSuccessAt }

// ChangedAt is when price or stock last changed.
func (o Offer) ChangedAt() time.Time { return o.entry.Offer.ChangedAt }

// Stale says whether it may no longer be current.
func (o Offer) Stale() bool { return o.sheet.Stale(o.moment, o.env.Cadence(o.entry.Offer.Provider)) }

// Sample marks sample data.
func (o Offer) Sample() bool { return o.entry.Offer.Sample }

// Source is the document it was read from.
func (o Offer) Source() *market.Source {
	source, found := o.sheet.Document(o.entry.Offer.Document)
	if !found {
		return nil
	}
	return &source
}

// Depth is the rest of a marketplace's listings.
func (o Offer) Depth() *MarketDepth {
	if o.entry.Offer.Depth == nil {
		return nil
	}
	return &MarketDepth{*o.entry.Offer.Depth, o.entry.Offer.Listed.Currency}
}

// ListedPrice is what a provider printed.
type ListedPrice struct{ market.ListedPrice }

// Tax is null where the provider does not print it.
func (p ListedPrice) Tax() *market.Tax { return optional(p.ListedPrice.Tax) }

// Tier is null where the provider prints one price.
func (p ListedPrice) Tier() *string { return optional(p.ListedPrice.Tier) }

// MarketDepth is the spread of a marketplace's listings.
type MarketDepth struct {
	depth    market.Depth
	currency market.Currency
}

// Listings is how many there are.
func (d MarketDepth) Listings() int { return d.depth.Listings }

// P25 is the lower quartile.
func (d MarketDepth) P25() market.Money {
	return market.Money{Amount: d.depth.P25, Currency: d.currency}
}

// Median is the middle.
func (d MarketDepth) Median() market.Money {
	return market.Money{Amount: d.depth.Median, Currency: d.currency}
}

// P75 is the upper quartile.
func (d MarketDepth) P75() market.Money {
	return market.Money{Amount: d.depth.P75, Currency: d.currency}
}

// GpusAvailable is how many cards all of them have free.
func (d MarketDepth) GpusAvailable() *int { return d.depth.GpusAvailable }

// OfferConnection is a part of a list of offers.
type OfferConnection struct {
	env  *Env
	page market.Page
}

// NewOfferConnection is a page of the view.
func NewOfferConnection(env *Env, page market.Page) OfferConnection {
	return OfferConnection{env, page}
}

// Nodes are the offers.
func (c OfferConnection) Nodes() []Offer {
	out := make([]Offer, len(c.page.Entries))
	for i, e := range c.page.Entries {
		out[i] = NewOffer(c.env, e)
	}
	return out
}

// Edges are the offers with their cursors.
func (c OfferConnection) Edges() []OfferEdge {
	out := make([]OfferEdge, len(c.page.Entries))
	for i, e := range c.page.Entries {
		out[i] = OfferEdge{Cursor: c.page.Cursors[i], Node: NewOffer(c.env, e)}
	}
	return out
}

// PageInfo is what lies around.
func (c OfferConnection) PageInfo() PageInfo {
	info := PageInfo{HasNextPage: c.page.HasNext, HasPreviousPage: c.page.HasPrevious}
	if n := len(c.page.Cursors); n > 0 {
		info.StartCursor, info.EndCursor = &c.page.Cursors[0], &c.page.Cursors[n-1]
	}
	return info
}

// TotalCount is how many match.
func (c OfferConnection) TotalCount() int { return c.page.Total }

// OfferEdge is an offer in a list.
type OfferEdge struct {
	Cursor string
	Node   Offer
}

// PageInfo is what lies around a part of a list.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}
