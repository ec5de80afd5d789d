package main

import (
	"context"
	"sync"

	"gpuhour/market"
)

// mostFleetChanges is how many changes are at hand for who follows them. One that falls further behind goes on with the oldest of those: a
// host is always as it was reported last.
const mostFleetChanges = 1000

// fleetLog is the latest changes of our own hosts, for everyone who follows them.
type fleetLog struct {
	guard  sync.Mutex
	recent []market.FleetChange
	ever   int
	more   chan struct{}
}

func (l *fleetLog) add(change market.FleetChange) {
	l.guard.Lock()
	defer l.guard.Unlock()
	l.recent = append(l.recent, change)
	l.recent = l.recent[max(0, len(l.recent)-mostFleetChanges):]
	l.ever++
	close(l.more)
	l.more = make(chan struct{})
}

// behind is the change behind so many, and how many there were with it; a channel where there is none yet.
func (l *fleetLog) behind(seen int) (change market.FleetChange, now int, more <-chan struct{}) {
	l.guard.Lock()
	defer l.guard.Unlock()
	if seen >= l.ever {
		return market.FleetChange{}, seen, l.more
	}
	seen = max(seen, l.ever-len(l.recent))
	return l.recent[len(l.recent)-(l.ever-seen)], seen + 1, nil
}

func (l *fleetLog) read() *fleetReader {
	l.guard.Lock()
	defer l.guard.Unlock()
	return &fleetReader{l, l.ever}
}

// fleetReader reads changes. It is for one goroutine.
type fleetReader struct {
	log  *fleetLog
	seen int
}

// Next waits for the next change.
func (r *fleetReader) Next(ctx context.Context) (market.FleetChange, error) {
	for {
		change, now, more := r.log.behind(r.seen)
		if more == nil {
			r.seen = now
			return change, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return market.FleetChange{}, ctx.Err()
		}
	}
}

// Waiting is how many changes wait.
func (r *fleetReader) Waiting() int {
	r.log.guard.Lock()
	defer r.log.guard.Unlock()
	return r.log.ever - r.seen
}

// Cursor is empty: nobody goes on behind a change.
func (*fleetReader) Cursor() string { return "" }
