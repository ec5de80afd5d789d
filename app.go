package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"gpuhour/market"
	"gpuhour/scrapers"
	"gpuhour/store"
)

// app is the program's parts, wired together. Nothing is decided here.
type app struct {
	session
	store     *store.Store
	book      *market.Book
	archive   *scrapers.Archive
	runner    *scrapers.Runner
	scheduler *scrapers.Scheduler
	registry  *registry
	feed      feed
	tape      *market.Tape
	past      *past
	alerting  *alerting
	fleet     *ownCards
}

// newApp opens the store and fills the book from it. The address is where the process serves; empty when it does not.
func newApp(ctx context.Context, s *session, address string) (*app, error) {
	transport, unhurried, err := transport(s.config)
	if err != nil {
		return nil, err
	}
	a := &app{session: *s, book: market.NewBook(), scheduler: scrapers.NewScheduler(s.now, s.log)}
	if a.registry, err = newRegistry(s.config, a.scheduler); err != nil {
		return nil, err
	}
	if a.store, err = store.Open(ctx, store.Options{Redis: s.config.Redis, DataDir: s.config.DataDir, Address: address, Log: s.log, Now: s.now}); err != nil {
		return nil, err
	}
	a.feed = feed{store: a.store, book: a.book, places: map[string]int64{}, now: s.now}
	a.tape = market.NewTape(record{&a.feed}, func(o market.Offer, at time.Time) *market.Entry { return a.book.View().Entry(o, at) })
	a.feed.tape = a.tape
	a.past = newPast(a.store, &a.feed, a.registry)
	a.alerting = newAlerting(a, a.past)
	a.feed.changed = a.alerting.engine.Wake
	a.fleet = newOwnCards(a)
	a.archive = scrapers.NewArchive(filepath.Join(s.config.DataDir, "archive"), "gpuhour/"+version(), s.now)
	a.runner = a.newRunner(transport, unhurried)
	if err := a.load(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// transport is the network, or recorded answers.
func transport(c Config) (http.RoundTripper, bool, error) {
	if c.Replay == "" {
		return http.DefaultTransport, false, nil
	}
	replay, err := scrapers.NewReplay(c.Replay)
	return replay, true, err
}

func (a *app) newRunner(transport http.RoundTripper, unhurried bool) *scrapers.Runner {
	return scrapers.NewRunner(scrapers.Options{
		Store: runnerStore{a.store}, View: a.book.View, Settings: a.config.Providers, Sample: a.config.Sample, Now: a.now, Log: a.log,
		Client: scrapers.NewClient(scrapers.ClientOptions{Transport: transport, Contact: a.config.Contact, Version: version(),
			Archive: a.archive, Now: a.now, Unhurried: unhurried}),
		Committed: func(ctx context.Context, provider string) {
			if err := a.feed.follow(ctx, provider); err != nil {
				a.log.Error("the book does not follow the store", "provider", provider, "problem", err)
			}
		},
	})
}

// load fills the book with what the store holds.
func (a *app) load(ctx context.Context) error {
	if err := errors.Join(a.feed.rates(ctx), a.registry.learn(ctx, a.store), a.fleet.learn(ctx), a.fleet.follow(ctx)); err != nil {
		return err
	}
	for _, p := range a.registry.Providers() {
		if err := a.feed.follow(ctx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) close() error { return errors.Join(a.archive.Close(), a.store.Close()) }

// feed lets the book and the tape follow the store: after every commit of this process, and of others.
type feed struct {
	store *store.Store
	book  *market.Book
	tape  *market.Tape
	now   func() time.Time
	// changed is told whenever the book is another.
	changed func()
	guard   sync.Mutex
	places  map[string]int64
	tables  int // rates known: a table is never changed, only added
}

// follow takes in what was committed of one provider since the last time; it loads everything when the place was lost.
func (f *feed) follow(ctx context.Context, provider string) error {
	f.guard.Lock()
	defer f.guard.Unlock()
	place, known := f.places[provider]
	if known {
		delta, found, err := f.store.Since(ctx, provider, place)
		if err != nil {
			return fmt.Errorf("follow %s: %w", provider, err)
		}
		if found {
			return f.take(ctx, provider, place, delta)
		}
	}
	state, err := f.store.Provider(ctx, provider)
	if err != nil {
		return fmt.Errorf("load %s: %w", provider, err)
	}
	return f.load(ctx, provider, known, state)
}

// take takes in what was committed after a place.
func (f *feed) take(ctx context.Context, provider string, place int64, delta store.Delta) error {
	if delta.Seq == place {
		return nil
	}
	n, err := f.news(ctx, provider, place, delta)
	if err != nil {
		return err
	}
	f.book.Apply(provider, delta.Sheets, delta.Upserts, delta.Removed)
	f.places[provider] = delta.Seq
	f.tell(n)
	f.changed()
	return nil
}

// load takes in everything of a provider, whose place was lost where it was known.
func (f *feed) load(ctx context.Context, provider string, known bool, state store.State) error {
	n, err := news{provider: provider}, error(nil)
	if known {
		if n, err = f.missed(ctx, provider, f.places[provider], state.Seq); err != nil {
			return err
		}
	}
	f.book.Load(provider, state.Sheets, state.Offers)
	f.places[provider] = state.Seq
	f.changed()
	if !known {
		f.tape.Start(provider, state.Seq)
		return nil
	}
	f.tell(n)
	return nil
}

// marketNow is the book, with the places that are surely in it.
func (f *feed) marketNow() (map[string]int64, *market.View) {
	f.guard.Lock()
	defer f.guard.Unlock()
	return maps.Clone(f.places), f.book.View()
}

// moved tells that the history of a provider of a collection, whose offers are never in the book, is another now.
func (f *feed) moved(provider string) {
	f.guard.Lock()
	defer f.guard.Unlock()
	f.places[provider]++
}

// place is the number of the last commit of a provider that the book has taken in; of a collection's, how often it was thinned here.
func (f *feed) place(provider string) int64 {
	f.guard.Lock()
	defer f.guard.Unlock()
	return f.places[provider]
}

// rates takes in the exchange rates: all of them, where there are others than the last time.
func (f *feed) rates(ctx context.Context) error {
	f.guard.Lock()
	defer f.guard.Unlock()
	if n, err := f.store.RateDays(ctx); err != nil || n == f.tables {
		return err
	}
	tables, err := f.store.Rates(ctx)
	if err != nil {
		return fmt.Errorf("rates: %w", err)
	}
	f.book.SetRates(market.NewRates(tables), f.now())
	f.tables = len(tables)
	f.changed()
	return nil
}

// runnerStore is the store as the runner wants it.
type runnerStore struct{ *store.Store }

// A lock outlives a process that died with it by lockTime; one that lives renews it long before.
const (
	lockTime  = 20 * time.Second
	lockRenew = 5 * time.Second
)

// Lock gives one runner the provider, for as long as this process lives and does not release it.
func (s runnerStore) Lock(ctx context.Context, provider string, slot time.Time) (scrapers.Lease, error) {
	lease, err := s.Store.Lock(ctx, provider, slot, lockTime)
	if errors.Is(err, store.ErrLocked) || errors.Is(err, store.ErrDone) {
		return nil, fmt.Errorf("%w: %w", scrapers.ErrElsewhere, err)
	}
	if err != nil {
		return nil, err
	}
	return keep(ctx, lease), nil
}

// keptLease is a lease that is renewed until it is released: a run may take longer than a lock lasts.
type keptLease struct {
	*store.Lease
	stop func()
}

func keep(ctx context.Context, lease *store.Lease) keptLease {
	ctx, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		every(ctx, lockRenew, func() { _ = lease.Renew(ctx) }) // the next commit finds out if it is lost
	})
	return keptLease{lease, func() { cancel(); renewing.Wait() }}
}

// Release gives the provider back.
func (l keptLease) Release(ctx context.Context) error {
	l.stop()
	return l.Lease.Release(ctx)
}
