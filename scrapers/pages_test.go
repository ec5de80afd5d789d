package scrapers

import "testing"

// TestShiftPoint moves the point of printed numbers, and leaves alone what market must refuse.
func TestShiftPoint(t *testing.T) {
	tests := map[string]struct {
		reason, number string
		places         int
		want           string
	}{
		"whole":          {"yuan of thousandths of a 分", "55000", 5, "0.55"},
		"cents":          {"dollars of cents", "392", 2, "3.92"},
		"one digit":      {"zeros are filled in", "5", 2, "0.05"},
		"round":          {"no point without a part", "300", 2, "3"},
		"parts of cents": {"a fraction of a cent is no dollar", "139.36", 2, "1.3936"},
		"less than one":  {"", "0.5", 2, "0.005"},
		"none":           {"nothing is not zero", "", 2, ""},
		"negative":       {"for market to refuse", "-5", 2, "-5"},
		"exponent":       {"for market to refuse", "1e2", 2, "1e2"},
		"a mark":         {"for market to refuse", ".5", 2, ".5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := shiftPoint(tt.number, tt.places); got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.reason, got, tt.want)
			}
		})
	}
}
