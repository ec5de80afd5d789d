package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"gpuhour/export"
	"gpuhour/graph"
	"gpuhour/market"
	"gpuhour/scrapers"
	"gpuhour/store"
	"gpuhour/web"
)

// serveCommand serves the API and keeps the sources read.
type serveCommand struct{}

// The patience of the server: for a slow client's header, for the requests that are running when it is stopped, and for news
// that other replicas have committed.
const (
	headerTimeout = 10 * time.Second
	stopTimeout   = 10 * time.Second
	followEvery   = time.Second
)

// Run serves until the context ends; then running requests are answered, and running scrapes are abandoned whole.
func (c *serveCommand) Run(ctx context.Context, s *session) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a, err := newApp(ctx, s, listener.Addr().String())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	a.schedule(ctx)
	background.Go(func() { a.scheduler.Run(ctx) })
	background.Go(func() { a.followOthers(ctx) })
	background.Go(func() { a.catchUp(ctx) })
	background.Go(func() { a.alerting.run(ctx) })
	background.Go(func() { a.fleet.run(ctx) })
	fmt.Fprintf(s.errs, "serving on http://%s: GraphQL at /graphql, a place to try it at /graphiql\n", listener.Addr())
	routes, waitForStreams := a.handler(ctx)
	err = serveHTTP(ctx, listener, routes)
	stop()
	waitForStreams()
	background.Wait()
	return errors.Join(err, a.close())
}

// serveHTTP answers requests until the context ends.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("some requests were cut off: %w", err), server.Close())
	}
	return nil
}

// handler is all routes. Streams end with the context; wait until they have.
func (a *app) handler(ctx context.Context) (routes http.Handler, wait func()) {
	mux := http.NewServeMux()
	api := graph.NewHandler(ctx, &graph.Resolver{
		Book: a.book, Past: a.past, Registry: a.registry, Log: a.store, Scraper: scraper{a}, Now: a.now, Changes: a.tape, Alerts: a.alerting, Fleet: a.fleet,
	}, a.log)
	mux.Handle("/graphql", api)
	mux.Handle("/graphiql", web.GraphiQL("/graphql"))
	mux.Handle("/graphiql/", web.GraphiQL("/graphql"))
	mux.Handle("/healthz", web.Healthz())
	mux.Handle("/readyz", web.Readyz(map[string]func(context.Context) error{"store": a.store.Ping}))
	mux.Handle(export.Path, export.Handler(exports{a}))
	mux.Handle(importPath, a.importHandler())
	mux.Handle(agentsPath, a.fleet.handler())
	mux.Handle(agentTokensPath, a.agentTokensHandler())
	mux.Handle("/{$}", web.Home())
	return web.LoopbackOnly(mux), api.Wait
}

// schedule enters every enabled source, the exchange rates, and the thinning of the history.
func (a *app) schedule(ctx context.Context) {
	for _, s := range a.registry.enabled() {
		a.scheduler.Add(s.provider.ID, s.schedule, func(slot time.Time) { a.runner.Scrape(ctx, s.scraper, slot) })
	}
	for _, s := range scrapers.RateSources(a.config.Providers) {
		schedule, err := scrapers.ParseSchedule(s.Schedule, s.ID)
		if err != nil {
			a.log.Error("rates are not scheduled", "source", s.ID, "problem", err)
			continue
		}
		a.scheduler.Add(s.ID, schedule, func(time.Time) {
			a.readRates(ctx, a.warnOfRates, s)
			a.backfill(ctx, s)
		})
	}
	a.scheduleThinning(ctx)
}

func (a *app) warnOfRates(o outcome) {
	if o.problem != "" {
		a.log.Warn("rates were not read", "problem", o.problem)
	}
}

// catchUp reads at once what has never been read or is overdue.
func (a *app) catchUp(ctx context.Context) {
	var overdue []source
	for _, s := range a.registry.enabled() {
		health := s.provider.Judge(a.book.View().Sheets(s.provider.ID), a.now())
		if a.now().Sub(health.LastRunAt) > s.schedule.Cadence {
			overdue = append(overdue, s)
		}
	}
	if len(overdue) == 0 {
		return
	}
	if _, err := a.scrapeOnce(ctx, overdue); err == nil {
		fmt.Fprintf(a.errs, "%d offers in the book\n", a.book.View().Len())
	}
}

// followOthers takes in what other replicas commit. The embedded store has no others.
func (a *app) followOthers(ctx context.Context) {
	if a.store.Embedded() {
		return
	}
	every(ctx, followEvery, func() { a.followAll(ctx) })
}

func (a *app) followAll(ctx context.Context) {
	for _, p := range a.registry.Providers() {
		if err := a.feed.follow(ctx, p.ID); err != nil && ctx.Err() == nil {
			a.log.Warn("the book does not follow the store", "provider", p.ID, "problem", err)
			return
		}
	}
	if err := errors.Join(a.feed.rates(ctx), a.registry.learn(ctx, a.store)); err != nil && ctx.Err() == nil {
		a.log.Warn("the book does not follow the rates and the collections", "problem", err)
	}
	a.alerting.watch(ctx)
}

// scraper is the runner as the API wants it.
type scraper struct{ *app }

// Scrape reads a provider now and sums up its sheets.
func (s scraper) Scrape(ctx context.Context, provider string) (market.Run, error) {
	source, found := s.registry.find(provider)
	if !found {
		return market.Run{}, graph.ErrNoProvider
	}
	result := s.runner.Scrape(ctx, source.scraper, time.Time{})
	if result.NotRecorded {
		return market.Run{Provider: provider, Error: scrapers.ErrNotRecorded.Error()}, nil
	}
	return sum(result), conflict(result.Err)
}

// conflict says in the API's words that somebody else reads the provider now.
func conflict(err error) error {
	if errors.Is(err, store.ErrLocked) {
		return graph.ErrBusy
	}
	return err
}

// ReleaseQuarantine believes what is held back of a provider.
func (s scraper) ReleaseQuarantine(ctx context.Context, provider string) (market.Run, error) {
	source, found := s.registry.find(provider)
	if !found {
		return market.Run{}, graph.ErrNoProvider
	}
	result, err := s.runner.Release(ctx, source.scraper)
	if errors.Is(err, scrapers.ErrNotHeld) {
		return market.Run{}, graph.ErrNotHeld
	}
	return sum(result), conflict(err)
}

// sum is several sheets' runs as one.
func sum(r scrapers.Result) market.Run {
	total := market.Run{Provider: r.Provider}
	for i, run := range r.Runs {
		if i == 0 || run.StartedAt.Before(total.StartedAt) {
			total.StartedAt = run.StartedAt
		}
		if run.EndedAt.After(total.EndedAt) {
			total.EndedAt = run.EndedAt
		}
		total.Offers, total.Changed, total.Rejected = total.Offers+run.Offers, total.Changed+run.Changed, total.Rejected+run.Rejected
		total.Held = total.Held || run.Held
		if total.Error == "" {
			total.Error = run.Error
		}
	}
	return total
}
