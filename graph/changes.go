package graph

import (
	"context"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// offerChanged follows the changes of matching offers.
func (r *Resolver) offerChanged(ctx context.Context, filter *model.OfferFilter, after *string) (<-chan *model.OfferChange, error) {
	match, err := filter.Matcher(r.now())
	if err != nil {
		return nil, err
	}
	cursor := ""
	if after != nil {
		cursor = *after
	}
	changes, err := r.Changes.Read(ctx, cursor, match)
	if err != nil {
		return nil, err
	}
	show := func(m *market.Moving) *model.OfferChange { return model.NewOfferChange(r.current(), m) }
	return stream(ctx, r.Patience.withDefaults().Lag, changes, show), nil
}
