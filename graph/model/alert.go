package model

import (
	"context"
	"time"

	"gpuhour/market"
)

// AlertRule is a rule without its secrets.
type AlertRule struct {
	env       *Env
	rule      market.Rule
	standings *standings
	secret    string
}

// NewAlertRules are rules of one answer.
func NewAlertRules(env *Env, rules []market.Rule) []AlertRule {
	out, together := make([]AlertRule, len(rules)), &standings{}
	for i, rule := range rules {
		out[i] = AlertRule{env: env, rule: rule, standings: together}
		together.ids = append(together.ids, rule.ID)
	}
	return out
}

// NewAlertRule is a rule.
func NewAlertRule(env *Env, rule market.Rule) *AlertRule {
	return &NewAlertRules(env, []market.Rule{rule})[0]
}

// NewMadeAlertRule is a rule that was made just now: nothing else shows its secret.
func NewMadeAlertRule(env *Env, rule market.Rule) *AlertRule {
	made := NewAlertRule(env, rule)
	made.secret = rule.Secret
	return made
}

// IsNode says that it has an id.
func (AlertRule) IsNode() {}

// ID is the rule's.
func (r AlertRule) ID() string { return r.rule.ID }

// Version counts the edits.
func (r AlertRule) Version() int { return int(r.rule.Version) }

// Name is what it is called.
func (r AlertRule) Name() string { return r.rule.Name }

// Subject is what it looks at.
func (r AlertRule) Subject() market.AlertSubject { return r.rule.Subject }

// Condition is what it waits for.
func (r AlertRule) Condition() market.AlertCondition { return r.rule.Condition }

// Enabled says whether it is judged.
func (r AlertRule) Enabled() bool { return r.rule.Enabled }

// Filter is the filter as it was given, in JSON.
func (r AlertRule) Filter() string { return r.rule.Given }

// Threshold is a price of a card-hour.
func (r AlertRule) Threshold() *market.Decimal { return r.rule.Threshold }

// Percent is how far.
func (r AlertRule) Percent() *float64 { return optionalPercent(r.rule.Percent) }

// Window is how far back it looks.
func (r AlertRule) Window() *time.Duration { return optional(r.rule.Window) }

// Currency is that of its prices.
func (r AlertRule) Currency() market.Currency { return r.rule.Currency }

// For is how long the condition must hold.
func (r AlertRule) For() time.Duration { return r.rule.For }

// RearmPercent is how far back a value must come.
func (r AlertRule) RearmPercent() float64 { return shownPercent(r.rule.Rearm) }

// Cooldown is how long it stays quiet after firing.
func (r AlertRule) Cooldown() time.Duration { return r.rule.Cooldown }

// FireOnCreate says whether it fired when it was made.
func (r AlertRule) FireOnCreate() bool { return r.rule.FireOnCreate }

// Notify are its targets as they may be shown.
func (r AlertRule) Notify() []string {
	out := make([]string, len(r.rule.Notify))
	for i, target := range r.rule.Notify {
		out[i] = r.env.Alerts.Channel(target)
	}
	return out
}

// WebhookSecret is null but where the rule was made just now.
func (r AlertRule) WebhookSecret() *string { return optional(r.secret) }

// SilencedUntil is null where the rule may speak.
func (r AlertRule) SilencedUntil() *time.Time {
	if !r.rule.Silenced(r.env.Now) {
		return nil
	}
	return &r.rule.SilencedUntil
}

// State is how it stands.
func (r AlertRule) State(ctx context.Context) (market.AlertState, error) {
	switch {
	case !r.rule.Enabled:
		return market.AlertOK, nil
	case r.rule.Silenced(r.env.Now):
		return market.AlertSilenced, nil
	}
	standing, err := r.standings.of(ctx, r.env.Alerts, r.rule.ID)
	if standing.State == "" {
		return market.AlertOK, err
	}
	return standing.State, err
}

// CreatedAt is when it was made.
func (r AlertRule) CreatedAt() time.Time { return r.rule.CreatedAt }

// LastFiredAt is null before it fired.
func (r AlertRule) LastFiredAt(ctx context.Context) (*time.Time, error) {
	standing, err := r.standings.of(ctx, r.env.Alerts, r.rule.ID)
	return optional(standing.LastFiredAt), err
}

// shownPercent is a percentage as a number to show.
func shownPercent(d market.Decimal) float64 {
	f, _ := d.Float64() // of two decimals always the nearest
	return f
}

// optionalPercent is a percentage as it is shown; nil for none.
func optionalPercent(d *market.Decimal) *float64 {
	if d == nil {
		return nil
	}
	return new(shownPercent(*d))
}
