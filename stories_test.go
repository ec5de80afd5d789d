package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// story tells a store what a provider listed, run by run, as the runner does.
type story struct {
	*testing.T
	app *app
}

const teller = "coreweave"

var storyDay = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// run is a reading on a day (and hours) that found one offer at a price such as "8 USD"; empty where it was not listed.
func (s story) run(days float64, price string) {
	s.Helper()
	at := storyDay.Add(time.Duration(days * 24 * float64(time.Hour)))
	before, err := s.app.store.Snapshot(s.Context(), teller, "prices")
	if err != nil {
		s.Fatal(err)
	}
	var offers []market.Offer
	if amount, currency, listed := strings.Cut(price, " "); listed {
		o, err := market.Normalise(market.Origin{Provider: teller, Kind: market.Neocloud, Sheet: "prices", Document: "https://example.com/"}, market.Listing{SKU: "h100", GpuName: "H100",
			Count: "8", Market: market.OnDemand, Price: amount, Currency: market.Currency(currency), Per: market.PerInstance, Period: market.PerHour})
		if err != nil {
			s.Fatal(err)
		}
		offers = append(offers, o)
	}
	d := market.Diff(before.Offers, offers, at)
	sheet := market.Sheet{Provider: teller, Name: "prices", LastRunAt: at, LastSuccessAt: at, Documents: []market.Source{{URL: "https://example.com/", FetchedAt: at, Digest: "d"}}}
	if _, err := s.app.store.Commit(s.Context(), market.Commit{Run: market.Run{ID: fmt.Sprint(at, price), Provider: teller, Sheet: "prices", StartedAt: at, EndedAt: at},
		Sheet: sheet, Upserts: d.Upserts, Removed: d.Removed, Changes: d.Changes, RunBefore: before.Sheet.LastRunAt}); err != nil {
		s.Fatal(err)
	}
	if err := s.app.feed.follow(s.Context(), teller); err != nil {
		s.Fatal(err)
	}
}

// asOf is what was listed on some days at noon: the price, and whether it was stale.
func (s story) asOf(days ...int) (out []string) {
	s.Helper()
	past := newPast(s.app.store, &s.app.feed, s.app.registry)
	for _, n := range days {
		at := storyDay.AddDate(0, 0, n).Add(8 * time.Hour)
		view, err := past.At(s.Context(), at, market.Filter{})
		if err != nil {
			s.Fatal(err)
		}
		text := "nothing"
		for _, e := range view.Entries() {
			text = e.Offer.Listed.Amount.String() + " " + string(e.Offer.Listed.Currency)
			if view.Sheet(e.Offer).Stale(at, 24*time.Hour) {
				text += ", stale"
			}
		}
		out = append(out, fmt.Sprintf("day %d: %s", n, text))
	}
	return out
}

// index are the medians in dollars of some days; a dash where there is none.
func (s story) index(from, to int) string {
	s.Helper()
	past := newPast(s.app.store, &s.app.feed, s.app.registry)
	indices, err := past.Index(s.Context(), market.IndexQuestion{Gpu: "H100", From: storyDay.AddDate(0, 0, from), To: storyDay.AddDate(0, 0, to), Step: 24 * time.Hour, Currency: market.USD,
		Now: storyDay.AddDate(0, 0, 365), Cadence: func(string) time.Duration { return 24 * time.Hour }})
	if err != nil {
		s.Fatal(err)
	}
	var out []string
	for _, index := range indices {
		for _, p := range index.Points {
			if p.Spread == nil {
				out = append(out, "-")
			} else {
				out = append(out, p.Spread.Median.String())
			}
		}
	}
	return strings.Join(out, " ")
}

// TestStoriesThatHistoriesTell are the ones that break price histories: a clock that goes backwards, a provider that is gone for a month, a
// currency that changes, an offer that is withdrawn and returns.
func TestStoriesThatHistoriesTell(t *testing.T) {
	tests := map[string]struct {
		tell  func(story)
		asOf  []int
		want  []string
		index string
	}{
		"the clock goes backwards": { // what was written last of a time holds from there; nothing of the later one is lost
			func(s story) { s.run(0, "8 USD"); s.run(2, "16 USD"); s.run(1, "24 USD"); s.run(3, "16 USD") }, []int{0, 1, 2, 3},
			[]string{"day 0: 8 USD", "day 1: 24 USD", "day 2: 16 USD", "day 3: 16 USD"}, "1 3 2 2"},
		"a provider is gone for a month": { // its prices stay, marked stale, until it is read again; the index has a gap
			func(s story) { s.run(0, "8 USD"); s.run(30, "16 USD") }, []int{0, 3, 4, 29, 30, 34},
			[]string{"day 0: 8 USD", "day 3: 8 USD, stale", "day 4: 8 USD, stale", "day 29: 8 USD, stale", "day 30: 16 USD", "day 34: 16 USD, stale"}, "1 1 1 1"},
		"the currency changes": { // each price is what it was, in the currency of then; without a rate there is no price in dollars
			func(s story) { s.run(0, "8 USD"); s.run(1, "56 CNY"); s.run(2, "16 USD"); s.run(3, "16 USD") }, []int{0, 1, 2},
			[]string{"day 0: 8 USD", "day 1: 56 CNY", "day 2: 16 USD"}, "1 - 2 2"},
		"an offer returns": { // between it is not listed, and counts only for the days on which it was
			func(s story) { s.run(0, "8 USD"); s.run(1, ""); s.run(2, ""); s.run(3, "8 USD") }, []int{0, 1, 2, 3},
			[]string{"day 0: 8 USD", "day 1: nothing", "day 2: nothing", "day 3: 8 USD"}, "1 1 - 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := newApp(t.Context(), &session{config: Config{DataDir: t.TempDir()}, errs: io.Discard, log: slog.New(slog.DiscardHandler), now: time.Now}, "")
			if err != nil {
				t.Fatal(err)
			}
			s := story{t, a}
			tt.tell(s)
			if diff := cmp.Diff(tt.want, s.asOf(tt.asOf...)); diff != "" {
				t.Errorf("(-happened +told):\n%s", diff)
			}
			if got := s.index(0, 4); !strings.HasPrefix(got, tt.index) {
				t.Errorf("the index is %s, want %s", got, tt.index)
			}
			if err := a.close(); err != nil {
				t.Error(err)
			}
		})
	}
}
