package graph

import (
	"context"
	"time"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// index answers a question for an index.
func (r *Resolver) index(ctx context.Context, gpu string, filter *model.OfferFilter, from time.Time, to *time.Time, step *time.Duration, currency *market.Currency) ([]model.PriceIndex, error) {
	q, err := model.AskIndex(r.env(ctx), gpu, filter, from, to, step, currency)
	if err != nil {
		return nil, err
	}
	indices, err := r.Past.Index(ctx, q)
	return model.NewPriceIndices(q, indices), err
}

// exportCount answers how long an export is.
func (r *Resolver) exportCount(ctx context.Context, filter *model.OfferFilter, from, to *time.Time) (int, error) {
	q, err := model.AskExport(r.env(ctx), filter, from, to)
	if err != nil {
		return 0, err
	}
	return r.Past.ExportCount(ctx, q)
}

// offer finds an offer, as it is or as it stood at a moment.
func (r *Resolver) offer(ctx context.Context, id string, asOf *time.Time) (*model.Offer, error) {
	filter := &model.OfferFilter{}
	if asOf != nil {
		filter.Providers = []string{market.ProviderOfOffer(id)}
	}
	env, err := r.at(ctx, asOf, filter)
	if err != nil {
		return nil, err
	}
	entry := env.View.Offer(id)
	if entry == nil {
		return nil, nil
	}
	offer := model.NewOffer(env, entry)
	return &offer, nil
}

// at is what a request sees that asks for another moment; nil is now.
func (r *Resolver) at(ctx context.Context, moment *time.Time, filter *model.OfferFilter) (*model.Env, error) {
	env := r.env(ctx)
	asked := filter.Asked()
	switch {
	case moment == nil && len(asked.Collections) > 0:
		return nil, &market.InvalidError{Field: "filter.collections", Reason: "imported history is never among today's offers: ask with asOf"}
	case moment == nil:
		return env, nil
	case moment.After(env.Now):
		return nil, &market.InvalidError{Field: "asOf", Reason: "expected a moment that has been"}
	}
	view, err := r.Past.At(ctx, *moment, asked)
	if err != nil {
		return nil, err
	}
	then := *env
	then.View, then.Now = view, *moment
	return &then, nil
}
