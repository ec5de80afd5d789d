package scalar_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/govalues/decimal"

	"gpuhour/graph/scalar"
	"gpuhour/market"
)

func written(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}

func TestScalarsAreWrittenExactly(t *testing.T) {
	cases := map[string]struct {
		reason string
		value  graphql.Marshaler
		want   string
	}{
		"decimal":      {"digits stay, zeros too", scalar.MarshalDecimal(decimal.MustParse("2.3900")), `"2.3900"`},
		"large":        {"19 digits fit", scalar.MarshalDecimal(decimal.MustParse("1234567890.123456789")), `"1234567890.123456789"`},
		"time":         {"UTC to the millisecond, whatever the zone", scalar.MarshalTime(time.Date(2026, 11, 1, 8, 0, 0, 1_999_999, time.FixedZone("", 8*3600))), `"2026-11-01T00:00:00.001Z"`},
		"no time":      {"nothing took no time", scalar.MarshalDuration(0), `"PT0S"`},
		"milliseconds": {"rounded to the millisecond", scalar.MarshalDuration(1234567 * time.Microsecond), `"PT1.235S"`},
		"minutes":      {"whole minutes need no seconds", scalar.MarshalDuration(15 * time.Minute), `"PT15M"`},
		"hours":        {"parts that are zero are left out", scalar.MarshalDuration(25*time.Hour + 2*time.Second), `"PT25H2S"`},
		"backwards":    {"a clock that was set back", scalar.MarshalDuration(-90 * time.Second), `"-PT1M30S"`},
		"period":       {"a price's period is what it is", scalar.MarshalPeriod(market.PerMonth), `"P30D"`},
		"currency":     {"a code", scalar.MarshalCurrency(market.CNY), `"CNY"`},
		"whole float":  {"a whole number has no point", scalar.MarshalFloat(8), `8`},
		"fraction":     {"as many digits as needed", scalar.MarshalFloat(1.0 / 3), `0.3333333333333333`},
		"long float":   {"no exponent: some clients cannot read it", scalar.MarshalFloat(1e7), `10000000`},
		"word":         {"an enum's word", scalar.MarshalMarket(market.OnDemand), `"ON_DEMAND"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := written(c.value); got != c.want {
				t.Errorf("%s: %s, want %s", c.reason, got, c.want)
			}
		})
	}
}

func TestDecimalReadsDigitForDigit(t *testing.T) {
	cases := map[string]struct {
		reason string
		value  any
		want   string
	}{
		"text":             {"text", "2.3900", "2.3900"},
		"number":           {"a number in the variables keeps its digits", json.Number("0.10"), "0.10"},
		"zero":             {"zero is a number", "0", "0"},
		"negative":         {"so is less", "-1.5", "-1.5"},
		"19 digits":        {"the most that is kept exactly", "9999999999.999999999", "9999999999.999999999"},
		"20 digits":        {"more would be rounded", "9999999999.9999999991", ""},
		"tiny":             {"would be read as zero", "0.00000000000000000001", ""},
		"float":            {"nobody knows what was written", 2.39, ""},
		"exponent":         {"how many digits is that?", "1e3", ""},
		"exponent number":  {"in a number too", json.Number("1E3"), ""},
		"plus":             {"nobody writes it", "+1", ""},
		"comma":            {"a thousand, or a point?", "1,000", ""},
		"point alone":      {"half a number", ".5", ""},
		"point at the end": {"half a number", "5.", ""},
		"space":            {"no number", " 5", ""},
		"empty":            {"no number", "", ""},
		"infinite":         {"no number", "Inf", ""},
		"not a number":     {"no number", "NaN", ""},
		"other digits":     {"digits of another script", "٣", ""},
		"boolean":          {"no number", true, ""},
		"nothing":          {"no number", nil, ""},
		"list":             {"no number", []any{"1"}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := scalar.UnmarshalDecimal(c.value)
			if (err == nil) != (c.want != "") || err == nil && got.String() != c.want {
				t.Errorf("%s: %v %v, want %q", c.reason, got, err, c.want)
			}
		})
	}
}

func TestTimeIsReadInAnyZone(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-01T08:00:00+08:00": `"2026-11-01T00:00:00.000Z"`, "2026-11-01T00:00:00.123456Z": `"2026-11-01T00:00:00.123Z"`,
		"2026-11-01": "", "2026-11-01 00:00:00": "", "": "", "now": "",
	} {
		got, err := scalar.UnmarshalTime(text)
		if (err == nil) != (want != "") || err == nil && written(scalar.MarshalTime(got)) != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

func TestDurationIsRead(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT15M": 15 * time.Minute, "P1D": 24 * time.Hour, "P30D": 720 * time.Hour, "P2W": 336 * time.Hour, "PT0S": 0, "PT1.5S": 1500 * time.Millisecond, "PT1.235S": 1235 * time.Millisecond,
		"P1DT1H1M1S": 25*time.Hour + 61*time.Second,
	} {
		if got, err := scalar.UnmarshalDuration(text); err != nil || got != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	for _, text := range []any{"", "P", "PT", "P1DT", "P1M", "P1Y", "15m", "PT1H ", "-PT1H", "P1.5D", "PT99999999999S", 5, nil} {
		if got, err := scalar.UnmarshalDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestWordsAreReadAsTheyAreSpelt(t *testing.T) {
	if got, err := scalar.UnmarshalMarket("SPOT"); err != nil || got != market.Spot {
		t.Errorf("%v %v", got, err)
	}
	for _, v := range []any{"spot", "Spot", "", "SPOT ", "AVAILABLE", nil, 1} {
		if got, err := scalar.UnmarshalMarket(v); err == nil {
			t.Errorf("%v is read as %v", v, got)
		}
	}
}

func TestRefusalsDoNotRepeatEverything(t *testing.T) {
	_, err := scalar.UnmarshalCurrency(strings.Repeat("金", 10_000))
	if err == nil || len(err.Error()) > 500 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

// FuzzDecimal holds that a decimal that is read means exactly the number that was written, and is written as one that is
// read again.
func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"2.39", "0", "-0", "-1.50", "00.1", "9223372036854775807", "0.0000000000000000001", "1e9", "٣", "1_000", "--1", "0x10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := scalar.UnmarshalDecimal(text)
		if err != nil {
			return
		}
		want, known := new(big.Rat).SetString(text)
		got, _ := new(big.Rat).SetString(d.String())
		if !known || want.Cmp(got) != 0 {
			t.Fatalf("%q is read as %s", text, d)
		}
		var again string
		if err := json.Unmarshal([]byte(written(scalar.MarshalDecimal(d))), &again); err != nil {
			t.Fatal(err)
		}
		if e, err := scalar.UnmarshalDecimal(again); err != nil || e.Cmp(d) != 0 {
			t.Fatalf("%q is written as %q, which is not read: %v", text, again, err)
		}
	})
}
