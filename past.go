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
	place     int64
	chronicle market.Chronicle
}

func newPast(s *store.Store, f *feed, r *registry) *past {
	return &past{store: s, feed: f, registry: r, known: map[string]keptChronicle{}}
}

// At is the whole market as it stood at a moment.
func (p *past) At(ctx context.Context, moment time.Time) (*market.View, error) {
	all, err := p.chronicles(ctx)
	if err != nil {
		return nil, err
	}
	return market.NewPast(all, p.feed.book.View().Rates(), moment)
}

// Index is the price of a GPU over time.
func (p *past) Index(ctx context.Context, q market.IndexQuestion) ([]market.Index, error) {
	all, err := p.chronicles(ctx)
	if err != nil {
		return nil, err
	}
	return market.NewIndex(all, p.feed.book.View().Rates(), q)
}

func (p *past) chronicles(ctx context.Context) ([]market.Chronicle, error) {
	p.guard.Lock()
	defer p.guard.Unlock()
	var all []market.Chronicle
	for _, provider := range p.registry.Providers() {
		c, err := p.chronicle(ctx, provider.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (p *past) chronicle(ctx context.Context, provider string) (market.Chronicle, error) {
	place := p.feed.place(provider)
	if kept, found := p.known[provider]; found && kept.place == place {
		return kept.chronicle, nil
	}
	place, c, err := p.store.Chronicle(ctx, provider)
	if err == nil {
		p.known[provider] = keptChronicle{place, c}
	}
	return c, err
}
