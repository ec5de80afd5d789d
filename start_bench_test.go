package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"gpuhour/market"
	"gpuhour/store"
)

// BenchmarkStart50k starts the program on an embedded store of 50,000 offers: journal, store, book.
func BenchmarkStart50k(b *testing.B) {
	dir := b.TempDir()
	fillStore(b, dir, 50_000)
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
