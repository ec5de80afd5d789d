package alerts

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gpuhour/market"
)

// memory is a queue in memory, with the promises of the store's.
type memory struct {
	mu         sync.Mutex
	deliveries map[string]market.Delivery
	due        map[string]time.Time
	events     map[int64]market.Event
	closed     map[string]bool
	// failing makes every call fail while it is true.
	failing bool
	calls   int
}

var errDown = errors.New("the store is down")

func newMemory() *memory {
	return &memory{deliveries: map[string]market.Delivery{}, due: map[string]time.Time{}, events: map[int64]market.Event{}, closed: map[string]bool{}}
}

// put queues an event for targets.
func (m *memory) put(n int64, at time.Time, targets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := firedEvent()
	e.Sequence, e.Targets = n, len(targets)
	m.events[n] = e
	for i, target := range targets {
		d := market.Delivery{ID: market.DeliveryID(n, i), Event: n, RuleID: e.RuleID, Target: target, Secret: knownSecret, Channel: Channel(target), Status: market.DeliveryPending, NextAt: at}
		m.deliveries[d.ID], m.due[d.ID] = d, at
	}
}

func (m *memory) get(id string) market.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deliveries[id]
}

func (m *memory) fail(failing bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failing = failing
}

// forget drops an event.
func (m *memory) forget(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.events, n)
}

// called counts the calls so far.
func (m *memory) called() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// enter begins a call.
func (m *memory) enter(ctx context.Context) (leave func(), err error) {
	m.mu.Lock()
	m.calls++
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case m.failing:
		err = errDown
	}
	return m.mu.Unlock, err
}

func (m *memory) NextDue(ctx context.Context) (at time.Time, found bool, err error) {
	leave, err := m.enter(ctx)
	defer leave()
	for _, due := range m.due {
		if !found || due.Before(at) {
			at, found = due, true
		}
	}
	return at, found && err == nil, err
}

func (m *memory) Claim(ctx context.Context, now time.Time, lease time.Duration, most int) ([]market.Delivery, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil {
		return nil, err
	}
	var ids []string
	for id, due := range m.due {
		if !due.After(now) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return m.due[a].Compare(m.due[b])*2 + compare(a, b) })
	var out []market.Delivery
	for _, id := range ids[:min(len(ids), most)] {
		d := m.deliveries[id]
		d.Attempts++
		m.deliveries[id], m.due[id] = d, now.Add(lease)
		out = append(out, d)
	}
	return out, nil
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func (m *memory) Finish(ctx context.Context, d market.Delivery) (bool, error) {
	leave, err := m.enter(ctx)
	defer leave()
	if err != nil || m.deliveries[d.ID].Attempts != d.Attempts {
		return false, err
	}
	m.deliveries[d.ID] = d
	if d.NextAt.IsZero() {
		delete(m.due, d.ID)
	} else {
		m.due[d.ID] = d.NextAt
	}
	return true, nil
}

func (m *memory) PutOff(ctx context.Context, d market.Delivery, until time.Time) (bool, error) {
	leave, err := m.enter(ctx)
	defer leave()
	kept := m.deliveries[d.ID]
	if err != nil || kept.Attempts != d.Attempts {
		return false, err
	}
	kept.Attempts--
	m.deliveries[d.ID], m.due[d.ID] = kept, until
	return true, nil
}

func (m *memory) Event(ctx context.Context, n int64) (market.Event, bool, error) {
	leave, err := m.enter(ctx)
	defer leave()
	e, found := m.events[n]
	return e, found && err == nil, err
}

func (m *memory) CloseTarget(ctx context.Context, d market.Delivery, _ time.Time) error {
	leave, err := m.enter(ctx)
	defer leave()
	if err == nil {
		m.closed[d.RuleID+" "+d.Target] = true
	}
	return err
}

func (m *memory) TargetClosed(ctx context.Context, d market.Delivery) (bool, error) {
	leave, err := m.enter(ctx)
	defer leave()
	return m.closed[d.RuleID+" "+d.Target] && err == nil, err
}
