package graph_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"gpuhour/graph"
	"gpuhour/market"
)

// expect compares an answer with JSON text.
func (w *world) expect(reason, query, want string) {
	w.t.Helper()
	got, expected := ask[any](w, query, nil), any(nil)
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		w.t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", reason, diff)
	}
}

func TestOfferSaysEverything(t *testing.T) {
	newWorld(t).expect("every field, in the provider's words beside ours", `{ offer(id: "alpha/a8.h100/us-east-1/spot") {
		id kind sku gpuName gpuModel gpuCount vcpus memoryGB region country area market commitmentMonths stock gpusAvailable
		provider { id } gpu { id }
		listed { amount currency per period } price { amount currency }
		usd: pricePerGpuHour cny: pricePerGpuHour(currency: "CNY") pflops: pricePerPflopsHour sparse: pricePerPflopsHour(basis: FP16_SPARSE)
		firstSeenAt observedAt changedAt stale sample source { url fetchedAt digest } } }`,
		`{"offer": {"id": "alpha/a8.h100/us-east-1/spot", "kind": "HYPERSCALER", "sku": "a8.h100", "gpuName": "NVIDIA H100 80GB HBM3",
		"gpuModel": "H100", "gpuCount": 8, "vcpus": 192, "memoryGB": 2048, "region": "us-east-1", "country": "US", "area": "NORTH_AMERICA",
		"market": "SPOT", "commitmentMonths": null, "stock": "AVAILABLE", "gpusAvailable": 16,
		"provider": {"id": "alpha"}, "gpu": {"id": "nvidia/h100-sxm-80gb"},
		"listed": {"amount": "19.70", "currency": "USD", "per": "INSTANCE", "period": "PT1H"}, "price": {"amount": "19.7", "currency": "USD"},
		"usd": "2.4625", "cny": "17.73", "pflops": "2.489889", "sparse": "1.244944",
		"firstSeenAt": "2026-10-09T20:00:00.000Z", "observedAt": "2026-11-20T10:00:00.000Z", "changedAt": "2026-11-20T10:00:00.000Z",
		"stale": false, "sample": false,
		"source": {"url": "https://alpha.example/prices", "fetchedAt": "2026-11-20T10:00:00.000Z", "digest": "d1alpha"}}}`)
}

func TestOfferPrices(t *testing.T) {
	const fields = `{ listed { amount } price { amount currency } usd: pricePerGpuHour null: pricePerGpuHour(currency: null)
		cny: pricePerGpuHour(currency: "CNY") eur: pricePerGpuHour(currency: "EUR") fx { base quote rate date ageDays source } } }`
	cases := map[string]struct{ reason, id, want string }{
		"dollars": {"what is listed in dollars needs no rate", h100,
			`{"offer": {"listed": {"amount": "49.24"}, "price": {"amount": "49.24", "currency": "USD"}, "usd": "6.155", "null": "6.155", "cny": "44.316", "eur": null, "fx": null}}`},
		"a year": {"a year is 8760 hours: 250000 / 8760 / 8, rounded once", h100r,
			`{"offer": {"listed": {"amount": "250000"}, "price": {"amount": "28.538813", "currency": "USD"}, "usd": "3.567352", "null": "3.567352", "cny": "25.684932", "eur": null, "fx": null}}`},
		"a sixth of a card": {"the price of a slice, for the whole card", a10,
			`{"offer": {"listed": {"amount": "0.40"}, "price": {"amount": "0.4", "currency": "USD"}, "usd": "2.4", "null": "2.4", "cny": "17.28", "eur": null, "fx": null}}`},
		"yuan a month": {"a month is 720 hours; the rate is CFETS' of the day before", cH800,
			`{"offer": {"listed": {"amount": "72000"}, "price": {"amount": "100", "currency": "CNY"}, "usd": "1.736111", "null": "1.736111", "cny": "12.5", "eur": null,
			 "fx": {"base": "CNY", "quote": "USD", "rate": "0.138888889", "date": "2026-11-19T00:00:00.000Z", "ageDays": 1, "source": "CFETS"}}}`},
		"no rate": {"where no rate is known there is no price, and none is guessed", bEuro,
			`{"offer": {"listed": {"amount": "0.90"}, "price": {"amount": "0.9", "currency": "EUR"}, "usd": null, "null": null, "cny": null, "eur": "0.9", "fx": null}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { newWorld(t).expect(c.reason, `{ offer(id: "`+c.id+`") `+fields, c.want) })
	}
}

func TestOfferPrintedTerms(t *testing.T) {
	w := newWorld(t)
	row := market.Listing{SKU: "h100", GpuName: "H100", Price: "2", Currency: market.EUR, Per: market.PerGPU, Period: market.PerHour, Market: market.OnDemand}
	taxed, bare := row, row
	taxed.Tax, taxed.Tier = market.TaxExcluded, "member price"
	bare.SKU, bare.Per, bare.Price = "h100 alone", market.PerComponent, "1"
	offers := w.offers("held", taxed, bare)
	offers[0].Depth = &market.Depth{Listings: 3, P25: decimal.MustParse("2"), Median: decimal.MustParse("2.5"), P75: decimal.MustParse("3")}
	w.book.Load("held", []market.Sheet{sheetOf("held", noon)}, offers)
	w.expect("tax and tier as printed, depth in the offer's currency",
		`{ offer(id: "held/h100/-/on-demand") { listed { tax tier } depth { listings p25 { amount currency } median { amount } p75 { amount } gpusAvailable } } }`,
		`{"offer": {"listed": {"tax": "EXCLUDED", "tier": "member price"}, "depth": {"listings": 3, "p25": {"amount": "2", "currency": "EUR"}, "median": {"amount": "2.5"}, "p75": {"amount": "3"}, "gpusAvailable": null}}}`)
	w.expect("what is not printed is null", `{ offer(id: "alpha/a8.h100/us-east-1/spot") { listed { tax tier } depth { listings } } }`,
		`{"offer": {"listed": {"tax": null, "tier": null}, "depth": null}}`)
	w.expect("a bare card is listed only to those who ask for it",
		`{ usual: offers(filter: {providers: ["held"]}) { totalCount } no: offers(filter: {providers: ["held"], components: false}) { totalCount }
		   all: offers(filter: {providers: ["held"], components: true}) { nodes { sku listed { per } } } }`,
		`{"usual": {"totalCount": 1}, "no": {"totalCount": 1}, "all": {"nodes": [{"sku": "h100 alone", "listed": {"per": "COMPONENT"}}, {"sku": "h100", "listed": {"per": "GPU"}}]}}`)
}

func TestOfferUnknownsAreNull(t *testing.T) {
	newWorld(t).expect("what is not said is null, never zero", `{ offer(id: "beta/quantum-9/-/on-demand") {
		gpuModel gpu { id } vcpus memoryGB region country area commitmentMonths gpusAvailable pricePerPflopsHour } nothing: offer(id: "a/b/c/d") { id } }`,
		`{"offer": {"gpuModel": null, "gpu": null, "vcpus": null, "memoryGB": null, "region": null, "country": null, "area": null,
		"commitmentMonths": null, "gpusAvailable": null, "pricePerPflopsHour": null}, "nothing": null}`)
}

func TestOfferAge(t *testing.T) {
	const query = `{ offer(id: "x/h100/-/on-demand") { observedAt stale source { url } } }`
	row := market.Listing{SKU: "h100", GpuName: "H100", Price: "2", Currency: market.USD, Per: market.PerGPU, Period: market.PerHour, Market: market.OnDemand}
	sellers = append(sellers, market.Provider{ID: "x", Name: "X", Kind: market.Neocloud, Cadence: time.Hour})
	t.Cleanup(func() { sellers = sellers[:len(sellers)-1] })
	cases := map[string]struct {
		reason string
		sheet  func(*market.Sheet)
		want   string
	}{
		"fresh":       {"read within three cadences", func(*market.Sheet) {}, `{"offer": {"observedAt": "2026-11-20T09:00:00.000Z", "stale": false, "source": {"url": "https://x.example/prices"}}}`},
		"old":         {"more than three cadences ago", func(s *market.Sheet) { s.LastSuccessAt = noon.Add(-181 * time.Minute) }, `{"offer": {"observedAt": "2026-11-20T08:59:00.000Z", "stale": true, "source": {"url": "https://x.example/prices"}}}`},
		"failed":      {"the latest run failed", func(s *market.Sheet) { s.Problem = "answered 503" }, `{"offer": {"observedAt": "2026-11-20T09:00:00.000Z", "stale": true, "source": {"url": "https://x.example/prices"}}}`},
		"quarantined": {"the latest run is held back", func(s *market.Sheet) { s.Held = true }, `{"offer": {"observedAt": "2026-11-20T09:00:00.000Z", "stale": true, "source": {"url": "https://x.example/prices"}}}`},
		"no document": {"without a document there is no source", func(s *market.Sheet) { s.Documents = nil }, `{"offer": {"observedAt": "2026-11-20T09:00:00.000Z", "stale": false, "source": null}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			sheet := sheetOf("x", noon.Add(-3*time.Hour))
			c.sheet(&sheet)
			w.load("x", sheet, row)
			w.expect(c.reason, query, c.want)
		})
	}
}

// countingBook says how often it was looked into.
type countingBook struct {
	*market.Book
	looks int
}

func (b *countingBook) View() *market.View {
	b.looks++
	return b.Book.View()
}

func TestAllRootFieldsSeeOneView(t *testing.T) {
	w := newWorld(t)
	book := &countingBook{Book: w.book}
	w.handler = graph.NewHandler(t.Context(), &graph.Resolver{Book: book, Registry: fakeRegistry{}, Log: w.store, Scraper: w.store, Now: func() time.Time { return noon }}, slog.New(slog.DiscardHandler))
	ask[any](w, `{ offers { nodes { provider { offerCount } gpu { offers { totalCount } } } } providers { offerCount } node(id: "alpha") { id } gpus(models: ["H100"]) { offers { totalCount } } }`, nil)
	if book.looks != 1 {
		t.Errorf("the book was looked into %d times", book.looks)
	}
}

func TestOneRequestSeesOneView(t *testing.T) {
	w := newWorld(t)
	w.store.meanwhile = func() { w.load("alpha", sheetOf("alpha", noon)) }
	w.expect("what was committed while the request ran is not seen by its later fields",
		`{ provider(id: "alpha") { rejected { sku } offerCount } }`, `{"provider": {"rejected": [{"sku": "cpu-8"}], "offerCount": 5}}`)
	w.expect("but by the next request", `{ provider(id: "alpha") { offerCount } }`, `{"provider": {"offerCount": 0}}`)
}
