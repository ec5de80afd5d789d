package scrapers

import (
	"context"
	"slices"
	"sync"
	"time"

	"gpuhour/market"
)

// memory is the least store a runner can work with. The real one is tested where both are wired together.
type memory struct {
	guard   sync.Mutex
	sheets  map[string]market.Snapshot
	commits []market.Commit
	rates   []market.RateTable
	// complete is the day up to which a source's history is known.
	complete map[string]time.Time
	slots    map[string]time.Time
	running  map[string]bool
}

func newMemory() *memory {
	return &memory{sheets: map[string]market.Snapshot{}, slots: map[string]time.Time{}, complete: map[string]time.Time{}, running: map[string]bool{}}
}

func (m *memory) Snapshot(_ context.Context, provider, sheet string) (market.Snapshot, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	return m.sheets[provider+"/"+sheet], nil
}

func (m *memory) Commit(_ context.Context, c market.Commit) (bool, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	key := c.Sheet.Provider + "/" + c.Sheet.Name
	offers := map[string]market.Offer{}
	for _, o := range append(m.sheets[key].Offers, c.Upserts...) {
		offers[o.ID] = o
	}
	for _, id := range c.Removed {
		delete(offers, id)
	}
	after := market.Snapshot{Sheet: c.Sheet, Held: c.Held}
	for _, o := range offers {
		after.Offers = append(after.Offers, o)
	}
	m.sheets[key] = after
	m.commits = append(m.commits, c)
	return true, nil
}

func (m *memory) SaveRates(_ context.Context, tables []market.RateTable) error {
	m.guard.Lock()
	defer m.guard.Unlock()
	for _, t := range tables {
		if !slices.ContainsFunc(m.rates, func(known market.RateTable) bool { return known.Source == t.Source && known.Day.Equal(t.Day) }) {
			m.rates = append(m.rates, t)
		}
	}
	return nil
}

func (m *memory) SaveRateHistory(ctx context.Context, source string, complete time.Time, tables []market.RateTable) error {
	if err := m.SaveRates(ctx, tables); err != nil {
		return err
	}
	m.guard.Lock()
	defer m.guard.Unlock()
	m.complete[source] = complete
	return nil
}

func (m *memory) RatesKnown(_ context.Context, source string) (newest, complete time.Time, err error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	for _, t := range m.rates {
		if t.Source == source && t.Day.After(newest) {
			newest = t.Day
		}
	}
	return newest, m.complete[source], nil
}

func (m *memory) Lock(_ context.Context, provider string, slot time.Time) (Lease, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	if m.running[provider] || !slot.IsZero() && !slot.After(m.slots[provider]) {
		return nil, errTaken
	}
	m.running[provider] = true
	if !slot.IsZero() {
		m.slots[provider] = slot
	}
	return &memoryLease{m, provider}, nil
}

func (m *memory) last() market.Commit {
	m.guard.Lock()
	defer m.guard.Unlock()
	return m.commits[len(m.commits)-1]
}

type memoryLease struct {
	store    *memory
	provider string
}

func (l *memoryLease) Fence() int64 { return 1 }

func (l *memoryLease) Renew(context.Context) error { return nil }

func (l *memoryLease) Release(context.Context) error {
	l.store.guard.Lock()
	defer l.store.guard.Unlock()
	delete(l.store.running, l.provider)
	return nil
}
