package alerts

import (
	"context"
	"log/slog"
	"time"

	"gpuhour/market"
)

// Queue is where deliveries wait.
type Queue interface {
	// NextDue is when the next delivery is due, claimed ones when their time is up; false where none waits.
	NextDue(ctx context.Context) (at time.Time, found bool, err error)
	// Claim takes what is due, for a time: another may take it after that. Attempts counts this attempt already. Beside an error there may be
	// deliveries that have been claimed.
	Claim(ctx context.Context, now time.Time, lease time.Duration, most int) ([]market.Delivery, error)
	// Finish keeps what became of an attempt; false when another has taken the delivery over meanwhile (its Attempts differ).
	Finish(ctx context.Context, d market.Delivery) (bool, error)
	// PutOff gives a claimed delivery back untried, to be due at a moment: the attempt does not count. False as in Finish.
	PutOff(ctx context.Context, d market.Delivery, until time.Time) (bool, error)
	// Event is the n-th event; false where it is no longer kept.
	Event(ctx context.Context, n int64) (market.Event, bool, error)
	// CloseTarget turns a target of a rule off until the rule is edited.
	CloseTarget(ctx context.Context, d market.Delivery, at time.Time) error
	// TargetClosed says whether it is off.
	TargetClosed(ctx context.Context, d market.Delivery) (bool, error)
}

// The bounds of a courier.
const (
	// defaultLease outlasts an attempt, and a wait in line before it.
	defaultLease = 5 * time.Minute
	defaultPoll  = time.Second
	defaultGrace = 5 * time.Second
	mostAtOnce   = 16
	mostPerHost  = 2
	// mostHeld are the deliveries claimed and not yet done: in flight, or in line behind others to their host.
	mostHeld = 256
)

// CourierOptions are what a Courier is made of.
type CourierOptions struct {
	Queue  Queue
	Sender *Sender
	Log    *slog.Logger
	// Now is the clock.
	Now func() time.Time
	// Spread gives random numbers from 0 up to 1.
	Spread func() float64
	// Lease is how long a claim holds, Poll how long to wait at most before looking again, and after an error of the queue, and Grace
	// how long attempts in flight may go on after the end; zero means 5 min, 1 s and 5 s.
	Lease, Poll, Grace time.Duration
}

// Courier brings what waits in a queue to its targets: at least once, several at a time, few at a time to one host. Several couriers
// may share a queue.
type Courier struct {
	options CourierOptions
	wake    chan struct{}
}

// NewCourier makes a Courier.
func NewCourier(options CourierOptions) *Courier {
	options.Lease, options.Poll, options.Grace = orDefault(options.Lease, defaultLease), orDefault(options.Poll, defaultPoll), orDefault(options.Grace, defaultGrace)
	return &Courier{options: options, wake: make(chan struct{}, 1)}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// Wake says that something new waits. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run delivers until the context ends. Then attempts in flight are given a moment, and what is not done is left to its lease.
func (c *Courier) Run(ctx context.Context) {
	attempts, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	r := newRound(c)
	for ctx.Err() == nil {
		wait := c.claim(ctx, r)
		r.start(attempts)
		c.pause(ctx, r, wait)
	}
	r.finish(stop, c.options.Grace)
}

// claim takes what is due and fits, and says how long nothing new will be due.
func (c *Courier) claim(ctx context.Context, r *round) time.Duration {
	room := min(mostHeld-r.held, mostAtOnce)
	if room <= 0 {
		return c.options.Poll
	}
	now := c.options.Now()
	claimed, err := c.options.Queue.Claim(ctx, now, c.options.Lease, room)
	for _, d := range claimed { // some there may be beside an error: one that cannot be read holds up no other
		r.add(errand{d, now.Add(c.options.Lease)})
	}
	if err != nil {
		c.trouble(ctx, "claiming deliveries", err)
		return c.options.Poll
	}
	if len(claimed) == room {
		return 0
	}
	return c.untilDue(ctx)
}

// untilDue is how long to wait for the next delivery: never longer than the poll, and never so short that a queue whose clock runs ahead
// is asked without a pause.
func (c *Courier) untilDue(ctx context.Context) time.Duration {
	at, found, err := c.options.Queue.NextDue(ctx)
	if err != nil {
		c.trouble(ctx, "asking when the next is due", err)
	}
	if err != nil || !found {
		return c.options.Poll
	}
	return min(max(at.Sub(c.options.Now()), c.options.Poll/20), c.options.Poll)
}

// pause waits until something happens: the end, something new, an attempt that is over, or the time.
func (c *Courier) pause(ctx context.Context, r *round, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-c.wake:
	case <-timer.C:
	case done := <-r.done:
		r.remove(done)
	}
}

// trouble logs an error of the queue, unless it is only the end.
func (c *Courier) trouble(ctx context.Context, while string, err error) {
	if ctx.Err() == nil {
		c.options.Log.LogAttrs(ctx, slog.LevelError, "the queue of alerts failed", slog.String("while", while), slog.Any("error", err))
	}
}
