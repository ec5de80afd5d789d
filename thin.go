package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
	"gpuhour/scrapers"
)

// thinSchedule is when histories are looked at. Each is thinned once a day; one that was being read is tried again the hour after.
const thinSchedule = "37 * * * *"

// longestHistory is the longest length that can be asked for: a hundred years.
const longestHistory = 36500

// historyRule reads how much of the past is to be kept.
func historyRule(keep, thin string) (rule market.Thinning, err error) {
	var problems [2]error
	rule.Keep, problems[0] = days("keep_history", keep)
	rule.Thin, problems[1] = days("thin_history", thin)
	if rule.Keep > 0 && rule.Thin >= rule.Keep {
		return rule, fmt.Errorf("thin_history: after %s there is nothing left to thin: keep_history is %s", thin, keep)
	}
	return rule, errors.Join(problems[:]...)
}

// days is a length such as 90d; zero where nothing is said.
func days(setting, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	number, inDays := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(number)
	if err != nil || !inDays || n < 1 || n > longestHistory {
		return 0, fmt.Errorf("%s: %q is no length in days such as 730d, of 1 to %d", setting, text, longestHistory)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// scheduleThinning enters the thinning of all histories, where the operator wants any.
func (a *app) scheduleThinning(ctx context.Context) {
	if a.config.History == (market.Thinning{}) {
		return
	}
	schedule, err := scrapers.ParseSchedule(thinSchedule, "history")
	if err != nil {
		a.log.Error("the history is not thinned", "problem", err)
		return
	}
	t := newThinner(a)
	a.scheduler.Add("history", schedule, func(time.Time) { t.all(ctx) })
}

// thinner thins the histories of all providers, those of collections too, each once a day. It is used by one at a time.
type thinner struct {
	*app
	// done is the day on which a provider was thinned last.
	done map[string]string
}

func newThinner(a *app) thinner { return thinner{app: a, done: map[string]string{}} }

func (t thinner) all(ctx context.Context) {
	today := t.now().UTC().Format(time.DateOnly)
	for _, p := range slices.Concat(t.registry.Providers(), t.registry.Collected()) {
		if ctx.Err() != nil || t.done[p.ID] == today {
			continue
		}
		err := t.one(ctx, p)
		switch {
		case err == nil:
			t.done[p.ID] = today
		case errors.Is(err, scrapers.ErrElsewhere):
			t.log.Info("a history is thinned later: its provider is being read", "provider", p.ID)
		case ctx.Err() == nil:
			t.log.Error("a history was not thinned", "provider", p.ID, "problem", err)
		}
	}
}

// one thins the history of a provider while nobody reads it. What is answered from memory is read anew, even where nothing went: another
// replica may have been first.
func (t thinner) one(ctx context.Context, p market.Provider) (err error) {
	lease, err := runnerStore{t.store}.Lock(ctx, p.ID, time.Time{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lease.Release(context.WithoutCancel(ctx))) }()
	gone, err := t.store.Thin(ctx, p.ID, t.config.History, t.now())
	if err != nil {
		return err
	}
	t.say(p, gone)
	if p.Collection.Name != "" {
		t.feed.moved(p.ID)
		return nil
	}
	return t.feed.follow(ctx, p.ID)
}

// say tells the operator what is lost, where something is.
func (t thinner) say(p market.Provider, gone market.Thinned) {
	if gone.Empty() {
		return
	}
	proofs := 0
	for _, all := range gone.Proofs {
		proofs += len(all)
	}
	fmt.Fprintf(t.errs, "the history of %s was thinned as the settings say: %d changes, %d runs and %d proofs went, and %d offers altogether\n",
		p.ID, gone.Points, gone.Runs, proofs, len(gone.Gone))
}
