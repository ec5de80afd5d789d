package export

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
)

// RateDay is the exchange rates that a source published for a day.
type RateDay struct {
	Source    string    `json:"source"`
	Day       string    `json:"day"`
	FetchedAt time.Time `json:"fetched_at"`
	// Rates are what one unit of base costs.
	Rates []Quotation `json:"rates"`
}

// Quotation is one exchange rate.
type Quotation struct {
	Base  string `json:"base"`
	Quote string `json:"quote"`
	Rate  string `json:"rate"`
}

func newRateDay(t market.RateTable) RateDay {
	d := RateDay{Source: t.Source, Day: t.Day.Format(time.DateOnly), FetchedAt: t.FetchedAt.UTC()}
	for _, q := range t.Quotations {
		d.Rates = append(d.Rates, Quotation{string(q.Base), string(q.Quote), q.Rate.String()})
	}
	return d
}

func (d RateDay) table() (t market.RateTable, err error) {
	t = market.RateTable{Source: d.Source, FetchedAt: d.FetchedAt}
	if t.Day, err = time.Parse(time.DateOnly, d.Day); err != nil {
		return t, fmt.Errorf("day: %w", err)
	}
	for _, q := range d.Rates {
		rate, err := decimal.ParseExact(q.Rate, 0)
		if err != nil || !rate.IsPos() {
			return t, fmt.Errorf("the rate %q of %s/%s is none", q.Rate, q.Base, q.Quote)
		}
		t.Quotations = append(t.Quotations, market.Quotation{Base: market.Currency(q.Base), Quote: market.Currency(q.Quote), Rate: rate})
	}
	return t, nil
}
