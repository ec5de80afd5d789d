package scrapers

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"gpuhour/market"
)

// answersAsOf answers one run's requests as they were answered then. Its time is that of the last answer.
type answersAsOf struct {
	recorded *recordedAnswers
	moment   time.Time
	until    time.Time
	first    *keptAnswer
	// lacking is the request for which there is no answer.
	lacking string
}

func (a *answersAsOf) now() time.Time { return a.moment }

func (a *answersAsOf) begin(run recordedRun) {
	a.moment, a.until, a.first, a.lacking = run.started, run.until, run.answer, ""
}

// RoundTrip answers with the earliest recorded answer since the one before.
func (a *answersAsOf) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := a.next(request)
	if err != nil {
		return nil, err
	}
	response, err := answer.response(request)
	if err != nil {
		return nil, a.lacks(request, err)
	}
	a.moment = answer.at
	return response, nil
}

func (a *answersAsOf) next(request *http.Request) (*keptAnswer, error) {
	body, err := bodyOf(request)
	if err != nil {
		return nil, err
	}
	answer := a.first
	if a.first = nil; answer == nil {
		answer = a.recorded.between(askingFor(Request{Method: request.Method, URL: request.URL.String(), Body: body}), a.moment, a.until)
	}
	if answer == nil {
		return nil, a.lacks(request, ErrNotRecorded)
	}
	return answer, nil
}

func bodyOf(request *http.Request) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	defer request.Body.Close()
	return io.ReadAll(request.Body)
}

func (a *answersAsOf) lacks(request *http.Request, why error) error {
	a.lacking = fmt.Sprintf("%s %s: %s", request.Method, safeURL(request.URL.String()), why)
	return fmt.Errorf("%s %s: %w", request.Method, safeURL(request.URL.String()), why)
}

// rebuiltMarket is what the runs that were made again have told so far.
type rebuiltMarket struct {
	runner    *Runner
	answers   *answersAsOf
	book      *market.Book
	rates     market.Rates
	day       time.Time
	providers map[string]*rebuiltProvider
	problems  notes
}

// rebuiltProvider is what they have told of one provider.
type rebuiltProvider struct {
	sheets  map[string]market.Snapshot
	history *market.Gatherer
}

// run makes one run again. One that the archive does not hold whole is left out: that is no failure of the source.
func (m *rebuiltMarket) run(ctx context.Context, run recordedRun) error {
	about := run.scraper.About()
	before := m.snapshot(about.ID, run.sheet.Name)
	m.begin(run)
	attempt := m.runner.attempt(about, run.sheet, before)
	readErr := attempt.read(ctx, m.runner, run.scraper)
	where := fmt.Sprintf("%s at %s", run.sheet.Name, run.started.Format(time.RFC3339))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.answers.lacking != "":
		m.problems.add("runs of "+about.ID+" left out, as they are not recorded whole", where, m.answers.lacking)
		return nil
	case attempt.unchanged && !stands(before.Sheet):
		m.problems.add("runs of "+about.ID+" left out, as they confirm a page that was not read", where, safeURL(run.sheet.First.URL))
		return nil
	}
	commit := attempt.commit(m.runner, readErr)
	if !commit.Run.Succeeded() {
		m.problems.add("runs of "+about.ID+" that failed or were held back", where, commit.Sheet.Problem)
	}
	return m.commit(before, commit)
}

// begin goes to the time of a run, at whose day's exchange rates prices are compared.
func (m *rebuiltMarket) begin(run recordedRun) {
	m.answers.begin(run)
	if day := run.started.UTC().Truncate(24 * time.Hour); !day.Equal(m.day) {
		m.day = day
		m.book.SetRates(m.rates, day)
	}
}

func (m *rebuiltMarket) snapshot(provider, sheet string) market.Snapshot {
	if p := m.providers[provider]; p != nil {
		return p.sheets[sheet]
	}
	return market.Snapshot{}
}

func (m *rebuiltMarket) commit(before market.Snapshot, c market.Commit) error {
	p := m.providers[c.Sheet.Provider]
	if p == nil {
		p = &rebuiltProvider{map[string]market.Snapshot{}, market.NewGatherer(c.Sheet.Provider)}
		m.providers[c.Sheet.Provider] = p
	}
	p.sheets[c.Sheet.Name] = applied(before, c)
	if len(c.Upserts)+len(c.Removed) > 0 {
		m.book.Apply(c.Sheet.Provider, nil, c.Upserts, c.Removed)
	}
	return p.history.Run(c)
}

// stands says whether the latest reading of a sheet is believed.
func stands(s market.Sheet) bool { return !s.LastSuccessAt.IsZero() && s.Problem == "" && !s.Held }

// applied is what a store has of a sheet after a commit.
func applied(before market.Snapshot, c market.Commit) market.Snapshot {
	offers := map[string]market.Offer{}
	for _, o := range slices.Concat(before.Offers, c.Upserts) {
		offers[o.ID] = o
	}
	for _, id := range c.Removed {
		delete(offers, id)
	}
	return market.Snapshot{Sheet: c.Sheet, Offers: slices.Collect(maps.Values(offers)), Held: c.Held}
}
