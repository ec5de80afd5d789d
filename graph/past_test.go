package graph_test

import "testing"

func TestAsOf(t *testing.T) {
	w := newWorld(t)
	const fields = `totalCount nodes { sku listed { amount currency } usd: pricePerGpuHour stock observedAt changedAt stale provider { id status } }`
	w.expect("price, stock, freshness and exchange rate are those of the moment",
		`{ offers(asOf: "2026-11-19T18:00:00Z") { `+fields+` } now: offers(filter: {gpus: ["H100"], markets: [ON_DEMAND], providers: ["alpha"]}) { nodes { listed { amount } } } }`,
		`{"offers": {"totalCount": 1, "nodes": [{"sku": "a8.h100", "listed": {"amount": "72", "currency": "CNY"}, "usd": "1.25", "stock": "LIMITED",
		"observedAt": "2026-11-18T12:00:00.000Z", "changedAt": "2026-11-18T12:00:00.000Z", "stale": false, "provider": {"id": "alpha", "status": "FRESH"}}]},
		"now": {"nodes": [{"listed": {"amount": "49.24"}}]}}`)
	w.expect("and so for one offer, by its id",
		`{ then: offer(id: "alpha/a8.h100/us-east-1/on-demand", asOf: "2026-11-19T18:00:00Z") { listed { amount currency } } now: offer(id: "alpha/a8.h100/us-east-1/on-demand") { listed { amount } }
		   before: offer(id: "alpha/a8.h100/us-east-1/on-demand", asOf: "2026-11-01T18:00:00Z") { id } nobody: offer(id: "%zz", asOf: "2026-11-19T18:00:00Z") { id } }`,
		`{"then": {"listed": {"amount": "72", "currency": "CNY"}}, "now": {"listed": {"amount": "49.24"}}, "before": null, "nobody": null}`)
	w.expect("before the day of the rate there is no price in dollars, and none is guessed",
		`{ offers(asOf: "2026-11-18T13:00:00Z") { nodes { listed { amount } pricePerGpuHour } } }`, `{"offers": {"nodes": [{"listed": {"amount": "72"}, "pricePerGpuHour": null}]}}`)
	w.expect("before the first reading nothing was listed", `{ offers(asOf: "2026-11-18T11:00:00Z") { totalCount } }`, `{"offers": {"totalCount": 0}}`)
	if a, _ := w.send(`{ offers(asOf: "2000-01-01T00:00:00Z") { totalCount } }`, nil); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "INTERNAL" {
		t.Errorf("what cannot be read is an error, not an empty market: %+v", a)
	}
	w.expect("filters and orders ask the market of then", `{ offers(asOf: "2026-11-19T18:00:00Z", filter: {stock: [AVAILABLE]}) { totalCount } }`, `{"offers": {"totalCount": 0}}`)
}

func TestIndex(t *testing.T) {
	w := newWorld(t)
	w.expect("one index a kind of seller; steps without a rate or an observation are null",
		`{ index(gpu: "H100", from: "2026-11-17T00:00:00Z", to: "2026-11-21T00:00:00Z") { gpu kind market commitmentMonths currency step methodology
			points { at min p25 median p75 max offers providers coverage } } }`,
		`{"index": [{"gpu": "H100", "kind": "HYPERSCALER", "market": "ON_DEMAND", "commitmentMonths": null, "currency": "USD", "step": "P1D", "methodology": "v1", "points": [
		{"at": "2026-11-17T00:00:00.000Z", "min": null, "p25": null, "median": null, "p75": null, "max": null, "offers": 0, "providers": 0, "coverage": 0},
		{"at": "2026-11-18T00:00:00.000Z", "min": null, "p25": null, "median": null, "p75": null, "max": null, "offers": 0, "providers": 0, "coverage": 0},
		{"at": "2026-11-19T00:00:00.000Z", "min": "1.25", "p25": "1.25", "median": "1.25", "p75": "1.25", "max": "1.25", "offers": 1, "providers": 1, "coverage": 1},
		{"at": "2026-11-20T00:00:00.000Z", "min": "1.25", "p25": "1.25", "median": "1.25", "p75": "1.25", "max": "1.25", "offers": 1, "providers": 1, "coverage": 1}]}]}`)
	w.expect("in the currency it is listed in it was half a day there, and by the hour it is as long as it was",
		`{ index(gpu: "H100", currency: "CNY", from: "2026-11-18T00:00:00Z", to: "2026-11-19T00:00:00Z") { points { median coverage } }
		   hours: index(gpu: "nvidia/h100-sxm-80gb", step: "PT12H", currency: "CNY", from: "2026-11-18T00:00:00Z", to: "2026-11-19T00:00:00Z") { step points { median offers } }
		   nobody: index(gpu: "H100", filter: {markets: [SPOT]}, from: "2026-11-18T00:00:00Z") { kind } }`,
		`{"index": [{"points": [{"median": "9", "coverage": 0.5}]}], "hours": [{"step": "PT12H", "points": [{"median": null, "offers": 0}, {"median": "9", "offers": 1}]}], "nobody": []}`)
}

// TestExportCount counts what an export would hold.
func TestExportCount(t *testing.T) {
	w := newWorld(t)
	w.expect("the one change of the one offer",
		`{ all: exportCount h100: exportCount(filter: {gpus: ["H100"]}) nobody: exportCount(filter: {markets: [SPOT]})
		   none: exportCount(to: "2000-01-01T00:00:00Z") }`,
		`{"all": 1, "h100": 1, "nobody": 0, "none": 0}`)
}
