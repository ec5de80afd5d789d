package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
	"gpuhour/store"
)

// BenchmarkStart50k starts the program on an embedded store of 50,000 offers and the exchange rates since 1999: journal, store, book.
func BenchmarkStart50k(b *testing.B) {
	dir := b.TempDir()
	fillStore(b, dir, 50_000)
	fillRates(b, dir)
	s := &session{config: Config{DataDir: dir}, errs: io.Discard, log: slog.New(slog.DiscardHandler), now: time.Now}
	for b.Loop() {
		a, err := newApp(b.Context(), s, "")
		if err != nil {
			b.Fatal(err)
		}
		if n := a.book.View().Len(); n != 50_000 {
			b.Fatalf("%d offers", n)
		}
		if err := a.close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fillStore spreads offers over all providers.
func fillStore(b *testing.B, dir string, n int) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{DataDir: dir, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	all := ids()
	for i, id := range all {
		share := n*(i+1)/len(all) - n*i/len(all)
		if err := commitOffers(b.Context(), s, id, share); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// fillRates keeps as many rates as the ECB has published since 1999, and CFETS in a year.
func fillRates(b *testing.B, dir string) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{DataDir: dir, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	for source, days := range map[string]int{"ECB": 7_100, "CFETS": 250} {
		if err := s.SaveRateHistory(b.Context(), source, time.Now(), manyRates(source, days)); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// manyRates are the rates of 31 currencies on so many days until now.
func manyRates(source string, days int) []market.RateTable {
	tables := make([]market.RateTable, days)
	for i := range tables {
		at := time.Now().UTC()
		tables[i] = market.RateTable{Source: source, Day: at.AddDate(0, 0, -i), FetchedAt: at}
		for c := range 31 {
			quote, rate := market.Currency(fmt.Sprintf("%c%cX", 'A'+c/26, 'A'+c%26)), decimal.MustNew(int64(11_000+i), 4)
			tables[i].Quotations = append(tables[i].Quotations, market.Quotation{Base: market.EUR, Quote: quote, Rate: rate})
		}
	}
	return tables
}

func commitOffers(ctx context.Context, s *store.Store, provider string, n int) error {
	now := time.Now()
	var reading market.Reading
	rows := make([]market.Listing, n)
	for i := range rows {
		rows[i] = market.Listing{SKU: fmt.Sprintf("sku%06d", i), GpuName: "NVIDIA H100 80GB HBM3", Count: "8", Price: "49.24", Currency: market.USD,
			Per: market.PerInstance, Period: market.PerHour, Market: market.OnDemand}
	}
	reading.Read(market.Origin{Provider: provider, Kind: market.Neocloud, Sheet: "prices", Document: "https://example.com/"}, rows)
	d := market.Diff(nil, reading.Offers, now)
	_, err := s.Commit(ctx, market.Commit{Run: market.Run{ID: "r", Provider: provider, Sheet: "prices", StartedAt: now, EndedAt: now},
		Sheet: market.Sheet{Provider: provider, Name: "prices", LastSuccessAt: now}, Upserts: d.Upserts})
	return err
}
