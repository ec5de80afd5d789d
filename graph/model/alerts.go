package model

import (
	"context"
	"fmt"
	"sync"

	"gpuhour/market"
)

// Alerts is where the alert rules are, and what they said.
type Alerts interface {
	// Rules are the first rules whose number is above another, by number; more says that there are others behind them, and total
	// how many there are in all.
	Rules(ctx context.Context, after int64, first int) (rules []market.Rule, more bool, total int, err error)
	// Rule finds a rule; found is false where there is none.
	Rule(ctx context.Context, id string) (rule market.Rule, found bool, err error)
	// Standings say how rules stand, by id; one that was not judged yet has none.
	Standings(ctx context.Context, ids []string) (map[string]market.RuleStanding, error)
	// Events are the first events of a rule whose sequence is above a number, by sequence; total is how many it has in all.
	Events(ctx context.Context, rule string, after int64, first int) (events []market.Event, total int, err error)
	// Event finds an event by its sequence; found is false where there is none.
	Event(ctx context.Context, sequence int64) (event market.Event, found bool, err error)
	// Deliveries are what became of an event at its targets.
	Deliveries(ctx context.Context, event int64, targets int) ([]market.Delivery, error)
	// CheckTarget says what is wrong with a target, in words that may be shown: they must not repeat it.
	CheckTarget(target string) error
	// Channel is a target as it may be shown, without secrets.
	Channel(target string) string
}

// standings are how the rules of one answer stand, asked for once for all of them.
type standings struct {
	ids   []string
	once  sync.Once
	known map[string]market.RuleStanding
	err   error
}

func (s *standings) of(ctx context.Context, alerts Alerts, rule string) (market.RuleStanding, error) {
	s.once.Do(func() { s.known, s.err = alerts.Standings(ctx, s.ids) })
	return s.known[rule], s.err
}

// place is the number that a list goes on after: cursors of rules and events are their ids.
func place(after *string, number func(id string) (int64, bool), example string) (int64, error) {
	if text(after) == "" {
		return 0, nil
	}
	n, found := number(*after)
	if !found {
		return 0, &market.InvalidError{Field: "after", Reason: fmt.Sprintf("expected a cursor from an earlier answer, or an id such as %q", example)}
	}
	return n, nil
}
