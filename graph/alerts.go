package graph

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// Alerts are the rules, and what they said.
type Alerts interface {
	model.Alerts
	// Create makes a rule, and gives it its id, its first version and the secret that signs its webhooks.
	Create(ctx context.Context, rule market.Rule) (market.Rule, error)
	// Update puts a rule in the place of the one with its id and version, and gives it the next version. ErrNoRule where there is none of
	// that id, ErrEdited where it has another version by now.
	Update(ctx context.Context, rule market.Rule) (market.Rule, error)
	// Delete removes a rule. ErrNoRule where there is none.
	Delete(ctx context.Context, id string) error
	// Silence keeps a rule quiet until a moment; the zero moment ends it. ErrNoRule where there is none.
	Silence(ctx context.Context, id string, until time.Time) (market.Rule, error)
	// Test delivers a sample event of a rule, and says what came back. ErrNoRule where there is none.
	Test(ctx context.Context, id string) ([]market.Delivery, error)
	// Redeliver tries a dead letter again. ErrNoDelivery where there is none of that id, ErrNotDead where it was not given up.
	Redeliver(ctx context.Context, id string) (market.Delivery, error)
	// DeadLetters are the latest deliveries that were given up, newest first.
	DeadLetters(ctx context.Context, first int) ([]market.Delivery, error)
	// Follow reads the events of some rules, or of all, behind one of them or from now on where that is zero. ErrNoEvent where there is no such
	// event, ErrEventsGone where events behind it are no longer kept.
	Follow(ctx context.Context, rules []string, after int64) (Events, error)
	// Backtest is what a rule would have said from one moment on and before another.
	Backtest(ctx context.Context, rule market.Rule, from, to time.Time) (market.Backtest, error)
}

// Events are read by one subscription. Their cursors are their ids.
type Events = Source[market.Event]

// ErrNoEvent says that there is no event of an id.
var ErrNoEvent = errors.New("there is no such event")

// ErrNoRule says that there is no alert rule of an id.
var ErrNoRule = errors.New("there is no alert rule of that id; query alertRules lists them")

// ErrEdited says that somebody else changed a rule.
var ErrEdited = errors.New("the alert rule was changed meanwhile; look at it again")

// ErrTooManyRules says that no more rules are taken.
var ErrTooManyRules = errors.New("there are as many alert rules as one store keeps; delete some")

// ErrEventsGone says that events behind a place are no longer kept.
var ErrEventsGone = errors.New("events behind `after` are no longer kept: look at the rules' own events, and follow without `after`")

// ErrNoDelivery says that there is no delivery of an id.
var ErrNoDelivery = errors.New("there is no delivery of that id")

// ErrNotDead says that a delivery was not given up.
var ErrNotDead = errors.New("the delivery is no dead letter: only what was given up is tried again")

// alertRule finds a rule; nil where there is none.
func (r *Resolver) alertRule(ctx context.Context, env *model.Env, id string) (*model.AlertRule, error) {
	rule, found, err := r.Alerts.Rule(ctx, id)
	if err != nil || !found {
		return nil, err
	}
	return model.NewAlertRule(env, rule), nil
}

// alertEvent finds an event; nil where there is none.
func (r *Resolver) alertEvent(ctx context.Context, env *model.Env, sequence int64) (*model.AlertEvent, error) {
	event, found, err := r.Alerts.Event(ctx, sequence)
	if err != nil || !found {
		return nil, err
	}
	return model.NewAlertEvent(env, event), nil
}

// createAlertRule makes a rule.
func (r *Resolver) createAlertRule(ctx context.Context, input model.AlertRuleInput) (*model.AlertRule, error) {
	env := r.env(ctx)
	rule, err := input.Rule(env, "input", nil)
	if err != nil {
		return nil, err
	}
	rule.CreatedAt = env.Now
	rule, err = r.Alerts.Create(ctx, rule)
	return model.NewMadeAlertRule(env, rule), err
}

// updateAlertRule puts a rule in the place of another, which leaves it what no input says.
func (r *Resolver) updateAlertRule(ctx context.Context, id string, input model.AlertRuleInput) (*model.AlertRule, error) {
	env := r.env(ctx)
	old, err := r.ruleToChange(ctx, id)
	if err != nil {
		return nil, err
	}
	rule, err := input.Rule(env, "input", old.Notify)
	if err != nil {
		return nil, err
	}
	rule.ID, rule.Version, rule.Secret, rule.SilencedUntil, rule.CreatedAt = old.ID, old.Version, old.Secret, old.SilencedUntil, old.CreatedAt
	rule, err = r.Alerts.Update(ctx, rule)
	return model.NewAlertRule(env, rule), err
}

func (r *Resolver) ruleToChange(ctx context.Context, id string) (market.Rule, error) {
	rule, found, err := r.Alerts.Rule(ctx, id)
	if err == nil && !found {
		err = ErrNoRule
	}
	return rule, err
}

// deleteAlertRule removes a rule.
func (r *Resolver) deleteAlertRule(ctx context.Context, id string) (string, error) {
	return id, r.Alerts.Delete(ctx, id)
}

// silenceAlertRule keeps a rule quiet; nil ends that.
func (r *Resolver) silenceAlertRule(ctx context.Context, id string, until *time.Time) (*model.AlertRule, error) {
	env, end := r.env(ctx), time.Time{}
	if until != nil {
		end = *until
		if !end.After(env.Now) || end.After(env.Now.AddDate(1, 0, 0)) {
			return nil, &market.InvalidError{Field: "until", Reason: "expected a moment to come, a year ahead at most"}
		}
	}
	rule, err := r.Alerts.Silence(ctx, id, end)
	return model.NewAlertRule(env, rule), err
}

// testAlertRule delivers a sample.
func (r *Resolver) testAlertRule(ctx context.Context, id string) ([]model.Delivery, error) {
	deliveries, err := r.Alerts.Test(ctx, id)
	return model.NewDeliveries(r.env(ctx), deliveries), err
}

// redeliver tries a dead letter again.
func (r *Resolver) redeliver(ctx context.Context, id string) (*model.Delivery, error) {
	delivery, err := r.Alerts.Redeliver(ctx, id)
	return model.NewDelivery(r.env(ctx), delivery), err
}

// deadLetters lists what was given up.
func (r *Resolver) deadLetters(ctx context.Context, first *int) ([]model.Delivery, error) {
	n, err := model.PageLength(first)
	if err != nil {
		return nil, err
	}
	letters, err := r.Alerts.DeadLetters(ctx, n)
	return model.NewDeliveries(r.env(ctx), letters), err
}

// longestBacktest bounds how long a rule is tried out over.
const longestBacktest = 366 * 24 * time.Hour

// backtest answers what a rule would have said. Where it speaks, and whether it is judged, changes nothing.
func (r *Resolver) backtest(ctx context.Context, input model.AlertRuleInput, from time.Time, to *time.Time) (*model.Backtest, error) {
	env := r.env(ctx)
	end, err := endOf(env.Now, from, to)
	if err != nil {
		return nil, err
	}
	input.Notify = nil
	rule, err := input.Rule(env, "rule", nil)
	if err != nil {
		return nil, err
	}
	rule.Enabled = true
	told, err := r.Alerts.Backtest(ctx, rule, from, end)
	return model.NewBacktest(env, told), err
}

// endOf is the end of a backtest; nil is now.
func endOf(now, from time.Time, to *time.Time) (time.Time, error) {
	end := now
	if to != nil {
		end = *to
	}
	switch {
	case end.After(now):
		return end, &market.InvalidError{Field: "to", Reason: "expected a moment that has been"}
	case !from.Before(end):
		return end, &market.InvalidError{Field: "from", Reason: "expected a moment before the end"}
	case end.Sub(from) > longestBacktest:
		return end, &market.InvalidError{Field: "from", Reason: fmt.Sprintf("expected at most %d days before the end", longestBacktest/(24*time.Hour))}
	}
	return end, nil
}

// alertFired follows the events of some rules, or of all.
func (r *Resolver) alertFired(ctx context.Context, rules []string, after *string) (<-chan *model.AlertEvent, error) {
	from := int64(0)
	if after != nil {
		n, isEvent := market.EventNumber(*after)
		if !isEvent {
			return nil, &market.InvalidError{Field: "after", Reason: "expected the id of an event"}
		}
		from = n
	}
	if err := r.exist(ctx, rules); err != nil {
		return nil, err
	}
	events, err := r.Alerts.Follow(ctx, rules, from)
	if err != nil {
		return nil, err
	}
	show := func(e market.Event) *model.AlertEvent { return model.NewAlertEvent(r.current(), e) }
	return stream(ctx, r.Patience.withDefaults().Lag, events, show), nil
}

// mostFollowed is how many rules one subscription may name.
const mostFollowed = 200

func (r *Resolver) exist(ctx context.Context, rules []string) error {
	if len(rules) > mostFollowed {
		return &market.InvalidError{Field: "rules", Reason: fmt.Sprintf("expected at most %d rules, got %d: leave them out to follow all", mostFollowed, len(rules))}
	}
	for _, id := range rules {
		if _, err := r.ruleToChange(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
