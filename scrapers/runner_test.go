package scrapers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gpuhour/market"
)

// fake is a provider of as many offers as its answer has words; a word is a price.
type fake struct{ id string }

func (f fake) About() About {
	return About{Provider: market.Provider{ID: f.id, Kind: market.Neocloud}, Base: "https://" + f.id + ".example", Parser: 1}
}

func (f fake) Sheets(s Settings) []Sheet { return []Sheet{{"prices", Get(f.About().base(s) + "/")}} }

func (f fake) Parse(d Document) (Page, error) {
	if strings.HasPrefix(string(d.Body), "panic") {
		panic("unforeseen")
	}
	var page Page
	for i, price := range strings.Fields(string(d.Body)) {
		page.Listings = append(page.Listings, market.Listing{SKU: fmt.Sprint("sku", i), GpuName: "NVIDIA H100 PCIe", Price: price, Count: "1",
			Currency: market.USD, Per: market.PerGPU, Period: market.PerHour, Market: market.OnDemand})
	}
	return page, nil
}

// saying is a host whose answer a test can change.
type saying struct {
	guard sync.Mutex
	text  string
	code  int
	etag  string
}

func (s *saying) say(text string) {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.text = text
}

func (s *saying) RoundTrip(r *http.Request) (*http.Response, error) {
	s.guard.Lock()
	defer s.guard.Unlock()
	switch {
	case r.URL.Path == "/robots.txt":
		return reply(404, nil, "")(r)
	case s.code != 0:
		return reply(s.code, nil, "")(r)
	case s.etag != "" && r.Header.Get("If-None-Match") == s.etag:
		return reply(304, nil, "")(r)
	}
	return reply(200, http.Header{"Etag": {s.etag}}, s.text)(r)
}

func scrape(t *testing.T, r *Runner, s Scraper) market.Run {
	t.Helper()
	result := r.Scrape(t.Context(), s, time.Time{})
	if result.Err != nil || len(result.Runs) != 1 {
		t.Fatalf("%d runs, %v", len(result.Runs), result.Err)
	}
	return result.Runs[0]
}

func TestRunIsIdempotent(t *testing.T) {
	host := &saying{text: "2.00 2.10 2.20"}
	runner, _ := newTestRunner(t, host)
	if run := scrape(t, runner, fake{"x"}); run.Offers != 3 || run.Changed != 3 {
		t.Errorf("the first: %+v", run)
	}
	if run := scrape(t, runner, fake{"x"}); run.Offers != 3 || run.Changed != 0 {
		t.Errorf("the second: %+v", run)
	}
	host.say("2.00 2.10 2.30")
	if run := scrape(t, runner, fake{"x"}); run.Changed != 1 {
		t.Errorf("after a change: %+v", run)
	}
}

// TestFailureKeepsOffers fails in every way a source can, and expects the old offers with the reason.
func TestFailureKeepsOffers(t *testing.T) {
	tests := map[string]struct {
		reason string
		fail   func(*saying)
		says   string
	}{
		"it answers 500":      {"the status is the reason", func(h *saying) { h.code = 500 }, "answered 500"},
		"an empty page":       {"a page without rows is not a market without offers", func(h *saying) { h.text = "" }, "no rows"},
		"the parser crashes":  {"a panic is an error of that document", func(h *saying) { h.text = "panic" }, "the parser crashed: unforeseen at runner_test.go"},
		"nothing is believed": {"rows that are no offers do not withdraw the offers", func(h *saying) { h.text = "N/A N/A" }, "none of 2 rows is an offer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			host := &saying{text: "2.00 2.10"}
			runner, store := newTestRunner(t, host)
			scrape(t, runner, fake{"x"})
			tt.fail(host)
			run := scrape(t, runner, fake{"x"})
			if !strings.Contains(run.Error, tt.says) || run.Succeeded() {
				t.Errorf("%s: got %q", tt.reason, run.Error)
			}
			after := store.sheets["x/prices"]
			if len(after.Offers) != 2 || !after.Sheet.Stale(noon, time.Hour) || after.Sheet.Problem != run.Error || !after.Sheet.LastSuccessAt.Equal(noon) {
				t.Errorf("%s: %d offers, sheet %+v", tt.reason, len(after.Offers), after.Sheet)
			}
		})
	}
}

// TestUnlikelyRunIsHeld halves the page, and moves all prices threefold: the old offers stay until three runs agree, or somebody says so.
func TestUnlikelyRunIsHeld(t *testing.T) {
	tests := map[string]struct{ reason, text, says string }{
		"half is gone":               {"a table that shrank by half", "2.00 2.10", "2 of 4 offers are gone"},
		"the median moved threefold": {"a unit that was misread", "8.00 8.40 8.80 9.20", "the median price moved"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			host := &saying{text: "2.00 2.10 2.20 2.30"}
			runner, store := newTestRunner(t, host)
			scrape(t, runner, fake{"x"})
			host.say(tt.text)
			for n := 1; n < market.AgreeingRuns; n++ {
				run := scrape(t, runner, fake{"x"})
				after := store.sheets["x/prices"]
				if !run.Held || run.Succeeded() || len(after.Offers) != 4 || !strings.Contains(after.Sheet.Problem, tt.says) || !strings.Contains(after.Sheet.Problem, "releaseQuarantine") {
					t.Fatalf("%s: run %d: %+v, sheet %+v", tt.reason, n, run, after.Sheet)
				}
			}
			if run := scrape(t, runner, fake{"x"}); !run.Succeeded() {
				t.Errorf("the third run that agrees is not believed: %+v", run)
			}
			if after := store.sheets["x/prices"]; after.Held != nil || after.Sheet.Problem != "" || after.Sheet.Held {
				t.Errorf("still held: %+v", after.Sheet)
			}
		})
	}
}

func TestHeldRunsMustAgree(t *testing.T) {
	host := &saying{text: "2.00 2.10 2.20 2.30"}
	runner, store := newTestRunner(t, host)
	scrape(t, runner, fake{"x"})
	for _, text := range []string{"8.00 8.40 8.80 9.20", "40.00 42.00 44.00 46.00", "8.00 8.40 8.80 9.20"} {
		host.say(text)
		if run := scrape(t, runner, fake{"x"}); !run.Held {
			t.Errorf("%q is believed although no two runs agree", text)
		}
	}
	host.say("2.00 2.10 2.20 2.30")
	if run := scrape(t, runner, fake{"x"}); !run.Succeeded() || store.sheets["x/prices"].Held != nil {
		t.Errorf("what was right before is right again: %+v", run)
	}
}

func TestOperatorReleases(t *testing.T) {
	host := &saying{text: "2.00 2.10 2.20 2.30"}
	runner, store := newTestRunner(t, host)
	if _, err := runner.Release(t.Context(), fake{"x"}); !errors.Is(err, ErrNotHeld) {
		t.Errorf("nothing is held: got %v", err)
	}
	scrape(t, runner, fake{"x"})
	host.say("9.00")
	scrape(t, runner, fake{"x"})
	if _, err := runner.Release(t.Context(), fake{"x"}); err != nil {
		t.Fatal(err)
	}
	after := store.sheets["x/prices"]
	if len(after.Offers) != 1 || after.Sheet.Held || after.Sheet.Problem != "" || after.Held != nil {
		t.Errorf("got %+v", after)
	}
}

// TestUnchangedDocumentIsConfirmed answers 304, which says that the offers are still so.
func TestUnchangedDocumentIsConfirmed(t *testing.T) {
	host := &saying{text: "2.00 2.10", etag: `"v1"`}
	runner, store := newTestRunner(t, host)
	scrape(t, runner, fake{"x"})
	later := noon.Add(time.Hour)
	runner.Now = func() time.Time { return later }
	run := scrape(t, runner, fake{"x"})
	after := store.sheets["x/prices"]
	if run.Offers != 2 || run.Changed != 0 || !after.Sheet.LastSuccessAt.Equal(later) || len(after.Offers) != 2 {
		t.Errorf("got %+v, sheet %+v", run, after.Sheet)
	}
}

// TestAbandonedRunLeavesNothing ends the program in the middle of a fetch.
func TestAbandonedRunLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	runner, store := newTestRunner(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		cancel()
		return nil, r.Context().Err()
	}))
	result := runner.Scrape(ctx, fake{"x"}, time.Time{})
	if !errors.Is(result.Err, context.Canceled) || len(store.commits) != 0 || len(store.running) != 0 {
		t.Errorf("got %v, %d commits, locks %v", result.Err, len(store.commits), store.running)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNotRecordedIsNoFailure has no answer to replay.
func TestNotRecordedIsNoFailure(t *testing.T) {
	runner, store := newTestRunner(t, &Replay{})
	if result := runner.Scrape(t.Context(), fake{"x"}, time.Time{}); !result.NotRecorded || result.Err != nil || len(store.commits) != 0 {
		t.Errorf("got %+v", result)
	}
}

// TestOneReaderAtATime lets two readers start together.
func TestOneReaderAtATime(t *testing.T) {
	runner, _ := newTestRunner(t, &saying{text: "2.00"})
	if _, err := runner.Store.Lock(t.Context(), "x", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if result := runner.Scrape(t.Context(), fake{"x"}, time.Time{}); !errors.Is(result.Err, errTaken) {
		t.Errorf("got %v", result.Err)
	}
}

// TestPlaceholderIsRejected judges a row beside what others ask.
func TestPlaceholderIsRejected(t *testing.T) {
	runner, store := newTestRunner(t, &saying{text: "2.00 2.10 2.20 2.30 2.40 2.50 0.02 30.00 0.001"})
	run := scrape(t, runner, fake{"x"})
	if run.Offers != 6 || run.Rejected != 3 {
		t.Errorf("got %+v, %+v", run, store.last().Rejected)
	}
}
