package market

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// bookOf is a book with offers of two providers, in two currencies.
func bookOf(t testing.TB, n int) *Book {
	t.Helper()
	b := NewBook()
	b.SetRates(NewRates([]RateTable{{Source: "CFETS", Day: midnight(noon), Quotations: []Quotation{{USD, CNY, mustAmount("7")}}}}), noon)
	byProvider := map[string][]Offer{}
	for i := range n {
		o := offerOf(t, func(l *Listing) {
			l.SKU, l.Price, l.Per = fmt.Sprintf("sku%05d", i), fmt.Sprintf("%d.%02d", 1+i%7, i%100), PerGPU
			l.Count = fmt.Sprint(1 << (i % 4))
			if i%2 == 1 {
				l.Currency = CNY
			}
			if i%5 == 0 {
				l.GpuName, l.CardMemoryGB = "an unnamed card", 0
			}
		})
		o.Provider = fmt.Sprint("p", i%2)
		o.ID = fmt.Sprintf("%s/%s/-/on-demand", o.Provider, o.SKU)
		byProvider[o.Provider] = append(byProvider[o.Provider], o)
	}
	for p, offers := range byProvider {
		b.Load(p, []Sheet{{Provider: p, Name: "prices", LastSuccessAt: noon}}, offers)
	}
	return b
}

func mustAmount(text string) Decimal {
	d, err := ParseAmount(text, USD)
	if err != nil {
		panic(err)
	}
	return d
}

func hourly(string) time.Duration { return time.Hour }

func ask(t testing.TB, v *View, f Filter, o Order, w Window) Page {
	t.Helper()
	page, err := v.Ask(Question{Filter: f, Order: o, Window: w, Now: noon, Cadence: hourly})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestPagesVisitEachOnce walks every order in both directions, forwards and backwards.
func TestPagesVisitEachOnce(t *testing.T) {
	v := bookOf(t, 137).View()
	size := 10
	for _, field := range orderFields {
		for _, direction := range []Direction{Ascending, Descending} {
			o := Order{field, direction}
			whole := ids(ask(t, v, Filter{}, o, Window{First: new(LargestPage)}))
			forwards, backwards := []string{}, []string{}
			for w := (Window{First: &size}); ; {
				page := ask(t, v, Filter{}, o, w)
				forwards = append(forwards, ids(page)...)
				if page.Total != 137 || page.HasPrevious != (w.After != "") {
					t.Fatalf("%v: total %d, previous %v", o, page.Total, page.HasPrevious)
				}
				if !page.HasNext {
					break
				}
				w.After = page.Cursors[len(page.Cursors)-1]
			}
			for w := (Window{Last: &size}); ; {
				page := ask(t, v, Filter{}, o, w)
				backwards = append(ids(page), backwards...)
				if !page.HasPrevious {
					break
				}
				w.Before = page.Cursors[0]
			}
			if !slices.Equal(whole, forwards) || !slices.Equal(whole, backwards) || len(whole) != 137 {
				t.Errorf("%v: %d at once, %d forwards, %d backwards", o, len(whole), len(forwards), len(backwards))
			}
		}
	}
}

func ids(p Page) []string {
	out := []string{}
	for _, e := range p.Entries {
		out = append(out, e.Offer.ID)
	}
	return out
}

// TestNullsComeLast holds it in both directions.
func TestNullsComeLast(t *testing.T) {
	v := bookOf(t, 20).View()
	for _, direction := range []Direction{Ascending, Descending} {
		page := ask(t, v, Filter{}, Order{ByPricePerPflopsHour, direction}, Window{})
		seenNull := false
		for _, e := range page.Entries {
			isNull := e.usdPerPflopsHour < 0
			if seenNull && !isNull {
				t.Errorf("%s: a value after a null", direction)
			}
			seenNull = seenNull || isNull
		}
	}
}

// TestCursorSurvivesChanges takes the offer away that a cursor points at.
func TestCursorSurvivesChanges(t *testing.T) {
	b := bookOf(t, 30)
	first := ask(t, b.View(), Filter{}, DefaultOrder, Window{First: new(10)})
	rest := ids(ask(t, b.View(), Filter{}, DefaultOrder, Window{After: first.Cursors[9]}))
	gone := first.Entries[9].Offer
	b.Apply(gone.Provider, nil, nil, []string{gone.ID})
	if after := ids(ask(t, b.View(), Filter{}, DefaultOrder, Window{After: first.Cursors[9]})); !slices.Equal(rest, after) {
		t.Errorf("the rest changed from %v to %v", rest, after)
	}
}

func TestFilters(t *testing.T) {
	v := bookOf(t, 140).View()
	limit := mustAmount("1.00")
	two, four := 2.0, 4.0
	tests := map[string]struct {
		reason string
		filter Filter
		keep   func(*Entry) bool
	}{
		"model":              {"offers that say only the model too", Filter{Gpus: []string{"h100"}}, func(e *Entry) bool { return e.Offer.GpuModel == "H100" }},
		"catalogue id":       {"exactly that one", Filter{Gpus: []string{"nvidia/h100-sxm-80gb"}}, func(e *Entry) bool { return e.Offer.GpuID == "nvidia/h100-sxm-80gb" }},
		"a name in the wild": {"what people type", Filter{Gpus: []string{"HGX H100"}}, func(e *Entry) bool { return e.Offer.GpuModel == "H100" }},
		"provider":           {"by id", Filter{Providers: []string{"p1"}}, func(e *Entry) bool { return e.Offer.Provider == "p1" }},
		"price":              {"in dollars, whatever it is listed in", Filter{MaxPricePerGpuHour: &limit}, func(e *Entry) bool { return e.usdPerGpuHour <= 1_000_000 }},
		"cards":              {"both bounds", Filter{MinGpuCount: &two, MaxGpuCount: &four}, func(e *Entry) bool { n := e.Offer.GpuCount.Float(); return n >= 2 && n <= 4 }},
		"region":             {"whatever the case", Filter{Regions: []string{"EUROPE"}}, func(*Entry) bool { return true }},
		"search":             {"in SKU and names", Filter{Search: "UNNAMED"}, func(e *Entry) bool { return e.Offer.GpuModel == "" }},
		"nothing matches":    {"no rows is an answer", Filter{Countries: []string{"IS"}}, func(*Entry) bool { return false }},
		"alternatives":       {"values of one field", Filter{Providers: []string{"p0", "p1"}}, func(*Entry) bool { return true }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want := 0
			for _, e := range v.Entries() {
				if tt.keep(e) {
					want++
				}
			}
			page := ask(t, v, tt.filter, Order{}, Window{First: new(LargestPage)})
			if page.Total != want || len(page.Entries) != min(want, LargestPage) || slices.ContainsFunc(page.Entries, func(e *Entry) bool { return !tt.keep(e) }) {
				t.Errorf("%s: %d of %d", tt.reason, page.Total, want)
			}
		})
	}
}

func TestStaleIsLeftOutWhenAsked(t *testing.T) {
	b := bookOf(t, 10)
	b.Apply("p1", []Sheet{{Provider: "p1", Name: "prices", LastSuccessAt: noon, Problem: "down"}}, nil, nil)
	if page := ask(t, b.View(), Filter{ExcludeStale: true}, Order{}, Window{}); page.Total != 5 {
		t.Errorf("%d of 10 offers, half of them are stale", page.Total)
	}
	if page := ask(t, b.View(), Filter{}, Order{}, Window{}); page.Total != 10 {
		t.Errorf("%d of 10 offers: stale ones are served, with their age", page.Total)
	}
}

func TestBadQuestions(t *testing.T) {
	v := bookOf(t, 10).View()
	other := ask(t, v, Filter{}, Order{ByGpu, Ascending}, Window{}).Cursors[0]
	minus := mustAmount("1").Neg()
	tests := map[string]struct {
		reason, field string
		question      Question
	}{
		"a negative size":        {"there is no page of minus one", "first", Question{Window: Window{First: new(-1)}}},
		"a negative size behind": {"the same", "last", Question{Window: Window{Last: new(-1)}}},
		"a cursor of another":    {"the place means nothing in this order", "after", Question{Window: Window{After: other}}},
		"a cursor of nobody":     {"not one of ours", "before", Question{Window: Window{Before: "!!"}}},
		"an unknown model":       {"a typing error is not an empty market", "filter.gpus", Question{Filter: Filter{Gpus: []string{"H1OO"}}}},
		"an unknown id":          {"the same", "filter.gpus", Question{Filter: Filter{Gpus: []string{"nvidia/h100"}}}},
		"a negative price":       {"nothing costs less than nothing", "filter.maxPricePerGpuHour", Question{Filter: Filter{MaxPricePerGpuHour: &minus}}},
		"an order of its own":    {"the schema has none of the name", "orderBy", Question{Order: Order{"X", Ascending}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.question.Now, tt.question.Cadence = noon, hourly
			_, err := v.Ask(tt.question)
			var invalid *InvalidError
			if !errors.As(err, &invalid) || invalid.Field != tt.field {
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
}

// TestBookIsSwappedWhole reads while it is written: a view never changes under its reader.
func TestBookIsSwappedWhole(t *testing.T) {
	b := bookOf(t, 50)
	v := b.View()
	before := ids(ask(t, v, Filter{}, DefaultOrder, Window{First: new(LargestPage)}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			b.Apply("p0", nil, nil, []string{fmt.Sprintf("p0/sku%05d/-/on-demand", i)})
		}
	}()
	for range 50 {
		if after := ids(ask(t, v, Filter{}, DefaultOrder, Window{First: new(LargestPage)})); !slices.Equal(before, after) {
			t.Fatal("the view changed")
		}
	}
	<-done
	if b.View().Len() != 25 || b.View().Generation <= v.Generation {
		t.Errorf("%d offers in generation %d", b.View().Len(), b.View().Generation)
	}
}

func BenchmarkAsk50k(b *testing.B) {
	v := bookOf(b, 50_000).View()
	limit := mustAmount("3.00")
	questions := map[string]Question{
		"first page":     {},
		"filtered":       {Filter: Filter{Gpus: []string{"H100"}, Providers: []string{"p1"}, MaxPricePerGpuHour: &limit}},
		"search":         {Filter: Filter{Search: "sku04999"}},
		"newest changes": {Order: Order{ByChangedAt, Descending}},
	}
	for name, q := range questions {
		q.Now, q.Cadence = noon, hourly
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Ask(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
