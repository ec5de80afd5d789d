package market

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Methodology names the published rules of the index (docs/methodology.md); it changes whenever the same history would give other numbers.
const Methodology = "v1"

// MostIndexPoints is how many steps one question may ask for.
const MostIndexPoints = 2000

// IndexQuestion is everything that decides an index.
type IndexQuestion struct {
	// Gpu is a model or a catalogue id.
	Gpu    string
	Filter Filter
	// From is cut down to a whole step since 1970, To is not part of the answer.
	From, To time.Time
	Step     time.Duration
	Currency Currency
	Now      time.Time
	Cadence  func(provider string) time.Duration
}

// Index is the spread of all matching offers in each step. Kinds of seller, markets and terms are never blended.
type Index struct {
	Kind   ProviderKind
	Market Market
	Months int
	Points []IndexPoint
}

// IndexPoint is one step.
type IndexPoint struct {
	At time.Time
	// Spread is nil where nothing was observed: a gap stays a gap.
	Spread *Spread
	// Offers and Providers are how many the spread is made of.
	Offers, Providers int
	// Coverage is the share of the step in which the contributing sources were fresh, on average, 0 to 1.
	Coverage float64
}

// Spread are prices of a card-hour that somebody asks: of n by price, the one at (n-1) times the share, rounded down.
type Spread struct{ Min, P25, Median, P75, Max Decimal }

// NewIndex computes the indices that a question asks for, in the order of kind, market and term. An *InvalidError names what cannot
// be understood.
func NewIndex(chronicles []Chronicle, rates Rates, q IndexQuestion) ([]Index, error) {
	steps, err := q.steps()
	if err != nil {
		return nil, err
	}
	keep, err := q.predicate(chronicles, rates)
	if err != nil {
		return nil, err
	}
	reader := indexReader{question: q, rates: rates.remembered(), steps: steps, groups: map[indexGroup][]indexStep{}}
	for _, c := range chronicles {
		if err := reader.read(c, keep); err != nil {
			return nil, err
		}
	}
	return reader.indices(), nil
}

// steps are the steps asked for; the last one may reach past the end.
func (q IndexQuestion) steps() ([]span, error) {
	step := int64(q.Step / time.Second)
	switch {
	case step < 60 || q.Step%time.Second != 0:
		return nil, &InvalidError{"step", "expected a whole number of seconds, a minute or more"}
	case q.From.Before(time.Unix(0, 0)), !q.From.Before(q.To):
		return nil, &InvalidError{"from", "expected a moment before `to`"}
	}
	first := q.From.Unix() / step * step
	if n := (q.To.Unix() - first + step - 1) / step; n > MostIndexPoints {
		return nil, &InvalidError{"step", fmt.Sprintf("%d steps lie between from and to; expected at most %d: ask for a longer step or a shorter time", n, MostIndexPoints)}
	}
	var out []span
	for at := first; at < q.To.Unix(); at += step {
		out = append(out, span{at, at + step})
	}
	return out, nil
}

// predicate is the filter over offers, by what they are and not by what they cost.
func (q IndexQuestion) predicate(chronicles []Chronicle, rates Rates) (*predicate, error) {
	f := q.Filter
	switch {
	case f.MaxPricePerGpuHour != nil:
		return nil, &InvalidError{"filter.maxPricePerGpuHour", "an index is of all prices"}
	case len(f.Stock) > 0:
		return nil, &InvalidError{"filter.stock", "an index is of all prices, whatever the stock"}
	case len(f.Gpus) > 0:
		return nil, &InvalidError{"filter.gpus", "the argument gpu says which"}
	}
	f.Gpus, f.ExcludeStale, f.Components = []string{q.Gpu}, false, false
	if len(f.Markets) == 0 {
		f.Markets = []Market{OnDemand}
	}
	var entries []*Entry
	for _, c := range chronicles {
		for i := range c.Offers {
			entries = append(entries, &Entry{Offer: c.Offers[i].Offer})
		}
	}
	keep, err := newView(entries, nil, rates, 0).compile(f, q.Cadence, q.Now)
	if invalid := new(InvalidError); errors.As(err, &invalid) && invalid.Field == "filter.gpus" {
		invalid.Field = "gpu"
	}
	return keep, err
}

// indexGroup is what is never blended.
type indexGroup struct {
	kind   ProviderKind
	market Market
	months int
}

// indexStep collects what one group has in one step.
type indexStep struct {
	prices    []int64 // millionths
	providers map[string]bool
	sheets    map[SheetKey]bool
	fresh     int64 // seconds, summed over the sheets
}

type indexReader struct {
	question IndexQuestion
	rates    dayRates
	steps    []span
	groups   map[indexGroup][]indexStep
}

func (r *indexReader) read(c Chronicle, keep *predicate) error {
	fresh := map[string][]span{}
	for _, log := range c.Sheets {
		runs, err := log.marks()
		if err != nil {
			return err
		}
		fresh[log.Sheet.Name] = freshSpans(runs, r.question.Cadence(c.Provider), r.question.Now)
	}
	for _, told := range c.Offers {
		o := told.Offer
		if o.Market == MarketUnknown || !keep.matches(&Entry{Offer: o}) {
			continue
		}
		if err := r.offer(told, fresh[o.Sheet]); err != nil {
			return err
		}
	}
	return nil
}

// offer puts an offer's price into every step in which it was seen: the price in force at the last moment of the step at which it
// was listed and its source was fresh.
func (r *indexReader) offer(told Told, fresh []span) error {
	points, err := told.points()
	if err != nil || len(points) == 0 {
		return err
	}
	group := indexGroup{told.Offer.Kind, told.Offer.Market, told.Offer.CommitmentMonths}
	priced := pricedPoint{at: -1}
	for i, step := range r.steps {
		seen := overlapping(fresh, step)
		at, listed := lastListed(points, seen, step)
		if !listed {
			continue
		}
		price, known, err := priced.price(points, at, r.rates, r.question.Currency, step)
		if err != nil {
			return fmt.Errorf("%s: %w", told.Offer.ID, err)
		}
		if known {
			r.put(group, i, told.Offer, price, seen)
		}
	}
	return nil
}

// points are the offer's changes in the order of time.
func (t Told) points() ([]Point, error) {
	points, err := Points(t.Stream)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", t.Offer.ID, err)
	}
	return points, nil
}

// lastListed is the point in force at the last second of a step at which the offer was listed and its source fresh.
func lastListed(points []Point, fresh []span, step span) (at int, listed bool) {
	for i := len(fresh) - 1; i >= 0; i-- {
		part := fresh[i].within(step)
		at = pointAtSecond(points, part.to-1)
		for at >= 0 && points[at].Withdrawn && points[at].At.Unix() > part.from {
			at--
		}
		if part.seconds() > 0 && at >= 0 && !points[at].Withdrawn {
			return at, true
		}
	}
	return 0, false
}

// pointAtSecond is the last point at or before a second; -1 where there is none.
func pointAtSecond(points []Point, second int64) int {
	after, _ := slices.BinarySearchFunc(points, second, func(p Point, second int64) int {
		if p.At.Unix() <= second {
			return -1
		}
		return 1
	})
	return after - 1
}

// pricedPoint remembers what a point costs at a rate: most steps ask for the same as the one before.
type pricedPoint struct {
	at   int
	rate *Rate
	cost int64
}

func (p *pricedPoint) price(points []Point, at int, rates dayRates, c Currency, step span) (price int64, known bool, err error) {
	rate := rates.on(points[at].Currency, c, time.Unix(step.to-1, 0))
	if rate == nil {
		return 0, false, nil
	}
	if p.at == at && p.rate == rate {
		return p.cost, true, nil
	}
	d, err := points[at].PricePerGpuHourIn(*rate)
	if err != nil {
		return 0, false, err
	}
	cost, err := Units(d, DerivedScale)
	*p = pricedPoint{at, rate, cost}
	return cost, err == nil, err
}

func (r *indexReader) put(group indexGroup, step int, o Offer, price int64, fresh []span) {
	if r.groups[group] == nil {
		r.groups[group] = make([]indexStep, len(r.steps))
	}
	s := &r.groups[group][step]
	if s.providers == nil {
		s.providers, s.sheets = map[string]bool{}, map[SheetKey]bool{}
	}
	s.prices, s.providers[o.Provider] = append(s.prices, price), true
	if key := (SheetKey{o.Provider, o.Sheet}); !s.sheets[key] {
		s.sheets[key] = true
		for _, f := range fresh {
			s.fresh += f.within(r.steps[step]).seconds()
		}
	}
}

func (r *indexReader) indices() []Index {
	var out []Index
	groups := slices.SortedFunc(maps.Keys(r.groups), func(a, b indexGroup) int {
		return cmp.Or(strings.Compare(string(a.kind), string(b.kind)), strings.Compare(string(a.market), string(b.market)), cmp.Compare(a.months, b.months))
	})
	for _, group := range groups {
		index := Index{Kind: group.kind, Market: group.market, Months: group.months}
		for i, s := range r.groups[group] {
			index.Points = append(index.Points, s.point(r.steps[i], r.question.Now))
		}
		out = append(out, index)
	}
	return out
}

// point sums a step up. Of the step that is not over yet, only what has passed counts for its coverage.
func (s indexStep) point(step span, now time.Time) IndexPoint {
	p := IndexPoint{At: time.Unix(step.from, 0).UTC(), Offers: len(s.prices), Providers: len(s.providers)}
	if len(s.prices) == 0 {
		return p
	}
	slices.Sort(s.prices)
	at := func(quarters int) Decimal {
		d, _ := toDecimal(s.prices[(len(s.prices)-1)*quarters/4], DerivedScale) // was a decimal before
		return d
	}
	p.Spread = &Spread{at(0), at(1), at(2), at(3), at(4)}
	step.to = max(min(step.to, now.Unix()+1), step.from+1)
	p.Coverage = min(1, float64(s.fresh)/float64(int64(len(s.sheets))*step.seconds()))
	return p
}
