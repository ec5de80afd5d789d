package store

import (
	"cmp"
	"context"
	"fmt"

	"gpuhour/market"
)

// SetFleetPrice keeps for how much a card-hour of our own cards of a catalogue entry is offered; nil is for not at all.
func (s *Store) SetFleetPrice(ctx context.Context, gpu string, price *market.Money) error {
	var e encoder
	var err error
	if price == nil {
		err = s.client.HDel(ctx, fleetPricesKey, gpu).Err()
	} else if text := e.text(price); e.err == nil {
		err = s.client.HSet(ctx, fleetPricesKey, gpu, text).Err()
	}
	if e.err != nil || err != nil {
		return fmt.Errorf("price of %s: %w", gpu, cmp.Or(e.err, err))
	}
	return nil
}

// FleetPrices are the prices of a card-hour of our own cards, by catalogue entry.
func (s *Store) FleetPrices(ctx context.Context) (map[string]market.Money, error) {
	fields, err := s.client.HGetAll(ctx, fleetPricesKey).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", fleetPricesKey, err)
	}
	prices := map[string]market.Money{}
	for gpu, text := range fields {
		if prices[gpu], err = decode[market.Money](fleetPricesKey, gpu, text); err != nil {
			return nil, err
		}
	}
	return prices, nil
}
