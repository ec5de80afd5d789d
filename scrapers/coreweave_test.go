package scrapers

import "testing"

// TestCoreWeaveCapture checks the recorded page against what its rows print.
func TestCoreWeaveCapture(t *testing.T) {
	offers := capturedOffers(t, "coreweave")
	if len(offers) != 32 {
		t.Errorf("%d offers, want 32", len(offers))
	}
	tests := map[string]struct{ reason, listed, perGpuHour, cards string }{
		"coreweave/nvidia%20hgx%20h100/north%20america/on-demand": {
			"the price is for eight cards; its row has a class of its own", "49.24", "6.155", "8"},
		"coreweave/nvidia%20hgx%20h100/europe/on-demand":             {"on-demand costs the same in both regions", "49.24", "6.155", "8"},
		"coreweave/nvidia%20hgx%20h100/north%20america/spot":         {"spot differs by region", "19.71", "2.46375", "8"},
		"coreweave/nvidia%20hgx%20h100/europe/spot":                  {"the last amount of a European row is spot, not inference", "19.51", "2.43875", "8"},
		"coreweave/nvidia%20gb200%20nvl72/europe/on-demand":          {"4^1 is four cards and a footnote", "42.00", "10.5", "4"},
		"coreweave/nvidia%20gh200/north%20america/on-demand":         {"one card", "6.50", "6.5", "1"},
		"coreweave/nvidia%20hgx%20b300/north%20america/spot":         {"offered as spot only", "35.84", "4.48", "8"},
		"coreweave/nvidia%20a100/europe/spot":                        {"a name that leaves the form open is still an offer", "9.51", "1.18875", "8"},
		"coreweave/nvidia%20l40/north%20america/on-demand":           {"not L40S", "10.00", "1.25", "8"},
		"coreweave/nvidia%20l40s/north%20america/spot":               {"not L40", "7.88", "0.985", "8"},
		"coreweave/nvidia%20hgx%20b200/europe/on-demand":             {"trailing zeros are kept", "68.80", "8.6", "8"},
		"coreweave/nvidia%20hgx%20h200/north%20america/spot":         {"", "20.93", "2.61625", "8"},
		"coreweave/nvidia%20hgx%20h200/europe/on-demand":             {"", "50.44", "6.305", "8"},
		"coreweave/nvidia%20gb200%20nvl72/north%20america/on-demand": {"", "42.00", "10.5", "4"},
	}
	for id, want := range tests {
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
	for _, absent := range []string{"coreweave/nvidia%20gb300%20nvl72/europe/spot", "coreweave/nvidia%20gh200/europe/spot", "coreweave/nvidia%20hgx%20b300/europe/on-demand"} {
		if _, listed := offers[absent]; listed {
			t.Errorf("%s is an offer, but the page prints no price for it", absent)
		}
	}
}
