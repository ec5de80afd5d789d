package alerts

import (
	"context"
	"slices"
	"time"

	"gpuhour/market"
)

// errand is a claimed delivery with the end of its lease.
type errand struct {
	delivery market.Delivery
	until    time.Time
}

// result is an errand that is over.
type result struct {
	host string
	// tried is true where it was in flight, and not only put off.
	tried bool
	// silent is true where the host did not answer.
	silent bool
}

// round is what a courier has claimed: in flight, or in line behind others to the same host. Only Run's goroutine touches it.
type round struct {
	courier  *Courier
	lines    map[string][]errand
	order    []string // the hosts with a line, the one that waited longest first
	running  map[string]int
	putOff   []errand
	mute     map[string]time.Time // hosts that did not answer, and until when nobody else waits for them
	inFlight int
	held     int
	done     chan result
}

func newRound(c *Courier) *round {
	return &round{courier: c, lines: map[string][]errand{}, running: map[string]int{}, mute: map[string]time.Time{}, done: make(chan result)}
}

// add puts an errand into its host's line, or puts it off where the host has just failed to answer.
func (r *round) add(e errand) {
	host := receiver(e.delivery)
	r.held++
	if r.courier.options.Now().Before(r.mute[host]) {
		r.putOff = append(r.putOff, e)
		return
	}
	if len(r.lines[host]) == 0 {
		r.order = append(r.order, host)
	}
	r.lines[host] = append(r.lines[host], e)
}

// start sends off what may go: one of each host in turn, until all are busy.
func (r *round) start(ctx context.Context) {
	for _, e := range r.putOff {
		r.giveBack(ctx, e, r.courier.options.Now().Add(firstDelay))
	}
	r.putOff = nil
	for r.inFlight < mostAtOnce {
		host, found := r.next()
		if !found {
			return
		}
		e := r.take(host)
		if left := e.until.Sub(r.courier.options.Now()); left < r.courier.options.Sender.options.Limit {
			r.giveBack(ctx, e, r.courier.options.Now()) // too late to end within its lease
			continue
		}
		r.inFlight++
		r.running[host]++
		r.run(host, true, func() bool { return r.courier.deliver(ctx, e) })
	}
}

// giveBack leaves an errand untried, to be claimed anew from a moment on.
func (r *round) giveBack(ctx context.Context, e errand, until time.Time) {
	r.run(receiver(e.delivery), false, func() bool { r.courier.putOff(ctx, e.delivery, until); return false })
}

func (r *round) run(host string, tried bool, do func() bool) {
	go func() { r.done <- result{host, tried, do()} }()
}

// next is the host whose line may move on.
func (r *round) next() (string, bool) {
	i := slices.IndexFunc(r.order, func(host string) bool { return r.running[host] < mostPerHost })
	if i < 0 {
		return "", false
	}
	return r.order[i], true
}

// take is the first of a host's line. The host goes to the end of the order.
func (r *round) take(host string) errand {
	line := r.lines[host]
	r.order = slices.DeleteFunc(r.order, func(h string) bool { return h == host })
	if len(line) > 1 {
		r.lines[host], r.order = line[1:], append(r.order, host)
	} else {
		delete(r.lines, host)
	}
	return line[0]
}

// remove forgets an errand that is over. Those in line for a host that did not answer are put off, so that they do not fill the courier.
func (r *round) remove(done result) {
	r.held--
	if !done.tried {
		return
	}
	r.inFlight--
	if r.running[done.host]--; r.running[done.host] == 0 {
		delete(r.running, done.host)
	}
	delete(r.mute, done.host)
	if done.silent {
		r.mute[done.host] = r.courier.options.Now().Add(firstDelay)
		r.putOff = append(r.putOff, r.lines[done.host]...)
		delete(r.lines, done.host)
		r.order = slices.DeleteFunc(r.order, func(h string) bool { return h == done.host })
	}
}

// finish waits for what is under way: a moment as it is, then cut short. What stands in line is left to its lease.
func (r *round) finish(stop context.CancelFunc, grace time.Duration) {
	timer := time.AfterFunc(grace, stop)
	defer timer.Stop()
	for _, line := range r.lines {
		r.held -= len(line)
	}
	r.held -= len(r.putOff)
	for r.held > 0 {
		r.remove(<-r.done)
	}
}
