package scrapers

import (
	"testing"

	"gpuhour/market"
)

// TestShiftPoint moves the point of what a source prints in cents or thousandths, and never lets anything through that would be read
// as more.
func TestShiftPoint(t *testing.T) {
	tests := map[string]struct {
		reason, number, want string
		places               int
		refused              bool
	}{
		"a thousandth":    {"2720 厘 are 2.72 元", "2720", "2.72", 3, false},
		"small":           {"zeros are put before it", "83", "0.000083", 6, false},
		"large":           {"", "194000000000", "1940", 8, false},
		"whole":           {"no point is left behind", "6000", "6", 3, false},
		"parts of cents":  {"a fraction of a cent is no dollar", "139.36", "1.3936", 2, false},
		"less than one":   {"", "0.5", "0.005", 2, false},
		"no shift at all": {"zeros at the end go", "3.50", "3.5", 0, false},
		"zero":            {"what it means is not said here", "0", "0", 2, false},
		"nothing":         {"no price stays none", "", "", 3, true},
		"a dash":          {"a sign of no price stays one", "—", "—", 3, true},
		"an exponent":     {"no plain number", "1e5", "1e5e-3", 3, true},
		"less than none":  {"no plain number", "-2720", "-2720e-3", 3, true},
		"with thousands":  {"as it is, it would be a thousand times too high", "2,720", "2,720e-3", 3, true},
		"with a currency": {"the same", "¥2720", "¥2720e-3", 3, true},
		"only a part":     {"no plain number", ".5", ".5e-2", 2, true},
		"two points":      {"no plain number", "2.4.9", "2.4.9e-2", 2, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := shiftPoint(tt.number, tt.places)
			if got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.reason, got, tt.want)
			}
			if _, err := market.ParseAmount(got, market.CNY); (err != nil) != tt.refused {
				t.Errorf("%q as an amount: %v", got, err)
			}
		})
	}
}
