package model

import (
	"context"

	"gpuhour/market"
)

// AlertRuleConnection is a part of the list of rules.
type AlertRuleConnection struct{ connection[AlertRule] }

// AskAlertRules lists rules. An *market.InvalidError names the argument that cannot be understood.
func AskAlertRules(ctx context.Context, env *Env, first *int, after *string) (*AlertRuleConnection, error) {
	n, err := PageLength(first)
	if err != nil {
		return nil, err
	}
	from, err := place(after, market.RuleNumber, market.RuleID(7))
	if err != nil {
		return nil, err
	}
	rules, more, total, err := env.Alerts.Rules(ctx, from, n)
	if err != nil {
		return nil, err
	}
	previous, err := ruleBefore(ctx, env.Alerts, from)
	return &AlertRuleConnection{connection[AlertRule]{NewAlertRules(env, rules), more, previous, total}}, err
}

// ruleBefore says whether there is a rule up to a place in the list.
func ruleBefore(ctx context.Context, alerts Alerts, from int64) (bool, error) {
	if from == 0 {
		return false, nil
	}
	rules, _, _, err := alerts.Rules(ctx, 0, 1)
	if err != nil || len(rules) == 0 {
		return false, err
	}
	n, _ := market.RuleNumber(rules[0].ID)
	return n <= from, nil
}

// Edges are the rules with their cursors.
func (c AlertRuleConnection) Edges() []AlertRuleEdge {
	return edges(c.connection, func(cursor string, r AlertRule) AlertRuleEdge { return AlertRuleEdge{cursor, r} })
}

// AlertRuleEdge is a rule in a list.
type AlertRuleEdge struct {
	Cursor string
	Node   AlertRule
}

// AlertEventConnection is a part of the list of a rule's events.
type AlertEventConnection struct{ connection[AlertEvent] }

// Events are what the rule had to say.
func (r AlertRule) Events(ctx context.Context, first *int, after *string) (*AlertEventConnection, error) {
	n, err := PageLength(first)
	if err != nil {
		return nil, err
	}
	from, err := place(after, market.EventNumber, market.EventID(42))
	if err != nil {
		return nil, err
	}
	events, total, err := r.env.Alerts.Events(ctx, r.rule.ID, from, n+1)
	if err != nil {
		return nil, err
	}
	previous, err := r.spokeBefore(ctx, from)
	return &AlertEventConnection{connection[AlertEvent]{r.said(events[:min(n, len(events))]), len(events) > n, previous, total}}, err
}

// said are events of the rule, which need not look for it. The secret of a rule that was made just now is not handed on.
func (r AlertRule) said(events []market.Event) []AlertEvent {
	r.secret = ""
	out := make([]AlertEvent, len(events))
	for i, e := range events {
		out[i] = AlertEvent{Event: e, env: r.env, rule: &r}
	}
	return out
}

// spokeBefore says whether there is an event up to a place in the list.
func (r AlertRule) spokeBefore(ctx context.Context, from int64) (bool, error) {
	if from == 0 {
		return false, nil
	}
	events, _, err := r.env.Alerts.Events(ctx, r.rule.ID, 0, 1)
	return len(events) > 0 && events[0].Sequence <= from, err
}

// Edges are the events with their cursors.
func (c AlertEventConnection) Edges() []AlertEventEdge {
	return edges(c.connection, func(cursor string, e AlertEvent) AlertEventEdge { return AlertEventEdge{cursor, e} })
}

// AlertEventEdge is an event in a list.
type AlertEventEdge struct {
	Cursor string
	Node   AlertEvent
}
