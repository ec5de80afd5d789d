package market

import (
	"testing"
	"time"
)

// TestReference asks for the reference price of several moments of a small market.
func TestReference(t *testing.T) {
	spot := told(t, "spot", pointAt(day, "0.8"))
	spot.Offer.Market = Spot
	neocloud := Chronicle{Provider: "p", Sheets: []SheetLog{{Sheet: Sheet{Provider: "p", Name: "prices"}, Runs: runsOf(day, 2*day, 3*day, 9*day)}},
		Offers: []Told{told(t, "a", pointAt(day, "8"), pointAt(2*day+day/2, "12")), told(t, "b", pointAt(day, "16")), told(t, "c", pointAt(day, "24")), spot}}
	cheap := told(t, "a", pointAt(day, "0.8"))
	cheap.Offer.Kind, cheap.Offer.Provider = Marketplace, "m"
	marketplace := Chronicle{Provider: "m", Sheets: []SheetLog{{Sheet: Sheet{Provider: "m", Name: "prices"}, Runs: runsOf(day)}}, Offers: []Told{cheap}}
	tests := map[string]struct {
		reason string
		at     int64
		want   string
	}{
		"a day":             {"the middle of three, and no marketplace's or spot price", day + 5, "1970-01-02 2 of 3 by 1"},
		"the day's end":     {"a day has one price, whenever it is asked for", 2*day - 1, "1970-01-02 2 of 3 by 1"},
		"the running day":   {"of the day that is not over the price so far", 9*day + 60, "1970-01-10 2 of 3 by 1"},
		"before":            {"nothing was known", 60, ""},
		"a gap":             {"what is three cadences old is no price", 7 * day, ""},
		"the first instant": {"a day begins with its first second", 2 * day, "1970-01-03 2 of 3 by 1"},
	}
	for name, tt := range tests {
		indices, err := NewIndex([]Chronicle{neocloud, marketplace}, Rates{}, ReferenceQuestion("H100", USD, time.Unix(tt.at, 5), time.Unix(9*day+60, 0), daily))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if p, known := Reference(indices); known {
			got = p.At.Format(time.DateOnly) + " " + p.Spread.Median.String() + " of " + shown(new(float64(p.Offers))) + " by " + shown(new(float64(p.Providers)))
		}
		if got != tt.want {
			t.Errorf("%s: %s: got %q, want %q", name, tt.reason, got, tt.want)
		}
	}
}
