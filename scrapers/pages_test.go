package scrapers

import (
	"testing"

	"gpuhour/market"
)

// TestShiftPoint moves the point of what a source prints in thousandths, and never lets anything through that would be read as more.
func TestShiftPoint(t *testing.T) {
	tests := map[string]struct {
		reason, number, want string
		places               int
		refused              bool
	}{
		"a thousandth":     {"2720 厘 are 2.72 元", "2720", "2.72", 3, false},
		"small":            {"zeros are put before it", "83", "0.000083", 6, false},
		"whole":            {"no point is left behind", "6000", "6", 3, false},
		"a part of one":    {"the digits behind the point stay behind it", "2720.5", "2.7205", 3, false},
		"nothing":          {"no price stays none", "", "", 3, true},
		"an exponent":      {"no plain number", "1e5", "1e5e-3", 3, true},
		"less than none":   {"no plain number", "-2720", "-2720e-3", 3, true},
		"with thousands":   {"as it is, it would be a thousand times too high", "2,720", "2,720e-3", 3, true},
		"with a currency":  {"the same", "¥2720", "¥2720e-3", 3, true},
		"without a number": {"no plain number", ".", ".e-3", 3, true},
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
