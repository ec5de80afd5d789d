package model

import (
	"context"
	"time"

	"gpuhour/market"
)

// measuredOver is how long before the moment our own cards are looked at.
const measuredOver = 30 * 24 * time.Hour

// MeasuredUtilization is the time that a share was measured in.
type MeasuredUtilization struct {
	From, To  time.Time
	CardHours float64
}

// measure takes the share that our own cards were at work, where they were busy or idle at all; otherwise the usual one stays.
func (e *Economics) measure(ctx context.Context) error {
	m, work := MeasuredUtilization{From: e.moment.Add(-measuredOver), To: e.moment}, market.Work{}
	for _, gpu := range e.compute.Variants {
		points, err := e.env.Fleet.CapacityHistory(ctx, gpu.ID, m.From, m.To)
		if err != nil {
			return err
		}
		work.Add(points, m.From, m.To)
	}
	share, known := work.Share()
	if !known {
		return nil
	}
	number, _ := share.Float64() // of six decimals always the nearest
	m.CardHours = work.CardHours()
	e.rental.Utilization, e.input.Utilization, e.measured = share, &number, &m
	return nil
}
