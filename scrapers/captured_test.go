package scrapers

import (
	"testing"

	"gpuhour/market"
)

// capturedRow is what a row of a recorded answer must become.
type capturedRow struct{ reason, listed, perGpuHour, cards string }

// checkCaptured compares the offers of a provider's recorded answer with what its rows print, by id, and returns them all.
func checkCaptured(t *testing.T, provider string, count int, rows map[string]capturedRow) map[string]market.Offer {
	t.Helper()
	offers := capturedOffers(t, provider)
	if len(offers) != count {
		t.Errorf("%d offers, want %d", len(offers), count)
	}
	for id, want := range rows {
		o, listed := offers[id]
		if !listed {
			t.Errorf("%s is missing: %s", id, want.reason)
			continue
		}
		price, err := o.PricePerGpuHour()
		if err != nil || o.Listed.Amount.String() != want.listed || price.String() != want.perGpuHour || o.GpuCount.String() != want.cards {
			t.Errorf("%s: %s for %s cards, %s a card-hour, want %s, %s, %s: %s", id, o.Listed.Amount, o.GpuCount, price,
				want.listed, want.cards, want.perGpuHour, want.reason)
		}
	}
	return offers
}

// checkAbsent names the offers that a recorded answer has no price for.
func checkAbsent(t *testing.T, offers map[string]market.Offer, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, listed := offers[id]; listed {
			t.Errorf("%s is an offer, but the answer prints no price of a card for it", id)
		}
	}
}
