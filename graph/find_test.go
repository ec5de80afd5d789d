package graph_test

import (
	"testing"

	"gpuhour/market"
)

func TestNodeFindsByTheFormOfTheID(t *testing.T) {
	cases := map[string]struct{ reason, id, want string }{
		"offer":            {"four segments are an offer", h100, `{"node": {"__typename": "Offer", "id": "alpha/a8.h100/us-east-1/on-demand", "sku": "a8.h100"}}`},
		"offer in Chinese": {"ids are looked up as they are spelt", cH800, `{"node": {"__typename": "Offer", "id": "cathay/h800-8/%E5%8D%8E%E5%8C%971/reserved-1", "sku": "h800-8"}}`},
		"gpu":              {"two segments are a GPU", "nvidia/h100-sxm-80gb", `{"node": {"__typename": "Gpu", "id": "nvidia/h100-sxm-80gb", "model": "H100"}}`},
		"provider":         {"one segment is a provider", "beta", `{"node": {"__typename": "Provider", "id": "beta", "name": "Beta Market"}}`},
		"no offer":         {"what is gone is null", "alpha/gone/us/on-demand", `{"node": null}`},
		"no gpu":           {"what is not in the catalogue is null", "nvidia/h100", `{"node": null}`},
		"no provider":      {"whom we do not know is null", "nobody", `{"node": null}`},
		"three segments":   {"nothing has three", "a/b/c", `{"node": null}`},
		"empty":            {"nothing has none", "", `{"node": null}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			newWorld(t).expect(c.reason, `{ node(id: "`+c.id+`") { __typename id ... on Offer { sku } ... on Gpu { model } ... on Provider { name } } }`, c.want)
		})
	}
}

func TestGpus(t *testing.T) {
	cases := map[string]struct{ reason, query, want string }{
		"one": {"the figures of the catalogue", `{ gpu(id: "nvidia/h100-sxm-80gb") { id vendor model formFactor memoryGB fp16Tflops fp16SparseTflops architecture } other: gpu(id: "x/y") { id } }`,
			`{"gpu": {"id": "nvidia/h100-sxm-80gb", "vendor": "NVIDIA", "model": "H100", "formFactor": "SXM", "memoryGB": 80, "fp16Tflops": 989, "fp16SparseTflops": 1978, "architecture": "Hopper"}, "other": null}`},
		"no sparsity": {"what a chip does not have is null", `{ gpu(id: "nvidia/v100-sxm-32gb") { fp16SparseTflops fp8Tflops } }`, `{"gpu": {"fp16SparseTflops": null, "fp8Tflops": null}}`},
		"its offers": {"only offers of exactly this variant", `{ gpu(id: "nvidia/h100-sxm-80gb") { offers(first: 1) { totalCount nodes { id } pageInfo { hasNextPage } } } }`,
			`{"gpu": {"offers": {"totalCount": 3, "nodes": [{"id": "` + h100s + `"}], "pageInfo": {"hasNextPage": true}}}}`},
		"its offers, filtered": {"the filter adds to it", `{ gpu(id: "nvidia/h100-sxm-80gb") { offers(filter: {markets: [ON_DEMAND], gpus: ["H100"]}, orderBy: {field: PRICE}) { nodes { id } } } }`,
			`{"gpu": {"offers": {"nodes": [{"id": "` + h100 + `"}]}}}`},
		"its offers, of another": {"nothing is of two kinds", `{ gpu(id: "nvidia/h100-sxm-80gb") { offers(filter: {gpus: ["A100"]}) { totalCount } } }`, `{"gpu": {"offers": {"totalCount": 0}}}`},
		"identity": {"a name that settles it", `{ identifyGpu(name: "NVIDIA H100 80GB HBM3") { gpu { id } vendor model partition gpuCount } }`,
			`{"identifyGpu": {"gpu": {"id": "nvidia/h100-sxm-80gb"}, "vendor": "NVIDIA", "model": "H100", "partition": false, "gpuCount": null}}`},
		"no identity": {"a name that says nothing", `{ identifyGpu(name: "Quantum 9", provider: "alpha") { gpu { id } vendor model formFactor memoryGB partition } }`,
			`{"identifyGpu": {"gpu": null, "vendor": null, "model": null, "formFactor": null, "memoryGB": null, "partition": false}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { newWorld(t).expect(c.reason, c.query, c.want) })
	}
}

func TestGpusListsTheCatalogueByID(t *testing.T) {
	type answer struct{ All, Some []struct{ ID, Model string } }
	got := ask[answer](newWorld(t), `{ all: gpus { id } some: gpus(models: ["l40s", "H100", "h100"]) { id model } }`, nil)
	if len(got.All) != len(market.Gpus()) {
		t.Errorf("%d of %d", len(got.All), len(market.Gpus()))
	}
	if want := len(market.GpusOfModel("H100")) + len(market.GpusOfModel("L40S")); len(got.Some) != want {
		t.Errorf("a model named twice is listed once: %d, want %d", len(got.Some), want)
	}
	for i := 1; i < len(got.Some); i++ {
		if got.Some[i-1].ID >= got.Some[i].ID {
			t.Errorf("%s before %s", got.Some[i-1].ID, got.Some[i].ID)
		}
	}
}

func TestExchangeRates(t *testing.T) {
	const rate = `{ base quote rate date ageDays source }`
	cases := map[string]struct{ reason, query, want string }{
		"published": {"as it is published", `{ exchangeRate(base: "USD", quote: "CNY") ` + rate + ` }`,
			`{"exchangeRate": {"base": "USD", "quote": "CNY", "rate": "7.2", "date": "2026-11-19T00:00:00.000Z", "ageDays": 1, "source": "CFETS"}}`},
		"inverted": {"nine decimals are shown", `{ exchangeRate(base: "CNY", quote: "USD") { rate } }`, `{"exchangeRate": {"rate": "0.138888889"}}`},
		"later":    {"a rate grows old", `{ exchangeRate(base: "USD", quote: "CNY", at: "2026-12-01T08:00:00+08:00") { ageDays } }`, `{"exchangeRate": {"ageDays": 12}}`},
		"earlier":  {"no rate is from the future", `{ exchangeRate(base: "USD", quote: "CNY", at: "2026-11-18T23:59:59Z") { rate } }`, `{"exchangeRate": null}`},
		"unknown":  {"none is null", `{ exchangeRate(base: "USD", quote: "EUR") { rate } }`, `{"exchangeRate": null}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { newWorld(t).expect(c.reason, c.query, c.want) })
	}
}
