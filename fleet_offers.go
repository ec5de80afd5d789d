package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"gpuhour/market"
	"gpuhour/store"
)

// ownProvider is our own fleet as a seller: its idle cards stand beside everybody's offers where the operator has set a price.
var ownProvider = market.Provider{ID: market.OwnProvider, Name: "Own fleet", Kind: market.OwnFleet, Homepage: "https://localhost", Schedule: "* * * * *", Cadence: 2 * time.Minute}

// learn finds out whether own cards are on offer, or were.
func (c *ownCards) learn(ctx context.Context) error {
	prices, err := c.store.FleetPrices(ctx)
	if err != nil || len(prices) > 0 {
		c.app.registry.own.Store(err == nil)
		return err
	}
	state, err := c.store.Provider(ctx, market.OwnProvider)
	c.app.registry.own.Store(state.Seq > 0)
	return err
}

// ownLock is how long one process has the right to commit own cards.
const ownLock = 20 * time.Second

// offer commits the idle cards that have a price like any provider's run, so that history, changes and alerts know them; once for each slot
// of time where one is given, whichever replica comes first. Where there never was a price there is nothing to commit.
func (c *ownCards) offer(ctx context.Context, slot time.Time) error {
	if err := c.learn(ctx); err != nil || !c.app.registry.own.Load() {
		return err
	}
	lease, err := c.store.Lock(ctx, market.OwnProvider, slot, ownLock)
	if errors.Is(err, store.ErrLocked) || errors.Is(err, store.ErrDone) {
		return c.app.feed.follow(ctx, market.OwnProvider)
	}
	if err != nil {
		return err
	}
	return errors.Join(c.commitOffers(ctx, lease.Fence()), lease.Release(context.WithoutCancel(ctx)), c.app.feed.follow(ctx, market.OwnProvider))
}

func (c *ownCards) commitOffers(ctx context.Context, fence int64) error {
	prices, err := c.store.FleetPrices(ctx)
	if err != nil {
		return err
	}
	before, err := c.store.Snapshot(ctx, market.OwnProvider, market.OwnSheet)
	if err != nil {
		return err
	}
	capacities, err := c.Capacities(ctx)
	if err != nil {
		return err
	}
	offers, err := market.OwnOffers(capacities, prices)
	if err != nil {
		return err
	}
	commit := ownCommit(before, offers, c.app.now().UTC())
	commit.Fence = fence
	_, err = c.store.Commit(ctx, commit)
	return err
}

func ownCommit(before market.Snapshot, offers []market.Offer, now time.Time) market.Commit {
	d := market.Diff(before.Offers, offers, now)
	run := market.Run{ID: rand.Text(), Provider: market.OwnProvider, Sheet: market.OwnSheet, StartedAt: now, EndedAt: now, Offers: len(offers), Changed: len(d.Changes)}
	return market.Commit{Run: run, Upserts: d.Upserts, Removed: d.Removed, Changes: d.Changes, RunBefore: before.Sheet.LastRunAt,
		Sheet: market.Sheet{Provider: market.OwnProvider, Name: market.OwnSheet, LastRunID: run.ID, LastRunAt: now, LastSuccessAt: now}}
}
