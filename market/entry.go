package market

import (
	"strings"
	"time"
)

func newEntry(o Offer, rates dayRates, at time.Time) *Entry {
	e := &Entry{Offer: o, Gpu: theCatalogue().byID[o.GpuID], usdPerGpuHour: unknownPrice, usdPerPflopsHour: unknownPrice, usdPerHour: unknownPrice}
	if rate := rates.on(o.Listed.Currency, USD, at); rate != nil {
		e.price(*rate)
	}
	return e
}

// searchText is what free text is looked for in.
func (e *Entry) searchText() string {
	if known := e.text.Load(); known != nil {
		return *known
	}
	o := &e.Offer
	text := strings.ToLower(strings.Join([]string{o.Provider, o.SKU, o.GpuName, o.GpuModel}, "\x00"))
	e.text.Store(&text)
	return text
}

func (e *Entry) price(rate Rate) {
	e.usdPerHour = millionths(rate.convert(e.Offer.Price))
	card, err := e.Offer.Listed.perGpuHour(e.Offer.GpuCount)
	if err != nil {
		return
	}
	card = card.times(rate.exact)
	e.usdPerGpuHour = millionths(card)
	if figure := petaflopsOf()[e.Offer.GpuID].dense; figure.IsPos() {
		e.usdPerPflopsHour = millionths(card.over(exactly(figure)))
	}
}

// millionths is a derived amount, which has six decimals, as a whole number.
func millionths(f fraction) int64 {
	n, err := f.units(DerivedScale)
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
