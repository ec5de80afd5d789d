package alerts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// The subjects of a rule that are no offers: its sources, and the rule as a whole.
const (
	sourcePrefix = "source "
	wholeRule    = "*"
)

func isSource(about string) bool { return strings.HasPrefix(about, sourcePrefix) }

func aboutSheet(key market.SheetKey) string { return sourcePrefix + key.Provider + "/" + key.Sheet }

// sources speaks once of each sheet that keeps subjects from being judged, and forgets those that do no longer.
func (j *judging) sources() {
	blamed := j.blamed()
	for _, about := range slices.Sorted(maps.Keys(blamed)) {
		j.source(about, j.quoter.View().AllSheets()[blamed[about]])
	}
	for about := range j.standings {
		if _, still := blamed[about]; isSource(about) && !still {
			j.change(about, nil)
		}
	}
}

// blamed are the sheets without which something is not judged. Where nothing at all matches, those of the providers that are asked for.
func (j *judging) blamed() (out map[string]market.SheetKey) {
	blame := func(key market.SheetKey) {
		if out == nil {
			out = map[string]market.SheetKey{}
		}
		out[aboutSheet(key)] = key
	}
	for about, seen := range j.readings {
		if len(seen.Stale) > 0 && j.standing(about).State == market.AlertSourceError {
			for _, key := range seen.Stale {
				blame(key)
			}
		}
	}
	if len(j.readings) > 0 {
		return out
	}
	for _, provider := range j.rule.Filter.Providers {
		for _, sheet := range j.quoter.View().Sheets(provider) {
			if key := (market.SheetKey{Provider: provider, Sheet: sheet.Name}); j.quoter.Stale(key) {
				blame(key)
			}
		}
	}
	return out
}

// source waits for a second failure in a row, or for the age at which everything is stale: one page that does not answer once is no news.
func (j *judging) source(about string, sheet market.Sheet) {
	was, known := j.standings[about]
	is := was
	is.State = market.AlertSourceError
	if !known {
		is.Troubled = sheet.LastRunAt
	}
	if !was.Fired && !j.rule.Silenced(j.quoter.Now()) && (j.quoter.Lapsed(sheet) || sheet.LastRunAt.After(is.Troubled)) {
		is.Fired = true
		j.out.Events = append(j.out.Events, j.trouble(about, sheet))
	}
	j.keep(about, is)
}

func (j *judging) trouble(about string, sheet market.Sheet) market.Event {
	problem := sheet.Problem
	if problem == "" {
		problem = "has not been read for more than three times as long as usual"
	}
	event := j.event(about, market.SourceError, sheet.LastSuccessAt)
	event.Reason = fmt.Sprintf("%s, %s: %s", sheet.Provider, sheet.Name, problem)
	event.Sources = sheet.Documents[:min(len(sheet.Documents), mostSources)]
	return event
}

// event is one that is about no offer.
func (j *judging) event(about string, kind market.AlertEventKind, observedAt time.Time) market.Event {
	if observedAt.IsZero() {
		observedAt = j.quoter.Now()
	}
	return eventOf(j.rule, kind, about, j.quoter.Now(), observedAt.Truncate(time.Second))
}

// whole speaks once when a rule that looks at each offer has none left with anything to judge. That its sources fail is said already.
func (j *judging) whole() {
	was := j.standings[wholeRule]
	is := market.Standing{State: market.AlertNoData}
	reason, seenAt := "", time.Time{}
	for about, seen := range j.readings {
		switch state := j.standing(about).State; state {
		case "", market.AlertNoData:
			reason = max(reason, seen.Reason)
		default:
			is.State = market.AlertOK
		}
		if seen.ObservedAt.After(seenAt) {
			seenAt = seen.ObservedAt
		}
	}
	ends := is.State == market.AlertNoData && was.State == market.AlertOK
	if ends && j.rule.Silenced(j.quoter.Now()) {
		return // it is told when the silence ends, if it is still so
	}
	if ends {
		event := j.event(wholeRule, market.NoData, seenAt)
		event.Reason = cmp.Or(reason, nothingListed)
		j.out.Events = append(j.out.Events, event)
	}
	j.keep(wholeRule, is)
}
