package scrapers

import (
	"testing"

	"gpuhour/market"
)

// printedOffer is what an offer must say, read off the recorded document by hand.
type printedOffer struct{ reason, listed, perGpuHour, cards string }

// holdOffers compares offers with what their document prints; there must be no others.
func holdOffers(t *testing.T, offers map[string]market.Offer, want map[string]printedOffer) {
	t.Helper()
	if len(offers) != len(want) {
		t.Errorf("%d offers, want %d", len(offers), len(want))
	}
	for id, w := range want {
		o, listed := offers[id]
		if !listed {
			t.Errorf("%s is missing: %s", id, w.reason)
			continue
		}
		price, err := o.PricePerGpuHour()
		if err != nil || o.Listed.Amount.String() != w.listed || price.String() != w.perGpuHour || o.GpuCount.String() != w.cards {
			t.Errorf("%s: %s for %s cards, %s a card-hour, want %s, %s, %s: %s", id, o.Listed.Amount, o.GpuCount, price,
				w.listed, w.cards, w.perGpuHour, w.reason)
		}
	}
}

// TestVultrCapture checks the recorded lists against what their plans print.
func TestVultrCapture(t *testing.T) {
	holdOffers(t, capturedOffers(t, "vultr"), map[string]printedOffer{
		"vultr/vcg-a100-1c-6g-4vram/ewr/on-demand":         {"4 GB of 80 are a twentieth of a card: its price is not a card's", "0.123", "2.46", "1/20"},
		"vultr/vcg-a100-12c-120g-80vram/ewr/on-demand":     {"a whole card; 1750 a month is a cap, not another price", "2.397", "2.397", "1"},
		"vultr/vcg-a100-6c-60g-40vram/ewr/on-demand":       {"half a card", "1.397", "2.794", "1/2"},
		"vultr/vbm-256c-2048gb-8-mi300x-gpu/ord/on-demand": {"the price is for eight cards", "17.52", "2.19", "8"},
		"vultr/vbm-256c-2048gb-8-mi300x-gpu/ord/spot":      {"the preemptible price of the same machine", "14.72", "1.84", "8"},
		"vultr/vbm-112c-2048gb-8-h100-gpu/sea/on-demand":   {"112 processors, eight cards", "23.92", "2.99", "8"},
		"vultr/vbm-112c-2048gb-8-h100-gpu/sea/spot":        {"", "18.4", "2.3", "8"},
	})
}
