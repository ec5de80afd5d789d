package market

import (
	"context"
	"sync"
	"time"
)

// Moving is a change on the tape, made once for everyone who reads it.
type Moving struct {
	Moved
	// Entry is the offer with its prices at the exchange rates of the change.
	Entry  *Entry
	behind spot
}

// Cursor is the place behind the change, in the changes of all providers.
func (m *Moving) Cursor() string { return m.behind.cursor() }

// Record is where the changes are kept for longer than on the tape.
type Record interface {
	// Moves reads the commits of a provider after one, up to another, oldest first: some of them where they are many. It is false where
	// they are no longer all there, or were never made.
	Moves(ctx context.Context, provider string, after, upTo int64) ([]Moves, bool, error)
	// Follow takes in what was committed of a provider elsewhere.
	Follow(ctx context.Context, provider string) error
}

// usualTape is how many changes a tape keeps.
const usualTape = 10_000

// Tape is the latest changes of all providers, in the order in which this process has seen them; of one provider that is the order in
// which they were made. Readers take from it at their own pace: they cost it nothing. It is safe for concurrent use.
type Tape struct {
	record Record
	entry  func(Offer, time.Time) *Entry
	most   int

	guard  sync.Mutex
	places *Places
	parts  []*part // oldest first
	first  int     // the number of parts[0]
	kept   int     // changes in parts
	ever   int     // changes that were ever on the tape
	more   chan struct{}
}

// part is one commit that changed something, or a gap.
type part struct {
	provider string
	seq      int64
	moving   []*Moving
	before   *Places
	behind   *Places
	// ever is how many changes were on the tape before.
	ever int
	// gap is true where changes are missing.
	gap bool
}

// NewTape is an empty tape. Offers get their prices from entry, as View.Entry gives them.
func NewTape(record Record, entry func(Offer, time.Time) *Entry) *Tape {
	return &Tape{record: record, entry: entry, most: usualTape, places: newPlaces(map[string]int64{}), more: make(chan struct{})}
}

// Start says how far a provider was when this process began to follow it.
func (t *Tape) Start(provider string, seq int64) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.places = t.places.with(provider, seq)
}

// Append takes in the changes of some commits of a provider, and that it has come up to another.
func (t *Tape) Append(provider string, commits []Moves, upTo int64) {
	t.guard.Lock()
	defer t.guard.Unlock()
	for _, c := range commits {
		if len(c.Moved) > 0 {
			t.add(t.part(provider, c).from(t.places.with(provider, c.Seq-1)))
		}
	}
	if t.places.at[provider] != upTo {
		t.places = t.places.with(provider, upTo)
	}
}

// Gap says that a provider has come up to a commit, and that changes before it are lost.
func (t *Tape) Gap(provider string, seq int64) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.add(&part{provider: provider, seq: seq, gap: true, before: t.places, behind: t.places.with(provider, seq)})
}

// part makes the changes of a commit what readers share.
func (t *Tape) part(provider string, c Moves) *part {
	p := &part{provider: provider, seq: c.Seq, moving: make([]*Moving, len(c.Moved))}
	for i, m := range c.Moved {
		p.moving[i] = &Moving{Moved: m, Entry: t.entry(m.Offer, m.At)}
	}
	return p
}

// from is the same part behind places of its own.
func (p *part) from(before *Places) *part {
	out := &part{provider: p.provider, seq: p.seq, before: before, behind: before.with(p.provider, p.seq), moving: make([]*Moving, len(p.moving))}
	for i, m := range p.moving {
		behind := spot{before, p.provider, i + 1}
		if i == len(p.moving)-1 {
			behind = spot{places: out.behind}
		}
		out.moving[i] = &Moving{m.Moved, m.Entry, behind}
	}
	return out
}

// add puts a part behind the others, forgets the oldest, and wakes who waits.
func (t *Tape) add(p *part) {
	p.ever = t.ever
	t.parts, t.places = append(t.parts, p), p.behind
	t.kept, t.ever = t.kept+len(p.moving), t.ever+len(p.moving)
	forget := 0
	for t.kept > t.most && forget < len(t.parts)-1 || len(t.parts)-forget > t.most {
		t.kept -= len(t.parts[forget].moving)
		forget++
	}
	clear(t.parts[:forget]) // nobody else holds them
	t.parts, t.first = t.parts[forget:], t.first+forget
	close(t.more)
	t.more = make(chan struct{})
}

// now is how far the tape has come, the number of the part that comes next, and how many changes came before that.
func (t *Tape) now() (places *Places, next, ever int) {
	t.guard.Lock()
	defer t.guard.Unlock()
	return t.places, t.first + len(t.parts), t.ever
}

// at is a part by its number; where it is to come, a channel that is closed when there is more; neither where it is forgotten.
func (t *Tape) at(number int) (*part, <-chan struct{}) {
	t.guard.Lock()
	defer t.guard.Unlock()
	switch {
	case number < t.first:
		return nil, nil
	case number == t.first+len(t.parts):
		return nil, t.more
	}
	return t.parts[number-t.first], nil
}

// since is how many changes have come since so many had.
func (t *Tape) since(ever int) int {
	t.guard.Lock()
	defer t.guard.Unlock()
	return t.ever - ever
}

// recall are a provider's commits after one, up to another, that changed something; false where some are forgotten or missing.
func (t *Tape) recall(provider string, after, upTo int64) (out []*part, whole bool) {
	t.guard.Lock()
	defer t.guard.Unlock()
	if len(t.parts) == 0 || t.parts[0].before.at[provider] > after {
		return nil, false
	}
	for _, p := range t.parts {
		switch {
		case p.provider != provider || p.seq <= after || p.seq > upTo:
		case p.gap:
			return nil, false
		default:
			out = append(out, p)
		}
	}
	return out, true
}
