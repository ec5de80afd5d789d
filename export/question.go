package export

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// The filters' names, on the command line and in an address.
const (
	from     = "from"
	to       = "to"
	gpu      = "gpu"
	provider = "provider"
	terms    = "market"
	history  = "collection"
)

var markets = []market.Market{market.OnDemand, market.Spot, market.Reserved, market.MarketUnknown}

// ParseQuestion reads filters such as from=2026-01-01&gpu=H100&gpu=H200. A *market.InvalidError names what cannot be understood.
func ParseQuestion(values url.Values) (q market.ExportQuestion, err error) {
	for name := range values {
		if !slices.Contains([]string{from, to, gpu, provider, terms, history}, name) {
			return q, &market.InvalidError{Field: name, Reason: "there is no such filter; they are from, to, gpu, provider, market and collection"}
		}
	}
	if q.From, err = parseMoment(values, from); err != nil {
		return q, err
	}
	if q.To, err = parseMoment(values, to); err != nil {
		return q, err
	}
	q.Filter = market.Filter{Gpus: values[gpu], Providers: values[provider], Collections: values[history]}
	for _, text := range values[terms] {
		m := market.Market(strings.ToUpper(strings.ReplaceAll(text, "-", "_")))
		if !slices.Contains(markets, m) {
			return q, &market.InvalidError{Field: terms, Reason: fmt.Sprintf("there is no market %q; they are %v", text, markets)}
		}
		q.Filter.Markets = append(q.Filter.Markets, m)
	}
	return q, nil
}

// parseMoment reads a time, or a day, which begins at midnight UTC.
func parseMoment(values url.Values, name string) (time.Time, error) {
	text := values.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &market.InvalidError{Field: name, Reason: fmt.Sprintf("%q is no time such as 2026-11-24 or 2026-11-24T12:00:00Z", text)}
}

// filtersOf are the filters as a manifest tells them.
func filtersOf(values url.Values) map[string]string {
	out := map[string]string{}
	for name, all := range values {
		out[name] = strings.Join(all, ", ")
	}
	return out
}
