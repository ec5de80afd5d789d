package market

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Quotation is one published rate: one unit of Base costs Rate of Quote on that day.
type Quotation struct {
	Base, Quote Currency
	Rate        Decimal
}

// RateTable is what one source published for one day.
type RateTable struct {
	// Source is who published it, as in "CFETS" or "ECB".
	Source string
	// Day is midnight UTC of the day the rates are for.
	Day time.Time
	// FetchedAt is when we read it.
	FetchedAt  time.Time
	Quotations []Quotation
}

// Rate is how many units of Quote one unit of Base costs, exactly, with where that comes from.
type Rate struct {
	Base, Quote Currency
	// Day is the older one where two sources were combined.
	Day    time.Time
	Source string
	exact  fraction
}

// One is the rate of a currency to itself.
func One(c Currency, at time.Time) Rate {
	return Rate{Base: c, Quote: c, Day: midnight(at), Source: "identity", exact: ratio(1, 1)}
}

// Decimal is the rate rounded to nine decimals, for display. Amounts are converted with the exact rate.
func (r Rate) Decimal() (Decimal, error) { return r.exact.round(RateScale) }

// Age is how many days lie between the rate and the moment asked about.
func (r Rate) Age(at time.Time) int { return int(midnight(at).Sub(r.Day) / (24 * time.Hour)) }

// Rates answers what one currency is worth in another, from the tables of all sources. It is immutable.
type Rates struct {
	// sources are the tables of each source, the preferred source first, from the first day on.
	sources [][]RateTable
}

// NewRates keeps the tables in order of source and day.
func NewRates(tables []RateTable) Rates {
	sorted := slices.Clone(tables)
	slices.SortStableFunc(sorted, func(a, b RateTable) int {
		return cmp.Or(cmp.Compare(preference(a.Source), preference(b.Source)), cmp.Compare(a.Source, b.Source), a.Day.Compare(b.Day))
	})
	var r Rates
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].Source == sorted[0].Source {
			n++
		}
		r.sources, sorted = append(r.sources, sorted[:n]), sorted[n:]
	}
	return r
}

// preference puts CFETS first: its fixing is what a domestic contract names.
func preference(source string) int {
	if source == "CFETS" {
		return 0
	}
	return 1
}

// Between gives the latest rate at or before the day of at: from one source where one has both currencies, else through a
// third currency of two sources. False where none is known: a price is then null, never wrong.
func (r Rates) Between(base, quote Currency, at time.Time) (Rate, bool) {
	if base == quote {
		return One(base, at), true
	}
	latest := r.latest(at)
	for _, t := range latest {
		if rate, found := t.between(base, quote); found {
			return rate, true
		}
	}
	return across(latest, base, quote)
}

// remembered looks every rate of a day up once; it is for one goroutine.
func (r Rates) remembered() dayRates { return dayRates{r, map[dayRate]*Rate{}} }

// latest picks each source's newest table that is not after the day of at.
func (r Rates) latest(at time.Time) []RateTable {
	out := make([]RateTable, 0, len(r.sources))
	day := midnight(at)
	for _, tables := range r.sources {
		after := sort.Search(len(tables), func(i int) bool { return tables[i].Day.After(day) })
		if after > 0 {
			out = append(out, tables[after-1])
		}
	}
	return out
}

// From are the tables that conversions from a moment on can need: of each source the newest that is not after it, and all later ones.
func (r Rates) From(at time.Time) []RateTable {
	var out []RateTable
	day := midnight(at)
	for _, tables := range r.sources {
		after := sort.Search(len(tables), func(i int) bool { return tables[i].Day.After(day) })
		out = append(out, tables[max(0, after-1):]...)
	}
	return out
}

// between finds base in terms of quote within one table: directly, inverted, or through a currency both are quoted against.
func (t RateTable) between(base, quote Currency) (Rate, bool) {
	toBase, foundBase := t.pivot(base)
	toQuote, foundQuote := t.pivot(quote)
	if !foundBase || !foundQuote {
		return Rate{}, false
	}
	return Rate{Base: base, Quote: quote, Day: t.Day, Source: t.Source, exact: toBase.over(toQuote)}, true
}

// pivot is what one unit of c costs in the currency that the whole table is quoted against.
func (t RateTable) pivot(c Currency) (fraction, bool) {
	center := t.center()
	if c == center {
		return ratio(1, 1), true
	}
	for _, q := range t.Quotations {
		switch {
		case q.Base == c && q.Quote == center:
			return exactly(q.Rate), true
		case q.Quote == c && q.Base == center:
			return ratio(1, 1).over(exactly(q.Rate)), true
		}
	}
	return fraction{}, false
}

// center is the currency that stands in every quotation: CNY for CFETS, EUR for the ECB.
func (t RateTable) center() Currency {
	for _, candidate := range []Currency{CNY, EUR, USD} {
		inAll := !slices.ContainsFunc(t.Quotations, func(q Quotation) bool { return q.Base != candidate && q.Quote != candidate })
		if inAll && len(t.Quotations) > 0 {
			return candidate
		}
	}
	return ""
}

// across combines two sources through a currency that both know, preferring the dollar.
func across(tables []RateTable, base, quote Currency) (Rate, bool) {
	for _, via := range []Currency{USD, EUR, CNY} {
		first, foundFirst := firstBetween(tables, base, via)
		second, foundSecond := firstBetween(tables, via, quote)
		if foundFirst && foundSecond {
			return combine(first, second), true
		}
	}
	return Rate{}, false
}

func firstBetween(tables []RateTable, base, quote Currency) (Rate, bool) {
	for _, t := range tables {
		if rate, found := t.between(base, quote); found {
			return rate, true
		}
	}
	return Rate{}, false
}

func combine(a, b Rate) Rate {
	day := a.Day
	if b.Day.Before(day) {
		day = b.Day
	}
	return Rate{Base: a.Base, Quote: b.Quote, Day: day, Source: fmt.Sprintf("%s and %s via %s", a.Source, b.Source, a.Quote),
		exact: a.exact.times(b.exact)}
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Convert turns an amount of the rate's base into its quote, rounded once to six decimals.
func (r Rate) Convert(amount Decimal) (Decimal, error) { return r.convert(amount).round(DerivedScale) }

func (r Rate) convert(amount Decimal) fraction { return r.exact.times(exactly(amount)) }
