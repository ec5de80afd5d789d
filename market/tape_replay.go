package market

import (
	"context"
	"maps"
	"slices"
)

// replay reads the commits of some providers from the record, one provider after the other.
type replay struct {
	// at is how far it has come, to is where it ends.
	at, to map[string]int64
	// skip is how many changes of the first commit of a provider were seen before.
	skip spot
	// providers are those that are still to be read, the first one in part.
	providers []string
	// read are commits of that one that were read already.
	read []*part
}

// newReplay is from a spot to places. What no filter of the reader can ask for is passed over. The provider of a commit that is begun
// comes first: a cursor can name one such commit only.
func newReplay(from spot, to *Places, m Matcher) *replay {
	r := &replay{at: maps.Clone(to.at), to: to.at, skip: from}
	for _, provider := range slices.Sorted(maps.Keys(to.at)) {
		if place := from.places.at[provider]; place < to.at[provider] && m.Wants(provider) {
			r.at[provider] = place
			r.providers = append(r.providers, provider)
		}
	}
	if i := slices.Index(r.providers, from.provider); i > 0 {
		r.providers = slices.Insert(slices.Delete(r.providers, i, i+1), 0, from.provider)
	}
	return r
}

// check says at once where something is no longer there.
func (r *replay) check(ctx context.Context, t *Tape) error {
	for _, provider := range r.providers {
		if _, whole := t.recall(provider, r.at[provider], r.to[provider]); whole {
			continue
		}
		_, found, err := t.record.Moves(ctx, provider, r.at[provider], r.at[provider]+1)
		if err != nil {
			return err
		}
		if !found {
			return &ExpiredError{provider}
		}
	}
	return nil
}

// turn is the next commit that changed something, and how many of its changes were seen before; nil at the end.
func (r *replay) turn(ctx context.Context, t *Tape) (*part, int, error) {
	for len(r.providers)+len(r.read) > 0 {
		if len(r.read) == 0 {
			if err := r.fetch(ctx, t); err != nil {
				return nil, 0, err
			}
			continue
		}
		next := r.read[0]
		before := maps.Clone(r.at)
		before[next.provider] = next.seq - 1
		r.at[next.provider], r.read = next.seq, r.read[1:]
		return next.from(newPlaces(before)), r.seen(next), nil
	}
	return nil, 0, nil
}

// seen is how many of a commit's changes were seen before the replay.
func (r *replay) seen(p *part) int {
	if p.provider != r.skip.provider || p.seq != r.skip.seen(p.provider) {
		return 0
	}
	return min(r.skip.done, len(p.moving))
}

// fetch reads more of the first provider, or goes on to the next one.
func (r *replay) fetch(ctx context.Context, t *Tape) error {
	provider := r.providers[0]
	after, upTo := r.at[provider], r.to[provider]
	if after == upTo {
		r.providers = r.providers[1:]
		return nil
	}
	if recent, whole := t.recall(provider, after, upTo); whole {
		r.read, r.at[provider], r.providers = recent, upTo, r.providers[1:]
		return nil
	}
	read, found, err := t.record.Moves(ctx, provider, after, upTo)
	if err == nil && (!found || len(read) == 0) {
		err = &ExpiredError{provider}
	}
	for _, c := range read {
		r.at[provider] = c.Seq
		if len(c.Moved) > 0 {
			r.read = append(r.read, t.part(provider, c))
		}
	}
	return err
}
