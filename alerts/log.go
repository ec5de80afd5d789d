package alerts

import (
	"context"
	"errors"
	"slices"
	"sync"

	"gpuhour/market"
)

// Record is where events are kept.
type Record interface {
	// EventsAfter are the first events behind one; an error says when some of them are no longer kept.
	EventsAfter(ctx context.Context, n int64, most int) ([]market.Event, error)
	// LastEvent is the number of the last one; 0 where there is none.
	LastEvent(ctx context.Context) (int64, error)
}

// ErrNoSuchEvent says that somebody wants to go on after an event that has not happened.
var ErrNoSuchEvent = errors.New("there is no such event yet")

const (
	// mostRemembered is how many events a log has at hand; readers that are further behind read from the record.
	mostRemembered = 2000
	// eventsAtOnce is how many events are read at once.
	eventsAtOnce = 200
)

// Log is the events of all rules for everyone who follows them: readers take from it at their own pace. It is safe for concurrent use.
type Log struct {
	record  Record
	looking sync.Mutex // only one reads what is new
	guard   sync.Mutex
	recent  []market.Event // the latest, in their order
	last    int64
	begun   bool
	more    chan struct{}
}

// NewLog is a log of what a record has.
func NewLog(r Record) *Log { return &Log{record: r, more: make(chan struct{})} }

// Look takes in what has happened since the last time, and wakes who waits.
func (l *Log) Look(ctx context.Context) error {
	l.looking.Lock()
	defer l.looking.Unlock()
	if err := l.begin(ctx); err != nil {
		return err
	}
	for {
		events, err := l.record.EventsAfter(ctx, l.now(), eventsAtOnce)
		if err != nil || len(events) == 0 {
			return err
		}
		l.add(events)
	}
}

// begin finds the end of what happened before.
func (l *Log) begin(ctx context.Context) error {
	if l.begun {
		return nil
	}
	last, err := l.record.LastEvent(ctx)
	if err != nil {
		return err
	}
	l.guard.Lock()
	defer l.guard.Unlock()
	l.last, l.begun = last, true
	return nil
}

func (l *Log) now() int64 {
	l.guard.Lock()
	defer l.guard.Unlock()
	return l.last
}

func (l *Log) add(events []market.Event) {
	l.guard.Lock()
	defer l.guard.Unlock()
	l.recent = append(l.recent, events...)
	l.recent = slices.Clone(l.recent[max(0, len(l.recent)-mostRemembered):])
	l.last = events[len(events)-1].Sequence
	close(l.more)
	l.more = make(chan struct{})
}

// at are events behind one that the log has at hand; none and a channel where there are none yet, nothing at all where they are older.
func (l *Log) at(n int64) ([]market.Event, <-chan struct{}) {
	l.guard.Lock()
	defer l.guard.Unlock()
	if n >= l.last {
		return nil, l.more
	}
	first, _ := slices.BinarySearchFunc(l.recent, n+1, func(e market.Event, n int64) int { return int(e.Sequence - n) })
	if first == len(l.recent) || l.recent[first].Sequence != n+1 {
		return nil, nil
	}
	return l.recent[first:min(len(l.recent), first+eventsAtOnce)], nil
}

// Reader reads events, each once. It is for one goroutine.
type Reader struct {
	log    *Log
	wanted func(market.Event) bool
	batch  []market.Event
	// read is the last event that has been looked at.
	read int64
}

// Read reads the wanted events behind one, or from now on where it is zero. An error says that there is no such event, or that events behind
// it are no longer kept.
func (l *Log) Read(ctx context.Context, after int64, wanted func(market.Event) bool) (*Reader, error) {
	if err := l.Look(ctx); err != nil {
		return nil, err
	}
	now := l.now()
	switch {
	case after == 0:
		after = now
	case after > now:
		return nil, ErrNoSuchEvent
	}
	if _, err := l.record.EventsAfter(ctx, after, 1); err != nil {
		return nil, err
	}
	return &Reader{log: l, wanted: wanted, read: after}, nil
}

// Next waits for the next event that is wanted.
func (r *Reader) Next(ctx context.Context) (market.Event, error) {
	for {
		for len(r.batch) > 0 {
			event := r.batch[0]
			r.batch, r.read = r.batch[1:], event.Sequence
			if r.wanted(event) {
				return event, nil
			}
		}
		if err := r.fill(ctx); err != nil {
			return market.Event{}, err
		}
	}
}

func (r *Reader) fill(ctx context.Context) (err error) {
	batch, more := r.log.at(r.read)
	if more == nil && batch == nil {
		batch, err = r.log.record.EventsAfter(ctx, r.read, eventsAtOnce)
	}
	r.batch = batch
	if more == nil || err != nil {
		return err
	}
	select {
	case <-more:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Waiting is how many events wait behind the one that Next gave last.
func (r *Reader) Waiting() int { return int(max(0, r.log.now()-r.read)) }

// Cursor is the id of the event that Next gave last; empty where there is none.
func (r *Reader) Cursor() string {
	if r.read == 0 {
		return ""
	}
	return market.EventID(r.read)
}
