package store

import (
	"fmt"
	"slices"

	"gpuhour/market"
)

// arguments spell a part for judgedScript, with the further keys it needs: those after a number of others.
func (p part) arguments(keys int) (buckets []string, arguments []any, err error) {
	var e encoder
	arguments = append(arguments, len(p.places))
	for _, provider := range sortedKeys(p.places) {
		arguments = append(arguments, provider, p.places[provider])
	}
	arguments = append(arguments, len(p.rules))
	index := map[string]int{}
	for i, r := range p.rules {
		arguments = append(arguments, r.id, r.version)
		index[r.id] = i + 1
	}
	places := map[int64]int{}
	for _, r := range p.rules {
		bucket := r.number % standingBuckets
		if places[bucket] == 0 {
			buckets = append(buckets, standingsKey(bucket))
			places[bucket] = keys + len(buckets)
		}
		arguments = append(arguments, places[bucket])
		arguments = append(arguments, e.standings(r)...)
	}
	arguments = append(arguments, len(p.spoken))
	for _, said := range p.spoken {
		arguments = append(arguments, index[said.Event.RuleID])
		arguments = append(arguments, e.spoken(said)...)
	}
	return buckets, arguments, e.err
}

// standings are a rule's state, the subjects that stand otherwise, and those that are no more.
func (e *encoder) standings(r *judgedRule) []any {
	state := ""
	if r.state != nil {
		state = e.text(r.state)
	}
	var kept, ended []any
	for _, subject := range r.standings {
		if subject.standing != nil {
			kept = append(kept, subject.about, e.text(subject.standing))
		} else {
			ended = append(ended, subject.about)
		}
	}
	return slices.Concat([]any{state, len(kept) / 2, len(ended)}, kept, ended)
}

// spoken is an event, and its deliveries, due as soon as it was judged.
func (e *encoder) spoken(said market.Spoken) []any {
	event := said.Event
	event.Targets = len(said.Targets)
	text := fmt.Sprintf("%s %d %s", event.RuleID, event.Targets, e.text(event))
	out := []any{event.At.UnixMilli(), text, event.Targets}
	for _, t := range said.Targets {
		out = append(out, e.text(market.Delivery{RuleID: event.RuleID, Target: t.URL, Secret: t.Secret, Channel: t.Channel,
			Status: market.DeliveryPending, NextAt: event.At}))
	}
	return out
}
