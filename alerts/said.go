package alerts

import (
	"time"

	"gpuhour/market"
)

// eventOf is what a rule has to say of a subject, judged at one moment by what was read at another.
func eventOf(r market.Rule, kind market.AlertEventKind, about string, at, observedAt time.Time) market.Event {
	return market.Event{RuleID: r.ID, RuleName: r.Name, RuleVersion: r.Version, Kind: kind, Subject: r.Subject, Condition: r.Condition, About: about,
		At: at.UTC(), ObservedAt: observedAt.UTC(), Threshold: r.Threshold, Percent: r.Percent, Window: r.Window, Currency: r.Currency}
}

// tell puts into an event what is seen of its subject. A median is no single offer's.
func (r *Reading) tell(e *market.Event) {
	e.Offers, e.Value, e.Stock = len(r.Quotes), r.Value, r.Stock
	if r.Of != nil && e.Subject != market.OfIndex {
		offer := r.Of.Offer
		e.Offer = &offer
	}
}
