package main

import (
	"context"
	"sync"
	"time"

	"gpuhour/market"
	"gpuhour/store"
)

// past answers how the market stood at a moment. What it reads of a provider it keeps until something of that provider is committed.
type past struct {
	store    *store.Store
	feed     *feed
	registry *registry
	guard    sync.Mutex
	known    map[string]keptChronicle
}

type keptChronicle struct {
	place     keptPlace
	chronicle market.Chronicle
}

// keptPlace is what a chronicle is of: a commit, or an import of a collection.
type keptPlace struct {
	seq      int64
	imported time.Time
}

func newPast(s *store.Store, f *feed, r *registry) *past {
	return &past{store: s, feed: f, registry: r, known: map[string]keptChronicle{}}
}

// At is the market as it stood at a moment, as far as a filter can ask for it.
func (p *past) At(ctx context.Context, moment time.Time, f market.Filter) (*market.View, error) {
	all, err := p.chronicles(ctx, f)
	if err != nil {
		return nil, err
	}
	return market.NewPast(all, p.feed.book.View().Rates(), moment)
}

// Index is the price of a GPU over time.
func (p *past) Index(ctx context.Context, q market.IndexQuestion) ([]market.Index, error) {
	all, err := p.chronicles(ctx, q.Filter)
	if err != nil {
		return nil, err
	}
	return market.NewIndex(all, p.feed.book.View().Rates(), q)
}

func (p *past) chronicles(ctx context.Context, f market.Filter) ([]market.Chronicle, error) {
	p.guard.Lock()
	defer p.guard.Unlock()
	var all []market.Chronicle
	for _, provider := range p.registry.wanted(f) {
		c, err := p.chronicle(ctx, provider)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (p *past) chronicle(ctx context.Context, provider market.Provider) (market.Chronicle, error) {
	place := keptPlace{p.feed.place(provider.ID), provider.ImportedAt}
	if kept, found := p.known[provider.ID]; found && kept.place == place {
		return kept.chronicle, nil
	}
	seq, c, err := p.store.Chronicle(ctx, provider.ID)
	if provider.Collection.Name == "" {
		place.seq = seq
	}
	if err == nil {
		p.known[provider.ID] = keptChronicle{place, c}
	}
	return c, err
}
