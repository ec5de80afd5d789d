package scrapers

import (
	"context"
	"fmt"
	"time"

	"gpuhour/market"
)

const day = 24 * time.Hour

// Backfill reads what a source published while nobody read it: its history the first time, later the days since the last that
// is known. What it has read is kept although what comes after fails, and is not asked for again.
func (r *Runner) Backfill(ctx context.Context, s RateSource) error {
	newest, complete, err := r.Store.RatesKnown(ctx, s.Name)
	if err != nil {
		return fmt.Errorf("%s: store: %w", s.ID, err)
	}
	if !newest.After(complete) {
		return nil
	}
	if missed(complete, newest) {
		err = r.fill(ctx, s, s.History.first(complete, newest), newest)
	} else {
		err = r.Store.SaveRateHistory(ctx, s.Name, newest, nil)
	}
	if err != nil {
		return fmt.Errorf("%s: history: %w", s.ID, err)
	}
	return nil
}

// missed says whether a working day lies between two days.
func missed(known, next time.Time) bool {
	for known = known.Add(day); known.Before(next); known = known.Add(day) {
		if known.Weekday() != time.Saturday && known.Weekday() != time.Sunday {
			return true
		}
	}
	return false
}

// first is the day from which on the history is wanted.
func (h RateHistory) first(complete, newest time.Time) time.Time {
	if complete.IsZero() && h.Span > 0 {
		return newest.Add(-h.Span)
	}
	return complete.Add(day)
}

// fill reads one span after another, the oldest first.
func (r *Runner) fill(ctx context.Context, s RateSource, since, newest time.Time) error {
	for until := since; !since.After(newest); since = until.Add(day) {
		until = newest
		if end := since.Add(s.History.Span); s.History.Span > 0 && end.Before(newest) {
			until = end
		}
		if err := r.fillSpan(ctx, s, since, until); err != nil {
			return err
		}
	}
	return nil
}

// fillSpan reads the days from one until another. A history that ends before is kept, and is an error.
func (r *Runner) fillSpan(ctx context.Context, s RateSource, since, until time.Time) error {
	tables, err := r.rateTables(ctx, s, s.History.Request(since, until), s.History.Parse)
	if err != nil {
		return err
	}
	complete, tooEarly := until, error(nil)
	if last := newestOf(tables); missed(last, until) {
		complete, tooEarly = last, fmt.Errorf("it ends on %s, before %s", last.Format(time.DateOnly), until.Format(time.DateOnly))
	}
	if err := r.Store.SaveRateHistory(ctx, s.Name, complete, tables); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	r.Log.Info("read rates of the past", "source", s.ID, "days", len(tables), "until", complete.Format(time.DateOnly))
	return tooEarly
}

func newestOf(tables []market.RateTable) time.Time {
	var newest time.Time
	for _, t := range tables {
		if t.Day.After(newest) {
			newest = t.Day
		}
	}
	return newest
}
