package graph_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	h100   = "alpha/a8.h100/us-east-1/on-demand"
	h100s  = "alpha/a8.h100/us-east-1/spot"
	h100r  = "alpha/a8.h100/us-east-1/reserved-12"
	a100   = "alpha/a1.a100/eu-west/on-demand"
	a10    = "alpha/a1.slice/us-east-1/on-demand"
	bH100  = "beta/h100/-/on-demand"
	bOdd   = "beta/quantum-9/-/on-demand"
	bEuro  = "beta/l40s/-/on-demand"
	bRtx   = "beta/rtx-4090%20community/-/on-demand"
	cH800  = "cathay/h800-8/%E5%8D%8E%E5%8C%971/reserved-1"
	cA800  = "cathay/a800-1/%E5%8D%8E%E5%8C%971/on-demand"
	offers = `query($f: OfferFilter) { offers(filter: $f, first: 200) { totalCount nodes { id } } }`
)

var everything = []string{h100, h100s, h100r, a100, a10, bH100, bOdd, bEuro, bRtx, cH800, cA800}

func TestFilterKeepsWhatItSays(t *testing.T) {
	cases := map[string]struct {
		reason string
		filter map[string]any
		want   []string
	}{
		"none":            {"nothing asked for is everything", nil, everything},
		"empty":           {"an empty filter is none", map[string]any{}, everything},
		"empty list":      {"an empty list asks for nothing in particular", map[string]any{"gpus": []string{}}, everything},
		"model":           {"a model is every variant, and offers that say only the model", map[string]any{"gpus": []string{"h100"}}, []string{h100, h100s, h100r, bH100}},
		"catalogue id":    {"an id is that variant only", map[string]any{"gpus": []string{"nvidia/h100-sxm-80gb"}}, []string{h100, h100s, h100r}},
		"two gpus":        {"values of one field are alternatives", map[string]any{"gpus": []string{"A100", "L40S"}}, []string{a100, bEuro}},
		"providers":       {"a provider's own offers", map[string]any{"providers": []string{"cathay"}}, []string{cH800, cA800}},
		"no offers":       {"a provider without offers is known, and has none", map[string]any{"providers": []string{"delta"}}, nil},
		"kinds":           {"each offer has its own kind: a community card is not the marketplace's", map[string]any{"providerKinds": []string{"MARKETPLACE"}}, []string{bH100, bOdd, bEuro}},
		"kind of offer":   {"an offer of another kind than its provider is found by its own", map[string]any{"providerKinds": []string{"AGGREGATOR"}}, []string{bRtx}},
		"regions":         {"regions are the provider's names, whatever the case", map[string]any{"regions": []string{"EU-West", "华北1"}}, []string{a100, cH800, cA800}},
		"countries":       {"countries are codes, whatever the case", map[string]any{"countries": []string{"de"}}, []string{a100}},
		"areas":           {"an offer that does not say where is nowhere", map[string]any{"areas": []string{"EUROPE", "CHINA"}}, []string{a100, cH800, cA800}},
		"markets":         {"one way of selling", map[string]any{"markets": []string{"SPOT"}}, []string{h100s}},
		"months":          {"terms are never blended", map[string]any{"commitmentMonths": []int{12}}, []string{h100r}},
		"stock":           {"what a provider does not say is UNKNOWN", map[string]any{"stock": []string{"AVAILABLE", "LIMITED"}}, []string{h100s, a10}},
		"min cards":       {"at least so many cards", map[string]any{"minGpuCount": 8}, []string{h100, h100s, h100r, cH800}},
		"max cards":       {"fractions count", map[string]any{"maxGpuCount": 0.5}, []string{a10}},
		"memory":          {"a machine that does not say has not enough", map[string]any{"minMemoryGB": 121}, []string{h100, h100s, h100r}},
		"max price":       {"no rate for the euro: left out, not guessed", map[string]any{"maxPricePerGpuHour": "1.1"}, []string{a100, bRtx, cA800}},
		"max price float": {"a number means the same as its text", map[string]any{"maxPricePerGpuHour": 1.1}, []string{a100, bRtx, cA800}},
		"max price exact": {"bounds are inclusive and exact", map[string]any{"maxPricePerGpuHour": "0.34"}, []string{bRtx}},
		"search":          {"free text, whatever the case, over provider, sku and name", map[string]any{"search": "QUANTUM"}, []string{bOdd}},
		"search provider": {"the provider's id is text too", map[string]any{"search": "cathay"}, []string{cH800, cA800}},
		"without stale":   {"what may be out of date can be left out", map[string]any{"includeStale": false}, []string{h100, h100s, h100r, a100, a10, cH800, cA800}},
		"null stale":      {"null is as if not said", map[string]any{"includeStale": nil}, everything},
		"several":         {"fields add up", map[string]any{"gpus": []string{"H100"}, "markets": []string{"ON_DEMAND"}, "providerKinds": []string{"HYPERSCALER"}}, []string{h100}},
		"impossible":      {"nothing is an answer", map[string]any{"minGpuCount": 9, "maxGpuCount": 8}, nil},
	}
	w := newWorld(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask[list](w, offers, map[string]any{"f": c.filter})
			ids, want := got.ids(), slices.Clone(c.want)
			slices.Sort(ids)
			slices.Sort(want)
			if diff := cmp.Diff(append([]string{}, want...), ids); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if got.Offers.TotalCount != len(want) {
				t.Errorf("totalCount %d, want %d", got.Offers.TotalCount, len(want))
			}
		})
	}
}
