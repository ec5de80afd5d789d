package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	_, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		seq, sheets, offers = p.HGet(ctx, k.meta(), "seq"), p.HGetAll(ctx, k.sheets()), p.HGetAll(ctx, k.offers())
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return State{}, fmt.Errorf("read %s: %w", provider, err)
	}
	var state State
	state.Seq, err = number(seq)
	if err != nil {
		return State{}, fmt.Errorf("%s: %w", k.meta(), err)
	}
	if state.Sheets, err = decodeAll[market.Sheet](k.sheets(), sheets.Val()); err != nil {
		return State{}, err
	}
	state.Offers, err = decodeAll[market.Offer](k.offers(), offers.Val())
	return state, err
}

func number(c *redis.StringCmd) (int64, error) {
	n, err := c.Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, err
}

// Snapshot is what the next run of a sheet is judged against; an empty one when it has never been read.
func (s *Store) Snapshot(ctx context.Context, provider, sheet string) (market.Snapshot, error) {
	state, err := s.Provider(ctx, provider)
	if err != nil {
		return market.Snapshot{}, err
	}
	var snapshot market.Snapshot
	if i := slices.IndexFunc(state.Sheets, func(x market.Sheet) bool { return x.Name == sheet }); i >= 0 {
		snapshot.Sheet = state.Sheets[i]
	}
	snapshot.Offers = slices.DeleteFunc(state.Offers, func(o market.Offer) bool { return o.Sheet != sheet })
	snapshot.Held, err = s.held(ctx, provider, sheet)
	return snapshot, err
}

func (s *Store) held(ctx context.Context, provider, sheet string) (*market.Held, error) {
	key := keysOf(provider).held()
	text, err := s.client.HGet(ctx, key, sheet).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	held, err := decode[market.Held](key, sheet, text)
	return &held, err
}

// Delta is what was committed of one provider after a place.
type Delta struct {
	Seq     int64
	Sheets  []market.Sheet
	Upserts []market.Offer
	Removed []string
	Changes []market.Change
}

// Since reads what was committed after a place; found is false when the place is too old, and everything must be read again.
func (s *Store) Since(ctx context.Context, provider string, place int64) (delta Delta, found bool, err error) {
	k := keysOf(provider)
	entries, err := s.client.XRange(ctx, k.changes(), fmt.Sprintf("%d-0", place+1), "+").Result()
	if err != nil {
		return Delta{}, false, fmt.Errorf("read %s: %w", k.changes(), err)
	}
	if len(entries) == 0 {
		seq, err := number(s.client.HGet(ctx, k.meta(), "seq"))
		return Delta{Seq: place}, seq == place, err
	}
	if entries[0].ID != fmt.Sprintf("%d-0", place+1) {
		return Delta{}, false, nil
	}
	return s.delta(ctx, k, place, entries)
}

func (s *Store) delta(ctx context.Context, k keys, place int64, entries []redis.XMessage) (Delta, bool, error) {
	delta := Delta{Seq: place + int64(len(entries))}
	changed, gone := map[string]bool{}, map[string]bool{}
	for _, entry := range entries {
		text, _ := entry.Values["change"].(string)
		r, err := decode[record](k.changes(), entry.ID, text)
		if err != nil {
			return Delta{}, false, err
		}
		delta.Changes = append(delta.Changes, r.Changes...)
		for _, id := range r.Upserts {
			changed[id] = true
			delete(gone, id)
		}
		for _, id := range r.Removed {
			gone[id] = true
			delete(changed, id)
		}
	}
	delta.Removed = sortedKeys(gone)
	return delta, true, s.fill(ctx, k, &delta, sortedKeys(changed))
}

// fill reads the sheets and the offers that changed, as they are now.
func (s *Store) fill(ctx context.Context, k keys, delta *Delta, changed []string) error {
	sheets, err := s.client.HGetAll(ctx, k.sheets()).Result()
	if err != nil {
		return fmt.Errorf("read %s: %w", k.sheets(), err)
	}
	if delta.Sheets, err = decodeAll[market.Sheet](k.sheets(), sheets); err != nil {
		return err
	}
	for part := range slices.Chunk(changed, 500) {
		values, err := s.client.HMGet(ctx, k.offers(), part...).Result()
		if err != nil {
			return fmt.Errorf("read %s: %w", k.offers(), err)
		}
		for i, value := range values {
			text, there := value.(string)
			if !there {
				continue // removed since; the entry that says so comes next
			}
			o, err := decode[market.Offer](k.offers(), part[i], text)
			if err != nil {
				return err
			}
			delta.Upserts = append(delta.Upserts, o)
		}
	}
	return nil
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

// decodeAll decodes the values of a hash in the order of its fields.
func decodeAll[T any](key string, fields map[string]string) ([]T, error) {
	out := make([]T, 0, len(fields))
	for _, field := range sortedKeys(fields) {
		v, err := decode[T](key, field, fields[field])
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// decode reads one value; an error names the key, because nothing is skipped in silence.
func decode[T any](key, field, text string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, fmt.Errorf("%s, %s: %w", key, field, err)
	}
	return v, nil
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
