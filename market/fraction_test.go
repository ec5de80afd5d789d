package market

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/govalues/decimal"
)

// TestRound states what a quotient of two decimals becomes.
func TestRound(t *testing.T) {
	tests := map[string]struct {
		reason, num, den string
		scale            int
		want             string
		fails            error
	}{
		"a third":              {"cut where it is wanted", "1", "3", 6, "0.333333", nil},
		"two thirds":           {"up where more than half is left", "2", "3", 6, "0.666667", nil},
		"a tie, even":          {"half of the last decimal goes to the even one", "0.0000005", "1", 6, "0", nil},
		"a tie, odd":           {"and away from the odd one", "0.0000015", "1", 6, "0.000002", nil},
		"no tie":               {"the least more than half is more", "0.0000005000001", "1", 6, "0.000001", nil},
		"below zero":           {"as above, with its sign", "-0.0000015", "1", 6, "-0.000002", nil},
		"below zero, to zero":  {"zero has no sign", "-0.0000005", "1", 6, "0", nil},
		"two signs":            {"cancel", "-1", "-4", 2, "0.25", nil},
		"trailing zeros":       {"are not kept", "1.500", "1", 6, "1.5", nil},
		"by zero":              {"is no number", "1", "0", 6, "", errDivideByZero},
		"zero by zero":         {"neither", "0", "0", 6, "", errDivideByZero},
		"the largest":          {"63 bits", "9223372036854.775807", "1", 6, "9223372036854.775807", nil},
		"one more":             {"does not fit", "9223372036854.775808", "1", 6, "", errTooLarge},
		"rounded out":          {"nor what is rounded up to it: 2^63 - 0.5", "3689348814741.910323", "0.4", 6, "", errTooLarge},
		"the least":            {"has one more below zero", "-9223372036854.775808", "1", 6, "-9223372036854.775808", nil},
		"more than 64 bits":    {"is said, not cut", "9999999999999999999", "0.0000000000000000001", 6, "", errTooLarge},
		"a large denominator":  {"to nothing", "0.0000000000000000001", "9999999999999999999", 6, "0", nil},
		"rounded up to 2^64":   {"2^64 - 0.2 does not come out as nothing", "3504881374004.814807", "0.19", 6, "", errTooLarge},
		"both of nearly 2^64":  {"a quotient near one", "9999999999999999999", "9999999999999999998", 9, "1", nil},
		"fractions of nothing": {"nineteen decimals on both sides", "0.0000000000000000003", "0.0000000000000000002", 6, "1.5", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			num, den := scaledDecimal(t, tt.num), scaledDecimal(t, tt.den)
			got, err := exactly(num).over(exactly(den)).round(tt.scale)
			if !errors.Is(err, tt.fails) || err == nil && got.String() != tt.want {
				t.Errorf("%s: got %s, %v, want %s, %v", tt.reason, got, err, tt.want, tt.fails)
			}
		})
	}
}

// decimalOf refuses what the library would round: a test of rounding must be exact itself.
func scaledDecimal(t *testing.T, text string) Decimal {
	t.Helper()
	d, err := decimal.Parse(text)
	if err != nil || d.String() != text {
		t.Fatalf("%s became %s, %v", text, d, err)
	}
	return d
}

// price is a computation of the longest kind: an amount for a period and a number of cards, through two rates, by a figure.
type price struct {
	amount, first, second, figure Decimal
	num, den, cards               int64
	scale                         int
}

func (p price) fraction() fraction {
	divisor := exactly(p.second).times(exactly(p.figure)).times(ratio(1, p.cards))
	return exactly(p.amount).times(ratio(p.num, p.den)).times(exactly(p.first)).over(divisor)
}

// reference is the same in whole numbers of any size.
func (p price) reference() *large {
	num := multiplied(coefficient(p.amount), big.NewInt(p.num), big.NewInt(p.cards), coefficient(p.first), unit(p.second), unit(p.figure))
	den := multiplied(unit(p.amount), big.NewInt(p.den), unit(p.first), coefficient(p.second), coefficient(p.figure))
	return &large{num, den}
}

func multiplied(factors ...*big.Int) *big.Int {
	out := big.NewInt(1)
	for _, f := range factors {
		out.Mul(out, f)
	}
	return out
}

func coefficient(d Decimal) *big.Int {
	n := new(big.Int).SetUint64(d.Coef())
	if d.IsNeg() {
		n.Neg(n)
	}
	return n
}

func unit(d Decimal) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.Scale())), nil)
}

func (p price) check(t *testing.T) {
	t.Helper()
	want, wantErr := p.reference().units(p.scale)
	got, err := p.fraction().units(p.scale)
	if !errors.Is(err, wantErr) || got != want {
		t.Fatalf("%+v: got %d, %v, want %d, %v", p, got, err, want, wantErr)
	}
	p.checkUnits(t)
}

func (p price) checkUnits(t *testing.T) {
	t.Helper()
	scaled := new(big.Int).Mul(coefficient(p.amount), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p.scale)), nil))
	want := scaled.Quo(scaled, unit(p.amount))
	got, err := Units(p.amount, p.scale)
	if (err == nil) != want.IsInt64() || err == nil && got != want.Int64() {
		t.Fatalf("%s in units of 10^-%d: got %d, %v, want %s", p.amount, p.scale, got, err, want)
	}
}

// TestFractionAgainstLarge compares random and boundary computations with whole numbers of any size; some fit 128 bits, some do not.
func TestFractionAgainstLarge(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 20))
	held, beyond := 0, 0
	for range 200_000 {
		p := randomPrice(random)
		p.check(t)
		if p.fraction().beyond == nil {
			held++
		} else {
			beyond++
		}
	}
	if held < 20_000 || beyond < 20_000 {
		t.Errorf("%d fitted, %d did not: one way is hardly tested", held, beyond)
	}
}

func randomPrice(random *rand.Rand) price {
	number := func() int64 {
		n := int64(boundaries[random.IntN(len(boundaries))])
		if random.IntN(2) == 0 {
			n = random.Int64()
		}
		if n >>= random.IntN(64); random.IntN(8) == 0 {
			n = -n
		}
		return n
	}
	amount := func() Decimal { return decimal.MustNew(number(), random.IntN(decimal.MaxScale+1)) }
	return price{amount(), amount(), amount(), amount(), number(), number(), number(), random.IntN(decimal.MaxScale + 1)}
}

// TestPricesDoNotAllocate holds what makes a market of many offers cheap to price.
func TestPricesDoNotAllocate(t *testing.T) {
	o := offerOf(t, func(l *Listing) { l.Price, l.Currency, l.Period = "1234567.89", "GBP", PerMonth })
	rate, found := NewRates([]RateTable{quotes(t, "CFETS", noon, "USD", "CNY", "7.0123"), quotes(t, "ECB", noon, "EUR", "USD", "1.2345", "EUR", "GBP", "0.8123")}).Between("GBP", CNY, noon)
	allocations := testing.AllocsPerRun(100, func() {
		_, err := o.PricePerGpuHourIn(rate)
		_, known := o.PricePerPflopsHourIn(rate, Fp16Sparse)
		if err != nil || !known {
			t.Error(known, err)
		}
	})
	if !found || allocations != 0 {
		t.Errorf("rate found: %v, %v allocations", found, allocations)
	}
}

// FuzzFraction compares with whole numbers of any size.
func FuzzFraction(f *testing.F) {
	f.Add(int64(4924), uint8(2), int64(71234), uint8(4), int64(10812), uint8(4), int64(989), uint8(3), int64(3600), int64(2_592_000), int64(8), uint8(6))
	f.Add(int64(math.MaxInt64), uint8(0), int64(1), uint8(19), int64(math.MinInt64), uint8(19), int64(1), uint8(0), int64(1), int64(1), int64(1), uint8(9))
	f.Fuzz(func(t *testing.T, amount int64, amountScale uint8, first int64, firstScale uint8, second int64, secondScale uint8, figure int64, figureScale uint8, num, den, cards int64, scale uint8) {
		of := func(n int64, scale uint8) Decimal { return decimal.MustNew(n, int(scale)%(decimal.MaxScale+1)) }
		price{of(amount, amountScale), of(first, firstScale), of(second, secondScale), of(figure, figureScale), num, den, cards,
			int(scale) % (decimal.MaxScale + 1)}.check(t)
	})
}
