package alerts

import (
	"maps"
	"slices"

	"gpuhour/market"
)

// Sample is a judgement that says one event TEST to all targets of a rule: of the first offer that matches it, where one does.
func Sample(r market.Rule, q *market.Quoter, id string) market.Judgement {
	event := market.Event{RuleID: r.ID, RuleName: r.Name, RuleVersion: r.Version, Kind: market.TestEvent, Subject: r.Subject, Condition: r.Condition,
		At: q.Now().UTC(), ObservedAt: q.Now().UTC(), Threshold: r.Threshold, Percent: r.Percent, Window: r.Window, Currency: r.Currency}
	readings := Read(q, r)
	for _, about := range slices.Sorted(maps.Keys(readings)) {
		if seen := readings[about]; seen.Of != nil {
			if offer := seen.Of.Offer; r.Subject != market.OfIndex {
				event.Offer = &offer
			}
			event.About, event.Offers, event.Value, event.Stock, event.ObservedAt = about, len(seen.Quotes), seen.Value, seen.Stock, seen.ObservedAt.UTC()
			event.Sources = documents(q, r.Subject, seen)
			break
		}
	}
	return market.Judgement{ID: id, Versions: map[string]int64{r.ID: r.Version}, Spoken: []market.Spoken{{Event: event, Targets: targets(r, Channel)}}}
}

// targets are where a rule speaks.
func targets(r market.Rule, channel func(string) string) []market.Target {
	out := make([]market.Target, len(r.Notify))
	for i, url := range r.Notify {
		out[i] = market.Target{URL: url, Secret: r.Secret, Channel: channel(url)}
	}
	return out
}
