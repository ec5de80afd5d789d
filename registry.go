package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gpuhour/market"
	"gpuhour/scrapers"
)

// source is a provider as this process knows it: its scraper, its schedule, and whether it is read.
type source struct {
	scraper  scrapers.Scraper
	provider market.Provider
	schedule scrapers.Schedule
}

// registry is the providers of this process, by id.
type registry struct {
	sources   []source
	scheduler *scrapers.Scheduler
	collected atomic.Pointer[[]market.Provider]
	// own says that cards of our own fleet are on offer, or were.
	own atomic.Bool
}

// newRegistry applies the settings to what the providers declare of themselves.
func newRegistry(c Config, scheduler *scrapers.Scheduler) (*registry, error) {
	r := &registry{scheduler: scheduler}
	for _, s := range scrapers.All() {
		about := s.About()
		if expression, set := c.Schedules[about.ID]; set {
			about.Schedule = expression
		}
		schedule, err := scrapers.ParseSchedule(about.Schedule, about.ID)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", about.ID, err)
		}
		about.Cadence = schedule.Cadence
		about.Disabled = disabled(c, about)
		r.sources = append(r.sources, source{s, about.Provider, schedule})
	}
	return r, nil
}

// disabled is why a provider is not read; empty when it is.
func disabled(c Config, about scrapers.About) string {
	switch {
	case len(c.Sources) > 0 && !slices.Contains(c.Sources, about.ID):
		return "not among the chosen --sources"
	case about.KeyName != "" && !about.KeyOptional && c.Providers[about.ID].Key == "":
		return "needs a key: set " + about.KeyName
	}
	return ""
}

// Providers are all providers, by id; our own fleet among them where it sells.
func (r *registry) Providers() []market.Provider {
	out := make([]market.Provider, len(r.sources), len(r.sources)+1)
	for i, s := range r.sources {
		out[i] = s.provider
	}
	if r.own.Load() {
		out = append(out, ownProvider)
		slices.SortFunc(out, func(a, b market.Provider) int { return strings.Compare(a.ID, b.ID) })
	}
	return out
}

// Collected are the providers of imported collections, by id.
func (r *registry) Collected() []market.Provider {
	if all := r.collected.Load(); all != nil {
		return *all
	}
	return nil
}

// check names a provider or a collection of a filter that is not known.
func (r *registry) check(f market.Filter) error {
	for _, id := range f.Providers {
		if len(r.wanted(market.Filter{Providers: []string{id}, Collections: f.Collections})) == 0 {
			return &market.InvalidError{Field: "provider", Reason: checkIDs([]string{id}).Error()}
		}
	}
	for _, name := range f.Collections {
		if name != market.AllCollections && len(r.wanted(market.Filter{Collections: []string{name}})) == 0 {
			return &market.InvalidError{Field: "collection", Reason: fmt.Sprintf("nothing of a collection %q has been imported", name)}
		}
	}
	return nil
}

// learn takes in what has been imported of collections.
func (r *registry) learn(ctx context.Context, s interface {
	Collected(context.Context) ([]market.Provider, error)
}) error {
	collected, err := s.Collected(ctx)
	if err == nil {
		r.collected.Store(&collected)
	}
	return err
}

// wanted are the providers that a filter asks for.
func (r *registry) wanted(f market.Filter) []market.Provider {
	return slices.DeleteFunc(slices.Concat(r.Providers(), r.Collected()), func(p market.Provider) bool { return !f.Wants(p.ID) })
}

// NextRun is when a provider is read next; false when it is not scheduled here.
func (r *registry) NextRun(provider string) (time.Time, bool) { return r.scheduler.Next(provider) }

// cadence is the time between two runs of a provider that this program reads; zero for others.
func (r *registry) cadence(id string) time.Duration {
	if id == ownProvider.ID {
		return ownProvider.Cadence
	}
	s, _ := r.find(id)
	return s.provider.Cadence
}

func (r *registry) find(id string) (source, bool) {
	i := slices.IndexFunc(r.sources, func(s source) bool { return s.provider.ID == id })
	if i < 0 {
		return source{}, false
	}
	return r.sources[i], true
}

// enabled are the sources that are read.
func (r *registry) enabled() []source {
	return slices.DeleteFunc(slices.Clone(r.sources), func(s source) bool { return s.provider.Disabled != "" })
}
