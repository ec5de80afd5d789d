package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// ErrNotDead says that a delivery is not among the dead letters.
var ErrNotDead = errors.New("is no dead letter")

// DeadLetters are the deliveries that failed for good, the last first.
func (s *Store) DeadLetters(ctx context.Context, first int) ([]market.Delivery, error) {
	if first <= 0 {
		return nil, nil
	}
	ids, err := s.client.ZRevRange(ctx, deadKey, 0, int64(first)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", deadKey, err)
	}
	return s.deliveries(ctx, ids)
}

// redeliverScript answers 0 where the dead letter was delivered again, and failed again, since it was read.
const redeliverScript = `
local deliveries, attempts, due, dead = unpack(KEYS)
local id, attempt, delivery, now = unpack(ARGV)
if not redis.call('ZSCORE', dead, id) then return -1 end
if redis.call('HGET', attempts, id) ~= attempt then return 0 end
redis.call('ZREM', dead, id)
redis.call('HSET', deliveries, id, delivery)
redis.call('ZADD', due, now, id)
return 1
`

// Redeliver takes a dead letter up again: it is PENDING and due, and its attempts go on counting. found is false when there is no such
// delivery; ErrNotDead says that it is no dead letter.
func (s *Store) Redeliver(ctx context.Context, id string, now time.Time) (d market.Delivery, found bool, err error) {
	if _, known := market.DeliveryEvent(id); !known {
		return market.Delivery{}, false, nil
	}
	for range settleTries {
		d, outcome, err := s.redeliver(ctx, id, now)
		switch {
		case err != nil || outcome == noDelivery:
			return market.Delivery{}, false, err
		case outcome == -1:
			return market.Delivery{}, true, fmt.Errorf("%s %w", id, ErrNotDead)
		case outcome == 1:
			return d, true, nil
		}
	}
	return market.Delivery{}, false, errBusy
}

// noDelivery is what redeliver answers beside redeliverScript's answers.
const noDelivery = -2

func (s *Store) redeliver(ctx context.Context, id string, now time.Time) (market.Delivery, int, error) {
	known, err := s.deliveries(ctx, []string{id})
	if err != nil || len(known) == 0 {
		return market.Delivery{}, noDelivery, err
	}
	var e encoder
	d := known[0]
	d.Status, d.NextAt = market.DeliveryPending, now.UTC()
	text := e.text(d)
	if e.err != nil {
		return market.Delivery{}, 0, e.err
	}
	names := []string{deliveriesKey, attemptsKey, dueKey, deadKey}
	outcome, err := s.client.Eval(ctx, redeliverScript, names, id, d.Attempts, text, now.UnixMilli()).Int()
	if err != nil {
		return market.Delivery{}, 0, fmt.Errorf("deliver %s again: %w", id, err)
	}
	return d, outcome, nil
}
