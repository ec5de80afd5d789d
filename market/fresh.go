package market

import (
	"slices"
	"time"
)

// span is a time from one second on and before another, in seconds since 1970.
type span struct{ from, to int64 }

// within is the part of the span that lies in another; empty where none does.
func (s span) within(other span) span { return span{max(s.from, other.from), min(s.to, other.to)} }

func (s span) seconds() int64 { return max(0, s.to-s.from) }

// freshSpans are the times in which a sheet was being read successfully: from each run that succeeded to the next run, or to three
// cadences after it, whichever comes first. Where no cadence is known a run holds until the next.
func freshSpans(runs []RunMark, cadence time.Duration, now time.Time) []span {
	sorted := slices.Clone(runs)
	slices.SortStableFunc(sorted, func(a, b RunMark) int { return a.At.Compare(b.At) })
	var out []span
	for i, run := range sorted {
		if !run.Succeeded {
			continue
		}
		s := span{run.At.Unix(), now.Unix() + 1}
		if i+1 < len(sorted) {
			s.to = sorted[i+1].At.Unix()
		}
		if cadence > 0 {
			s.to = min(s.to, run.At.Add(3*cadence).Unix()+1)
		}
		if last := len(out) - 1; last >= 0 && out[last].to == s.from {
			out[last].to = s.to
		} else if s.seconds() > 0 {
			out = append(out, s)
		}
	}
	return out
}

// overlapping are the spans that reach into another.
func overlapping(spans []span, step span) []span {
	first, _ := slices.BinarySearchFunc(spans, step.from, func(s span, from int64) int {
		if s.to <= from {
			return -1
		}
		return 1
	})
	last := first
	for last < len(spans) && spans[last].from < step.to {
		last++
	}
	return spans[first:last]
}

// SheetCoverage says when a sheet was read.
type SheetCoverage struct {
	Runs, Failed int
	// First and Last are the successes; zero without any.
	First, Last time.Time
	// Gaps are the times after the first success in which nothing recent was known: from, and the first moment that was known again.
	Gaps [][2]time.Time
}

// Coverage says when the sheet was read until now, by the rules of freshness of its provider's cadence.
func (l SheetLog) Coverage(cadence time.Duration, now time.Time) (SheetCoverage, error) {
	runs, err := l.marks()
	if err != nil {
		return SheetCoverage{}, err
	}
	c := SheetCoverage{Runs: len(runs)}
	for _, run := range runs {
		c.count(run)
	}
	spans := freshSpans(runs, cadence, now)
	for i, s := range spans {
		until := now.Unix()
		if i+1 < len(spans) {
			until = spans[i+1].from
		}
		if s.to < until {
			c.Gaps = append(c.Gaps, [2]time.Time{time.Unix(s.to, 0).UTC(), time.Unix(until, 0).UTC()})
		}
	}
	return c, nil
}

func (c *SheetCoverage) count(run RunMark) {
	if !run.Succeeded {
		c.Failed++
		return
	}
	if c.First.IsZero() || run.At.Before(c.First) {
		c.First = run.At
	}
	if run.At.After(c.Last) {
		c.Last = run.At
	}
}
