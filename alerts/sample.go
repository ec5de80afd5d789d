package alerts

import (
	"maps"
	"slices"

	"gpuhour/market"
)

// Sample is a judgement that says one event TEST to all targets of a rule: of the first offer that matches it, where one does.
func Sample(r market.Rule, q *market.Quoter, id string) market.Judgement {
	event := eventOf(r, market.TestEvent, "", q.Now(), q.Now())
	readings := Read(q, r)
	for _, about := range slices.Sorted(maps.Keys(readings)) {
		if seen := readings[about]; seen.Of != nil {
			event = eventOf(r, market.TestEvent, about, q.Now(), seen.ObservedAt)
			seen.tell(&event)
			event.Sources = documents(q, r.Subject, seen)
			break
		}
	}
	return market.Judgement{ID: id, Versions: map[string]int64{r.ID: r.Version}, Spoken: []market.Spoken{{Event: event, Targets: targets(r)}}}
}

// targets are where a rule speaks.
func targets(r market.Rule) []market.Target {
	out := make([]market.Target, len(r.Notify))
	for i, url := range r.Notify {
		out[i] = market.Target{URL: url, Secret: r.Secret, Channel: Channel(url)}
	}
	return out
}
