package scrapers

import "testing"

// TestShiftPoint moves the point of printed numbers, and leaves alone what market must refuse.
func TestShiftPoint(t *testing.T) {
	tests := map[string]struct {
		reason, number string
		places         int
		want           string
	}{
		"below one":       {"zeros are put in front", "55000", 5, "0.55"},
		"above one":       {"", "194000000000", 8, "1940"},
		"cents":           {"dollars of cents", "392", 2, "3.92"},
		"one digit":       {"zeros are filled in", "5", 2, "0.05"},
		"round":           {"no point without a part", "300", 2, "3"},
		"parts of cents":  {"a fraction of a cent is no dollar", "139.36", 2, "1.3936"},
		"less than one":   {"", "0.5", 2, "0.005"},
		"zero":            {"what it means is not said here", "0", 2, "0"},
		"no shift at all": {"", "3.50", 0, "3.5"},
		"none":            {"nothing is not zero", "", 2, ""},
		"negative":        {"for market to refuse", "-5", 2, "-5"},
		"exponent":        {"for market to refuse", "1e2", 2, "1e2"},
		"only a part":     {"for market to refuse", ".5", 2, ".5"},
		"two points":      {"for market to refuse", "2.4.9", 2, "2.4.9"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := shiftPoint(tt.number, tt.places); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.reason, got, tt.want)
			}
		})
	}
}
