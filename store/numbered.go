package store

import (
	"context"
	"fmt"
	"math"

	"github.com/redis/go-redis/v9"
)

// numbered is a stream whose entries are numbered without a hole, by a counter in a hash.
type numbered struct{ stream, meta, counter string }

// tellScript appends to such a stream, of which the newest are kept.
const tellScript = `
local function tell(meta, counter, stream, kept, field, value)
  redis.call('XADD', stream, 'MAXLEN', kept, string.format('%d-0', redis.call('HINCRBY', meta, counter, 1)), field, value)
end
`

func streamID(n int64) string { return fmt.Sprintf("%d-0", n) }

// after are the entries behind a place, and the place to go on from; found is false when the place is too old or was never reached.
func (s *Store) after(ctx context.Context, n numbered, place int64) (entries []redis.XMessage, now int64, found bool, err error) {
	if place < 0 || place == math.MaxInt64 {
		return nil, 0, false, nil
	}
	var read *redis.XMessageSliceCmd
	var counter *redis.StringCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		read, counter = p.XRange(ctx, n.stream, streamID(place+1), "+"), p.HGet(ctx, n.meta, n.counter)
	})
	if err != nil {
		return nil, 0, false, fmt.Errorf("read %s: %w", n.stream, err)
	}
	if now, err = number(counter); err != nil {
		return nil, 0, false, fmt.Errorf("%s, %s: %w", n.meta, n.counter, err)
	}
	entries = read.Val()
	if len(entries) == 0 {
		return nil, now, now == place, nil
	}
	return entries, now, now > place && entries[0].ID == streamID(place+1), nil
}
