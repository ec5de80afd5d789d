package fleet

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"gpuhour/market"
)

// How long is waited after a report that did not arrive, doubling from the first to the second; after a token that was refused, which a person
// must change; and for the last report of all.
const (
	retryWait   = time.Second
	retryLimit  = time.Minute
	refusedWait = 5 * time.Minute
	finalWait   = 5 * time.Second
)

// reporter sends the newest sweep. Sweeps that were not sent are forgotten when a newer one comes; Xids are kept until they were accepted.
type reporter struct {
	client *client
	about  About
	now    func() time.Time
	log    *slog.Logger

	guard  sync.Mutex
	newest *Sweep
	unsent bool
	xids   []market.ReportedXid
	fresh  chan struct{} // holds one where a sweep is unsent

	// The rest is for the goroutine that sends.
	epoch, seq int64
	failures   int
}

func newReporter(o Options) *reporter {
	return &reporter{client: newClient(o.Server, o.About.Host, o.Token, o.Transport), about: o.About, now: o.Now, log: o.Log, fresh: make(chan struct{}, 1)}
}

// put makes a sweep the one to send.
func (r *reporter) put(s Sweep) {
	r.guard.Lock()
	defer r.guard.Unlock()
	r.xids = bounded(append(r.xids, s.Xids...))
	s.Xids = nil
	r.newest, r.unsent = &s, true
	select {
	case r.fresh <- struct{}{}:
	default:
	}
}

// next is the report to send now, and the sweep that it is of; nil where there is nothing new.
func (r *reporter) next() (market.Report, *Sweep) {
	r.guard.Lock()
	defer r.guard.Unlock()
	if !r.unsent {
		return market.Report{}, nil
	}
	return r.build(), r.newest
}

// build makes a report of the newest sweep, under a number of its own.
func (r *reporter) build() market.Report {
	report := r.about.Report(*r.newest, r.now())
	r.seq++
	report.Epoch, report.Seq, report.Xids = r.epoch, r.seq, slices.Clone(r.xids)
	return report
}

// sent forgets what was accepted.
func (r *reporter) sent(report market.Report, of *Sweep) {
	r.guard.Lock()
	defer r.guard.Unlock()
	r.xids = slices.DeleteFunc(r.xids, func(x market.ReportedXid) bool {
		return slices.ContainsFunc(report.Xids, func(y market.ReportedXid) bool { return x.ID == y.ID })
	})
	if r.newest == of {
		r.unsent = false
	}
}

// run sends until the context ends.
func (r *reporter) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.fresh:
		}
		for err := r.deliver(ctx); err != nil && ctx.Err() == nil; err = r.deliver(ctx) {
			r.log.Warn("the report was not taken; the next one will be the newest", "problem", err)
			wait(ctx, r.pause(err))
		}
	}
}

// deliver sends the newest sweep, where it was not sent; it says hello first where it has no epoch.
func (r *reporter) deliver(ctx context.Context) error {
	if err := r.greet(ctx); err != nil {
		return err
	}
	report, of := r.next()
	if of == nil {
		return nil
	}
	err := r.client.report(ctx, report)
	if errors.Is(err, errOutdated) {
		r.epoch = 0
	}
	if err != nil {
		return err
	}
	r.failures = 0
	r.sent(report, of)
	return nil
}

func (r *reporter) greet(ctx context.Context) error {
	if r.epoch != 0 {
		return nil
	}
	epoch, err := r.client.hello(ctx)
	if err != nil {
		return err
	}
	r.epoch, r.seq = epoch, 0
	return nil
}

// pause is how long is waited after a failure.
func (r *reporter) pause(err error) time.Duration {
	var status *statusError
	switch {
	case errors.Is(err, errRefused):
		return jitter(refusedWait)
	case errors.As(err, &status) && status.after > 0:
		return jitter(status.after)
	}
	pause := min(retryWait<<min(r.failures, 16), retryLimit)
	r.failures++
	return jitter(pause)
}

// final says that the agent stops, to a server that has heard of it before.
func (r *reporter) final(ctx context.Context) {
	if r.epoch == 0 || r.newest == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, finalWait)
	defer cancel()
	report := r.build()
	report.Final = true
	if err := r.client.report(ctx, report); err != nil {
		r.log.Warn("the server was not told that the agent stops", "problem", err)
	}
}
