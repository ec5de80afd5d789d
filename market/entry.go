package market

import (
	"strings"
	"time"
)

func newEntry(o Offer, rates Rates, at time.Time) *Entry {
	e := &Entry{Offer: o, Gpu: theCatalogue().byID[o.GpuID], usdPerGpuHour: unknownPrice, usdPerPflopsHour: unknownPrice, usdPerHour: unknownPrice}
	e.search = searchText(o)
	if rate, found := rates.Between(o.Listed.Currency, USD, at); found {
		e.price(rate)
	}
	return e
}

// searchText is what free text is looked for in.
func searchText(o Offer) string {
	return strings.ToLower(strings.Join([]string{o.Provider, o.SKU, o.GpuName, o.GpuModel}, "\x00"))
}

func (e *Entry) price(rate Rate) {
	if d, err := e.Offer.PricePerGpuHourIn(rate); err == nil {
		e.usdPerGpuHour = millionths(d)
	}
	if d, known := e.Offer.PricePerPflopsHourIn(rate, Fp16Dense); known {
		e.usdPerPflopsHour = millionths(d)
	}
	if d, err := rate.Convert(e.Offer.Price); err == nil {
		e.usdPerHour = millionths(d)
	}
}

// millionths scales a derived amount, which has at most six decimals, to a whole number.
func millionths(d Decimal) int64 {
	n, err := Units(d, DerivedScale)
	if err != nil {
		return unknownPrice
	}
	return n
}

// PerGpuHour is the price of one card-hour of an offer in a currency, at the rates of a day; false when no rate is known.
func (r Rates) PerGpuHour(o Offer, c Currency, at time.Time) (Decimal, bool) {
	rate, found := r.Between(o.Listed.Currency, c, at)
	if !found {
		return Decimal{}, false
	}
	d, err := o.PricePerGpuHourIn(rate)
	return d, err == nil
}
