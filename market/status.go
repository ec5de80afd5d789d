package market

import (
	"fmt"
	"time"
)

// Health is what a provider's sheets together say of it at one moment.
type Health struct {
	Status ProviderStatus
	// Problem is why the provider is not FRESH, in one sentence a person can act on.
	Problem       string
	LastRunAt     time.Time
	LastSuccessAt time.Time
}

// Judge sums up a provider's sheets: the worst one decides.
func (p Provider) Judge(sheets []Sheet, now time.Time) Health {
	h := Health{Status: Fresh}
	for _, s := range sheets {
		h.add(s, p.Cadence, now)
	}
	switch {
	case p.Disabled != "":
		h.Status, h.Problem = Disabled, p.Disabled
	case len(sheets) == 0:
		h.Status, h.Problem = NeverRun, "has not been read yet"
	}
	return h
}

// severity orders the states a sheet can be in.
var severity = map[ProviderStatus]int{Fresh: 0, Stale: 1, Failing: 2, Quarantined: 3}

func (h *Health) add(s Sheet, cadence time.Duration, now time.Time) {
	if s.LastRunAt.After(h.LastRunAt) {
		h.LastRunAt = s.LastRunAt
	}
	if s.LastSuccessAt.After(h.LastSuccessAt) {
		h.LastSuccessAt = s.LastSuccessAt
	}
	status, problem := s.judge(cadence, now)
	if severity[status] > severity[h.Status] {
		h.Status, h.Problem = status, problem
	}
}

func (s Sheet) judge(cadence time.Duration, now time.Time) (ProviderStatus, string) {
	switch {
	case s.Held:
		return Quarantined, s.Problem
	case s.Problem != "":
		return Failing, s.Problem
	case s.Stale(now, cadence):
		return Stale, fmt.Sprintf("last read %s ago, more than three times its cadence of %s: is the scheduler running?",
			now.Sub(s.LastSuccessAt).Round(time.Minute), cadence)
	}
	return Fresh, ""
}
