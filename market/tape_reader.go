package market

import (
	"context"
	"maps"
	"slices"
)

// TapeReader reads the changes of matching offers, each once. It is for one goroutine.
type TapeReader struct {
	tape  *Tape
	match Matcher
	// part is what is being read, from place on.
	part  *part
	place int
	// done is how far everything before the part has been read, ever how many changes were on the tape then.
	done *Places
	ever int
	// next is the number of the part that comes then, once the replay is over.
	next   int
	replay *replay
}

// Read reads the changes from now on, or those behind a cursor and then on. An *InvalidError says that the cursor is none, an *ExpiredError
// that what is behind it is no longer all there.
func (t *Tape) Read(ctx context.Context, cursor string, m Matcher) (*TapeReader, error) {
	r := &TapeReader{tape: t, match: m}
	r.done, r.next, r.ever = t.now()
	if cursor == "" {
		return r, nil
	}
	from, err := decodeSpot(cursor)
	if err != nil {
		return nil, err
	}
	if err := r.reach(ctx, from); err != nil {
		return nil, err
	}
	return r, r.begin(ctx, from)
}

// reach lets the tape come up to where a cursor of another replica is already.
func (r *TapeReader) reach(ctx context.Context, from spot) error {
	for _, provider := range r.ahead(from) {
		if err := r.tape.record.Follow(ctx, provider); err != nil {
			return err
		}
	}
	for _, provider := range r.ahead(from) {
		return &ExpiredError{provider}
	}
	return nil
}

// ahead are the providers that a spot knows more of than the tape.
func (r *TapeReader) ahead(from spot) (out []string) {
	now, _, _ := r.tape.now()
	for _, provider := range slices.Sorted(maps.Keys(now.at)) {
		if from.seen(provider) > now.at[provider] && r.match.Wants(provider) {
			out = append(out, provider)
		}
	}
	return out
}

// seen is the last commit of a provider of which something was seen.
func (s spot) seen(provider string) int64 {
	if provider == s.provider && s.done > 0 {
		return s.places.at[provider] + 1
	}
	return s.places.at[provider]
}

// begin replays what was committed between a spot and now, and goes on from there.
func (r *TapeReader) begin(ctx context.Context, from spot) error {
	r.done, r.next, r.ever = r.tape.now()
	r.replay = newReplay(from, r.done, r.match)
	return r.replay.check(ctx, r.tape)
}

// Next waits for the next change of a matching offer. It ends with an *ExpiredError where changes are lost, and with the context.
func (r *TapeReader) Next(ctx context.Context) (*Moving, error) {
	for {
		for r.part != nil && r.place < len(r.part.moving) {
			m := r.part.moving[r.place]
			r.place++
			if r.match.Matches(m.Entry) {
				return m, nil
			}
		}
		if err := r.turn(ctx); err != nil {
			return nil, err
		}
	}
}

// turn moves on to the next part.
func (r *TapeReader) turn(ctx context.Context) error {
	if r.replay != nil {
		return r.turnReplay(ctx)
	}
	if r.part != nil {
		r.done, r.ever, r.part = r.part.behind, r.part.ever+len(r.part.moving), nil
	}
	part, more := r.tape.at(r.next)
	switch {
	case part != nil && part.gap && r.match.Wants(part.provider):
		return &ExpiredError{part.provider}
	case part != nil:
		r.part, r.place, r.next = part, 0, r.next+1
		return nil
	case more == nil:
		return r.begin(ctx, spot{places: r.done})
	}
	select {
	case <-more:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *TapeReader) turnReplay(ctx context.Context) error {
	part, done, err := r.replay.turn(ctx, r.tape)
	if err != nil {
		return err
	}
	r.part, r.place = part, done
	if part == nil {
		r.replay = nil
	}
	return nil
}

// Waiting is how many changes have come that were not read yet, matching or not; while older ones are replayed, at least so many.
func (r *TapeReader) Waiting() int {
	if r.part == nil {
		return r.tape.since(r.ever)
	}
	if r.replay != nil {
		return len(r.part.moving) - r.place + r.tape.since(r.ever)
	}
	return r.tape.since(r.part.ever + r.place)
}

// Cursor is the place behind the change that Next gave last.
func (r *TapeReader) Cursor() string {
	if r.part == nil || r.place == 0 {
		return r.done.text()
	}
	return r.part.moving[r.place-1].Cursor()
}
