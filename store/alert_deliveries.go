package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// Deliveries are what became of an event at each of so many targets. Those that are no longer kept are left out.
func (s *Store) Deliveries(ctx context.Context, event int64, targets int) ([]market.Delivery, error) {
	ids := make([]string, max(targets, 0))
	for i := range ids {
		ids[i] = market.DeliveryID(event, i)
	}
	return s.deliveries(ctx, ids)
}

// deliveries are those of some ids that are there.
func (s *Store) deliveries(ctx context.Context, ids []string) ([]market.Delivery, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var texts, attempts *redis.SliceCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		texts, attempts = p.HMGet(ctx, deliveriesKey, ids...), p.HMGet(ctx, attemptsKey, ids...)
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", deliveriesKey, err)
	}
	var out []market.Delivery
	for i, text := range texts.Val() {
		if text == nil {
			continue
		}
		d, err := decodeDelivery(ids[i], text, attempts.Val()[i])
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// decodeDelivery reads a delivery and how often it was tried, as a server answers them.
func decodeDelivery(id string, text, attempts any) (market.Delivery, error) {
	event, known := market.DeliveryEvent(id)
	if !known {
		return market.Delivery{}, fmt.Errorf("%s: %w: a delivery of another name", deliveriesKey, errForeign)
	}
	d, err := decodeSecret[market.Delivery](deliveriesKey, id, fmt.Sprint(text))
	if err != nil {
		return market.Delivery{}, err
	}
	d.ID, d.Event = id, event
	if attempts == nil {
		return d, nil
	}
	if d.Attempts, err = strconv.Atoi(fmt.Sprint(attempts)); err != nil {
		return market.Delivery{}, fmt.Errorf("%s, %s: %w", attemptsKey, id, errForeign)
	}
	return d, nil
}
