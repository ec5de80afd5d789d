package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// State is everything of one provider at one moment.
type State struct {
	// Seq is the number of the provider's last commit.
	Seq    int64
	Sheets []market.Sheet
	Offers []market.Offer
}

// Provider reads everything of one provider; an empty State when it has never been read.
func (s *Store) Provider(ctx context.Context, provider string) (State, error) {
	k := keysOf(provider)
	var seq *redis.StringCmd
	var sheets, offers *redis.MapStringStringCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		seq, sheets, offers = p.HGet(ctx, k.meta(), "seq"), p.HGetAll(ctx, k.sheets()), p.HGetAll(ctx, k.offers())
	})
	if err != nil {
		return State{}, fmt.Errorf("read %s: %w", provider, err)
	}
	var state State
	if state.Seq, err = number(seq); err != nil {
		return State{}, fmt.Errorf("%s, seq: %w", k.meta(), err)
	}
	if state.Sheets, err = decodeSheets(k, sheets.Val()); err != nil {
		return State{}, err
	}
	state.Offers, err = decodeOffers(k, offers.Val())
	return state, err
}

// together asks several things of one provider at one moment. That a key is not there is an answer, any other error is not.
func (s *Store) together(ctx context.Context, ask func(redis.Pipeliner)) error {
	commands, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error { ask(p); return nil })
	for _, c := range commands {
		if c.Err() != nil && !errors.Is(c.Err(), redis.Nil) {
			return c.Err()
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// number is a counter; 0 when it was never set.
func number(c *redis.StringCmd) (int64, error) {
	n, err := c.Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, err
}

// Snapshot is what the next run of a sheet is judged against; an empty one when it has never been read.
func (s *Store) Snapshot(ctx context.Context, provider, sheet string) (market.Snapshot, error) {
	k := keysOf(provider)
	var state, held *redis.StringCmd
	var offers *redis.MapStringStringCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		state, held, offers = p.HGet(ctx, k.sheets(), sheet), p.HGet(ctx, k.held(), sheet), p.HGetAll(ctx, k.offers())
	})
	if err != nil {
		return market.Snapshot{}, fmt.Errorf("read %s: %w", provider, err)
	}
	return snapshotFrom(k, sheet, state, held, offers.Val())
}

func snapshotFrom(k keys, sheet string, state, held *redis.StringCmd, offers map[string]string) (market.Snapshot, error) {
	var snapshot market.Snapshot
	var err error
	if state.Err() == nil {
		if snapshot.Sheet, err = decode[market.Sheet](k.sheets(), sheet, state.Val()); err != nil {
			return market.Snapshot{}, err
		}
	}
	if held.Err() == nil {
		h, err := decode[market.Held](k.held(), sheet, held.Val())
		if err != nil {
			return market.Snapshot{}, err
		}
		snapshot.Held = &h
	}
	all, err := decodeOffers(k, withoutOtherSheets(offers, sheet))
	if err != nil {
		return market.Snapshot{}, err
	}
	snapshot.Offers = slices.DeleteFunc(all, func(o market.Offer) bool { return o.Sheet != sheet })
	return snapshot, nil
}

// withoutOtherSheets leaves out the offers that name another sheet before they are decoded: a provider of thirty sheets is read
// thirty times a run.
func withoutOtherSheets(offers map[string]string, sheet string) map[string]string {
	const field = `"Sheet":`
	name, err := json.Marshal(sheet)
	if err != nil {
		return offers
	}
	maps.DeleteFunc(offers, func(_, offer string) bool {
		return strings.Contains(offer, field) && !strings.Contains(offer, field+string(name))
	})
	return offers
}

// Runs are the last runs of a provider, newest first; fewer when there were not so many.
func (s *Store) Runs(ctx context.Context, provider string, last int) ([]market.Run, error) {
	key := keysOf(provider).runs()
	if last <= 0 {
		return nil, nil
	}
	texts, err := s.client.LRange(ctx, key, 0, int64(last)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	runs := make([]market.Run, len(texts))
	for i, text := range texts {
		if runs[i], err = decode[market.Run](key, fmt.Sprint(i), text); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// Rejected are rows of the latest document of every sheet that were not believed, the first ones.
func (s *Store) Rejected(ctx context.Context, provider string, first int) ([]market.Rejection, error) {
	key := keysOf(provider).rejected()
	sheets, err := s.client.HGetAll(ctx, key).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	bySheet, err := decodeAll[[]market.Rejection](key, sheets)
	if err != nil {
		return nil, err
	}
	rows := slices.Concat(bySheet...)
	return rows[:min(max(first, 0), len(rows))], nil
}
