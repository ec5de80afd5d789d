package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

// hourlyHistory is an offer whose price changes every hour for some days.
func hourlyHistory(t *testing.T, provider string, from time.Time, days int) market.Chronicle {
	t.Helper()
	g := market.NewGatherer(provider)
	for hour := range days * 24 {
		o, err := market.Normalise(market.Origin{Provider: provider, Kind: market.Neocloud, Sheet: "prices"},
			market.Listing{SKU: "a", GpuName: "NVIDIA H100 SXM", Count: "8", Price: fmt.Sprint(1 + hour%7), Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, Market: market.OnDemand})
		if err != nil {
			t.Fatal(err)
		}
		p := market.Point{PointTerms: market.PointTerms{Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, GpuCount: o.GpuCount},
			At: from.Add(time.Duration(hour) * time.Hour), Amount: o.Listed.Amount}
		if err := g.Add(o, p, market.Source{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	return g.Chronicle()
}

// changesOf are how many changes a provider's history has, in the store and as they are answered.
func (a *app) changesOf(t *testing.T, p *past, id string) (stored, told int) {
	t.Helper()
	i := 0
	all := append(a.registry.Providers(), a.registry.Collected()...)
	for i < len(all) && all[i].ID != id {
		i++
	}
	_, kept, err := a.store.Chronicle(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	answered, err := p.chronicle(t.Context(), all[i])
	if err != nil {
		t.Fatal(err)
	}
	count := func(c market.Chronicle) int {
		points, err := market.Points(c.Offers[0].Stream)
		if err != nil {
			t.Fatal(err)
		}
		return len(points)
	}
	return count(kept), count(answered)
}

// TestThinnedOnceADay thins providers and collections as the settings say. One that is being read is left for the next time; one that was
// thinned today is left alone until tomorrow.
func TestThinnedOnceADay(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	now := start.Add(20 * 24 * time.Hour)
	var errs bytes.Buffer
	s := &session{config: Config{DataDir: t.TempDir(), History: market.Thinning{Thin: 10 * 24 * time.Hour}}, out: io.Discard, errs: &errs,
		log: slog.New(slog.DiscardHandler), now: func() time.Time { return now }}
	a, err := newApp(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.close() }()
	const collected = "lambda@others"
	ids := []string{"coreweave", "lambda", collected}
	for _, id := range ids {
		if _, err := a.store.Import(t.Context(), market.Import{Chronicle: hourlyHistory(t, id, start, 20)}); err != nil {
			t.Fatal(err)
		}
	}
	provider := market.Provider{ID: collected, Kind: market.Neocloud, Collection: market.Collection{Name: "others", Cadence: time.Hour}, ImportedAt: now}
	if err := a.store.SaveCollected(t.Context(), []market.Provider{provider}); err != nil {
		t.Fatal(err)
	}
	if err := a.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	history, thinner := newPast(a.store, &a.feed, a.registry), newThinner(a)
	expect := func(when string, want ...int) {
		t.Helper()
		for i, id := range ids {
			if stored, told := a.changesOf(t, history, id); stored != want[i] || told != want[i] {
				t.Errorf("%s: %s has %d changes and tells %d, want %d", when, id, stored, told, want[i])
			}
		}
	}
	expect("before", 480, 480, 480)
	lease, err := a.store.Lock(t.Context(), "lambda", time.Time{}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	thinner.all(t.Context())
	expect("while one is being read", 10+240, 480, 10+240)
	if err := lease.Release(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	thinner.all(t.Context())
	expect("an hour later", 10+240, 10+240, 10+240)
	if said := errs.String(); strings.Count(said, "was thinned") != 3 || !strings.Contains(said, "coreweave was thinned as the settings say: 230 changes, 0 runs and 0 proofs went") {
		t.Errorf("the operator is told %q", said)
	}
	a.config.History.Keep = 11 * 24 * time.Hour
	thinner.all(t.Context())
	expect("the same day", 10+240, 10+240, 10+240)
	now = now.Add(24 * time.Hour)
	thinner.all(t.Context())
	expect("tomorrow", 2+9*24, 2+9*24, 2+9*24)
}
