package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// NextDue is when the next delivery is to be tried, or taken from who tries it for too long; found is false when none is under way.
func (s *Store) NextDue(ctx context.Context) (at time.Time, found bool, err error) {
	next, err := s.client.ZRangeWithScores(ctx, dueKey, 0, 0).Result()
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read %s: %w", dueKey, err)
	}
	if len(next) == 0 {
		return time.Time{}, false, nil
	}
	return time.UnixMilli(int64(next[0].Score)).UTC(), true, nil
}

// claimScript hands out what is due, and counts the attempt. Until the lease ends nobody else gets it.
const claimScript = `
local due, deliveries, attempts, claimed = unpack(KEYS)
local now, lease_end, most = unpack(ARGV)
local out = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most)) do
  local attempt = redis.call('HINCRBY', attempts, id, 1)
  redis.call('HSET', claimed, id, attempt)
  redis.call('ZADD', due, lease_end, id)
  out[#out + 1] = id
  out[#out + 1] = redis.call('HGET', deliveries, id)
  out[#out + 1] = attempt
end
return out
`

// Claim gives at most so many deliveries that are due, longest due first, to whoever asks first, each with the attempt that is now made.
// Unless it is finished by the end of the lease, a delivery is due again. Where nothing is due, nothing is written.
// Deliveries that cannot be read are an error; the others are given beside it, so that they are not held up.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration, most int) ([]market.Delivery, error) {
	until := strconv.FormatInt(now.UnixMilli(), 10)
	ready, err := s.client.ZRangeByScore(ctx, dueKey, &redis.ZRangeBy{Min: "-inf", Max: until, Count: 1}).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dueKey, err)
	}
	if len(ready) == 0 || most <= 0 {
		return nil, nil
	}
	names := []string{dueKey, deliveriesKey, attemptsKey, claimedKey}
	answer, err := s.client.Eval(ctx, claimScript, names, until, now.Add(lease).UnixMilli(), most).Slice()
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimedFrom(answer)
}

func claimedFrom(answer []any) (out []market.Delivery, problems error) {
	for triple := range slices.Chunk(answer, 3) {
		d, err := decodeDelivery(fmt.Sprint(triple[0]), triple[1], triple[2])
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		out = append(out, d)
	}
	return out, problems
}
