package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"gpuhour/scrapers"
)

// scrapeCommand reads sources once.
type scrapeCommand struct {
	Provider []string `arg:"" optional:"" help:"The providers to read; all that are enabled when none is named."`
}

// Run reads the sources, here or through the server that holds the store.
func (c *scrapeCommand) Run(ctx context.Context, s *session) error {
	if err := checkIDs(c.Provider); err != nil {
		return err
	}
	a, err := newApp(ctx, s, "")
	if server := heldBy(err); server != "" {
		return remote{s, server}.scrape(ctx, c.Provider)
	}
	if err != nil {
		return err
	}
	outcomes, err := a.scrapeOnce(ctx, a.chosen(c.Provider))
	if err := errors.Join(err, a.close()); err != nil {
		return err
	}
	return printOutcomes(s, outcomes)
}

func checkIDs(wanted []string) error {
	for _, id := range wanted {
		if !known(id) {
			return fmt.Errorf("there is no provider %q; they are %s", id, strings.Join(ids(), ", "))
		}
	}
	return nil
}

// chosen are the named sources, or all that are enabled.
func (a *app) chosen(names []string) []source {
	if len(names) == 0 {
		return a.registry.enabled()
	}
	return slices.DeleteFunc(slices.Clone(a.registry.sources), func(s source) bool { return !slices.Contains(names, s.provider.ID) })
}

// outcome is one line of the table.
type outcome struct {
	provider                  string
	offers, changed, rejected int
	took                      time.Duration
	problem                   string
	notRecorded               bool
}

// ratesHeadStart is how long providers wait for the exchange rates, which rows in other currencies are judged with.
const ratesHeadStart = 10 * time.Second

// scrapeOnce reads exchange rates and sources, all at the same time but for the rates' head start.
func (a *app) scrapeOnce(ctx context.Context, sources []source) ([]outcome, error) {
	rateSources := scrapers.RateSources(a.config.Providers)
	bar := newProgress(a.errs, "reading sources", len(sources)+len(rateSources))
	defer bar.end()
	var all sync.WaitGroup
	var guard sync.Mutex
	var outcomes []outcome
	report := func(o outcome) {
		guard.Lock()
		defer guard.Unlock()
		outcomes = append(outcomes, o)
		bar.done(o)
	}
	rates := make(chan struct{})
	all.Go(func() {
		a.readRates(ctx, report, rateSources...)
		close(rates)
		a.backfill(ctx, rateSources...)
	})
	select {
	case <-rates:
	case <-time.After(ratesHeadStart):
	}
	for _, s := range sources {
		all.Go(func() { report(newOutcome(a.runner.Scrape(ctx, s.scraper, time.Time{}))) })
	}
	all.Wait()
	slices.SortFunc(outcomes, func(x, y outcome) int { return strings.Compare(x.provider, y.provider) })
	return outcomes, ctx.Err()
}

// readRates reads the newest exchange rates.
func (a *app) readRates(ctx context.Context, report func(outcome), sources ...scrapers.RateSource) {
	var all sync.WaitGroup
	for _, s := range sources {
		all.Go(func() {
			started := a.now()
			n, err := a.runner.Rates(ctx, s)
			o := outcome{provider: s.ID + " (rates)", offers: n, took: a.now().Sub(started), notRecorded: errors.Is(err, scrapers.ErrNotRecorded)}
			if err != nil && !o.notRecorded {
				o.problem = err.Error()
			}
			report(o)
		})
	}
	all.Wait()
	a.followRates(ctx)
}

// backfill reads the rates of the days that nobody read; what fails is tried again at the source's next time.
func (a *app) backfill(ctx context.Context, sources ...scrapers.RateSource) {
	var all sync.WaitGroup
	for _, s := range sources {
		all.Go(func() {
			if err := a.runner.Backfill(ctx, s); err != nil && !errors.Is(err, scrapers.ErrNotRecorded) && ctx.Err() == nil {
				a.log.Warn("rates of the past are missing", "problem", err)
			}
		})
	}
	all.Wait()
	a.followRates(ctx)
}

func (a *app) followRates(ctx context.Context) {
	if err := a.feed.rates(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("the book has no new rates", "problem", err)
	}
}

func newOutcome(r scrapers.Result) outcome {
	o := outcome{provider: r.Provider, took: r.Took, notRecorded: r.NotRecorded}
	var problems []string
	for _, run := range r.Runs {
		o.offers, o.changed, o.rejected = o.offers+run.Offers, o.changed+run.Changed, o.rejected+run.Rejected
		if run.Error != "" {
			problems = append(problems, run.Error)
		}
		if run.Held {
			problems = append(problems, "held back: unlike the run before; see `gpuhour providers`")
		}
	}
	if r.Err != nil {
		problems = append(problems, r.Err.Error())
	}
	o.problem = strings.Join(problems, "; ")
	return o
}

// printOutcomes prints the table; any failure makes the command fail.
func printOutcomes(s *session, outcomes []outcome) error {
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tOFFERS\tCHANGED\tREJECTED\tTIME\tPROBLEM")
	var failed error
	for _, o := range outcomes {
		problem := o.problem
		if problem != "" {
			failed = errFailed
		}
		if o.notRecorded {
			problem = "not recorded"
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s\n", o.provider, o.offers, o.changed, o.rejected, o.took.Round(time.Millisecond), problem)
	}
	return errors.Join(table.Flush(), failed)
}
