package market

import (
	"math"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// listing is a row that becomes an offer, for tests to change one thing of.
func listing(change func(*Listing)) Listing {
	l := Listing{SKU: "hgx-h100", GpuName: "NVIDIA HGX H100", CardMemoryGB: 80, Count: "8", Price: "$49.24", Currency: USD, Per: PerInstance,
		Period: PerHour, Market: OnDemand, Region: "Europe"}
	if change != nil {
		change(&l)
	}
	return l
}

func offerOf(t testing.TB, change func(*Listing)) Offer {
	t.Helper()
	o, err := Normalise(Origin{Provider: "p", Kind: Neocloud, Sheet: "prices", Document: "https://example.com/"}, listing(change))
	if err != nil {
		t.Fatal(err)
	}
	o.FirstSeenAt, o.ChangedAt = noon, noon
	return o
}

func TestNormalisePrices(t *testing.T) {
	tests := map[string]struct {
		reason            string
		change            func(*Listing)
		price, perGpuHour string
	}{
		"per machine":         {"eight cards share it", nil, "49.24", "6.155"},
		"per card":            {"eight cards multiply it", func(l *Listing) { l.Per, l.Price = PerGPU, "3.99" }, "31.92", "3.99"},
		"a quarter of a card": {"a whole card would cost four times that", func(l *Listing) { l.Count, l.Price, l.Currency = "1/4", "4.24", CNY }, "4.24", "16.96"},
		"a month":             {"720 hours", func(l *Listing) { l.Period, l.Price, l.Market, l.Months = PerMonth, "18454", Reserved, 1 }, "25.630556", "3.203819"},
		"a year":              {"8760 hours, not twelve months", func(l *Listing) { l.Period, l.Price, l.Market, l.Months = PerYear, "551221", Reserved, 12 }, "62.924772", "7.865596"},
		"three years":         {"26,280 hours", func(l *Listing) { l.Period, l.Price, l.Market, l.Months = Per3Years, "1134310", Reserved, 36 }, "43.162481", "5.39531"},
		"a second":            {"several APIs count so", func(l *Listing) { l.Period, l.Price, l.Count = PerSecond, "0.016416667", "8" }, "59.100001", "7.3875"},
		"a sixth of a card":   {"no decimal is exactly a sixth; the price is", func(l *Listing) { l.Count, l.Price = "1/6", "0.454" }, "0.454", "2.724"},
		"half to even":        {"0.0000005 is a tie", func(l *Listing) { l.Count, l.Price = "2", "0.020001" }, "0.020001", "0.01"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := offerOf(t, tt.change)
			perGpuHour, err := o.PricePerGpuHour()
			if err != nil || o.Price.String() != tt.price || perGpuHour.String() != tt.perGpuHour {
				t.Errorf("%s: got %s and %s a card-hour, %v, want %s and %s", tt.reason, o.Price, perGpuHour, err, tt.price, tt.perGpuHour)
			}
		})
	}
}

// TestNormaliseForgetsSizesThatAreNone keeps what is a size, zero included, and serves nothing else as one.
func TestNormaliseForgetsSizesThatAreNone(t *testing.T) {
	o := offerOf(t, func(l *Listing) { l.VCPUs, l.MemoryGB, l.GpusAvailable = new(128), new(2048.5), new(0) })
	if *o.VCPUs != 128 || *o.MemoryGB != 2048.5 || *o.GpusAvailable != 0 {
		t.Errorf("got %d vCPU, %v GB, %d free", *o.VCPUs, *o.MemoryGB, *o.GpusAvailable)
	}
	for _, none := range []float64{-1, 1e308, math.Inf(1), math.NaN()} {
		o := offerOf(t, func(l *Listing) { l.VCPUs, l.MemoryGB, l.GpusAvailable = new(-1), &none, new(-1) })
		if o.VCPUs != nil || o.MemoryGB != nil || o.GpusAvailable != nil {
			t.Errorf("%v: got %v vCPU, %v GB, %v free, want none", none, o.VCPUs, o.MemoryGB, o.GpusAvailable)
		}
	}
}

func TestNormaliseRefuses(t *testing.T) {
	tests := map[string]struct {
		reason string
		change func(*Listing)
		says   string
	}{
		"no price":                 {"absent is not zero", func(l *Listing) { l.Price = "" }, "no price printed"},
		"zero":                     {"nothing is rented for nothing", func(l *Listing) { l.Price = "0.00" }, "no price printed"},
		"no basis":                 {"per card or per machine is a factor of eight", func(l *Listing) { l.Per = "" }, "unknown basis"},
		"no period":                {"per hour or per month is a factor of 720", func(l *Listing) { l.Period = "" }, "period"},
		"no currency":              {"a number alone is no price", func(l *Listing) { l.Currency = "" }, "currency"},
		"no count, per machine":    {"the price of a card cannot be known", func(l *Listing) { l.Count = "" }, "without the number of its cards"},
		"no cards":                 {"a CPU machine", func(l *Listing) { l.Count = "0" }, "not a GPU"},
		"a count of words":         {"it is shown", func(l *Listing) { l.Count = "eight" }, `"eight"`},
		"no market":                {"on-demand is not assumed", func(l *Listing) { l.Market = "" }, "Market"},
		"reserved without a term":  {"a commitment without its length", func(l *Listing) { l.Market = Reserved }, "term"},
		"a term on demand":         {"the parser mixed two columns", func(l *Listing) { l.Months = 12 }, "term"},
		"a stock of its own words": {"the parser must translate", func(l *Listing) { l.Stock = "Low" }, "Stock"},
		"no name":                  {"an offer of nothing", func(l *Listing) { l.SKU = "" }, "no name"},
		"the parser's own word":    {"it knows its page", func(l *Listing) { l.Refusal = "includes a Windows licence" }, "Windows"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Normalise(Origin{Provider: "p", Kind: Neocloud}, listing(tt.change))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
}

func TestOfferID(t *testing.T) {
	tests := map[string]struct{ reason, got, want string }{
		"plain":      {"lower case, encoded", OfferID("coreweave", "NVIDIA HGX H100", "EUROPE", OnDemand, 0), "coreweave/nvidia%20hgx%20h100/europe/on-demand"},
		"a term":     {"the term is part of it", OfferID("azure", "X", "eastus", Reserved, 12), "azure/x/eastus/reserved-12"},
		"no region":  {"a place holder, so that there are always four parts", OfferID("a", "b", "", Spot, 0), "a/b/-/spot"},
		"a slash":    {"it cannot make a fifth part", OfferID("a", "b/c", "d", Spot, 0), "a/b%2Fc/d/spot"},
		"white room": {"how a page breaks its lines is not part of a name", OfferID("a", " b \n c ", "d", Spot, 0), "a/b%20c/d/spot"},
	}
	for name, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", name, tt.reason, tt.got, tt.want)
		}
	}
}

func TestUnnamedCardHasNoGpu(t *testing.T) {
	o := offerOf(t, func(l *Listing) { l.GpuName, l.Count = "NVIDIA高性价比显卡", "1" })
	if o.GpuID != "" || o.GpuModel != "" || o.GpuName != "NVIDIA高性价比显卡" {
		t.Errorf("got %q, %q, %q", o.GpuID, o.GpuModel, o.GpuName)
	}
}

func TestSettle(t *testing.T) {
	var r Reading
	r.Read(Origin{Provider: "p", Kind: Neocloud}, []Listing{listing(nil), listing(nil),
		listing(func(l *Listing) { l.Region = "x" }), listing(func(l *Listing) { l.Region, l.Price = "x", "50" })})
	r.Settle()
	if len(r.Offers) != 1 || len(r.Rejected) != 2 || !strings.Contains(r.Rejected[0].Reason, "different prices") {
		t.Errorf("offers %v, rejected %v", r.Offers, r.Rejected)
	}
}
