package graph_test

import (
	"testing"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
)

// pointsOf are two changes in dollars, a withdrawal, and a return in yuan.
func pointsOf() []market.Point {
	dollars := market.PointTerms{Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, GpuCount: market.Cards(8)}
	yuan := market.PointTerms{Currency: market.CNY, Per: market.PerGPU, Period: market.PerMonth, GpuCount: market.Cards(8)}
	point := func(hours int, amount string, terms market.PointTerms) market.Point {
		return market.Point{PointTerms: terms, At: noon.Add(time.Duration(hours) * time.Hour), Amount: decimal.MustParse(amount), Stock: market.StockUnknown}
	}
	sold, gone := point(-48, "19.60", dollars), point(-30, "19.60", dollars)
	sold.Stock, sold.GpusAvailable, gone.Withdrawn = market.SoldOut, in(0), true
	return []market.Point{point(-72, "19.70", dollars), sold, gone, point(-2, "5184", yuan)}
}

func TestHistory(t *testing.T) {
	const id = "alpha/a8.h100/us-east-1/spot"
	w := newWorld(t)
	w.store.points = map[string][]market.Point{id: pointsOf()}
	w.expect("every change with the terms it had then, converted at the rate of its day",
		`{ offer(id: "`+id+`") { history { at price { amount currency } usd: pricePerGpuHour cny: pricePerGpuHour(currency: "CNY") stock gpusAvailable withdrawn } } }`,
		`{"offer": {"history": [
		{"at": "2026-11-17T12:00:00.000Z", "price": {"amount": "19.7", "currency": "USD"}, "usd": "2.4625", "cny": null, "stock": "UNKNOWN", "gpusAvailable": null, "withdrawn": false},
		{"at": "2026-11-18T12:00:00.000Z", "price": {"amount": "19.6", "currency": "USD"}, "usd": "2.45", "cny": null, "stock": "SOLD_OUT", "gpusAvailable": 0, "withdrawn": false},
		{"at": "2026-11-19T06:00:00.000Z", "price": {"amount": "19.6", "currency": "USD"}, "usd": "2.45", "cny": "17.64", "stock": "UNKNOWN", "gpusAvailable": null, "withdrawn": true},
		{"at": "2026-11-20T10:00:00.000Z", "price": {"amount": "57.6", "currency": "CNY"}, "usd": "1", "cny": "7.2", "stock": "UNKNOWN", "gpusAvailable": null, "withdrawn": false}]}}`)
	w.expect("from is the first moment, to is the one after the last",
		`{ offer(id: "`+id+`") { history(from: "2026-11-18T12:00:00Z", to: "2026-11-20T10:00:00Z") { withdrawn } } }`, `{"offer": {"history": [{"withdrawn": false}, {"withdrawn": true}]}}`)
	w.expect("the first ones, and none of another offer",
		`{ offer(id: "`+id+`") { history(first: 1) { price { amount } } } other: offer(id: "alpha/a1.slice/us-east-1/on-demand") { history { at } } }`,
		`{"offer": {"history": [{"price": {"amount": "19.7"}}]}, "other": {"history": []}}`)
}
