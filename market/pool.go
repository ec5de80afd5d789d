package market

import (
	"fmt"
	"slices"
	"strings"
)

// Depth is what a marketplace has beside its cheapest listing: prices of the whole offer for one hour, in the offer's currency.
// A quartile is a price that somebody asks: of n listings by price, the one at (n-1) times the share, rounded down.
type Depth struct {
	// Listings is how many there are, the cheapest included.
	Listings         int
	P25, Median, P75 Decimal
	// GpusAvailable is the number of cards that all listings together have free; nil where one does not say.
	GpusAvailable *int
}

// String spells the depth, so that two can be compared; empty for none.
func (d *Depth) String() string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%d listings, %s %s %s, %s free", d.Listings, d.P25, d.Median, d.P75, show(d.GpusAvailable))
}

// PoolRow is what one row of a marketplace's pool brings along until Reading.Pool has merged the rows.
type PoolRow struct {
	Number string
	Cut    bool
}

func (row Listing) poolRow() *PoolRow {
	if row.Pool == "" {
		return nil
	}
	return &PoolRow{row.Ask, row.Cut}
}

// settleKey is what two rows must share to be the same: the offer's id, and within a pool the row's number.
func (o Offer) settleKey() string {
	if o.Row == nil {
		return o.ID
	}
	return o.ID + "\x00" + o.Row.Number
}

// Pool makes one offer of the rows of each pool: the cheapest that can be had, with the depth of those. Rows that are sold out count
// only where all are. Call it last: each row has been judged by then.
func (r *Reading) Pool() {
	pools := map[string][]Offer{}
	for _, o := range r.Offers {
		if o.Row != nil {
			pools[o.ID] = append(pools[o.ID], o)
		}
	}
	seen := map[string]bool{}
	var out []Offer
	for _, o := range r.Offers {
		switch {
		case o.Row == nil:
			out = append(out, o)
		case !seen[o.ID]:
			seen[o.ID] = true
			out = append(out, pooled(pools[o.ID]))
		}
	}
	r.Offers = out
}

// pooled is the cheapest of a pool; of several that cost the same, the one with the least number, so that the order of the rows
// changes nothing.
func pooled(rows []Offer) Offer {
	if stock := stockOfPool(rows); stock != SoldOut {
		rows = slices.DeleteFunc(rows, func(o Offer) bool { return o.Stock == SoldOut })
	}
	slices.SortFunc(rows, func(a, b Offer) int {
		if c := a.Price.Cmp(b.Price); c != 0 {
			return c
		}
		return strings.Compare(a.Row.Number, b.Row.Number)
	})
	offer := rows[0]
	offer.GpusAvailable, offer.Stock = freeCards(rows), stockOfPool(rows)
	offer.Depth = depthOf(rows, offer.GpusAvailable)
	if offer.Depth == nil {
		offer.GpusAvailable = nil
	}
	offer.Row = nil
	return offer
}

// depthOf is the spread of rows sorted by price; nil when rows are missing.
func depthOf(rows []Offer, free *int) *Depth {
	if slices.ContainsFunc(rows, func(o Offer) bool { return o.Row.Cut }) {
		return nil
	}
	at := func(quarters int) Decimal { return rows[(len(rows)-1)*quarters/4].Price }
	return &Depth{Listings: len(rows), P25: at(1), Median: at(2), P75: at(3), GpusAvailable: free}
}

func freeCards(rows []Offer) *int {
	sum := 0
	for _, o := range rows {
		if o.GpusAvailable == nil {
			return nil
		}
		sum += *o.GpusAvailable
	}
	return &sum
}

// stockOfPool is the best that any row says.
func stockOfPool(rows []Offer) Stock {
	for _, s := range []Stock{Available, Limited, StockUnknown} {
		if slices.ContainsFunc(rows, func(o Offer) bool { return o.Stock == s }) {
			return s
		}
	}
	return SoldOut
}
