package fleet

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"gpuhour/market"
)

// How long one wait for an event lasts, and how long is paused after one that failed: a lost card may fail every wait from then on.
const (
	eventWait       = 5 * time.Second
	eventPause      = time.Second
	eventPauseLimit = time.Minute
)

// listen takes in Xids until the context ends. It is a goroutine of its own, for registering and waiting may hang like any call.
func listen(ctx context.Context, l library, cards int, to *xids) {
	w, code := l.Watch(cards)
	if code != 0 {
		return // such a driver or card tells of no events
	}
	for pause := eventPause; ctx.Err() == nil; {
		uuid, xid, code := w.Wait(int(eventWait.Milliseconds()))
		switch code {
		case 0:
			to.add(uuid, xid)
			pause = eventPause
		case codeTimeout:
			pause = eventPause
		default:
			wait(ctx, pause)
			pause = min(2*pause, eventPauseLimit)
		}
	}
}

// wait passes time, unless the context ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// xids are errors that nobody has taken yet.
type xids struct {
	guard   sync.Mutex
	prefix  string
	seen    int
	waiting []market.ReportedXid
}

func newXids() *xids { return &xids{prefix: rand.Text()[:12]} }

// add keeps one error under an id of its own.
func (x *xids) add(uuid string, xid int) {
	if xid == 0 {
		return // another kind of event
	}
	x.guard.Lock()
	defer x.guard.Unlock()
	x.seen++
	x.waiting = bounded(append(x.waiting, market.ReportedXid{ID: fmt.Sprintf("%s-%d", x.prefix, x.seen), UUID: uuid, Xid: xid}))
}

func (x *xids) take() []market.ReportedXid {
	x.guard.Lock()
	defer x.guard.Unlock()
	out := x.waiting
	x.waiting = nil
	return out
}

// bounded keeps no more errors than a report may have. First goes the oldest that came again later: a storm of one hides no other.
func bounded(all []market.ReportedXid) []market.ReportedXid {
	for len(all) > market.MostXids {
		again := slices.IndexFunc(all, func(x market.ReportedXid) bool { return cameAgain(all, x) })
		all = slices.Delete(all, max(again, 0), max(again, 0)+1)
	}
	return all
}

func cameAgain(all []market.ReportedXid, x market.ReportedXid) bool {
	same := func(y market.ReportedXid) bool { return y.UUID == x.UUID && y.Xid == x.Xid }
	return slices.ContainsFunc(all, func(y market.ReportedXid) bool { return y.ID != x.ID && same(y) }) // x is the first of its kind
}
