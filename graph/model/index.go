package model

import (
	"time"

	"gpuhour/market"
)

// PriceIndex is an index with the question it answers.
type PriceIndex struct {
	question market.IndexQuestion
	index    market.Index
}

// NewPriceIndices are the answers to one question.
func NewPriceIndices(q market.IndexQuestion, indices []market.Index) []PriceIndex {
	out := make([]PriceIndex, len(indices))
	for i, index := range indices {
		out[i] = PriceIndex{q, index}
	}
	return out
}

// AskIndex reads a question for an index; false in the filter's usual defaults are no wishes.
func AskIndex(env *Env, gpu string, filter *OfferFilter, from time.Time, to *time.Time, step *time.Duration, currency *market.Currency) (market.IndexQuestion, error) {
	if err := filter.check(env); err != nil {
		return market.IndexQuestion{}, err
	}
	q := market.IndexQuestion{Gpu: gpu, Filter: filter.Asked(), From: from, To: env.Now, Step: 24 * time.Hour, Currency: currencyOf(currency),
		Now: env.Now, Cadence: env.Cadence}
	if to != nil {
		q.To = *to
	}
	if step != nil {
		q.Step = *step
	}
	return q, nil
}

// Gpu is what was asked for.
func (i PriceIndex) Gpu() string { return i.question.Gpu }

// Kind is the kind of seller.
func (i PriceIndex) Kind() market.ProviderKind { return i.index.Kind }

// Market is the way of selling.
func (i PriceIndex) Market() market.Market { return i.index.Market }

// CommitmentMonths is the term.
func (i PriceIndex) CommitmentMonths() *int { return optional(i.index.Months) }

// Currency is that of the prices.
func (i PriceIndex) Currency() market.Currency { return i.question.Currency }

// Step is the length of a step.
func (i PriceIndex) Step() time.Duration { return i.question.Step }

// Methodology names the rules.
func (PriceIndex) Methodology() string { return market.Methodology }

// Points are the steps.
func (i PriceIndex) Points() []IndexPoint {
	out := make([]IndexPoint, len(i.index.Points))
	for n, p := range i.index.Points {
		out[n] = IndexPoint{p}
	}
	return out
}

// IndexPoint is one step.
type IndexPoint struct{ point market.IndexPoint }

// At is when it begins.
func (p IndexPoint) At() time.Time { return p.point.At }

// Min is the least price.
func (p IndexPoint) Min() *market.Decimal {
	return p.of(func(s *market.Spread) *market.Decimal { return &s.Min })
}

// P25 is the lower quartile.
func (p IndexPoint) P25() *market.Decimal {
	return p.of(func(s *market.Spread) *market.Decimal { return &s.P25 })
}

// Median is the middle.
func (p IndexPoint) Median() *market.Decimal {
	return p.of(func(s *market.Spread) *market.Decimal { return &s.Median })
}

// P75 is the upper quartile.
func (p IndexPoint) P75() *market.Decimal {
	return p.of(func(s *market.Spread) *market.Decimal { return &s.P75 })
}

// Max is the greatest price.
func (p IndexPoint) Max() *market.Decimal {
	return p.of(func(s *market.Spread) *market.Decimal { return &s.Max })
}

func (p IndexPoint) of(which func(*market.Spread) *market.Decimal) *market.Decimal {
	if p.point.Spread == nil {
		return nil
	}
	return which(p.point.Spread)
}

// Offers is how many were observed.
func (p IndexPoint) Offers() int { return p.point.Offers }

// Providers is how many they are of.
func (p IndexPoint) Providers() int { return p.point.Providers }

// Coverage is the share of the step in which their sources were fresh.
func (p IndexPoint) Coverage() float64 { return p.point.Coverage }
