package alerts

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gpuhour/market"
)

// ErrLost says that another engine has taken over: what this one judged last has not been kept.
var ErrLost = errors.New("another process judges the alerts now")

// errBehind says that the book has not caught up with what has been judged before.
var errBehind = errors.New("the book is behind what has been judged")

// Lease is the right to judge, for a time.
type Lease interface {
	// Fence goes into every judgement.
	Fence() int64
	// Renew starts the time anew; an error that is ErrLost says that it is over.
	Renew(ctx context.Context) error
	Release(ctx context.Context) error
}

// Store is where the engine keeps its memory, so that another can go on from there.
type Store interface {
	// Lead makes this process the one that judges; an error says that another does.
	Lead(ctx context.Context) (Lease, error)
	// AllRules are the rules, and the place of their last edit.
	AllRules(ctx context.Context) ([]market.Rule, int64, error)
	// EditsSince are the rules edited after a place, and the place to go on from; found is false when all must be read anew.
	EditsSince(ctx context.Context, place int64) (ids []string, now int64, found bool, err error)
	Rule(ctx context.Context, id string) (rule market.Rule, found bool, err error)
	Standings(ctx context.Context) (map[market.StandingKey]market.Standing, error)
	RuleStandings(ctx context.Context, ids []string) (map[string]market.RuleStanding, error)
	// Places are the commits of the providers that have been judged.
	Places(ctx context.Context) (map[string]int64, error)
	// Judged keeps a judgement whole, or not at all: ErrLost when the lease is over.
	Judged(ctx context.Context, j market.Judgement) ([]market.Event, error)
}

// Options are what an engine works with. All are needed but Prime.
type Options struct {
	Store Store
	// Book is the market, with the commits that are in it: never more than are in it.
	Book func() (places map[string]int64, view *market.View)
	// Cadence is the time between two runs of a provider.
	Cadence func(provider string) time.Duration
	// Spoken is called after events have been kept.
	Spoken func(events []market.Event)
	// Prime is how the subjects of a new rule that looks back would stand, by what is known of its window.
	Prime func(ctx context.Context, r market.Rule, now time.Time) (map[string]market.Standing, error)
	// Renew is how often the lease is renewed and edits of other processes are looked for, Retry how long it waits after a failure.
	Renew, Retry time.Duration
	// Patience is how long after its beginning an engine does not speak of sources that have not been read for long, since they are about to
	// be, and how long it waits for a book that is behind what was judged before.
	Patience time.Duration
	Now      func() time.Time
	Log      *slog.Logger
}

// Engine judges rules whenever the market changes. Of all processes on one store one judges at a time.
type Engine struct {
	Options
	wake chan struct{}
	// step is when the judging last got on, in nanoseconds since 1970.
	step atomic.Int64
}

// NewEngine makes an engine; Run sets it to work.
func NewEngine(o Options) *Engine { return &Engine{Options: o, wake: make(chan struct{}, 1)} }

// Wake says that the book or the rules have changed.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run judges until the context ends, as long as no other process does.
func (e *Engine) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.lead(ctx)
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrLost) {
			e.Log.Warn("alerts are not judged here", "problem", err)
		}
		wait(ctx, e.Retry)
	}
}

// wait lets time pass; false where the context has ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// lead judges as long as the lease lasts. It is renewed beside the judging, which may take longer than it.
func (e *Engine) lead(ctx context.Context) error {
	lease, err := e.Store.Lead(ctx)
	if err != nil {
		return err
	}
	e.getsOn()
	ctx, stop := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { stop(e.renew(ctx, lease)) })
	err = e.judge(ctx, lease.Fence())
	stop(err)
	renewing.Wait()
	return errors.Join(err, lease.Release(context.WithoutCancel(ctx)))
}

// stuckAfter is how long a step of judging may take before another process may take over.
const stuckAfter = 8 * time.Second

func (e *Engine) getsOn() { e.step.Store(e.Now().UnixNano()) }

func (e *Engine) stuck() bool { return e.Now().UnixNano()-e.step.Load() > int64(stuckAfter) }

// renew keeps the lease until the context ends, or says why it is lost. It does not renew it for an engine that does not get on.
func (e *Engine) renew(ctx context.Context, lease Lease) error {
	for wait(ctx, e.Renew) {
		if e.stuck() {
			continue
		}
		if err := lease.Renew(ctx); errors.Is(err, ErrLost) {
			return err
		}
	}
	return nil
}

// judge judges whenever something happens, until the context ends or the lease is lost.
func (e *Engine) judge(ctx context.Context, fence int64) error {
	s, err := e.begin(ctx, fence)
	for err == nil && ctx.Err() == nil {
		pause := e.Renew
		switch problem := s.pass(ctx); {
		case errors.Is(problem, ErrLost):
			return problem
		case problem == nil:
			pause = min(pause, s.untilDue())
		case !errors.Is(problem, errBehind) && ctx.Err() == nil:
			e.Log.Warn("alerts could not be judged; trying again", "problem", problem)
			fallthrough
		default:
			pause = e.Retry
		}
		e.pause(ctx, pause)
	}
	return err
}

func (e *Engine) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-e.wake:
	}
}
