package alerts

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
)

// The size of the market that rules are judged in, and of one run that changes a part of it.
const (
	benchProviders = 40
	benchOffers    = 500 // a provider
	benchRules     = 100_000
	benchChanges   = 1_000
)

var benchModels = func() (out []string) {
	for _, g := range market.Gpus() {
		out = append(out, g.Model)
	}
	return out
}()

// benchMarket is 20,000 offers of 40 providers.
func benchMarket() (*market.Book, map[string][]market.Offer) {
	book, offers := market.NewBook(), map[string][]market.Offer{}
	random := rand.New(rand.NewPCG(1, 1))
	gpus := market.Gpus()
	for p := range benchProviders {
		provider := fmt.Sprintf("p%02d", p)
		for i := range benchOffers {
			gpu := gpus[random.IntN(len(gpus))]
			o := market.Offer{Provider: provider, Kind: market.Neocloud, Sheet: "main", SKU: fmt.Sprint("s", i), GpuName: gpu.Model, GpuModel: gpu.Model, GpuID: gpu.ID,
				GpuCount: market.Cards(1), Region: fmt.Sprint("r", i%10), Market: []market.Market{market.OnDemand, market.Spot}[random.IntN(2)], Stock: market.Available}
			o.ID = market.OfferID(provider, o.SKU, o.Region, o.Market, 0)
			offers[provider] = append(offers[provider], priced(o, 100+random.Int64N(900)))
		}
		book.Load(provider, []market.Sheet{benchSheet(provider, 0)}, offers[provider])
	}
	return book, offers
}

func priced(o market.Offer, cents int64) market.Offer {
	amount, _ := decimal.New(cents, 2)
	o.Listed = market.ListedPrice{Amount: amount, Currency: market.USD, Per: market.PerGPU, Period: market.PerHour}
	o.Price = amount
	return o
}

func benchSheet(provider string, run int) market.Sheet {
	at := monday.Add(time.Duration(run) * time.Minute)
	return market.Sheet{Provider: provider, Name: "main", LastRunID: fmt.Sprint(run), LastRunAt: at, LastSuccessAt: at}
}

// benchRulesOf are rules as brokers have them: a model, often a way of selling, now and then a provider, at all sorts of prices.
func benchRulesOf(n int) map[string]market.Rule {
	out := map[string]market.Rule{}
	random := rand.New(rand.NewPCG(2, 2))
	conditions := []market.AlertCondition{market.Below, market.Below, market.Below, market.Above, market.Drops, market.NewLow, market.BelowIndex, market.InStock}
	for i := range n {
		r := completed(market.Rule{Condition: conditions[random.IntN(len(conditions))], Rearm: *price("2"), FireOnCreate: true, Window: 24 * time.Hour, Percent: price("5")})
		r.ID = market.RuleID(int64(i + 1))
		r.Filter = market.Filter{Gpus: []string{benchModels[random.IntN(len(benchModels))]}}
		if random.IntN(2) == 0 {
			r.Filter.Markets = []market.Market{market.OnDemand}
		}
		if random.IntN(3) == 0 {
			r.Filter.Providers = []string{fmt.Sprintf("p%02d", random.IntN(benchProviders))}
		}
		if random.IntN(10) == 0 {
			r.Subject = market.EachOffer
		}
		threshold, _ := decimal.New(100+random.Int64N(900), 2)
		r.Threshold = &threshold
		out[r.ID] = r
	}
	return out
}

// forgetful is a ledger that keeps nothing of what is judged: the store's part is measured by the store's own benchmark.
type forgetful struct {
	*ledger
	spoken int
}

func (f *forgetful) Judged(_ context.Context, j market.Judgement) ([]market.Event, error) {
	f.spoken += len(j.Spoken)
	return nil, nil
}

// BenchmarkRules judges 100,000 rules after a run that changed 1,000 of 20,000 offers, in all kinds of models; and, to compare, all of them.
func BenchmarkRules(b *testing.B) {
	book, offers := benchMarket()
	ledger := &forgetful{ledger: newLedger()}
	ledger.rules = benchRulesOf(benchRules)
	now := monday
	engine := NewEngine(Options{Store: ledger, Book: func() (map[string]int64, *market.View) { return nil, book.View() }, Cadence: hourly,
		Spoken: func([]market.Event) {}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	s, err := engine.begin(context.Background(), 1)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.pass(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d filters of %d rules", len(s.watches.all), len(s.rules))
	random := rand.New(rand.NewPCG(3, 3))
	run := 0
	change := func() {
		run++
		provider := fmt.Sprintf("p%02d", run%benchProviders)
		other := fmt.Sprintf("p%02d", (run+1)%benchProviders)
		for _, p := range []string{provider, other} {
			for i, o := range offers[p] { // up or down by two percent, as prices move
				cents, _ := market.Units(o.Price, 2)
				offers[p][i] = priced(o, max(50, cents+(2*random.Int64N(2)-1)*max(1, cents/50)))
			}
			book.Apply(p, []market.Sheet{benchSheet(p, run)}, offers[p], nil)
		}
	}
	b.Run("1000 changes", func(b *testing.B) {
		spoken, used := ledger.spoken, time.Duration(0)
		for b.Loop() {
			b.StopTimer()
			change()
			b.StartTimer()
			before := cpuTime(b)
			if err := s.pass(context.Background()); err != nil {
				b.Fatal(err)
			}
			used += cpuTime(b) - before
		}
		b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
		b.ReportMetric(float64(ledger.spoken-spoken)/float64(b.N), "events/op")
	})
	b.Run("all rules anew", func(b *testing.B) {
		for b.Loop() {
			s.seen = nil
			if err := s.pass(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// cpuTime is what the process has used of all processors, which other programs do not add to.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
