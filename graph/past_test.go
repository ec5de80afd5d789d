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
	w.expect("before the day of the rate there is no price in dollars, and none is guessed",
		`{ offers(asOf: "2026-11-18T13:00:00Z") { nodes { listed { amount } pricePerGpuHour } } }`, `{"offers": {"nodes": [{"listed": {"amount": "72"}, "pricePerGpuHour": null}]}}`)
	w.expect("before the first reading nothing was listed", `{ offers(asOf: "2026-11-18T11:00:00Z") { totalCount } }`, `{"offers": {"totalCount": 0}}`)
	if a, _ := w.send(`{ offers(asOf: "2000-01-01T00:00:00Z") { totalCount } }`, nil); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "INTERNAL" {
		t.Errorf("what cannot be read is an error, not an empty market: %+v", a)
	}
	w.expect("filters and orders ask the market of then", `{ offers(asOf: "2026-11-19T18:00:00Z", filter: {stock: [AVAILABLE]}) { totalCount } }`, `{"offers": {"totalCount": 0}}`)
}
