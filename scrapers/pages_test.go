package scrapers

import "testing"

func TestShiftPoint(t *testing.T) {
	tests := map[string]struct {
		reason string
		number string
		places int
		want   string
	}{
		"below one":       {"zeros are put in front", "55000", 5, "0.55"},
		"above one":       {"", "194000000000", 8, "1940"},
		"a decimal":       {"cents may have a part: it is not the price in dollars", "24.9", 2, "0.249"},
		"zero":            {"what it means is not said here", "0", 2, "0"},
		"nothing":         {"", "", 2, ""},
		"only a part":     {"market refuses it", ".5", 2, ".5"},
		"not a number":    {"market refuses it", "1e3", 2, "1e3"},
		"negative":        {"market refuses it", "-249", 2, "-249"},
		"two points":      {"market refuses it", "2.4.9", 2, "2.4.9"},
		"trailing zeros":  {"", "1200", 2, "12"},
		"no shift at all": {"", "3.50", 0, "3.5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := shiftPoint(tt.number, tt.places); got != tt.want {
				t.Errorf("got %q, want %q: %s", got, tt.want, tt.reason)
			}
		})
	}
}
