package scrapers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gpuhour/market"
)

// TestVastaiCapture checks the recorded answer, three offers of one H100, against what its rows print. It answers every question.
func TestVastaiCapture(t *testing.T) {
	offers := checkCaptured(t, "vastai", 2, map[string]wanted{ // two of the three hosts are not verified
		"vastai/h100%20sxm%201x%2080gb/north%20america/on-demand": {
			"dph_base, not dph_total with its disk; a quarter of the machine is one whole card; 81559 MB are 80 GB", "1.733333333 USD INSTANCE PT1H", "1.733333", "1"},
		"vastai/h100%20sxm%201x%2080gb/north%20america/spot": {"the lowest bid that wins", "1.733333333 USD INSTANCE PT1H", "1.733333", "1"},
	})
	for id, o := range offers {
		if got := o.Depth.String(); got != "1 listings, 1.733333 1.733333 1.733333, 1 free" {
			t.Errorf("%s: %s", id, got)
		}
	}
}

// TestVastaiAsksEverything follows the questions from the first to the last.
func TestVastaiAsksEverything(t *testing.T) {
	asked := map[string]bool{}
	next := &vastai{}.Sheets(Settings{BaseURL: "https://example.com/vast/"})[0].First
	for next != nil && len(asked) < mostPages {
		u, err := url.Parse(next.URL)
		if err != nil || !strings.HasPrefix(next.URL, "https://example.com/vast/api/v0/bundles/?q=%7B") {
			t.Fatalf("the address %q: %v", next.URL, err)
		}
		asked[u.Query().Get("q")] = true
		page, err := vastai{}.Parse(Document{URL: next.URL, Body: []byte(`{"offers":[]}`)})
		if err != nil {
			t.Fatal(err)
		}
		next = page.Next
	}
	if want := len(vastaiNames) * len(vastaiCounts); len(asked) != want || !asked[vastaiQuestion(want-1)] {
		t.Errorf("asked %d different questions, want %d", len(asked), want)
	}
	for _, address := range []string{"https://example.com/", "https://example.com/?q=%7B%7D", "https://example.com/?q=%zz", "::"} {
		if page, err := (vastai{}).Parse(Document{URL: address, Body: []byte(`{"offers":[]}`)}); err != nil || page.Next != nil {
			t.Errorf("%q has a next page, or problem %v", address, err)
		}
	}
}

// TestVastaiCut reads an answer of as many offers as one can have: what is cheapest on demand is known, how many there are is not,
// and the lowest bid is not either.
func TestVastaiCut(t *testing.T) {
	for count, cut := range map[int]bool{vastaiMost - 1: false, vastaiMost: true} {
		var offers []string
		for i := range count {
			offers = append(offers, fmt.Sprintf(`{"id":%d,"gpu_name":"L4","num_gpus":1,"gpu_ram":23034,"dph_base":0.3%02d,"min_bid":0.1%02d,`+
				`"geolocation":"Sweden, SE","verification":"verified","rentable":true}`, i+1, i, i))
		}
		page, err := vastai{}.Parse(Document{Body: []byte(`{"offers":[` + strings.Join(offers, ",") + `]}`)})
		if err != nil {
			t.Fatal(err)
		}
		var r market.Reading
		r.Read(market.Origin{Provider: "vastai", Kind: market.Marketplace, Sheet: "prices"}, page.Listings)
		r.Settle()
		r.Pool()
		switch {
		case !cut && (len(r.Offers) != 2 || r.Offers[0].Depth == nil || len(r.Rejected) != 0):
			t.Errorf("%d rows: got %d offers and %d rejects, want both markets with their depth", count, len(r.Offers), len(r.Rejected))
		case cut && (len(r.Offers) != 1 || r.Offers[0].Market != market.OnDemand || r.Offers[0].Depth != nil || len(r.Rejected) != count):
			t.Errorf("%d rows: got %d offers and %d rejects, want the one on demand without depth", count, len(r.Offers), len(r.Rejected))
		}
	}
}

// TestVastaiMemory reads what drivers say of a card's memory.
func TestVastaiMemory(t *testing.T) {
	tests := map[string]struct {
		reason string
		mb     float64
		want   float64
	}{
		"H100":          {"a little less than printed on the box", 81559, 80},
		"L40S":          {"error correction takes its share", 46068, 48},
		"L4":            {"", 23034, 24},
		"H100 NVL":      {"not 96", 95830, 94},
		"RTX PRO 6000":  {"not 94", 97887, 96},
		"B200":          {"sold as 180", 183359, 180},
		"B300":          {"sold as 288", 275040, 288},
		"A100":          {"", 40536, 40},
		"RTX 4090":      {"", 24564, 24},
		"rebuilt 4090":  {"twice the memory is another card", 49140, 48},
		"no such size":  {"it keeps its own", 56320, 55},
		"nothing":       {"", 0, 0},
		"less":          {"", -1, 0},
		"far too large": {"", 1e300, 1e300 / 1024},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := vastaiMemory(tt.mb); got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.reason, got, tt.want)
			}
		})
	}
}
