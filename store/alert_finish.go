package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// finishScript ends an attempt. What was delivered, or is dead and makes room for others, needs its event no longer; an event that is
// older than those that are kept goes with its last delivery.
const finishScript = `
local meta, deliveries, attempts, claimed, due, dead, events, open = unpack(KEYS)
local id, attempt, status, delivery, next_at, dead_kept = unpack(ARGV)
if redis.call('HGET', claimed, id) ~= attempt then return 0 end
redis.call('HDEL', claimed, id)
redis.call('HSET', deliveries, id, delivery)
if status == 'RETRYING' then
  redis.call('ZADD', due, next_at, id)
  return 1
end
local first = tonumber(redis.call('HGET', meta, 'first') or '1')
local function release(id)
  local event = string.format('%d', tonumber(string.match(id, "^event/(%d+)/")))
  local old = tonumber(event) < first
  if redis.call('HINCRBY', open, event, -1) < 1 then
    redis.call('HDEL', open, event)
    if old then redis.call('HDEL', events, event) end
  end
  if old then
    redis.call('HDEL', deliveries, id)
    redis.call('HDEL', attempts, id)
  end
end
redis.call('ZREM', due, id)
if status == 'DELIVERED' then
  release(id)
  return 1
end
redis.call('ZADD', dead, redis.call('HINCRBY', meta, 'dead', 1), id)
while redis.call('ZCARD', dead) > tonumber(dead_kept) do
  local oldest = redis.call('ZRANGE', dead, 0, 0)[1]
  redis.call('ZREM', dead, oldest)
  release(oldest)
end
return 1
`

// Finish ends the attempt that a delivery was claimed for: it is DELIVERED, or RETRYING at its NextAt, or FAILED and a dead letter. It
// changes nothing, and is false, when the attempt is over: because it was finished, or because another has taken over.
func (s *Store) Finish(ctx context.Context, d market.Delivery) (bool, error) {
	return s.finish(ctx, d, deadKept)
}

func (s *Store) finish(ctx context.Context, d market.Delivery, kept int) (bool, error) {
	if err := finishable(d); err != nil {
		return false, fmt.Errorf("finish a delivery: %w", err)
	}
	var e encoder
	text := e.text(d)
	if e.err != nil {
		return false, fmt.Errorf("finish %s: %w", d.ID, e.err)
	}
	names := []string{alertMetaKey, deliveriesKey, attemptsKey, claimedKey, dueKey, deadKey, eventsKey, openKey}
	outcome, err := s.client.Eval(ctx, finishScript, names, d.ID, d.Attempts, string(d.Status), text, d.NextAt.UnixMilli(), kept).Int()
	if err != nil {
		return false, fmt.Errorf("finish %s: %w", d.ID, err)
	}
	return outcome == 1, nil
}

// putOffScript gives a claimed delivery back untried: the attempt does not count.
const putOffScript = `
local attempts, claimed, due = unpack(KEYS)
local id, attempt, at = unpack(ARGV)
if redis.call('HGET', claimed, id) ~= attempt then return 0 end
redis.call('HDEL', claimed, id)
redis.call('HINCRBY', attempts, id, -1)
redis.call('ZADD', due, at, id)
return 1
`

// PutOff gives a delivery back that was claimed and not tried: it is due again at a moment, and the attempt does not count. It is false
// when another has taken over.
func (s *Store) PutOff(ctx context.Context, d market.Delivery, until time.Time) (bool, error) {
	outcome, err := s.client.Eval(ctx, putOffScript, []string{attemptsKey, claimedKey, dueKey}, d.ID, d.Attempts, until.UnixMilli()).Int()
	if err != nil {
		return false, fmt.Errorf("put off %s: %w", d.ID, err)
	}
	return outcome == 1, nil
}

// finishable says what is wrong with a delivery's end.
func finishable(d market.Delivery) error {
	_, known := market.DeliveryEvent(d.ID)
	switch {
	case !known:
		return errors.New("it has no id")
	case d.Status == market.DeliveryRetrying && d.NextAt.IsZero():
		return fmt.Errorf("%s is to be tried again, but not when", d.ID)
	case d.Status != market.DeliveryRetrying && d.Status != market.Delivered && d.Status != market.DeliveryFailed:
		return fmt.Errorf("%s is not finished with status %q", d.ID, d.Status)
	}
	return nil
}
