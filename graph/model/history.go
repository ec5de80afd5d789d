package model

import (
	"context"
	"time"

	"gpuhour/market"
)

// The lengths of an offer's history: where none is asked for, and the longest.
const (
	UsualPoints = 1000
	MostPoints  = 10_000
)

// History are the offer's changes from one moment on and before another.
func (o Offer) History(ctx context.Context, from, to *time.Time, first *int) ([]PricePoint, error) {
	n, err := length("first", first, UsualPoints, MostPoints)
	if err != nil {
		return nil, err
	}
	points, err := o.env.Log.History(ctx, o.entry.Offer.Provider, o.entry.Offer.ID)
	out := []PricePoint{}
	for _, p := range points {
		if len(out) < n && (from == nil || !p.At.Before(*from)) && (to == nil || p.At.Before(*to)) {
			out = append(out, PricePoint{o.env, p})
		}
	}
	return out, err
}

// PricePoint is a change of one offer.
type PricePoint struct {
	env   *Env
	point market.Point
}

// At is when it was seen.
func (p PricePoint) At() time.Time { return p.point.At }

// Price is the whole offer for one hour.
func (p PricePoint) Price() (market.Money, error) { return p.point.Price() }

// PricePerGpuHour is one card for one hour, at the rate of that day.
func (p PricePoint) PricePerGpuHour(currency *market.Currency) (*market.Decimal, error) {
	rate, found := p.env.View.Rates().Between(p.point.Currency, currencyOf(currency), p.point.At)
	if !found {
		return nil, nil
	}
	d, err := p.point.PricePerGpuHourIn(rate)
	return &d, err
}

// Stock is what the provider said of it.
func (p PricePoint) Stock() market.Stock { return p.point.Stock }

// GpusAvailable is the number of cards free then.
func (p PricePoint) GpusAvailable() *int { return p.point.GpusAvailable }

// Withdrawn says that the offer disappeared.
func (p PricePoint) Withdrawn() bool { return p.point.Withdrawn }
