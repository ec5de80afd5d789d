package market

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ListedPrice is what a provider printed, before any arithmetic.
type ListedPrice struct {
	// Amount is kept digit for digit, up to nine decimals.
	Amount   Decimal
	Currency Currency
	Per      PriceBasis
	Period   Period
	// Tax says whether the amount includes tax; empty when the source does not say.
	Tax Tax `json:",omitempty"`
	// Tier is what the source calls the price where it prints several; empty when it prints one.
	Tier string `json:",omitempty"`
}

// Source is the document a price was read from, so that anyone can check it.
type Source struct {
	URL       string
	FetchedAt time.Time
	// Digest is the SHA-256 of the archived document, in hexadecimal.
	Digest string
}

// Offer is one thing that one provider rents at one price. Normalise is the only maker of a new one, so that its amounts
// and its count are always positive. Stored offers are read as they were written.
type Offer struct {
	// ID is provider/sku/region/market[-months], lower case, each part percent-encoded. It stays the same for ever.
	ID string
	// Provider is the provider's id.
	Provider string
	// Kind is the kind of seller: the provider's, unless this offer is of another (RunPod's community cards).
	Kind ProviderKind
	// Sheet names the document of the provider that lists the offer.
	Sheet string
	// SKU is the provider's own name of the thing, verbatim.
	SKU string
	// GpuName is the accelerator's name, verbatim.
	GpuName string
	// GpuModel is the model when it is certain even though the variant is not; empty when the name does not say.
	GpuModel string
	// GpuID is the catalogue entry; empty when the name does not say which one it is.
	GpuID    string
	GpuCount Count
	VCPUs    *int
	MemoryGB *float64
	Region   string
	// Country is an ISO 3166-1 alpha-2 code; empty when the region does not say.
	Country          string
	Area             Area
	Market           Market
	CommitmentMonths int
	Listed           ListedPrice
	// Price is the whole offer for one hour in the listed currency.
	Price Decimal
	Stock Stock
	// GpusAvailable is the number of cards free now, where the provider says so.
	GpusAvailable *int
	FirstSeenAt   time.Time
	// ChangedAt is when the price or the stock last changed.
	ChangedAt time.Time
	// Document is where this offer was read, where its sheet has several documents (pages).
	Document string
	// Sample is true for sample data, which is nobody's price.
	Sample bool
	// Decimals is how many decimals the amounts of its history have: the most that its listed amount had at a change.
	Decimals int `json:",omitempty"`
	// Depth is the rest of a marketplace's listings, of which the offer is the cheapest; nil where there is no pool, or its depth is
	// not known.
	Depth *Depth `json:",omitempty"`
	// Row is what a row of a pool brings along until Reading.Pool has merged the rows; nil in every other offer.
	Row *PoolRow `json:"-"`
}

// OfferID spells the id of an offer. What makes a SKU unique (a tier, a node size, a memory slice) belongs into sku.
func OfferID(provider, sku, region string, m Market, months int) string {
	if region == "" {
		region = "-"
	}
	last := strings.ReplaceAll(strings.ToLower(string(m)), "_", "-")
	if months > 0 {
		last += "-" + strconv.Itoa(months)
	}
	return strings.Join([]string{idPart(provider), idPart(sku), idPart(region), last}, "/")
}

// ProviderOfOffer is the provider in an offer's id; empty where it is none.
func ProviderOfOffer(id string) string {
	part, _, _ := strings.Cut(id, "/")
	provider, _ := url.PathUnescape(part) // of what is no id nothing is found
	return provider
}

func idPart(text string) string {
	return url.PathEscape(strings.ToLower(strings.Join(strings.Fields(text), " ")))
}

// SameTerms says whether two readings of one offer differ in nothing that is stored: when they are equal, nothing needs to be written.
func (o Offer) SameTerms(other Offer) bool {
	other.FirstSeenAt, other.ChangedAt, other.Decimals = o.FirstSeenAt, o.ChangedAt, o.Decimals
	return o.comparable() == other.comparable()
}

// comparable is the offer with its pointers and decimals turned into values that compare by content.
func (o Offer) comparable() comparableOffer {
	amount, price := o.Listed.Amount.String(), o.Price.String()
	c := comparableOffer{Offer: o, amount: amount, price: price, vcpus: show(o.VCPUs), memory: show(o.MemoryGB), free: show(o.GpusAvailable)}
	c.depth = o.Depth.String()
	c.VCPUs, c.MemoryGB, c.GpusAvailable, c.Depth, c.Row = nil, nil, nil, nil, nil
	c.Listed.Amount, c.Price = Decimal{}, Decimal{}
	return c
}

type comparableOffer struct {
	Offer
	amount, price, vcpus, memory, free, depth string
}

func show[T int | float64](v *T) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*v), 'g', -1, 64)
}

// SameQuote says whether price and stock are the same: what counts as a change in an offer's history. Amounts compare by
// value, so that "2.390" after "2.39" is no change.
func (o Offer) SameQuote(other Offer) bool {
	return o.Listed.Currency == other.Listed.Currency && o.Listed.Per == other.Listed.Per && o.Listed.Period == other.Listed.Period && o.Listed.Tax == other.Listed.Tax &&
		o.Listed.Amount.Cmp(other.Listed.Amount) == 0 && o.Price.Cmp(other.Price) == 0 &&
		o.Stock == other.Stock && show(o.GpusAvailable) == show(other.GpusAvailable)
}

// perGpuHour is the exact price of one of an offer's cards for one hour, in the listed currency.
func (p ListedPrice) perGpuHour(cards Count) (fraction, error) {
	f, err := p.perHour()
	if err != nil || p.Per != PerInstance {
		return f, err
	}
	return f.times(ratio(cards.Den, cards.Num)), nil
}

// perOfferHour is the exact price of an offer, with all its cards, for one hour, in the listed currency.
func (p ListedPrice) perOfferHour(cards Count) (fraction, error) {
	f, err := p.perHour()
	if err != nil || p.Per == PerInstance {
		return f, err
	}
	return f.times(ratio(cards.Num, cards.Den)), nil
}

func (p ListedPrice) perHour() (fraction, error) {
	s, err := p.Period.Seconds()
	if err != nil {
		return fraction{}, err
	}
	return exactly(p.Amount).times(ratio(3600, s)), nil
}

// PricePerGpuHour is the price of one card for one hour in the listed currency, rounded once to six decimals.
func (o Offer) PricePerGpuHour() (Decimal, error) {
	f, err := o.Listed.perGpuHour(o.GpuCount)
	if err != nil {
		return Decimal{}, err
	}
	return f.round(DerivedScale)
}

// PricePerGpuHourIn is the price of one card for one hour in another currency, rounded once to six decimals.
func (o Offer) PricePerGpuHourIn(rate Rate) (Decimal, error) {
	f, err := o.Listed.perGpuHour(o.GpuCount)
	if err != nil {
		return Decimal{}, err
	}
	return f.times(rate.exact).round(DerivedScale)
}

// PricePerPflopsHourIn is the price of one PFLOPS of FP16 for one hour in another currency; false where the card's figure is
// unknown on that basis.
func (o Offer) PricePerPflopsHourIn(rate Rate, basis PflopsBasis) (Decimal, bool) {
	figure := petaflopsOf()[o.GpuID].on(basis)
	if !figure.IsPos() {
		return Decimal{}, false
	}
	f, err := o.Listed.perGpuHour(o.GpuCount)
	if err != nil {
		return Decimal{}, false
	}
	d, err := f.times(rate.exact).over(exactly(figure)).round(DerivedScale)
	return d, err == nil
}
