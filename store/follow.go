package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// Delta is what was committed of one provider after a place.
type Delta struct {
	// Seq is the place to go on from.
	Seq     int64
	Sheets  []market.Sheet
	Upserts []market.Offer
	Removed []string
	Changes []market.Change
}

// settleTries is how often the reading is begun again when commits come in between.
const settleTries = 5

// Since reads what was committed after a place; found is false when the place is too old or was never reached, and everything
// must be read again.
func (s *Store) Since(ctx context.Context, provider string, place int64) (delta Delta, found bool, err error) {
	k := keysOf(provider)
	for range settleTries {
		entries, _, found, err := s.after(ctx, k.commits(), place)
		if err != nil || !found {
			return Delta{}, false, err
		}
		if len(entries) == 0 {
			return Delta{Seq: place}, true, nil
		}
		delta, settled, err := s.delta(ctx, k, place, entries)
		if err != nil || settled {
			return delta, err == nil, err
		}
	}
	// Commits come faster than they can be read. A reload is one reading.
	return Delta{}, false, nil
}

func (k keys) commits() numbered { return numbered{k.changes(), k.meta(), "seq"} }

// delta sums up entries; settled is false when something else was committed meanwhile, so that offers are of another moment.
func (s *Store) delta(ctx context.Context, k keys, place int64, entries []redis.XMessage) (delta Delta, settled bool, err error) {
	delta.Seq = place + int64(len(entries))
	changed, gone := map[string]bool{}, map[string]bool{}
	for _, entry := range entries {
		text, _ := entry.Values["change"].(string)
		r, err := decode[record](k.changes(), entry.ID, text)
		if err != nil {
			return Delta{}, false, err
		}
		delta.Changes = append(delta.Changes, r.Changes...)
		move(r.Upserts, gone, changed)
		move(r.Removed, changed, gone)
	}
	delta.Removed = sortedKeys(gone)
	now, err := s.fill(ctx, k, &delta, sortedKeys(changed))
	return delta, now == delta.Seq, err
}

func move(ids []string, from, to map[string]bool) {
	for _, id := range ids {
		to[id] = true
		delete(from, id)
	}
}

// fill reads the sheets and the offers that changed, as they are now, and the number of the commit they are of.
func (s *Store) fill(ctx context.Context, k keys, delta *Delta, changed []string) (now int64, err error) {
	var seq *redis.StringCmd
	var sheets *redis.MapStringStringCmd
	var parts []*redis.SliceCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		seq, sheets = p.HGet(ctx, k.meta(), "seq"), p.HGetAll(ctx, k.sheets())
		parts = some(ctx, p, k.offers(), changed)
	})
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", k.offers(), err)
	}
	if delta.Sheets, err = decodeSheets(k, sheets.Val()); err != nil {
		return 0, err
	}
	if delta.Upserts, err = decodeOffers(k, present(changed, parts)); err != nil {
		return 0, err
	}
	return number(seq)
}

// some asks for some fields of a hash, a few hundred at a time; see present.
func some(ctx context.Context, p redis.Pipeliner, key string, fields []string) (parts []*redis.SliceCmd) {
	for part := range slices.Chunk(fields, 500) {
		parts = append(parts, p.HMGet(ctx, key, part...))
	}
	return parts
}

// present are the answers by id, without the ids that have been removed meanwhile.
func present(ids []string, parts []*redis.SliceCmd) map[string]string {
	out := make(map[string]string, len(ids))
	i := 0
	for _, part := range parts {
		for _, value := range part.Val() {
			if text, there := value.(string); there {
				out[ids[i]] = text
			}
			i++
		}
	}
	return out
}
