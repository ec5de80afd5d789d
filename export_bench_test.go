package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"gpuhour/export"
	"gpuhour/market"
)

// BenchmarkExport50M exports fifty million changes of an embedded store, and a hundredth of them: the memory on top of the store's own stays
// as it is, whatever the size.
func BenchmarkExport50M(b *testing.B) {
	for _, size := range []struct {
		name      string
		providers int
	}{{"half a million", 1}, {"fifty million", 100}} {
		a := longStore(b, size.providers)
		for _, format := range []export.Format{export.CSV, export.Parquet} {
			b.Run(string(format)+"/"+size.name, func(b *testing.B) {
				peak := watchMemory(b)
				var rows int64
				for b.Loop() {
					x, err := a.exporter(market.ExportQuestion{Filter: market.Filter{Collections: []string{"bench"}}})
					if err != nil {
						b.Fatal(err)
					}
					if rows, err = export.Copy(b.Context(), io.Discard, format, a.rows(b.Context(), x, func(market.Chronicle) error { return nil })); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e3, "krows/s")
				b.ReportMetric(peak(), "MiB-peak")
				b.ReportMetric(float64(rows), "rows")
			})
		}
		if err := a.close(); err != nil {
			b.Fatal(err)
		}
	}
}

// longStore has 250 series of 2,000 changes at each of some providers of a collection.
func longStore(b *testing.B, providers int) *app {
	b.Helper()
	s := &session{config: Config{DataDir: b.TempDir()}, errs: io.Discard, log: slog.New(slog.DiscardHandler), now: time.Now}
	a, err := newApp(b.Context(), s, "")
	if err != nil {
		b.Fatal(err)
	}
	about := market.Collection{Name: "bench", Cadence: time.Hour}
	var collected []market.Provider
	for p := range providers {
		provider := about.Collected(fmt.Sprintf("seller%03d", p), market.Neocloud)
		collected = append(collected, provider)
		if _, err := a.store.Import(b.Context(), market.Import{Chronicle: longChronicle(b, provider)}); err != nil {
			b.Fatal(err)
		}
	}
	if err := a.store.SaveCollected(b.Context(), collected); err != nil {
		b.Fatal(err)
	}
	if err := a.registry.learn(b.Context(), a.store); err != nil {
		b.Fatal(err)
	}
	return a
}

func longChronicle(b *testing.B, p market.Provider) market.Chronicle {
	b.Helper()
	g := market.NewGatherer(p.ID)
	for s := range 250 {
		o, err := market.Normalise(market.Origin{Provider: p.ID, Kind: p.Kind, Sheet: "prices"}, market.Listing{SKU: fmt.Sprintf("gpu_8x_h100_sxm5 %d", s), GpuName: "H100 SXM",
			Count: "8", Region: "us-east-1", Market: market.Spot, Price: "20", Currency: market.USD, Per: market.PerInstance, Period: market.PerHour})
		if err != nil {
			b.Fatal(err)
		}
		at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range 2000 {
			amount, err := market.ParseAmount(fmt.Sprintf("%d.%02d", 18+(s+i)%5, (s*7+i*13)%100), market.USD)
			if err != nil {
				b.Fatal(err)
			}
			at = at.Add(time.Hour)
			point := market.Point{PointTerms: market.PointTerms{Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, GpuCount: o.GpuCount}, At: at, Amount: amount, Stock: market.StockUnknown}
			if err := g.Add(o, point, market.Source{}, 0); err != nil {
				b.Fatal(err)
			}
		}
	}
	return g.Chronicle()
}

// watchMemory looks at what the garbage collector finds alive until it is asked for the most there was, in MiB on top of what there was at first.
func watchMemory(b *testing.B) (peak func() float64) {
	b.Helper()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	heap := func() float64 {
		metrics.Read(sample)
		return float64(sample[0].Value.Uint64()) / (1 << 20)
	}
	runtime.GC()
	first := heap()
	ctx, stop := context.WithCancel(b.Context())
	most := make(chan float64)
	go func() {
		highest := first
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				most <- highest
				return
			case <-tick.C:
				highest = max(highest, heap())
			}
		}
	}()
	return func() float64 { stop(); return <-most - first }
}
