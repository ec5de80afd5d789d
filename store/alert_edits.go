package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/redis/go-redis/v9"
)

// EditsSince are the rules that were made, edited, silenced or deleted after a place, each once, and the place to go on from; found is
// false when the place is too old or was never reached, and all rules must be read again.
func (s *Store) EditsSince(ctx context.Context, place int64) (ids []string, now int64, found bool, err error) {
	if place < 0 || place == math.MaxInt64 {
		return nil, 0, false, nil
	}
	var entries *redis.XMessageSliceCmd
	var counter *redis.StringCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		entries, counter = p.XRange(ctx, editsKey, streamID(place+1), "+"), p.HGet(ctx, alertMetaKey, "edits")
	})
	if err != nil {
		return nil, 0, false, fmt.Errorf("read %s: %w", editsKey, err)
	}
	if now, err = number(counter); err != nil {
		return nil, 0, false, fmt.Errorf("%s, edits: %w", alertMetaKey, err)
	}
	if now < place || now > place && (len(entries.Val()) == 0 || entries.Val()[0].ID != streamID(place+1)) {
		return nil, 0, false, nil
	}
	for _, entry := range entries.Val() {
		ids = append(ids, fmt.Sprint(entry.Values["rule"]))
	}
	slices.SortFunc(ids, compareRules)
	return slices.Compact(ids), now, true, nil
}
