package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"gpuhour/alerts"
	"gpuhour/graph"
	"gpuhour/market"
	"gpuhour/store"
)

// The pace of alerts.
const (
	// leadTime is how long a process that judges may be away before another takes over, renewTime how often it says that it is there, and
	// retryTime how long it waits after a failure.
	leadTime  = 5 * time.Second
	renewTime = time.Second
	retryTime = 500 * time.Millisecond
	// patience is how long a process that has just begun bears with sources that it is about to read.
	patience = 2 * time.Minute
	// claimTime is after what time a delivery is taken up again whose courier died.
	claimTime = 45 * time.Second
	// attemptTime is how long an answer waits for the first attempt at a delivery, and attemptCheck how often it looks.
	attemptTime  = 20 * time.Second
	attemptCheck = 50 * time.Millisecond
)

// alerting is the rules as the API and the process want them: kept in the store, judged by one engine, told by a courier.
type alerting struct {
	*store.Store
	app     *app
	past    *past
	engine  *alerts.Engine
	courier *alerts.Courier
	log     *alerts.Log
}

func newAlerting(a *app, p *past) *alerting {
	it := &alerting{Store: a.store, app: a, past: p, log: alerts.NewLog(eventRecord{a.store})}
	it.engine = alerts.NewEngine(alerts.Options{Store: alertStore{a.store}, Book: a.feed.marketNow, Cadence: a.registry.cadence,
		Prime: it.prime, Spoken: func([]market.Event) { it.spoken() }, Renew: renewTime, Retry: retryTime, Patience: patience, Now: a.now, Log: a.log})
	it.courier = alerts.NewCourier(alerts.CourierOptions{Queue: a.store, Log: a.log, Now: a.now, Spread: mathrand.Float64, Lease: claimTime,
		Sender: alerts.NewSender(alerts.SenderOptions{Guard: alerts.Guard{AllowPrivate: a.config.AllowPrivateTargets}, Version: version(), Now: a.now})})
	return it
}

// run judges and delivers until the context ends.
func (it *alerting) run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		it.courier.Run(ctx)
	}()
	it.engine.Run(ctx)
	<-done
}

// spoken lets everybody know of events that have been kept.
func (it *alerting) spoken() {
	it.courier.Wake()
	if err := it.log.Look(context.Background()); err != nil {
		it.app.log.Warn("events are kept and not yet told to subscribers", "problem", err)
	}
}

// watch takes in what other replicas have said.
func (it *alerting) watch(ctx context.Context) {
	if err := it.log.Look(ctx); err != nil && ctx.Err() == nil {
		it.app.log.Warn("events are not followed", "problem", err)
	}
}

// eventRecord is the store as the log of events wants it.
type eventRecord struct{ *store.Store }

// EventsAfter says in the API's words that events are gone.
func (r eventRecord) EventsAfter(ctx context.Context, n int64, most int) ([]market.Event, error) {
	events, err := r.Store.EventsAfter(ctx, n, most)
	if errors.Is(err, store.ErrCursorExpired) {
		return nil, graph.ErrEventsGone
	}
	return events, err
}

// alertStore is the store as the engine wants it.
type alertStore struct{ *store.Store }

// Lead takes the one place from which rules are judged.
func (s alertStore) Lead(ctx context.Context) (alerts.Lease, error) {
	lease, err := s.Lock(ctx, "alerts", time.Time{}, leadTime)
	if err != nil {
		return nil, lost(err)
	}
	return leadership{lease}, nil
}

// Judged keeps a judgement.
func (s alertStore) Judged(ctx context.Context, j market.Judgement) ([]market.Event, error) {
	events, err := s.Store.Judged(ctx, j)
	return events, lost(err)
}

// leadership is a lease as the engine wants it.
type leadership struct{ *store.Lease }

// Renew keeps the place.
func (l leadership) Renew(ctx context.Context) error { return lost(l.Lease.Renew(ctx)) }

// lost says in the engine's words that another process has the place.
func lost(err error) error {
	if errors.Is(err, store.ErrSuperseded) || errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w: %w", alerts.ErrLost, err)
	}
	return err
}

// replay lets happen again what a rule needs of a time.
func (it *alerting) replay(ctx context.Context, r market.Rule, from, to time.Time) (*market.Replay, error) {
	f := r.Filter
	if r.Condition == market.BelowIndex || r.Condition == market.AboveIndex {
		f.Providers = nil
	}
	chronicles, err := it.past.chronicles(ctx, f)
	if err != nil {
		return nil, err
	}
	keep, err := alerts.Kept(r, chronicles)
	if err != nil {
		return nil, err
	}
	return market.NewReplay(chronicles, it.app.book.View().Rates().From(from), market.ReplayQuestion{Keep: keep, Providers: r.Filter.Providers,
		From: from, To: to, Cadence: it.app.registry.cadence})
}

// prime is how the subjects of a rule stand that begins to look back.
func (it *alerting) prime(ctx context.Context, r market.Rule, now time.Time) (map[string]market.Standing, error) {
	replay, err := it.replay(ctx, r, now.Add(-r.Window), now)
	if err != nil {
		return nil, err
	}
	return alerts.Prime(ctx, r, replay, now, it.app.registry.cadence)
}

// Backtest is what a rule would have said.
func (it *alerting) Backtest(ctx context.Context, r market.Rule, from, to time.Time) (market.Backtest, error) {
	var standings map[string]market.Standing
	if r.Window > 0 {
		before, err := it.prime(ctx, r, from)
		if err != nil {
			return market.Backtest{}, err
		}
		standings = before
	}
	replay, err := it.replay(ctx, r, from, to)
	if err != nil {
		return market.Backtest{}, err
	}
	told, _, err := alerts.Backtest(ctx, r, replay, to, it.app.registry.cadence, standings)
	return told, err
}

// Rules lists rules by number.
func (it *alerting) Rules(ctx context.Context, after int64, first int) ([]market.Rule, bool, int, error) {
	rules, more, err := it.Store.Rules(ctx, after, first)
	if err != nil {
		return nil, false, 0, err
	}
	total, err := it.RuleCount(ctx)
	return rules, more, total, err
}

// Standings say how rules stand.
func (it *alerting) Standings(ctx context.Context, ids []string) (map[string]market.RuleStanding, error) {
	return it.RuleStandings(ctx, ids)
}

// Create makes a rule, with a secret of its own.
func (it *alerting) Create(ctx context.Context, r market.Rule) (market.Rule, error) {
	r.Secret = alerts.NewSecret()
	made, err := it.CreateRule(ctx, r)
	if errors.Is(err, store.ErrTooManyRules) {
		return made, graph.ErrTooManyRules
	}
	it.engine.Wake()
	return made, err
}

// Update puts a rule in the place of its version before.
func (it *alerting) Update(ctx context.Context, r market.Rule) (market.Rule, error) {
	updated, found, err := it.UpdateRule(ctx, r)
	if errors.Is(err, store.ErrEdited) {
		return updated, graph.ErrEdited
	}
	it.engine.Wake()
	return updated, missing(found, err)
}

// Delete removes a rule.
func (it *alerting) Delete(ctx context.Context, id string) error {
	found, err := it.DeleteRule(ctx, id)
	it.engine.Wake()
	return missing(found, err)
}

// Silence keeps a rule quiet.
func (it *alerting) Silence(ctx context.Context, id string, until time.Time) (market.Rule, error) {
	silenced, found, err := it.SilenceRule(ctx, id, until)
	it.engine.Wake()
	return silenced, missing(found, err)
}

func missing(found bool, err error) error {
	if err == nil && !found {
		return graph.ErrNoRule
	}
	return err
}

// Events are those of a rule behind one of them.
func (it *alerting) Events(ctx context.Context, rule string, after int64, first int) ([]market.Event, int, error) {
	from := int64(0)
	if after > 0 {
		event, found, err := it.Event(ctx, after)
		if err != nil {
			return nil, 0, err
		}
		if !found || event.RuleID != rule {
			return nil, 0, &market.InvalidError{Field: "after", Reason: "expected an event of this rule that is still kept"}
		}
		from = event.Number
	}
	return it.RuleEvents(ctx, rule, from, first)
}

// Follow reads events as they come.
func (it *alerting) Follow(ctx context.Context, rules []string, after int64) (graph.Events, error) {
	events, err := it.log.Read(ctx, after, func(e market.Event) bool { return len(rules) == 0 || slices.Contains(rules, e.RuleID) })
	if errors.Is(err, alerts.ErrNoSuchEvent) {
		return nil, graph.ErrNoEvent
	}
	return events, err
}

// CheckTarget says what is wrong with a target.
func (it *alerting) CheckTarget(url string) error {
	return alerts.ParseTarget(url, it.app.config.AllowPrivateTargets)
}

// Channel is a target as it may be shown.
func (*alerting) Channel(url string) string { return alerts.Channel(url) }

// Test keeps a sample event, and waits for what comes back.
func (it *alerting) Test(ctx context.Context, id string) ([]market.Delivery, error) {
	r, found, err := it.Rule(ctx, id)
	if err := missing(found, err); err != nil {
		return nil, err
	}
	events, err := it.Judged(ctx, alerts.Sample(r, it.quoter(), rand.Text()))
	if err != nil || len(events) == 0 {
		return nil, missing(len(events) > 0, err)
	}
	it.spoken()
	return it.attempted(ctx, events[0].Sequence, func(d market.Delivery) bool { return d.Status != market.DeliveryPending }, len(r.Notify))
}

func (it *alerting) quoter() *market.Quoter {
	return market.NewQuoter(it.app.book.View(), it.app.registry.cadence, it.app.now())
}

// attempted waits until deliveries have been tried, for a while.
func (it *alerting) attempted(ctx context.Context, event int64, tried func(market.Delivery) bool, targets int) ([]market.Delivery, error) {
	tick := time.NewTicker(attemptCheck)
	defer tick.Stop()
	for end := it.app.now().Add(attemptTime); ; {
		deliveries, err := it.Deliveries(ctx, event, targets)
		waiting := slices.ContainsFunc(deliveries, func(d market.Delivery) bool { return !tried(d) })
		if err != nil || !waiting || !it.app.now().Before(end) {
			return deliveries, err
		}
		select {
		case <-ctx.Done():
			return deliveries, ctx.Err()
		case <-tick.C:
		}
	}
}

// Redeliver tries a dead letter again, and waits for what comes back.
func (it *alerting) Redeliver(ctx context.Context, id string) (market.Delivery, error) {
	d, found, err := it.Store.Redeliver(ctx, id, it.app.now())
	switch {
	case errors.Is(err, store.ErrNotDead):
		return d, graph.ErrNotDead
	case err != nil:
		return d, err
	case !found:
		return d, graph.ErrNoDelivery
	}
	it.courier.Wake()
	before := d.Attempts
	tried := func(other market.Delivery) bool {
		return other.ID != id || other.Status != market.DeliveryPending && other.Attempts > before
	}
	event, found, err := it.Event(ctx, d.Event)
	if err != nil || !found {
		return d, err
	}
	all, err := it.attempted(ctx, d.Event, tried, event.Targets)
	for _, other := range all {
		if other.ID == id {
			return other, err
		}
	}
	return d, err
}
