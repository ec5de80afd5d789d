package market

import (
	"slices"
	"time"
)

// Moved is a change with the offer as the change left it; a withdrawn offer is as it last was.
type Moved struct {
	At    time.Time
	Offer Offer
	// Sheet is what the offer was read from then.
	Sheet Sheet
	// PreviousPrice is the whole offer for one hour as it was before; nil where the offer was not listed before, or where that is not known.
	PreviousPrice *Money
	// PreviousStock is empty where the offer was not listed before.
	PreviousStock Stock
	// Withdrawn is true where the offer disappeared from the provider's list.
	Withdrawn bool
}

// Moves are the changes that one commit made.
type Moves struct {
	// Seq is the commit's number among its provider's.
	Seq   int64
	Moved []Moved
}

// SheetAt is a sheet as a run left it that changed something.
func SheetAt(provider, name string, at time.Time, documents []Source, parser int) Sheet {
	return Sheet{Provider: provider, Name: name, LastRunAt: at, LastSuccessAt: at, Documents: documents, Parser: parser}
}

// Between puts the offers around a change to it; before is nil where the offer was not listed, after where it was withdrawn. It is false
// where they do not fit: they are of another moment.
func (c Change) Between(before, after *Offer) (Moved, bool) {
	left := after
	if c.Withdrawn {
		left = before
	}
	if left == nil || !c.left(left.Listed.Amount, left.Stock, left.GpusAvailable) || (before != nil) != (c.Previous != nil) ||
		before != nil && !c.followed(before.Listed.Amount, before.Stock) {
		return Moved{}, false
	}
	m := Moved{At: c.At, Offer: *left, PreviousStock: c.PreviousStock, Withdrawn: c.Withdrawn}
	if before != nil {
		m.PreviousPrice = &Money{before.Price, before.Listed.Currency}
	}
	return m, true
}

// left says whether the change left an offer so. Of a withdrawn one the cards that were free are not kept.
func (c Change) left(amount Decimal, stock Stock, free *int) bool {
	return amount.Cmp(c.Amount) == 0 && stock == c.Stock && (c.Withdrawn || show(free) == show(c.GpusAvailable))
}

// followed says whether the change found an offer so.
func (c Change) followed(amount Decimal, stock Stock) bool {
	return c.Previous != nil && amount.Cmp(*c.Previous) == 0 && stock == c.PreviousStock
}

// Moved finds changes of the offer, oldest first, in its history; found is false where the history no longer has one of them.
func (t Told) Moved(changes []Change) (moved []Moved, found bool, err error) {
	points, err := writtenPoints(t.Stream)
	if err != nil {
		return nil, false, err
	}
	moved = make([]Moved, len(changes))
	place := len(points)
	for i, c := range slices.Backward(changes) {
		if place = c.in(points[:place]); place < 0 {
			return nil, false, nil
		}
		if moved[i], err = t.movedAt(c, points, place); err != nil {
			return nil, false, err
		}
	}
	return moved, true, nil
}

// in is the last place among points at which the change stands; negative where it does not.
func (c Change) in(points []Point) int {
	for i, p := range slices.Backward(points) {
		if p.At.Unix() == c.At.Unix() && p.Withdrawn == c.Withdrawn && c.left(p.Amount, p.Stock, p.GpusAvailable) {
			return i
		}
	}
	return -1
}

func (t Told) movedAt(c Change, points []Point, place int) (Moved, error) {
	left := points[place]
	m := Moved{At: c.At, PreviousStock: c.PreviousStock, Withdrawn: c.Withdrawn}
	if place > 0 && !points[place-1].Withdrawn && c.followed(points[place-1].Amount, points[place-1].Stock) {
		before, err := points[place-1].Price()
		if err != nil {
			return Moved{}, err
		}
		m.PreviousPrice = &before
		if c.Withdrawn {
			left = points[place-1]
		}
	}
	var err error
	if m.Offer, err = t.Offer.asOf(left); err != nil {
		return Moved{}, err
	}
	m.Offer.Listed.Amount = c.Amount // digit for digit
	if m.Offer.FirstSeenAt.After(c.At) {
		m.Offer.FirstSeenAt = points[0].At
	}
	if !c.Withdrawn {
		m.Offer.ChangedAt = c.At
	}
	return m, nil
}

// Entry is an offer that need not be in the view, with its prices at the exchange rates of a moment.
func (v *View) Entry(o Offer, at time.Time) *Entry { return newEntry(o, v.rates.remembered(), at) }

// Matcher says which offers a filter asks for.
type Matcher struct{ keep *predicate }

// Matcher compiles a filter. An *InvalidError names what cannot be understood. What is stale is not asked: a Matcher is for offers that are
// read just now.
func (v *View) Matcher(f Filter) (Matcher, error) {
	f.ExcludeStale = false
	keep, err := v.compile(f, nil, time.Time{})
	return Matcher{keep}, err
}

// Matches says whether an offer is asked for.
func (m Matcher) Matches(e *Entry) bool { return m.keep.matches(e) }

// Wants says whether any offer of a provider can be asked for.
func (m Matcher) Wants(provider string) bool { return in(m.keep.filter.Providers, provider) }
