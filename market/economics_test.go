package market

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/govalues/decimal"
)

// rental is a business in words: income, share of paid hours, purchase price, running cost, years of depreciation.
func rental(price, utilization, capex, opex, years string) Rental {
	return Rental{decimal.MustParse(price), decimal.MustParse(utilization), decimal.MustParse(capex), decimal.MustParse(opex), decimal.MustParse(years)}
}

func returns(t *testing.T, r Rental, gpu string, basis PflopsBasis) Returns {
	t.Helper()
	c, err := ComputeOf("gpu", gpu, basis)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Returns(c.Petaflops)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// publishedAmount is the amount of a stated figure, whose source stands beside it.
func publishedAmount(t *testing.T, id string) string {
	t.Helper()
	d, found := DisclosureByID(id)
	if !found || d.SourceTitle == "" {
		t.Fatalf("there is no %s with a source", id)
	}
	return d.Amount.Amount.String()
}

// TestPublishedFigures recomputes what was published of this business, within what the publication rounds away.
func TestPublishedFigures(t *testing.T) {
	const server, card = "said/coreweave-2023-08-hgx-h100-year", "said/microsoft-2023-08-a100-margin"
	const average, scenario = "said/domestic-platforms-2023-08-a100-average", "said/domestic-platforms-2023-08-a100-scenario"
	year := exactly(decimal.MustParse(publishedAmount(t, server))).times(ratio(1, 8*hoursPerYear))
	hour, err := year.round(DerivedScale)
	if err != nil {
		t.Fatal(err)
	}
	usd, cny := publishedAmount(t, card), publishedAmount(t, scenario)
	perPflops := func(basis PflopsBasis) float64 {
		d := returns(t, rental(hour.String(), "1", "0", "0", "5"), "nvidia/h100-sxm-80gb", basis).RevenuePerPflopsYear
		return number(*d) / 10_000
	}
	month := func(price string) float64 {
		return number(returns(t, rental(price, "1", "0", "0", "5"), "A100", Fp16Dense).RevenuePerGpuMonth)
	}
	payback := func(utilization string) float64 {
		return *returns(t, rental(cny, utilization, "100000", "0", "5"), "A100", Fp16Dense).PaybackYears
	}
	tests := map[string]struct {
		source            string
		got, want, within float64
	}{
		"万元/P/年":        {server + ": 10.3 in print, from 16 P of eight cards; 15.824 P by the catalogue", perPflops(Fp16Sparse), 10.4, 0.2},
		"万元/P/年, dense": {server + ": the same on the basis that the print does not use", perPflops(Fp16Dense), 20.8, 0.4},
		"a month":       {card + ": about 1000 in print", month(usd), 1080, 0},
		"a margin":      {card + ": 0.87 USD is what 42 % leave of 1.50", *returns(t, rental(usd, "1", "0", "0.87", "5"), "A100", Fp16Dense).GrossMargin, 0.42, 0},
		"payback":       {scenario + ": 1.5 years, with 100,000 yuan a card", payback("1"), 1.50, 0.005},
		"slow payback":  {scenario + ": 2 years, where three hours of four are paid", payback("0.75"), 2.00, 0.005},
		"a card-month":  {average + ": a list price of that day, by the month of 720 hours", month(publishedAmount(t, average)), 10_872, 0},
	}
	for name, tt := range tests {
		if math.Abs(tt.got-tt.want) > tt.within {
			t.Errorf("%s: %v, published %v within %v (%s)", name, tt.got, tt.want, tt.within, tt.source)
		}
	}
	if dense, sparse := perPflops(Fp16Dense), perPflops(Fp16Sparse); math.Abs(dense-2*sparse) > 1e-6 {
		t.Errorf("a dense P is worth two sparse ones: %v and %v", dense, sparse)
	}
}

// number is a decimal for comparing.
func number(d Decimal) float64 {
	f, _ := d.Float64()
	return f
}

func shown(f *float64) string {
	if f == nil {
		return "null"
	}
	return strconv.FormatFloat(*f, 'g', 6, 64)
}

// TestReturns asks at the edges of what can be asked.
func TestReturns(t *testing.T) {
	tests := map[string]struct {
		reason string
		rental Rental
		gpu    string
		basis  PflopsBasis
		want   string // month, year, P and year, margin, payback, break-even
	}{
		"a good business": {"2 × 0.75 an hour, less 0.5 and 17520 over 4 years", rental("2", "0.75", "17520", "0.5", "4"), "A100", Fp16Dense,
			"1080 13140 42115.384615 0.333333 2 0.5"},
		"sparse":         {"the same card has twice the P", rental("2", "0.75", "17520", "0.5", "4"), "A100", Fp16Sparse, "1080 13140 21057.692308 0.333333 2 0.5"},
		"idle":           {"no income has no margin; the card runs all the same", rental("2", "0", "17520", "0.5", "4"), "A100", Fp16Dense, "0 0 0 null null 0.5"},
		"free":           {"nor has a card that nobody pays for", rental("0", "1", "17520", "0.5", "4"), "A100", Fp16Dense, "0 0 0 null null null"},
		"a loss":         {"the margin is negative, and nothing comes back", rental("1", "0.5", "8760", "0.75", "1"), "A100", Fp16Dense, "360 4380 14038.461538 -2.5 null null"},
		"a slow loss":    {"the margin is negative, but in the end the price comes back", rental("1", "1", "8760", "0.5", "1"), "A100", Fp16Dense, "720 8760 28076.923077 -0.5 2 null"},
		"never":          {"income that running cost eats up pays nothing back", rental("1", "1", "8760", "1", "5"), "A100", Fp16Dense, "720 8760 28076.923077 -0.2 null null"},
		"exactly enough": {"all hours are enough, and just so", rental("1", "1", "8760", "0.8", "5"), "A100", Fp16Dense, "720 8760 28076.923077 0 5 1"},
		"given":          {"what cost nothing is paid back at once", rental("1", "1", "0", "0", "5"), "A100", Fp16Dense, "720 8760 28076.923077 1 0 0"},
		"no FLOPS":       {"what is not known of a chip is not counted", rental("1", "1", "0", "0", "5"), "P40", Fp16Dense, "720 8760 null 1 0 0"},
		"no sparsity":    {"a chip without sparsity has no sparse P", rental("1", "1", "0", "0", "5"), "nvidia/v100-sxm-32gb", Fp16Sparse, "720 8760 null 1 0 0"},
		"a third":        {"rounded once, half to even", rental("0.000001", "0.3333333333333333", "0", "0", "0.5"), "A100", Fp16Dense, "0.00024 0.00292 0.009359 1 0 0"},
		"dear":           {"a large number is exact", rental("999999.999999", "1", "0", "0", "5"), "A100", Fp16Dense, "719999999.99928 8759999999.99124 28076923076.895 1 0 0"},
	}
	for name, tt := range tests {
		r := returns(t, tt.rental, tt.gpu, tt.basis)
		perPflops := "null"
		if r.RevenuePerPflopsYear != nil {
			perPflops = r.RevenuePerPflopsYear.String()
		}
		got := fmt.Sprint(r.RevenuePerGpuMonth, " ", r.RevenuePerGpuYear, " ", perPflops, " ", shown(r.GrossMargin), " ", shown(r.PaybackYears), " ", shown(r.BreakEvenUtilization))
		if got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", name, tt.reason, got, tt.want)
		}
	}
}

func TestReturnsRefuse(t *testing.T) {
	tests := map[string]struct {
		reason, field string
		rental        Rental
	}{
		"price":         {"nobody pays to be rid of a card", "input.pricePerGpuHour", rental("-1", "1", "1", "1", "5")},
		"purchase":      {"nor is paid to take one", "input.capexPerGpu", rental("1", "1", "-1", "1", "5")},
		"running cost":  {"power is not given away", "input.opexPerGpuHour", rental("1", "1", "1", "-0.1", "5")},
		"nineteen ones": {"what does not fit is not cut off", "input.pricePerGpuHour", rental("1111111111111111111", "1", "1", "1", "5")},
		"its P":         {"nor where the year fits, but its P do not", "input.pricePerGpuHour", rental("1000000000", "1", "1", "1", "5")},
	}
	small := decimal.MustParse("0.000001")
	for name, tt := range tests {
		_, err := tt.rental.Returns(&small)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != tt.field {
			t.Errorf("%s: %s: got %v, want one about %s", name, tt.reason, err, tt.field)
		}
	}
}

// TestSensitivity asks for each row by itself.
func TestSensitivity(t *testing.T) {
	r := rental("2.345679", "0.8", "20000", "0.4", "5")
	rows := returns(t, r, "A100", Fp16Dense).Sensitivity
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%s at %v", row.PricePerGpuHour, row.Utilization))
		one := r
		one.PricePerGpuHour, one.Utilization = row.PricePerGpuHour, decimal.MustParse(fmt.Sprint(row.Utilization))
		if want := returns(t, one, "A100", Fp16Dense); shown(want.GrossMargin) != shown(row.GrossMargin) || shown(want.PaybackYears) != shown(row.PaybackYears) {
			t.Errorf("%s: %s %s, asked by itself %s %s", got[len(got)-1], shown(row.GrossMargin), shown(row.PaybackYears), shown(want.GrossMargin), shown(want.PaybackYears))
		}
	}
	if len(got) != 20 || got[0] != "1.407407 at 0.25" || got[3] != "1.407407 at 1" || got[10] != "2.345679 at 0.75" || got[19] != "3.283951 at 1" {
		t.Errorf("%v", got)
	}
}

// TestReturnsAgree holds the answers to each other: at break-even the margin is zero, and after the time of payback what was earned
// is what was paid.
func TestReturnsAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	for range 200 {
		r := rental(fmt.Sprintf("%d.%06d", random.IntN(5), 1+random.IntN(999_999)), fmt.Sprintf("0.%03d", 1+random.IntN(999)),
			fmt.Sprint(random.IntN(60_000)), fmt.Sprintf("0.%04d", random.IntN(9_999)), fmt.Sprint(1+random.IntN(8)))
		out := returns(t, r, "A100", Fp16Dense)
		price, paid, opex, capex := number(r.PricePerGpuHour), number(r.Utilization), number(r.OpexPerGpuHour), number(r.CapexPerGpu)
		if p := out.PaybackYears; p != nil && math.Abs(*p*hoursPerYear*(price*paid-opex)-capex) > 1e-6*(1+capex) || p == nil && price*paid-opex > 1e-9 {
			t.Errorf("%+v: payback in %s", r, shown(p))
		}
		if at := out.BreakEvenUtilization; at != nil {
			exact, err := ShareOf("", *at)
			if err != nil {
				continue // more digits than a decimal has
			}
			r.Utilization = exact
			if margin := returns(t, r, "A100", Fp16Dense).GrossMargin; margin != nil && math.Abs(*margin) > 1e-9 {
				t.Errorf("%+v: at break-even the margin is %v", r, *margin)
			}
		}
	}
}

func TestShares(t *testing.T) {
	tests := map[string]struct {
		reason string
		share  float64
		want   string
	}{
		"none":          {"nothing is a share", 0, "0"},
		"all":           {"so is everything", 1, "1"},
		"a tenth":       {"as it is written, not as a float holds it", 0.1, "0.1"},
		"a third":       {"all the digits that tell it from others", 1.0 / 3, "0.3333333333333333"},
		"minus nothing": {"is nothing", math.Copysign(0, -1), "0"},
		"more than all": {"no hour is paid twice", 1.0000001, ""},
		"negative":      {"nor less than not", -0.1, ""},
		"tiny":          {"would be read as nothing", 1e-20, ""},
		"not a number":  {"is none", math.NaN(), ""},
		"infinite":      {"is none", math.Inf(1), ""},
	}
	for name, tt := range tests {
		got, err := ShareOf("x", tt.share)
		if (err == nil) != (tt.want != "") || err == nil && got.String() != tt.want {
			t.Errorf("%s: %s: got %v %v, want %q", name, tt.reason, got, err, tt.want)
		}
	}
	for _, f := range []float64{0, -1, 1e30, math.NaN(), math.Inf(1)} {
		if got, err := PositiveOf("x", f); err == nil {
			t.Errorf("%v is read as %v", f, got)
		}
	}
	if got, err := PositiveOf("x", 3640.5); err != nil || got.String() != "3640.5" {
		t.Errorf("%v %v", got, err)
	}
}

func TestPercentagesAreReadAsTheyAreWritten(t *testing.T) {
	tests := map[string]struct {
		reason  string
		percent float64
		want    string
	}{
		"none":           {"nothing is a percentage", 0, "0"},
		"minus nothing":  {"is nothing", math.Copysign(0, -1), "0"},
		"a tenth":        {"as it is written, not as a float holds it", 0.1, "0.1"},
		"two decimals":   {"are the most", 99.99, "99.99"},
		"all":            {"the bound itself", 100, "100"},
		"three decimals": {"finer than prices move", 0.125, ""},
		"more":           {"beyond the bound", 100.01, ""},
		"negative":       {"the other way has a word of its own", -0.1, ""},
		"tiny":           {"would be read as nothing", 1e-30, ""},
		"huge":           {"no decimal is so long", 1e300, ""},
		"not a number":   {"is none", math.NaN(), ""},
		"infinite":       {"is none", math.Inf(1), ""},
	}
	for name, tt := range tests {
		got, err := PercentOf("x", tt.percent, 100)
		if (err == nil) != (tt.want != "") || err == nil && got.String() != tt.want {
			t.Errorf("%s: %s: got %v %v, want %q", name, tt.reason, got, err, tt.want)
		}
	}
}
