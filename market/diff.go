package market

import (
	"slices"
	"strings"
	"time"
)

// Difference is what one run changes in the offers of its sheet.
type Difference struct {
	// Upserts are the offers to write: new ones, and those whose terms differ.
	Upserts []Offer
	// Removed are the ids that the provider no longer lists.
	Removed []string
	// Changes are the differences of price and stock, withdrawals included.
	Changes []Change
}

// Diff compares the offers a sheet has with those it had, at the time of the run. An offer keeps the time it was first
// seen, and the time it changed while its price and stock stay the same.
func Diff(before, after []Offer, at time.Time) Difference {
	var d Difference
	old := byID(before)
	for _, offer := range after {
		previous, existed := old[offer.ID]
		delete(old, offer.ID)
		d.add(offer, previous, existed, at)
	}
	for id, gone := range old {
		d.Removed = append(d.Removed, id)
		d.Changes = append(d.Changes, withdrawal(gone, at))
	}
	slices.Sort(d.Removed)
	slices.SortFunc(d.Changes, func(a, b Change) int { return strings.Compare(a.OfferID, b.OfferID) })
	return d
}

func (d *Difference) add(offer, previous Offer, existed bool, at time.Time) {
	offer.FirstSeenAt, offer.ChangedAt, offer.Decimals = at, at, offer.Listed.Amount.Scale()
	if existed {
		offer.FirstSeenAt, offer.ChangedAt, offer.Decimals = previous.FirstSeenAt, previous.ChangedAt, previous.Decimals
	}
	if !existed || !offer.SameQuote(previous) {
		offer.ChangedAt, offer.Decimals = at, max(offer.Decimals, offer.Listed.Amount.Scale())
		d.Changes = append(d.Changes, change(offer, previous, existed, at))
	}
	if !existed || !offer.SameTerms(previous) {
		d.Upserts = append(d.Upserts, offer)
	}
}

func change(offer, previous Offer, existed bool, at time.Time) Change {
	c := Change{OfferID: offer.ID, At: at, Amount: offer.Listed.Amount, Stock: offer.Stock, GpusAvailable: offer.GpusAvailable, Point: offer.point(at)}
	if existed {
		amount := previous.Listed.Amount
		c.Previous, c.PreviousStock = &amount, previous.Stock
		c.After, c.Decimals = new(previous.point(previous.ChangedAt)), previous.Decimals
	}
	return c
}

func withdrawal(gone Offer, at time.Time) Change {
	amount := gone.Listed.Amount
	c := Change{OfferID: gone.ID, At: at, Amount: amount, Previous: &amount, Stock: gone.Stock, PreviousStock: gone.Stock, Withdrawn: true,
		Point: gone.point(at), After: new(gone.point(gone.ChangedAt)), Decimals: gone.Decimals}
	c.Point.Withdrawn = true
	return c
}

// point is the offer's history at a moment.
func (o Offer) point(at time.Time) Point {
	return Point{PointTerms: PointTerms{o.Listed.Currency, o.Listed.Per, o.Listed.Period, o.GpuCount}, At: at.UTC().Truncate(time.Second),
		Amount: o.Listed.Amount, Stock: o.Stock, GpusAvailable: o.GpusAvailable}
}

func byID(offers []Offer) map[string]Offer {
	m := make(map[string]Offer, len(offers))
	for _, o := range offers {
		m[o.ID] = o
	}
	return m
}
