package market

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

func training(t *testing.T, pflopsDays, gpu string, basis PflopsBasis, utilization string) Training {
	t.Helper()
	c, err := ComputeOf("gpu", gpu, basis)
	if err != nil {
		t.Fatal(err)
	}
	return Training{decimal.MustParse(pflopsDays), *c.Petaflops, decimal.MustParse(utilization)}
}

// TestTrainingNeed counts cards. GPT-3's 3640 PF-days are those of Brown et al., "Language Models are Few-Shot Learners"
// (arXiv:2005.14165), appendix D; the trade turns them into "about 6000 A100" for a day (sparse), and "more than ten thousand" (dense).
func TestTrainingNeed(t *testing.T) {
	tests := map[string]struct {
		reason string
		run    Training
		want   string // card-hours, cards for a day, cards for 30 days
	}{
		"GPT-3, sparse":  {"about 6000 A100 of 0.624 P", training(t, "3640", "A100", Fp16Sparse, "1"), "140000 5834 195"},
		"GPT-3, dense":   {"more than ten thousand A100 of 0.312 P", training(t, "3640", "A100", Fp16Dense, "1"), "280000 11667 389"},
		"at 40 %":        {"what is not made use of takes as many cards more", training(t, "3640", "A100", Fp16Dense, "0.4"), "700000 29167 973"},
		"a whole number": {"nothing is rounded up that is whole", training(t, "312", "A100", Fp16Dense, "1"), "24000 1000 34"},
		"next to none":   {"no run takes no card", training(t, "0.0000000001", "A100", Fp16Dense, "1"), "0 1 1"},
	}
	for name, tt := range tests {
		need, err := tt.run.Need()
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(need.GpuHours, " ", need.GpusForOneDay, " ", need.GpusFor30Days); got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", name, tt.reason, got, tt.want)
		}
	}
}

func TestTrainingIsBounded(t *testing.T) {
	for reason, run := range map[string]Training{
		"more cards than an Int counts":     training(t, "1000000000", "A100", Fp16Dense, "1"),
		"more hours than a decimal has":     training(t, "1111111111111111111", "A100", Fp16Dense, "1"),
		"a utilisation of next to nothing":  training(t, "1", "A100", Fp16Dense, "0.0000000000000000001"),
		"more hours than QuoRem can divide": training(t, "9000000000000", "A100", Fp16Dense, "0.5"),
	} {
		_, err := run.Need()
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "pflopsDays" {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestTrainingCost prices a run at offers of all shapes.
func TestTrainingCost(t *testing.T) {
	run := training(t, "3640", "A100", Fp16Dense, "1")
	rates := NewRates([]RateTable{{Source: "CFETS", Day: midnight(noon), Quotations: []Quotation{{USD, CNY, decimal.MustParse("7")}}}})
	tests := map[string]struct {
		reason string
		change func(*Listing)
		in     Currency
		want   string
	}{
		"per card":          {"280,000 card-hours", func(l *Listing) { l.Per, l.Price = PerGPU, "1.5" }, USD, "420000"},
		"per machine":       {"an eighth of the machine each", func(l *Listing) { l.Price = "10" }, USD, "350000"},
		"in yuan":           {"converted exactly, rounded once", func(l *Listing) { l.Price = "0.000001" }, CNY, "0.245"},
		"a third of a cent": {"the price a card is not rounded before", func(l *Listing) { l.Count, l.Price = "3", "0.01" }, USD, "933.333333"},
	}
	for name, tt := range tests {
		o := offerOf(t, tt.change)
		rate, _ := rates.Between(o.Listed.Currency, tt.in, noon)
		if got, err := run.CostIn(o, rate); err != nil || got.String() != tt.want {
			t.Errorf("%s: %s: got %v %v, want %s", name, tt.reason, got, err, tt.want)
		}
	}
	dear := training(t, "100000000", "A100", Fp16Dense, "1")
	if _, err := dear.CostIn(offerOf(t, func(l *Listing) { l.Price = "999999" }), One(USD, noon)); err == nil {
		t.Error("a cost of more than 19 digits was cut off")
	}
}

func TestCheapest(t *testing.T) {
	rates := NewRates([]RateTable{{Source: "CFETS", Day: midnight(noon), Quotations: []Quotation{{USD, CNY, decimal.MustParse("7")}}}})
	b := NewBook()
	b.SetRates(rates, noon)
	b.Load("p", nil, []Offer{
		offerOf(t, nil), offerOf(t, func(l *Listing) { l.Region, l.Price, l.Currency = "china", "¥70", CNY }),
		offerOf(t, func(l *Listing) { l.Region, l.Price, l.Currency = "euro", "€1", EUR }),
		offerOf(t, func(l *Listing) { l.Region, l.Price, l.Market = "spot", "$5", Spot }),
	})
	tests := map[string]struct {
		reason string
		filter Filter
		want   string
	}{
		"all":     {"spot is an offer too", Filter{}, "p/hgx-h100/spot/spot"},
		"kept":    {"the filter decides; currencies compare in dollars", Filter{Markets: []Market{OnDemand}}, "p/hgx-h100/china/on-demand"},
		"nothing": {"nothing matches", Filter{Markets: []Market{Reserved}}, ""},
		"unknown": {"what has no known price cannot be the cheapest", Filter{Regions: []string{"euro"}}, ""},
	}
	for name, tt := range tests {
		e, err := b.View().Cheapest(tt.filter, noon, func(string) time.Duration { return 0 })
		id := ""
		if e != nil {
			id = e.Offer.ID
		}
		if err != nil || id != tt.want {
			t.Errorf("%s: %s: got %q %v, want %q", name, tt.reason, id, err, tt.want)
		}
	}
}

func TestComputeOf(t *testing.T) {
	tests := map[string]struct {
		reason, name string
		basis        PflopsBasis
		gpu, want    string
	}{
		"an id":             {"a catalogue entry, dense", "nvidia/h100-pcie-80gb", Fp16Dense, "nvidia/h100-pcie-80gb", "0.756"},
		"sparse":            {"twice that", "nvidia/h100-pcie-80gb", Fp16Sparse, "nvidia/h100-pcie-80gb", "1.512"},
		"an id in capitals": {"ids have no case", "NVIDIA/H100-PCIe-80GB", Fp16Dense, "nvidia/h100-pcie-80gb", "0.756"},
		"a model":           {"all A100 compute the same; the first by id stands for them", "a100", Fp16Sparse, "nvidia/a100-pcie-40gb", "0.624"},
		"unknown":           {"what no maker says is not known", "P40", Fp16Dense, "nvidia/p40-pcie-24gb", "null"},
		"no sparsity":       {"Volta has none", "V100", Fp16Sparse, "nvidia/v100-pcie-16gb", "null"},
	}
	for name, tt := range tests {
		c, err := ComputeOf("gpu", tt.name, tt.basis)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := "null"
		if c.Petaflops != nil {
			got = c.Petaflops.String()
		}
		if c.Gpu.ID != tt.gpu || got != tt.want || c.Basis != tt.basis {
			t.Errorf("%s: %s: got %s %s, want %s %s", name, tt.reason, c.Gpu.ID, got, tt.gpu, tt.want)
		}
	}
}

func TestComputeOfIsNeverGuessed(t *testing.T) {
	var ambiguous *AmbiguousError
	_, err := ComputeOf("input.gpu", "H100", Fp16Dense)
	want := []string{"nvidia/h100-nvl-94gb", "nvidia/h100-pcie-80gb", "nvidia/h100-sxm-80gb", "nvidia/h100-sxm-96gb"}
	if !errors.As(err, &ambiguous) || ambiguous.Field != "input.gpu" || !slices.Equal(ambiguous.Gpus, want) {
		t.Errorf("H100 are of several kinds: %v", err)
	}
	if _, err := ComputeOf("gpu", "P100", Fp16Dense); !errors.As(err, &ambiguous) {
		t.Errorf("so are P100: %v", err)
	}
	for _, name := range []string{"Z9000", "nvidia/z", "", "/"} {
		var invalid *InvalidError
		if _, err := ComputeOf("gpu", name, Fp16Dense); !errors.As(err, &invalid) || invalid.Field != "gpu" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestComputeOfTheCatalogue holds that every entry has an answer by its id, and every model one or a list to choose from.
func TestComputeOfTheCatalogue(t *testing.T) {
	for _, g := range Gpus() {
		for _, basis := range []PflopsBasis{Fp16Dense, Fp16Sparse} {
			c, err := ComputeOf("gpu", g.ID, basis)
			tflops := map[PflopsBasis]*float64{Fp16Dense: g.Fp16Tflops, Fp16Sparse: g.Fp16SparseTflops}[basis]
			if err != nil || (c.Petaflops == nil) != (tflops == nil) {
				t.Errorf("%s %s: %+v %v", g.ID, basis, c, err)
			}
			var ambiguous *AmbiguousError
			if _, err := ComputeOf("gpu", g.Model, basis); err != nil && (!errors.As(err, &ambiguous) || !slices.Contains(ambiguous.Gpus, g.ID)) {
				t.Errorf("%s: %v", g.Model, err)
			}
		}
	}
}
