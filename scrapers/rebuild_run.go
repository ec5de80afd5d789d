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

// rebuiltProvider is one provider while its runs are made again.
type rebuiltProvider struct {
	scraper  Scraper
	runner   *Runner
	answers  *answersAsOf
	sheets   map[string]market.Snapshot
	history  *market.Gatherer
	problems notes
	any      bool
}

// run makes one run again. One that the archive does not hold whole is left out: that is no failure of the source.
func (p *rebuiltProvider) run(ctx context.Context, run recordedRun) error {
	about, before := p.scraper.About(), p.sheets[run.sheet.Name]
	p.answers.begin(run)
	attempt := p.runner.attempt(about, run.sheet, before)
	readErr := attempt.read(ctx, p.runner, p.scraper)
	where := fmt.Sprintf("%s at %s", run.sheet.Name, run.started.Format(time.RFC3339))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case p.answers.lacking != "":
		p.problems.add("runs of "+about.ID+" are not recorded whole and left out", where, p.answers.lacking)
		return nil
	case attempt.unchanged && !stands(before.Sheet):
		p.problems.add("runs of "+about.ID+" say that nothing has changed since one that is not there, and are left out", where, run.sheet.First.Method+" "+safeURL(run.sheet.First.URL))
		return nil
	}
	commit := attempt.commit(p.runner, readErr)
	if !commit.Run.Succeeded() {
		p.problems.add("runs of "+about.ID+" failed or were held back", where, commit.Sheet.Problem)
	}
	p.sheets[run.sheet.Name], p.any = applied(before, commit), true
	return p.history.Run(commit)
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
