package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"gpuhour/market"
)

// AlertEvent is something that a rule had to say.
type AlertEvent struct {
	market.Event
	env *Env
	// rule is the rule, where it is known already.
	rule *AlertRule
}

// NewAlertEvent is an event.
func NewAlertEvent(env *Env, e market.Event) *AlertEvent { return &AlertEvent{Event: e, env: env} }

// IsNode says that it has an id.
func (AlertEvent) IsNode() {}

// kept says whether the event really happened: those of a backtest did not.
func (e AlertEvent) kept() bool { return e.Sequence > 0 }

// ID is the event's. One of a backtest has no place among the events, and is called after all that it says, so that no client takes two
// of them for one.
func (e AlertEvent) ID() string {
	if e.kept() {
		return e.Event.ID()
	}
	said, _ := json.Marshal(e.Event) // it holds nothing that cannot be written
	digest := sha256.Sum256(said)
	return "backtest/" + hex.EncodeToString(digest[:12])
}

// Number is its place among the rule's events.
func (e AlertEvent) Number() int { return int(e.Event.Number) }

// Rule is null once the rule was deleted, and in a backtest.
func (e AlertEvent) Rule(ctx context.Context) (*AlertRule, error) {
	if e.rule != nil || !e.kept() {
		return e.rule, nil
	}
	rule, found, err := e.env.Alerts.Rule(ctx, e.RuleID)
	if err != nil || !found {
		return nil, err
	}
	return NewAlertRule(e.env, rule), nil
}

// Summary says it in one sentence.
func (e AlertEvent) Summary(lang *string) string {
	if lang == nil {
		return e.Event.Summary("en")
	}
	return e.Event.Summary(*lang)
}

// Offer is the offer as it was then.
func (e AlertEvent) Offer() *Offer {
	if e.Event.Offer == nil {
		return nil
	}
	o := *e.Event.Offer
	gpu, _ := market.GpuByID(o.GpuID)
	sheet := market.Sheet{Provider: o.Provider, Name: o.Sheet, LastRunAt: e.ObservedAt, LastSuccessAt: e.ObservedAt, Documents: e.Event.Sources}
	return &Offer{env: e.env, entry: &market.Entry{Offer: o, Gpu: gpu}, sheet: sheet, moment: e.At}
}

// OfferCount is how many offers it was found among.
func (e AlertEvent) OfferCount() int { return e.Offers }

// Percent is what the rule asked for.
func (e AlertEvent) Percent() *float64 { return optionalPercent(e.Event.Percent) }

// Window is how far it looked back.
func (e AlertEvent) Window() *time.Duration { return optional(e.Event.Window) }

// Stock is the stock that it is about.
func (e AlertEvent) Stock() *market.Stock { return optional(e.Event.Stock) }

// Reason is why the rule is not judged.
func (e AlertEvent) Reason() *string { return optional(e.Event.Reason) }

// Sources are the documents behind it.
func (e AlertEvent) Sources() []market.Source { return append([]market.Source{}, e.Event.Sources...) }

// Deliveries are what became of it.
func (e AlertEvent) Deliveries(ctx context.Context) ([]Delivery, error) {
	if e.Targets == 0 {
		return []Delivery{}, nil
	}
	deliveries, err := e.env.Alerts.Deliveries(ctx, e.Sequence, e.Targets)
	out := NewDeliveries(e.env, deliveries)
	for i := range out {
		out[i].said = &e
	}
	return out, err
}

// Delivery is what became of an event at one target.
type Delivery struct {
	market.Delivery
	env *Env
	// said is the event, where it is known already.
	said *AlertEvent
}

// NewDelivery is a delivery.
func NewDelivery(env *Env, d market.Delivery) *Delivery { return &Delivery{Delivery: d, env: env} }

// NewDeliveries are deliveries.
func NewDeliveries(env *Env, deliveries []market.Delivery) []Delivery {
	out := make([]Delivery, len(deliveries))
	for i, d := range deliveries {
		out[i] = *NewDelivery(env, d)
	}
	return out
}

// LastError is null after a success.
func (d Delivery) LastError() *string { return optional(d.Delivery.LastError) }

// NextAttemptAt is null where it is not tried again.
func (d Delivery) NextAttemptAt() *time.Time { return optional(d.NextAt) }

// DeliveredAt is null until the target took it.
func (d Delivery) DeliveredAt() *time.Time { return optional(d.Delivery.DeliveredAt) }

// Event is what was said.
func (d Delivery) Event(ctx context.Context) (*AlertEvent, error) {
	if d.said != nil {
		return d.said, nil
	}
	event, found, err := d.env.Alerts.Event(ctx, d.Delivery.Event)
	if err != nil || !found {
		return nil, err
	}
	return NewAlertEvent(d.env, event), nil
}

// MostTold is how many events of a backtest are listed.
const MostTold = 100

// Backtest is what a rule would have said.
type Backtest struct {
	Fired   int
	Events  []AlertEvent
	HasMore bool
}

// NewBacktest is the answer to what a rule would have said. Its events are counted, but have no place among those that happened.
func NewBacktest(env *Env, b market.Backtest) *Backtest {
	told := b.Events[:min(MostTold, len(b.Events))]
	out := Backtest{Fired: b.Fired, Events: make([]AlertEvent, len(told)), HasMore: b.More || len(told) < len(b.Events)}
	for i, e := range told {
		e.Sequence, e.Number, e.Targets = 0, int64(i)+1, 0
		out.Events[i] = *NewAlertEvent(env, e)
	}
	return &out
}
