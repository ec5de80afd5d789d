package graph_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"gpuhour/graph"
	"gpuhour/market"
)

// The secrets that no answer may hold, but for the second in the answer that makes a rule.
const (
	hookSecret = "T0P-S3CR3T"
	signSecret = "whsec_S1GN1NG"
)

// fakeAlerts keeps rules, events and deliveries in memory.
type fakeAlerts struct {
	rules      map[string]market.Rule
	made       int64
	standings  map[string]market.RuleStanding
	events     []market.Event
	deliveries []market.Delivery
	// meanwhile happens before a rule is updated.
	meanwhile func()
	// asked are the questions for standings, each with its ids.
	asked [][]string
	// tried is what was last tried out.
	tried    market.Rule
	from, to time.Time
	backtest market.Backtest
	broken   bool
}

func newFakeAlerts() *fakeAlerts {
	return &fakeAlerts{rules: map[string]market.Rule{}, standings: map[string]market.RuleStanding{}}
}

func (a *fakeAlerts) trouble() error {
	if a.broken {
		return fmt.Errorf("%s: %w", hookSecret, errStore)
	}
	return nil
}

func (a *fakeAlerts) Rules(_ context.Context, after int64, first int) (rules []market.Rule, more bool, total int, err error) {
	for _, rule := range a.rules {
		if number(rule) > after {
			rules = append(rules, rule)
		}
	}
	slices.SortFunc(rules, func(a, b market.Rule) int { return cmp.Compare(number(a), number(b)) })
	return rules[:min(first, len(rules))], first < len(rules), len(a.rules), a.trouble()
}

func number(rule market.Rule) int64 {
	n, _ := market.RuleNumber(rule.ID)
	return n
}

func (a *fakeAlerts) Rule(_ context.Context, id string) (market.Rule, bool, error) {
	rule, found := a.rules[id]
	return rule, found, a.trouble()
}

func (a *fakeAlerts) Create(_ context.Context, rule market.Rule) (market.Rule, error) {
	a.made++
	rule.ID, rule.Version, rule.Secret = market.RuleID(a.made), 1, signSecret
	a.rules[rule.ID] = rule
	return rule, a.trouble()
}

func (a *fakeAlerts) Update(_ context.Context, rule market.Rule) (market.Rule, error) {
	if a.meanwhile != nil {
		a.meanwhile()
	}
	old, found := a.rules[rule.ID]
	switch {
	case !found:
		return rule, fmt.Errorf("update: %w", graph.ErrNoRule)
	case old.Version != rule.Version:
		return rule, fmt.Errorf("update: %w", graph.ErrEdited)
	}
	rule.Version++
	a.rules[rule.ID] = rule
	return rule, a.trouble()
}

func (a *fakeAlerts) Delete(_ context.Context, id string) error {
	if _, found := a.rules[id]; !found {
		return graph.ErrNoRule
	}
	delete(a.rules, id)
	return nil
}

func (a *fakeAlerts) Silence(_ context.Context, id string, until time.Time) (market.Rule, error) {
	rule, found := a.rules[id]
	if !found {
		return rule, graph.ErrNoRule
	}
	rule.SilencedUntil = until
	a.rules[id] = rule
	return rule, nil
}

func (a *fakeAlerts) Test(_ context.Context, id string) ([]market.Delivery, error) {
	rule, found := a.rules[id]
	if !found {
		return nil, graph.ErrNoRule
	}
	event := a.say(market.Event{RuleID: id, RuleName: rule.Name, Kind: market.TestEvent, At: noon, ObservedAt: noon, Currency: market.USD, Subject: rule.Subject, Condition: rule.Condition}, rule.Notify...)
	return a.Deliveries(context.Background(), event.Sequence, event.Targets)
}

// say keeps an event with a delivery for each target.
func (a *fakeAlerts) say(e market.Event, targets ...string) market.Event {
	e.Sequence, e.Number, e.Targets = int64(len(a.events))+1, 1, len(targets)
	for _, other := range a.events {
		if other.RuleID == e.RuleID {
			e.Number++
		}
	}
	a.events = append(a.events, e)
	for n, target := range targets {
		a.deliveries = append(a.deliveries, market.Delivery{ID: market.DeliveryID(e.Sequence, n), Event: e.Sequence, RuleID: e.RuleID, Target: target, Secret: signSecret,
			Channel: a.Channel(target), Status: market.DeliveryPending})
	}
	return e
}

func (a *fakeAlerts) Redeliver(_ context.Context, id string) (market.Delivery, error) {
	i := slices.IndexFunc(a.deliveries, func(d market.Delivery) bool { return d.ID == id })
	switch {
	case i < 0:
		return market.Delivery{}, graph.ErrNoDelivery
	case a.deliveries[i].Status != market.DeliveryFailed:
		return market.Delivery{}, graph.ErrNotDead
	}
	a.deliveries[i].Status, a.deliveries[i].NextAt = market.DeliveryPending, noon
	return a.deliveries[i], nil
}

func (a *fakeAlerts) Standings(_ context.Context, ids []string) (map[string]market.RuleStanding, error) {
	a.asked = append(a.asked, ids)
	known := maps.Clone(a.standings)
	maps.DeleteFunc(known, func(id string, _ market.RuleStanding) bool { return !slices.Contains(ids, id) })
	return known, a.trouble()
}

func (a *fakeAlerts) Events(_ context.Context, rule string, after int64, first int) (events []market.Event, total int, err error) {
	for _, e := range a.events {
		if e.RuleID != rule {
			continue
		}
		total++
		if e.Sequence > after && len(events) < first {
			events = append(events, e)
		}
	}
	return events, total, a.trouble()
}

func (a *fakeAlerts) Event(_ context.Context, n int64) (market.Event, bool, error) {
	if n > int64(len(a.events)) {
		return market.Event{}, false, a.trouble()
	}
	return a.events[n-1], true, a.trouble()
}

func (a *fakeAlerts) Deliveries(_ context.Context, event int64, targets int) ([]market.Delivery, error) {
	var out []market.Delivery
	for n := range targets {
		for _, d := range a.deliveries {
			if d.ID == market.DeliveryID(event, n) {
				out = append(out, d)
			}
		}
	}
	return out, a.trouble()
}

func (a *fakeAlerts) DeadLetters(_ context.Context, first int) ([]market.Delivery, error) {
	dead := slices.DeleteFunc(slices.Clone(a.deliveries), func(d market.Delivery) bool { return d.Status != market.DeliveryFailed })
	slices.Reverse(dead)
	return dead[:min(first, len(dead))], a.trouble()
}

func (a *fakeAlerts) Backtest(_ context.Context, rule market.Rule, from, to time.Time) (market.Backtest, error) {
	a.tried, a.from, a.to = rule, from, to
	return a.backtest, a.trouble()
}

func (a *fakeAlerts) CheckTarget(target string) error {
	if !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "slack://") {
		return errors.New("expected https:// or slack://")
	}
	return nil
}

func (a *fakeAlerts) Channel(target string) string {
	u, err := url.Parse(target)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return target
	}
	return u.Scheme + "://" + u.Host + "/***"
}

// told are the events of some rules behind one; then nothing more happens.
type told struct{ events []market.Event }

func (t *told) Next(ctx context.Context) (market.Event, error) {
	if len(t.events) == 0 {
		<-ctx.Done()
		return market.Event{}, ctx.Err()
	}
	e := t.events[0]
	t.events = t.events[1:]
	return e, nil
}

func (t *told) Waiting() int { return len(t.events) }

func (*told) Cursor() string { return "" }

// Follow knows no events behind the hundredth, and has forgotten the first.
func (a *fakeAlerts) Follow(_ context.Context, rules []string, after int64) (graph.Events, error) {
	switch {
	case after > 100:
		return nil, graph.ErrNoEvent
	case after == 1:
		return nil, graph.ErrEventsGone
	}
	out := &told{}
	for _, e := range a.events {
		if e.Sequence > after && (len(rules) == 0 || slices.Contains(rules, e.RuleID)) {
			out.events = append(out.events, e)
		}
	}
	return out, a.trouble()
}
