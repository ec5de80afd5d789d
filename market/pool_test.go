package market

import (
	"fmt"
	"testing"
)

// rowsOf are listings of one pool by price, each with one card free.
func rowsOf(prices ...string) []Listing {
	var out []Listing
	for i, price := range prices {
		out = append(out, Listing{SKU: "H100 SXM", GpuName: "H100 SXM", Count: "2", Pool: "europe", Ask: fmt.Sprint(i), Area: Europe, Market: OnDemand,
			Price: price, Currency: USD, Per: PerInstance, Period: PerHour, Stock: Available, GpusAvailable: new(2)})
	}
	return out
}

func pool(rows []Listing) Reading {
	var r Reading
	r.Read(Origin{Provider: "vastai", Kind: Marketplace, Sheet: "prices"}, rows)
	r.Settle()
	r.Judge(nil, usd)
	r.Pool()
	return r
}

// TestPool makes one offer of the listings of a marketplace.
func TestPool(t *testing.T) {
	tests := map[string]struct {
		reason string
		rows   []Listing
		price  string
		depth  string
	}{
		"one":        {"it is its own median", rowsOf("4"), "4", "1 listings, 4 4 4, 2 free"},
		"five":       {"the cheapest is the price, quartiles are prices that somebody asks", rowsOf("8", "4", "6", "5", "7"), "4", "5 listings, 5 6 7, 10 free"},
		"four":       {"between two the lower", rowsOf("4", "5", "6", "7"), "4", "4 listings, 4 5 6, 8 free"},
		"seen twice": {"a listing that two answers have counts once", append(rowsOf("4", "5"), rowsOf("4")...), "4", "2 listings, 4 4 4, 4 free"},
		"cut":        {"the cheapest of a cut answer is known, its depth is not", cut(rowsOf("4", "5")), "4", ""},
		"uncounted":  {"one that does not say how many are free makes the sum unknown", uncounted(rowsOf("4", "5")), "4", "2 listings, 4 4 4,  free"},
		"sold out":   {"what nobody can have is no price beside what can be had", soldOut(rowsOf("4", "5", "6")), "5", "2 listings, 5 5 5, 4 free"},
		"all gone":   {"where all is sold out, that is the market", soldOut(rowsOf("4")), "4", "1 listings, 4 4 4, 0 free"},
		"a decoy":    {"each listing is judged before it can be the cheapest", rowsOf("0.004", "4", "5"), "4", "2 listings, 4 4 4, 4 free"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := pool(tt.rows)
			if len(r.Offers) != 1 {
				t.Fatalf("%d offers, want one: %v", len(r.Offers), r.Rejected)
			}
			o := r.Offers[0]
			if o.ID != "vastai/h100%20sxm/europe/on-demand" || o.Price.Trim(0).String() != tt.price || o.Depth.String() != tt.depth {
				t.Errorf("%s: got %s at %s with %q, want %s with %q", tt.reason, o.ID, o.Price, o.Depth, tt.price, tt.depth)
			}
		})
	}
}

// TestPoolTellsRowsApart refuses a listing that two answers price differently, and keeps pools, markets and other offers apart.
func TestPoolTellsRowsApart(t *testing.T) {
	torn := append(rowsOf("4", "5"), rowsOf("6")...)
	if r := pool(torn); len(r.Offers) != 1 || r.Offers[0].Depth.Listings != 1 || len(r.Rejected) != 2 {
		t.Errorf("two prices of one listing: got %v, rejected %v", r.Offers, r.Rejected)
	}
	apart := rowsOf("4", "5", "6")
	apart[1].Pool, apart[2].Market = "asia", Spot
	list := rowsOf("7")[0]
	list.Pool, list.Region = "", "fr-1"
	if r := pool(append(apart, list)); len(r.Offers) != 4 || r.Offers[3].Depth != nil {
		t.Errorf("got %d offers, want three pools and a list price: %v", len(r.Offers), r.Offers)
	}
}

// TestDepthIsStored sees that a depth which moves is written, though the price stays.
func TestDepthIsStored(t *testing.T) {
	before, after := pool(rowsOf("4", "5")).Offers[0], pool(rowsOf("4", "6", "7")).Offers[0]
	if before.SameTerms(after) || !before.SameTerms(before) {
		t.Error("a depth that moved is no difference")
	}
}

func cut(rows []Listing) []Listing {
	rows[len(rows)-1].Cut = true
	return rows
}

// soldOut sells the first row.
func soldOut(rows []Listing) []Listing {
	rows[0].Stock, rows[0].GpusAvailable = SoldOut, new(0)
	return rows
}

func uncounted(rows []Listing) []Listing {
	rows[0].GpusAvailable = nil
	return rows
}
