package market

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAmount(t *testing.T) {
	tests := map[string]struct {
		reason, text string
		currency     Currency
		want         string
		none, fails  bool
	}{
		"dollars":                  {reason: "a mark is taken off", text: "$49.24", currency: USD, want: "49.24"},
		"trailing zeros":           {reason: "what is printed is kept digit for digit", text: "$42.00", currency: USD, want: "42.00"},
		"thousands":                {reason: "English separators", text: "1,134,310.5", currency: USD, want: "1134310.5"},
		"yuan behind":              {reason: "marks stand on either side", text: "38.45 元", currency: CNY, want: "38.45"},
		"full-width yen sign":      {reason: "domestic pages print it", text: "￥5", currency: CNY, want: "5"},
		"no-break space":           {reason: "pages print it", text: "\u00a0$1.25\u00a0", currency: USD, want: "1.25"},
		"nine decimals":            {reason: "the most that is kept", text: "0.123456789", currency: USD, want: "0.123456789"},
		"ten decimals":             {reason: "rounding is the source's decision, not ours", text: "0.1234567891", currency: USD, fails: true},
		"another currency":         {reason: "a mark that contradicts the column", text: "€3", currency: USD, fails: true},
		"nothing":                  {reason: "an empty cell is no price", text: "", currency: USD, none: true},
		"a dash":                   {reason: "not zero", text: "—", currency: USD, none: true},
		"N/A":                      {reason: "not zero", text: "N/A", currency: USD, none: true},
		"contact":                  {reason: "not zero", text: "Contact sales", currency: USD, none: true},
		"a sentence":               {reason: "a number within words may be any number", text: "from $3.90", currency: USD, fails: true},
		"a range":                  {reason: "two prices are none", text: "$1-$2", currency: USD, fails: true},
		"a minus":                  {reason: "nobody pays the renter", text: "-5", currency: USD, fails: true},
		"an exponent":              {reason: "no price is printed so", text: "1e5", currency: USD, fails: true},
		"a German number":          {reason: "1.234,56 would be read as 1.234", text: "1.234,56", currency: EUR, fails: true},
		"separators out of place":  {reason: "12,34 may be twelve and something", text: "12,34", currency: EUR, fails: true},
		"a point at the end":       {reason: "something is missing", text: "12.", currency: USD, fails: true},
		"infinity":                 {reason: "not a number", text: "Inf", currency: USD, fails: true},
		"more digits than fit":     {reason: "it says so, and does not cut", text: "99999999999999999999", currency: USD, fails: true},
		"twenty digits, rounded":   {reason: "no digit is lost in silence", text: "12345678901.123456789", currency: USD, fails: true},
		"Arabic digits":            {reason: "only what is surely understood", text: "٤٩", currency: USD, fails: true},
		"a tiny number, not zero":  {reason: "the library reads it as zero", text: "0.00000000000000000001", currency: USD, fails: true},
		"zero is a number in text": {reason: "that it is no price is said later, with its reason", text: "$0.00", currency: USD, want: "0.00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := ParseAmount(tt.text, tt.currency)
			switch {
			case tt.none != errors.Is(err, ErrNoPrice), (tt.fails || tt.none) != (err != nil):
				t.Errorf("%s: got %s, %v", tt.reason, d, err)
			case err == nil && d.String() != tt.want:
				t.Errorf("%s: got %s, want %s", tt.reason, d, tt.want)
			}
		})
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, seed := range []string{"$49.24", "1,234.5", "N/A", "38.45 元", "1e9", "-0", "0.00000000000000000001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseAmount(text, USD)
		if err != nil {
			return
		}
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '.' {
				return r
			}
			return -1
		}, text)
		if d.IsNeg() || d.Scale() > ListedScale || strings.TrimLeft(d.String(), "0") != strings.TrimLeft(digits, "0") && strings.TrimLeft(d.String(), "0.") != strings.TrimLeft(digits, "0.") {
			t.Errorf("%q became %s", text, d)
		}
	})
}

func TestRoundBinary(t *testing.T) {
	for text, want := range map[string]string{"0.30000000000000004": "0.3", "4.411546": "4.411546", "98.32": "98.32", "2.5e-1": "0.25", "560640.0": "560640.0", "x": "x"} {
		if got := RoundBinary(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

func TestParseCount(t *testing.T) {
	for text, want := range map[string]string{"8": "8", "1/4": "1/4", "0.25": "1/4", " 2 ": "2", "4/2": "2", "16/16": "1"} {
		if c, err := ParseCount(text); err != nil || c.String() != want {
			t.Errorf("%q became %s, %v, want %s", text, c, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "1/0", "0/4", "4^1", "8x", "1e3", "1/4/2", "999999999", "0.1234567"} {
		if c, err := ParseCount(text); err == nil {
			t.Errorf("%q became %s", text, c)
		}
	}
	for cards, want := range map[float64]string{1.0 / 6: "1/6", 0.125: "1/8", 8: "8", 0.0625: "1/16", 2.5: "5/2"} {
		if c, err := CountFromFloat(cards); err != nil || c.String() != want {
			t.Errorf("%v became %s, %v, want %s", cards, c, err, want)
		}
	}
}
