package scrapers

import (
	"os"
	"testing"
	"time"

	"gpuhour/market"
)

// captures are recorded answers of real providers, which are not part of the repository.
const captures = "../../shared/captures"

// capturesReplay skips the test where the recorded answers are absent.
func capturesReplay(t *testing.T) *Replay {
	t.Helper()
	if _, err := os.Stat(captures); err != nil {
		t.Skip("no recorded answers beside the repository")
	}
	answers, err := NewReplay(captures)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestCaptures reads every provider's recorded answer: all that are recorded must succeed.
func TestCaptures(t *testing.T) {
	answers := capturesReplay(t)
	for _, s := range All() {
		t.Run(s.About().ID, func(t *testing.T) {
			runner, store := newTestRunner(t, answers)
			result := runner.Scrape(t.Context(), s, time.Time{})
			if result.Err != nil || result.NotRecorded {
				t.Fatalf("not read: recorded %v, problem %v", !result.NotRecorded, result.Err)
			}
			for _, run := range result.Runs {
				if !run.Succeeded() || run.Offers == 0 {
					t.Errorf("%s: %d offers, problem %q", run.Sheet, run.Offers, run.Error)
				}
			}
			for _, r := range store.last().Rejected {
				t.Logf("rejected %s %q: %s", r.SKU, r.Text, r.Reason)
			}
		})
	}
}

// capturedOffers are the offers of one provider's recorded answer, by id.
func capturedOffers(t *testing.T, provider string) map[string]market.Offer {
	t.Helper()
	runner, store := newTestRunner(t, capturesReplay(t))
	result := runner.Scrape(t.Context(), registry[provider], time.Time{})
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	offers := map[string]market.Offer{}
	for _, c := range store.commits {
		for _, o := range c.Upserts {
			offers[o.ID] = o
		}
	}
	return offers
}
