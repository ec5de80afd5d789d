package market

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Origin is what all rows of one document share.
type Origin struct {
	Provider string
	Kind     ProviderKind
	Sheet    string
	// Document is the address the rows were read from.
	Document string
	// Sample marks sample data.
	Sample bool
	// Recorded marks rows that others recorded, who may not have said how long a reserved price binds.
	Recorded bool
}

// Normalise turns a listing into an offer, or says why it will not. It never guesses: an unknown unit, basis or count is
// an error, an accelerator whose name says nothing keeps its name and has no catalogue entry.
func Normalise(from Origin, row Listing) (Offer, error) {
	if row.Refusal != "" {
		return Offer{}, errors.New(row.Refusal)
	}
	offer, err := row.sized().describe(from)
	if err != nil {
		return Offer{}, err
	}
	if offer.Listed, err = row.listedPrice(); err != nil {
		return Offer{}, err
	}
	return offer.priced()
}

// Reject is how a listing that Normalise refused is kept.
func (row Listing) Reject(reason error) Rejected {
	said := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", row.Variant, row.Region, row.Market)), " ")
	return Rejected{SKU: abbreviate(row.SKU), Text: fmt.Sprintf("%s: %q", abbreviate(said), abbreviate(row.Price)), Reason: reason.Error()}
}

func (row Listing) describe(from Origin) (Offer, error) {
	if err := row.checkWords(from); err != nil {
		return Offer{}, err
	}
	identity := row.identify(SellerOf(from.Provider))
	count, err := row.cards(identity)
	if err != nil {
		return Offer{}, err
	}
	return Offer{
		ID:       OfferID(from.Provider, row.SKU+" "+row.Variant, cmp.Or(row.Pool, row.Region), row.Market, row.Months),
		Provider: from.Provider, Kind: cmp.Or(row.Kind, from.Kind), Sheet: from.Sheet, Document: from.Document, Sample: from.Sample,
		SKU: row.SKU, GpuName: cmp.Or(row.GpuName, row.SKU), GpuModel: identity.Model, GpuID: identity.id(), GpuCount: count,
		VCPUs: row.VCPUs, MemoryGB: row.MemoryGB, Region: row.Region, Country: row.Country, Area: row.Area,
		Market: row.Market, CommitmentMonths: row.Months, Stock: cmp.Or(row.Stock, StockUnknown), GpusAvailable: row.GpusAvailable, Row: row.poolRow(),
	}, nil
}

// sized is the row without sizes that are none: a source's -1 says that it does not know.
func (row Listing) sized() Listing {
	row.VCPUs, row.MemoryGB, row.GpusAvailable = natural(row.VCPUs), natural(row.MemoryGB), natural(row.GpusAvailable)
	return row
}

// natural is nil for a number below zero, and for one beyond what anybody builds.
func natural[N int | float64](n *N) *N {
	if n == nil || !(0 <= *n && *n < 1e9) {
		return nil
	}
	return n
}

func (row Listing) checkWords(from Origin) error {
	switch {
	case strings.TrimSpace(row.SKU) == "":
		return errors.New("the row has no name")
	case row.Market == Reserved && row.Months < 1 && !from.Recorded:
		return errors.New("a reserved price without its term")
	case row.Market != Reserved && row.Months != 0:
		return fmt.Errorf("a term of %d months on a price that is not reserved", row.Months)
	}
	return errors.Join(known("Market", string(row.Market)), known("Stock", string(cmp.Or(row.Stock, StockUnknown))))
}

// identify asks the catalogue, first about the accelerator's name, then about the SKU where that is all there is.
func (row Listing) identify(provider string) GpuIdentity {
	identity := Identify(provider, cmp.Or(row.GpuName, row.SKU))
	if row.CardMemoryGB > 0 || row.FormFactor != "" {
		identity = identity.Narrow(row.CardMemoryGB, row.FormFactor)
	}
	return identity
}

func (row Listing) cards(identity GpuIdentity) (Count, error) {
	switch {
	case row.Count == "0":
		return Count{}, errors.New("not a GPU: no cards")
	case row.Count != "":
		return ParseCount(row.Count)
	case identity.GpuCount != nil:
		return CountFromFloat(*identity.GpuCount)
	case row.Per == PerGPU, row.Per == PerComponent:
		return Cards(1), nil
	}
	return Count{}, errors.New("a price per instance without the number of its cards")
}

func (row Listing) listedPrice() (ListedPrice, error) {
	amount, err := ParseAmount(row.Price, row.Currency)
	if err != nil {
		return ListedPrice{}, err
	}
	if _, err := ParseCurrency(string(row.Currency)); err != nil {
		return ListedPrice{}, err
	}
	if err := known("PriceBasis", string(row.Per)); err != nil {
		return ListedPrice{}, fmt.Errorf("unknown basis of the price: %w", err)
	}
	if _, err := row.Period.Seconds(); err != nil {
		return ListedPrice{}, err
	}
	if row.Tax != "" {
		if err := known("Tax", string(row.Tax)); err != nil {
			return ListedPrice{}, err
		}
	}
	return ListedPrice{Amount: amount, Currency: row.Currency, Per: row.Per, Period: row.Period, Tax: row.Tax, Tier: row.Tier}, nil
}

// priced computes the hourly price; a price of zero is never one.
func (o Offer) priced() (Offer, error) {
	if !o.Listed.Amount.IsPos() {
		return Offer{}, fmt.Errorf("%w: a price of zero is none", ErrNoPrice)
	}
	if !o.GpuCount.valid() {
		return Offer{}, errors.New("no cards")
	}
	f, err := o.Listed.perOfferHour(o.GpuCount)
	if err != nil {
		return Offer{}, err
	}
	if o.Price, err = f.round(DerivedScale); err != nil {
		return Offer{}, err
	}
	if _, err = o.PricePerGpuHour(); err != nil {
		return Offer{}, err
	}
	return o, nil
}

func (id GpuIdentity) id() string {
	if id.Gpu == nil {
		return ""
	}
	return id.Gpu.ID
}
