package scrapers

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"time"

	"gpuhour/market"
)

// RebuildOptions say whose history is made again, and how the sources are set.
type RebuildOptions struct {
	Scrapers []Scraper
	Settings map[string]Settings
	Sample   bool
	// Read is called for every record that is read, Ran for every run that is made again.
	Read, Ran func()
}

// Rebuild makes the runs again that the answers in WARC files were recorded in: with the code of live runs, as of the dates of the
// records.
type Rebuild struct {
	options  RebuildOptions
	answers  *recordedAnswers
	runs     []recordedRun
	problems notes
}

// recordedRun is one reading of a sheet: the first answer of the sheet was recorded then.
type recordedRun struct {
	scraper Scraper
	sheet   Sheet
	started time.Time
	answer  *keptAnswer
	// until is when the run must have had its last page: the next one may have begun then.
	until time.Time
}

// runTolerance is how long after its beginning a run's first answer may have come.
const runTolerance = 2 * time.Minute

// NewRebuild reads which answers the files hold. All files belong together: the pages of one run may lie in two.
func NewRebuild(paths []string, o RebuildOptions) (*Rebuild, error) {
	o.Settings = maps.Clone(o.Settings)
	if o.Settings == nil {
		o.Settings = map[string]Settings{}
	}
	b := &Rebuild{options: o, problems: notes{}}
	for _, s := range o.Scrapers {
		b.ignoreRobots(s.About().ID)
	}
	for _, s := range b.rateSources() {
		b.ignoreRobots(s.ID)
	}
	var err error
	if b.answers, err = readAnswers(paths, b.hosts(), o.Read); err != nil {
		return nil, err
	}
	b.findRuns()
	return b, nil
}

// ignoreRobots lets a source be read again whatever robots.txt said: it was read.
func (b *Rebuild) ignoreRobots(source string) {
	settings := b.options.Settings[source]
	settings.IgnoreRobots = true
	b.options.Settings[source] = settings
}

func (b *Rebuild) rateSources() []RateSource { return RateSources(b.options.Settings) }

func (b *Rebuild) sheets(s Scraper) []Sheet { return s.Sheets(b.options.Settings[s.About().ID]) }

// hosts are those that some source asks.
func (b *Rebuild) hosts() map[string]bool {
	hosts := map[string]bool{}
	add := func(address string) {
		if u, err := url.Parse(address); err == nil {
			hosts[u.Hostname()] = true
		}
	}
	for _, s := range b.options.Scrapers {
		for _, sheet := range b.sheets(s) {
			add(sheet.First.URL)
		}
		for _, host := range s.About().Hosts {
			hosts[host] = true
		}
	}
	for _, s := range b.rateSources() {
		add(s.Request.URL)
	}
	return hosts
}

// findRuns puts the runs of all providers in the order of time.
func (b *Rebuild) findRuns() {
	for _, s := range b.options.Scrapers {
		for _, sheet := range b.sheets(s) {
			for _, run := range b.answers.runs(sheet) {
				run.scraper = s
				b.runs = append(b.runs, run)
			}
		}
	}
	slices.SortStableFunc(b.runs, func(a, b recordedRun) int { return a.started.Compare(b.started) })
}

func (r *recordedAnswers) runs(sheet Sheet) []recordedRun {
	var runs []recordedRun
	for answers := r.all(askingFor(sheet.First)); len(answers) > 0; {
		tries := triesOf(answers)
		answers = answers[len(tries):]
		run := recordedRun{sheet: sheet, started: tries[0].at, answer: tries[len(tries)-1], until: tries[0].at.Add(runTimeout)}
		if len(answers) > 0 && answers[0].at.Before(run.until) {
			run.until = answers[0].at
		}
		runs = append(runs, run)
	}
	return runs
}

// Runs is how many runs are recorded.
func (b *Rebuild) Runs() int { return len(b.runs) }

// Rates are the exchange rates that are recorded, in the order of time.
func (b *Rebuild) Rates(ctx context.Context) ([]market.RateTable, error) {
	m := b.market(market.Rates{})
	var kept ratesKept
	m.runner.Store = &kept
	for _, s := range b.rateSources() {
		for _, run := range b.answers.runs(Sheet{s.ID, s.Request}) {
			m.answers.begin(run)
			if _, err := m.runner.Rates(ctx, s); err != nil {
				b.problems.add("readings of exchange rates that failed", s.ID+" at "+run.started.Format(time.RFC3339), err.Error())
			}
		}
	}
	for _, s := range b.rateSources() {
		kept.tables = append(kept.tables, b.rateHistory(ctx, m, s)...)
	}
	slices.SortStableFunc(kept.tables, func(a, b market.RateTable) int { return a.FetchedAt.Compare(b.FetchedAt) })
	return kept.tables, ctx.Err()
}

// rateHistory is what was recorded of a source's rates of earlier days, whichever days were asked for.
func (b *Rebuild) rateHistory(ctx context.Context, m *rebuiltMarket, s RateSource) (tables []market.RateTable) {
	for asked, answers := range b.answers.to {
		if !s.History.at(asked.url) {
			continue
		}
		for _, answer := range answers {
			answer.used = true
			m.answers.begin(recordedRun{started: answer.at, answer: answer, until: answer.at.Add(runTimeout)})
			page, err := m.runner.ratePage(ctx, s, Request{Method: asked.method, URL: asked.url}, s.History.Parse)
			if err != nil {
				b.problems.add("readings of exchange rates that failed", s.ID+" at "+answer.at.Format(time.RFC3339), err.Error())
				continue
			}
			tables = append(tables, page.Tables...)
		}
	}
	return slices.DeleteFunc(tables, func(t market.RateTable) bool { return len(t.Quotations) == 0 })
}

// ratesKept is all of a store that reading exchange rates needs.
type ratesKept struct {
	Store
	tables []market.RateTable
}

// SaveRates keeps exchange rates.
func (k *ratesKept) SaveRates(_ context.Context, tables []market.RateTable) error {
	k.tables = append(k.tables, tables...)
	return nil
}

// Imports are the histories of all providers of which a run is recorded, one after another. The runs are judged as they were: beside what
// the others asked then, at the exchange rates of the day.
func (b *Rebuild) Imports(ctx context.Context, rates market.Rates) iter.Seq2[market.Import, error] {
	return func(yield func(market.Import, error) bool) {
		m := b.market(rates)
		for _, run := range b.runs {
			if err := m.run(ctx, run); err != nil {
				yield(market.Import{}, fmt.Errorf("%s: %w", run.scraper.About().ID, err))
				return
			}
			b.options.Ran()
		}
		for _, s := range b.options.Scrapers {
			p := m.providers[s.About().ID]
			if p != nil && !yield(market.Import{Chronicle: p.history.Chronicle(), Tolerance: runTolerance}, nil) {
				return
			}
		}
	}
}

// market is an empty one, read from the archive at the time of the archive.
func (b *Rebuild) market(rates market.Rates) *rebuiltMarket {
	m := &rebuiltMarket{answers: &answersAsOf{recorded: b.answers}, book: market.NewBook(), rates: rates, providers: map[string]*rebuiltProvider{}, problems: b.problems}
	client := NewClient(ClientOptions{Transport: m.answers, Archive: archived{}, Now: m.answers.now, Unhurried: true})
	m.runner = NewRunner(Options{Client: client, View: m.book.View, Settings: b.options.Settings, Sample: b.options.Sample, Now: m.answers.now,
		Log: slog.New(slog.DiscardHandler)})
	return m
}

// archived keeps nothing: it is there already.
type archived struct{}

// Record does nothing.
func (archived) Record(Exchange) error { return nil }

// Notes say what was left out and why. They are complete once everything has been imported.
func (b *Rebuild) Notes() []string {
	out := slices.Concat(b.answers.notes.lines(), b.problems.lines())
	if n := b.answers.unasked(); n > 0 {
		out = append(out, fmt.Sprintf("answers that no source asks for: %d", n))
	}
	return out
}
