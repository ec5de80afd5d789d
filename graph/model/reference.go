package model

import (
	"context"
	"sync"
	"time"

	"gpuhour/market"
)

// References are the reference prices of today, each found once while the market stays the same: whoever looks at a fleet asks for all of them, and
// whoever follows it asks with every change.
type References struct {
	guard  sync.Mutex
	view   *market.View
	day    time.Time
	prices map[referenceKey]*market.Decimal
}

type referenceKey struct {
	gpu      string
	currency market.Currency
}

// mostReferences is how many prices are kept: more than anybody has cards and currencies.
const mostReferences = 1000

// price is the reference price of a GPU; nil where there is none.
func (r *References) price(ctx context.Context, env *Env, gpu string, c market.Currency) (*market.Decimal, error) {
	r.guard.Lock()
	defer r.guard.Unlock()
	if day := env.Now.UTC().Truncate(24 * time.Hour); r.view != env.View || r.day != day || len(r.prices) >= mostReferences {
		r.view, r.day, r.prices = env.View, day, map[referenceKey]*market.Decimal{}
	}
	key := referenceKey{gpu, c}
	price, known := r.prices[key]
	if known {
		return price, nil
	}
	indices, err := env.Past.Index(ctx, market.ReferenceQuestion(gpu, c, env.Now, env.Now, env.Cadence))
	if err != nil {
		return nil, err
	}
	if point, found := market.Reference(indices); found {
		price = &point.Spread.Median
	}
	r.prices[key] = price
	return price, nil
}
