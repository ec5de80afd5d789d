package model

import (
	"time"

	"gpuhour/market"
)

// OfferChange is a change on the tape, seen at one moment.
type OfferChange struct {
	env    *Env
	moving *market.Moving
}

// NewOfferChange is a change as it is seen now.
func NewOfferChange(env *Env, m *market.Moving) *OfferChange { return &OfferChange{env, m} }

// Cursor is the place behind it.
func (c OfferChange) Cursor() string { return c.moving.Cursor() }

// At is when it was read.
func (c OfferChange) At() time.Time { return c.moving.At }

// Offer is as the change left it.
func (c OfferChange) Offer() Offer {
	return Offer{c.env, c.moving.Entry, c.moving.Sheet, c.moving.At}
}

// PreviousPrice is null where there was none.
func (c OfferChange) PreviousPrice() *market.Money { return c.moving.PreviousPrice }

// PreviousStock is null where there was none.
func (c OfferChange) PreviousStock() *market.Stock { return optional(c.moving.PreviousStock) }

// Withdrawn says whether the offer disappeared.
func (c OfferChange) Withdrawn() bool { return c.moving.Withdrawn }

// Matcher compiles a filter for changes: what it asks for must be read by this program.
func (f *OfferFilter) Matcher(env *Env) (market.Matcher, error) {
	if f != nil && len(f.Collections) > 0 {
		return market.Matcher{}, &market.InvalidError{Field: "filter.collections", Reason: "imported history is never among what changes now"}
	}
	if err := f.check(env); err != nil {
		return market.Matcher{}, err
	}
	return env.View.Matcher(f.Asked())
}
