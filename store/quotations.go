package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
)

// keptRates is a market.RateTable as it is kept.
type keptRates struct {
	Source     string
	Day        time.Time
	FetchedAt  time.Time
	Quotations quotations
}

// quotations are kept as one text, "EUR USD 1.1435 EUR JPY 185.72": less than half as long as a list of objects, and
// read in a third of the time: there are 7,000 days of them.
type quotations []market.Quotation

// MarshalText writes three words a quotation.
func (q quotations) MarshalText() ([]byte, error) {
	var out []byte
	for _, one := range q {
		out = fmt.Appendf(out, "%s %s %s ", one.Base, one.Quote, one.Rate)
	}
	return bytes.TrimSuffix(out, []byte(" ")), nil
}

// UnmarshalJSON reads what MarshalText writes, and what was written before it: a list of objects.
func (q *quotations) UnmarshalJSON(text []byte) error {
	var words string
	if text[0] != '"' {
		return json.Unmarshal(text, (*[]market.Quotation)(q))
	}
	if err := json.Unmarshal(text, &words); err != nil {
		return err
	}
	return q.read(words)
}

func (q *quotations) read(words string) error {
	*q = make(quotations, 0, strings.Count(words, " ")/3+1)
	for words != "" {
		var base, quote, rate string
		base, words, _ = strings.Cut(words, " ")
		quote, words, _ = strings.Cut(words, " ")
		rate, words, _ = strings.Cut(words, " ")
		d, err := decimal.Parse(rate)
		if err != nil {
			return fmt.Errorf("rate %s/%s: %w", base, quote, err)
		}
		*q = append(*q, market.Quotation{Base: market.Currency(base), Quote: market.Currency(quote), Rate: d})
	}
	return nil
}
