package market

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const day = 24 * 3600

// runsOf is a stream of runs that all succeeded but those that are negative.
func runsOf(seconds ...int64) []byte {
	var stream []byte
	for _, s := range seconds {
		absolute, _ := RunMark{At: time.Unix(max(s, -s), 0), Succeeded: s >= 0}.Append(time.Time{})
		stream = append(stream, absolute...)
	}
	return stream
}

func daily(string) time.Duration { return day * time.Second }

// indexText is one line a step.
func indexText(indices []Index) string {
	var out []string
	for _, index := range indices {
		out = append(out, fmt.Sprintf("%s %s %d:", index.Kind, index.Market, index.Months))
		for _, p := range index.Points {
			if p.Spread == nil {
				out = append(out, fmt.Sprintf("%d nothing", p.At.Unix()/day))
				continue
			}
			s := p.Spread
			out = append(out, fmt.Sprintf("%d %s %s %s %s %s of %d by %d, %.2f", p.At.Unix()/day, s.Min, s.P25, s.Median, s.P75, s.Max, p.Offers, p.Providers, p.Coverage))
		}
	}
	return strings.Join(out, "\n")
}

// TestIndex computes the index of a small market by the day.
func TestIndex(t *testing.T) {
	gone := pointAt(3*day+3600, "16")
	gone.Withdrawn = true
	spot := told(t, "c", pointAt(day, "4"))
	spot.Offer.Market = Spot
	unsure := told(t, "d", pointAt(day, "1"))
	unsure.Offer.Market = MarketUnknown
	bare := told(t, "e", pointAt(day, "1"))
	bare.Offer.Listed.Per = PerComponent
	other := told(t, "f", pointAt(day, "800"))
	other.Offer.GpuModel, other.Offer.GpuID = "B200", ""
	neocloud := Chronicle{Provider: "p", Sheets: []SheetLog{{Sheet: Sheet{Provider: "p", Name: "prices"}, Runs: runsOf(day, 2*day, 3*day, 4*day, -5*day, 9*day)}},
		Offers: []Told{told(t, "a", pointAt(day, "8"), pointAt(2*day+day/2, "12")), told(t, "b", pointAt(2*day, "16"), gone), spot, unsure, bare, other}}
	market := told(t, "a", pointAt(day, "80"))
	market.Offer.Kind, market.Offer.Provider = Marketplace, "m"
	marketplace := Chronicle{Provider: "m", Sheets: []SheetLog{{Sheet: Sheet{Provider: "m", Name: "prices"}, Runs: runsOf(2 * day)}}, Offers: []Told{market}}
	ask := IndexQuestion{Gpu: "H100", From: time.Unix(day, 0), To: time.Unix(10*day, 0), Step: day * time.Second, Currency: USD, Now: time.Unix(20*day, 0), Cadence: daily}
	tests := map[string]struct {
		reason string
		change func(*IndexQuestion)
		want   string
	}{
		"as it is": {"on-demand, one index a kind; gaps stay gaps; what was withdrawn within a day counts for it", func(*IndexQuestion) {}, `MARKETPLACE ON_DEMAND 0:
1 nothing
2 10 10 10 10 10 of 1 by 1, 1.00
3 10 10 10 10 10 of 1 by 1, 1.00
4 10 10 10 10 10 of 1 by 1, 1.00
5 10 10 10 10 10 of 1 by 1, 0.00
6 nothing
7 nothing
8 nothing
9 nothing
NEOCLOUD ON_DEMAND 0:
1 1 1 1 1 1 of 1 by 1, 1.00
2 1.5 1.5 1.5 1.5 2 of 2 by 1, 1.00
3 1.5 1.5 1.5 1.5 2 of 2 by 1, 1.00
4 1.5 1.5 1.5 1.5 1.5 of 1 by 1, 1.00
5 nothing
6 nothing
7 nothing
8 nothing
9 1.5 1.5 1.5 1.5 1.5 of 1 by 1, 1.00`},
		"spot": {"markets are asked for by name", func(q *IndexQuestion) { q.Filter.Markets = []Market{Spot}; q.To = time.Unix(2*day, 0) }, `NEOCLOUD SPOT 0:
1 0.5 0.5 0.5 0.5 0.5 of 1 by 1, 1.00`},
		"two days a step": {"steps are whole since 1970; a failed day halves the coverage", func(q *IndexQuestion) {
			q.Step, q.From, q.To, q.Filter.Providers = 2*day*time.Second, time.Unix(4*day+5, 0), time.Unix(6*day, 0), []string{"p"}
		}, `NEOCLOUD ON_DEMAND 0:
4 1.5 1.5 1.5 1.5 1.5 of 1 by 1, 0.50`},
		"the running day": {"a day that is not over is covered so far", func(q *IndexQuestion) {
			q.From, q.To, q.Now, q.Filter.Providers = time.Unix(9*day, 0), time.Unix(10*day, 0), time.Unix(9*day+day/4, 0), []string{"p"}
		}, `NEOCLOUD ON_DEMAND 0:
9 1.5 1.5 1.5 1.5 1.5 of 1 by 1, 1.00`},
		"no rate": {"what cannot be converted does not count", func(q *IndexQuestion) { q.Currency = CNY }, ``},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			q := ask
			tt.change(&q)
			indices, err := NewIndex([]Chronicle{neocloud, marketplace}, Rates{}, q)
			if err != nil {
				t.Fatal(err)
			}
			if got := indexText(indices); got != tt.want {
				t.Errorf("%s: got\n%s\nwant\n%s", tt.reason, got, tt.want)
			}
		})
	}
}

// TestIndexFollowsBothSources converts through two sources of which only one goes on: the rate is as old as the older, and yet another.
func TestIndexFollowsBothSources(t *testing.T) {
	p := pointAt(day, "8")
	p.Currency = "GBP"
	c := Chronicle{Provider: "p", Sheets: []SheetLog{{Sheet: Sheet{Provider: "p", Name: "prices"}, Runs: runsOf(day, 2*day)}}, Offers: []Told{told(t, "a", p)}}
	rates := NewRates([]RateTable{
		quotes(t, "CFETS", time.Unix(day, 0), "USD", "CNY", "7"),
		quotes(t, "ECB", time.Unix(day, 0), "EUR", "USD", "1.25", "EUR", "GBP", "0.8"),
		quotes(t, "ECB", time.Unix(2*day, 0), "EUR", "USD", "1.5", "EUR", "GBP", "0.8")})
	q := IndexQuestion{Gpu: "H100", From: time.Unix(day, 0), To: time.Unix(3*day, 0), Step: day * time.Second, Currency: CNY, Now: time.Unix(20*day, 0), Cadence: daily}
	indices, err := NewIndex([]Chronicle{c}, rates, q)
	if err != nil {
		t.Fatal(err)
	}
	want := `NEOCLOUD ON_DEMAND 0:
1 10.9375 10.9375 10.9375 10.9375 10.9375 of 1 by 1, 1.00
2 13.125 13.125 13.125 13.125 13.125 of 1 by 1, 1.00`
	if got := indexText(indices); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestIndexRefuses(t *testing.T) {
	tests := map[string]struct {
		reason, field string
		change        func(*IndexQuestion)
	}{
		"a second":   {"steps are a minute or more", "step", func(q *IndexQuestion) { q.Step = time.Second }},
		"an age":     {"a question is bounded", "step", func(q *IndexQuestion) { q.Step = time.Minute }},
		"backwards":  {"time runs forwards", "from", func(q *IndexQuestion) { q.To = q.From }},
		"a price":    {"an index of what costs less than something is none", "filter.maxPricePerGpuHour", func(q *IndexQuestion) { q.Filter.MaxPricePerGpuHour = new(Decimal) }},
		"stock":      {"nor is one of what is sold out", "filter.stock", func(q *IndexQuestion) { q.Filter.Stock = []Stock{SoldOut} }},
		"two models": {"the argument says which", "filter.gpus", func(q *IndexQuestion) { q.Filter.Gpus = []string{"H200"} }},
		"nonsense":   {"a misspelt model is a mistake", "gpu", func(q *IndexQuestion) { q.Gpu = "Z9000" }},
	}
	for name, tt := range tests {
		q := IndexQuestion{Gpu: "H100", From: time.Unix(day, 0), To: time.Unix(10*day, 0), Step: day * time.Second, Currency: USD, Now: time.Unix(20*day, 0), Cadence: daily}
		tt.change(&q)
		_, err := NewIndex(nil, Rates{}, q)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != tt.field {
			t.Errorf("%s: %s: got %v, want one about %s", name, tt.reason, err, tt.field)
		}
	}
}

// TestIndexAgainstEverySecond compares random histories with a search through every second of every step.
func TestIndexAgainstEverySecond(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	for range 60 {
		var points []Point
		for at := int64(1000); at < 5000; at += 1 + random.Int64N(700) {
			p := pointAt(at, fmt.Sprint(8*(1+random.Int64N(9))))
			p.Withdrawn = random.IntN(3) == 0
			points = append(points, p)
		}
		var runs []int64
		for at := int64(900); at < 5000; at += 1 + random.Int64N(400) {
			runs = append(runs, at*int64(1-2*(random.IntN(3)/2)))
		}
		q := IndexQuestion{Gpu: "H100", From: time.Unix(600, 0), To: time.Unix(6000, 0), Step: time.Minute, Currency: USD, Now: time.Unix(6000, 0),
			Cadence: func(string) time.Duration { return 50 * time.Second }}
		c := Chronicle{Provider: "p", Sheets: []SheetLog{{Sheet: Sheet{Provider: "p", Name: "prices"}, Runs: runsOf(runs...)}}, Offers: []Told{told(t, "a", points...)}}
		indices, err := NewIndex([]Chronicle{c}, Rates{}, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(indices) == 0 {
			indices = []Index{{Points: make([]IndexPoint, 90)}}
		}
		for i, p := range indices[0].Points {
			want, fresh := naive(points, runs, int64(600+60*i))
			got := "nothing"
			if p.Spread != nil {
				got = p.Spread.Median.String()
			}
			if got != want || p.Spread != nil && p.Coverage != float64(fresh)/60 {
				t.Fatalf("step %d: got %s covered %v, want %s for %d of 60 seconds\npoints %v\nruns %v", 600+60*i, got, p.Coverage, want, fresh, points, runs)
			}
		}
	}
}

// naive looks at each second of a step: the price a card at the last one at which the offer was listed and its source fresh, and for
// how many seconds the source was fresh.
func naive(points []Point, runs []int64, from int64) (price string, fresh int) {
	price = "nothing"
	for second := from; second < from+60; second++ {
		if !freshAt(runs, second) {
			continue
		}
		fresh++
		i, _ := slices.BinarySearchFunc(points, second+1, func(p Point, s int64) int { return int(p.At.Unix() - s) })
		if i > 0 && !points[i-1].Withdrawn {
			money, _ := points[i-1].PricePerGpuHourIn(One(USD, time.Time{}))
			price = money.String()
		}
	}
	return price, fresh
}

func freshAt(runs []int64, second int64) bool {
	fresh := false
	for _, run := range runs {
		if at := max(run, -run); at <= second {
			fresh = run > 0 && second <= at+150
		}
	}
	return fresh
}
