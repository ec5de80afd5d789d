package market

import (
	"strconv"
	"testing"
	"time"
)

func quotes(t testing.TB, source string, day time.Time, pairs ...string) RateTable {
	t.Helper()
	table := RateTable{Source: source, Day: midnight(day)}
	for i := 0; i < len(pairs); i += 3 {
		rate, err := ParseAmount(pairs[i+2], Currency(pairs[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		table.Quotations = append(table.Quotations, Quotation{Currency(pairs[i]), Currency(pairs[i+1]), rate})
	}
	return table
}

func TestRates(t *testing.T) {
	yesterday := noon.AddDate(0, 0, -1)
	cfets := quotes(t, "CFETS", yesterday, "USD", "CNY", "7.0000", "CNY", "MOP", "1.1000")
	older := quotes(t, "CFETS", noon.AddDate(0, 0, -30), "USD", "CNY", "7.2000")
	ecb := quotes(t, "ECB", noon, "EUR", "USD", "1.2500", "EUR", "GBP", "0.8000")
	rates := NewRates([]RateTable{older, ecb, cfets})
	tests := map[string]struct {
		reason      string
		base, quote Currency
		at          time.Time
		want        string
		age         int
		source      string
	}{
		"itself":           {"no rate is needed", USD, USD, noon, "1", 0, "identity"},
		"direct":           {"the latest at or before", USD, CNY, noon, "7", 1, "CFETS"},
		"inverted":         {"exactly one seventh", CNY, USD, noon, "0.142857143", 1, "CFETS"},
		"in the past":      {"what was known then", USD, CNY, noon.AddDate(0, 0, -2), "7.2", 28, "CFETS"},
		"before any":       {"null, never a later one", USD, CNY, noon.AddDate(0, 0, -60), "", 0, ""},
		"within the euro":  {"through what the table is quoted against", "GBP", USD, noon, "1.5625", 0, "ECB"},
		"within the yuan":  {"a pair quoted the other way round", "MOP", USD, noon, "0.12987013", 1, "CFETS"},
		"two sources":      {"through the dollar, as old as the older", "GBP", CNY, noon, "10.9375", 1, "ECB and CFETS via USD"},
		"unknown currency": {"nobody publishes it", "XAU", USD, noon, "", 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rate, found := rates.Between(tt.base, tt.quote, tt.at)
			if found != (tt.want != "") {
				t.Fatalf("%s: found %v", tt.reason, found)
			}
			if !found {
				return
			}
			d, err := rate.Decimal()
			if err != nil || d.String() != tt.want || rate.Age(tt.at) != tt.age || rate.Source != tt.source {
				t.Errorf("%s: got %s, %d days old, of %s, %v", tt.reason, d, rate.Age(tt.at), rate.Source, err)
			}
		})
	}
}

// BenchmarkBetween finds a rate of the past among two sources' tables, of 7,000 days each and of few.
func BenchmarkBetween(b *testing.B) {
	for _, days := range []int{7_000, 7} {
		b.Run(strconv.Itoa(days), func(b *testing.B) {
			var tables []RateTable
			for i := range days {
				at := midnight(noon).AddDate(0, 0, -i)
				tables = append(tables, quotes(b, "ECB", at, "EUR", "USD", "1.2500", "EUR", "GBP", "0.8000"), quotes(b, "CFETS", at, "USD", "CNY", "7.0000"))
			}
			rates := NewRates(tables)
			for b.Loop() {
				if _, found := rates.Between("GBP", USD, noon.AddDate(0, 0, -days/2)); !found {
					b.Fatal("no rate")
				}
			}
		})
	}
}

// TestConvertRoundsOnce converts there through a third: rounding the rate first would give another amount.
func TestConvertRoundsOnce(t *testing.T) {
	rates := NewRates([]RateTable{quotes(t, "CFETS", noon, "USD", "CNY", "3")})
	rate, _ := rates.Between(CNY, USD, noon)
	amount, _ := ParseAmount("3000000", CNY)
	if d, err := rate.Convert(amount); err != nil || d.String() != "1000000" {
		t.Errorf("got %s, %v: the rate was rounded before it was used", d, err)
	}
	o := offerOf(t, func(l *Listing) { l.Price, l.Currency = "24", CNY })
	if d, err := o.PricePerGpuHourIn(rate); err != nil || d.String() != "1" {
		t.Errorf("a card-hour: got %s, %v", d, err)
	}
}

func TestPricePerPflopsHour(t *testing.T) {
	o := offerOf(t, func(l *Listing) { l.Price = "7.912" })
	one := One(USD, noon)
	if d, known := o.PricePerPflopsHourIn(one, Fp16Dense); !known || d.String() != "1" {
		t.Errorf("0.989 USD for 0.989 dense PFLOPS: got %s, %v", d, known)
	}
	if d, known := o.PricePerPflopsHourIn(one, Fp16Sparse); !known || d.String() != "0.5" {
		t.Errorf("twice as many sparse ones: got %s, %v", d, known)
	}
	unknown := offerOf(t, func(l *Listing) { l.GpuName, l.CardMemoryGB = "GTX 1080 Ti", 0 })
	if _, known := unknown.PricePerPflopsHourIn(one, Fp16Dense); known || unknown.GpuID == "" {
		t.Errorf("a card without tensor cores has a price per PFLOPS")
	}
}
