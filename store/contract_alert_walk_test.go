package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gpuhour/market"
)

// The caps of the walk, small enough to be met all the time.
const (
	walkEvents = 12
	walkDead   = 4
)

// simpleQueue is what the queue should do, in the plainest words.
type simpleQueue struct {
	events     []int // how many targets each has
	deliveries map[string]*simpleDelivery
	dead       []string
}

type simpleDelivery struct {
	event    int
	attempts int
	claimed  bool
	due      time.Time // zero when it is not
	status   market.DeliveryStatus
}

func (q *simpleQueue) judge(targets int, at time.Time) {
	q.events = append(q.events, targets)
	for n := range targets {
		q.deliveries[market.DeliveryID(int64(len(q.events)), n)] = &simpleDelivery{event: len(q.events), due: at, status: market.DeliveryPending}
	}
}

// first is the number of the oldest event that is kept.
func (q *simpleQueue) first() int { return max(1, len(q.events)-walkEvents+1) }

// holds says whether an event is kept: because it is young, or for its deliveries.
func (q *simpleQueue) holds(event int) bool {
	for _, d := range q.deliveries {
		if d.event == event {
			return true
		}
	}
	return event >= q.first()
}

// tidy forgets deliveries of old events that can no longer be sent.
func (q *simpleQueue) tidy() {
	q.dead = q.dead[max(0, len(q.dead)-walkDead):]
	maps.DeleteFunc(q.deliveries, func(id string, d *simpleDelivery) bool {
		return d.event < q.first() && d.due.IsZero() && !slices.Contains(q.dead, id)
	})
}

// dueBy are the deliveries that are due, longest due first.
func (q *simpleQueue) dueBy(now time.Time) []string {
	var ids []string
	for id, d := range q.deliveries {
		if !d.due.IsZero() && !d.due.After(now) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(q.deliveries[a].due.Compare(q.deliveries[b].due), cmp.Compare(a, b))
	})
	return ids
}

func (q *simpleQueue) finish(id string, attempt int, status market.DeliveryStatus, at time.Time) bool {
	d, there := q.deliveries[id]
	if !there || !d.claimed || d.attempts != attempt {
		return false
	}
	d.claimed, d.status, d.due = false, status, time.Time{}
	switch status {
	case market.DeliveryRetrying:
		d.due = at
	case market.DeliveryFailed:
		q.dead = append(q.dead, id)
	}
	return true
}

func (q *simpleQueue) redeliver(id string, now time.Time) bool {
	i := slices.Index(q.dead, id)
	if i < 0 {
		return false
	}
	q.dead = slices.Delete(q.dead, i, i+1)
	q.deliveries[id].due, q.deliveries[id].status = now, market.DeliveryPending
	return true
}

// walk does things at random to a store and to a simple queue.
type walk struct {
	t      *testing.T
	b      backend
	s      *Store
	rule   market.Rule
	random *rand.Rand
	now    time.Time
	queue  simpleQueue
	held   []market.Delivery // everything that was ever claimed, so that late workers come too
}

func queueWalk(t *testing.T, b backend) {
	seed := rand.Uint64()
	s := b.open(t)
	w := &walk{t: t, b: b, s: s, rule: createRule(t, s, "a"), random: rand.New(rand.NewPCG(seed, 0)), now: start,
		queue: simpleQueue{deliveries: map[string]*simpleDelivery{}}}
	steps := []func(){w.judge, w.judge, w.claim, w.claim, w.finish, w.finish, w.finish, w.redeliver, w.wait, w.wait}
	for n := range 400 {
		steps[w.random.IntN(len(steps))]()
		w.queue.tidy()
		if w.compare(); n%10 == 9 {
			w.compareEvents()
		}
		if n%100 == 99 {
			w.s = b.reopen(t, w.s)
		}
		if t.Failed() {
			t.Fatalf("in step %d of seed %d", n, seed)
		}
	}
	closeStore(t, w.s)
}

func (w *walk) judge() {
	j := market.Judgement{ID: fmt.Sprint("j", len(w.queue.events))}
	for range 1 + w.random.IntN(3) {
		targets := w.random.IntN(3)
		spoken := said(w.rule, targets)
		spoken.Event.At = w.now
		j.Spoken = append(j.Spoken, spoken)
		w.queue.judge(targets, w.now)
	}
	if _, err := w.s.judged(w.t.Context(), j, walkEvents, partSize); err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) claim() {
	most := 1 + w.random.IntN(4)
	claimed, err := w.s.Claim(w.t.Context(), w.now, leaseTime, most)
	want := w.queue.dueBy(w.now)
	want = want[:min(most, len(want))]
	if err != nil || len(claimed) != len(want) {
		w.t.Fatalf("claimed %s, %v; want %v", namesOf(claimed), err, want)
	}
	for i, id := range want {
		d := w.queue.deliveries[id]
		d.attempts, d.claimed, d.due = d.attempts+1, true, w.now.Add(leaseTime)
		if claimed[i].ID != id || claimed[i].Attempts != d.attempts {
			w.t.Errorf("claimed %s; want %v", namesOf(claimed), want)
		}
	}
	w.held = append(w.held, claimed...)
}

func (w *walk) finish() {
	if len(w.held) == 0 {
		return
	}
	d := w.held[max(0, len(w.held)-1-w.random.IntN(8))]
	ends := []market.DeliveryStatus{market.Delivered, market.DeliveryRetrying, market.DeliveryFailed}
	status, at := ends[w.random.IntN(len(ends))], w.now.Add(time.Duration(w.random.IntN(90))*time.Second)
	done, err := w.s.finish(w.t.Context(), ended(d, status, at), walkDead)
	if want := w.queue.finish(d.ID, d.Attempts, status, at); done != want || err != nil {
		w.t.Errorf("%s, attempt %d, %s: finished %v, %v; want %v", d.ID, d.Attempts, status, done, err, want)
	}
}

func (w *walk) redeliver() {
	if len(w.held) == 0 {
		return
	}
	id := w.held[w.random.IntN(len(w.held))].ID
	if len(w.queue.dead) > 0 && w.random.IntN(2) == 0 {
		id = w.queue.dead[w.random.IntN(len(w.queue.dead))]
	}
	_, there := w.queue.deliveries[id]
	_, found, err := w.s.Redeliver(w.t.Context(), id, w.now)
	if again := w.queue.redeliver(id, w.now); found != there || again != (there && err == nil) || err != nil && !errors.Is(err, ErrNotDead) {
		w.t.Errorf("redeliver %s: found %v, %v; want found %v, again %v", id, found, err, there, again)
	}
}

func (w *walk) wait() { w.now = w.now.Add(time.Duration(w.random.IntN(60)) * time.Second) }

func (w *walk) compare() {
	w.t.Helper()
	all := w.queue.dueBy(w.now.Add(time.Hour))
	at, found, err := w.s.NextDue(w.t.Context())
	if err != nil || found != (len(all) > 0) || found && !at.Equal(w.queue.deliveries[all[0]].due) {
		w.t.Errorf("next due at %s, %v, %v; want %v", at, found, err, all)
	}
	dead, err := w.s.DeadLetters(w.t.Context(), walkDead+1)
	slices.Reverse(dead)
	if got := deliveryIDs(dead); err != nil || !slices.Equal(got, w.queue.dead) {
		w.t.Errorf("dead: %v, %v; want %v", got, err, w.queue.dead)
	}
	if _, err := w.s.EventsAfter(w.t.Context(), int64(w.queue.first()-2), 1); w.queue.first() > 1 && !errors.Is(err, ErrCursorExpired) {
		w.t.Errorf("before the first: %v", err)
	}
	if events, err := w.s.EventsAfter(w.t.Context(), int64(w.queue.first()-1), 100); err != nil || len(events) != min(len(w.queue.events), walkEvents) {
		w.t.Errorf("%d events, %v", len(events), err)
	}
}

func (w *walk) compareEvents() {
	w.t.Helper()
	for i, targets := range w.queue.events {
		// Nothing happens to the others, which were looked at when they went.
		if held := w.queue.holds(i + 1); held || i+1 >= w.queue.first()-2*walkEvents {
			w.compareEvent(i+1, targets, held)
		}
	}
}

func (w *walk) compareEvent(n, targets int, held bool) {
	w.t.Helper()
	kept, err := w.s.Deliveries(w.t.Context(), int64(n), targets)
	if err != nil {
		w.t.Error(err)
	}
	for i := range targets {
		id := market.DeliveryID(int64(n), i)
		d, there := w.queue.deliveries[id]
		at := slices.IndexFunc(kept, func(d market.Delivery) bool { return d.ID == id })
		if (at >= 0) != there || there && (kept[at].Status != d.status || kept[at].Attempts != d.attempts) {
			w.t.Errorf("%s: kept %+v, want %+v", id, kept, d)
		}
	}
	if _, found, err := w.s.Event(w.t.Context(), int64(n)); found != held || err != nil {
		w.t.Errorf("event %d: found %v, %v; want %v", n, found, err, held)
	}
}

func deliveryIDs(deliveries []market.Delivery) []string {
	var out []string
	for _, d := range deliveries {
		out = append(out, d.ID)
	}
	return out
}
