package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// processLocks are locks within the process, which has the embedded store for itself. They end with the process; only fences
// and slots are stored.
type processLocks struct {
	client redis.UniversalClient
	now    func() time.Time
	guard  sync.Mutex
	held   map[keys]hold
}

type hold struct {
	fence int64
	until time.Time
}

func (p *processLocks) lock(ctx context.Context, k keys, slot int64, ttl time.Duration) (*Lease, error) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if h, taken := p.held[k]; taken && p.now().Before(h.until) {
		return nil, p.refuse(ctx, k, slot)
	}
	fence, err := p.client.Eval(ctx, takeScript, []string{k.meta()}, slot).Int64()
	if err := errors.Join(err, refusal(fence)); err != nil {
		return nil, err
	}
	p.held[k] = hold{fence, p.now().Add(ttl)}
	renew := func(context.Context) error { return p.renew(k, fence, ttl) }
	release := func(context.Context) error { p.release(k, fence); return nil }
	return &Lease{fence, renew, release}, nil
}

// refuse says ErrDone to whoever comes late for a slot, and ErrLocked to the others, as a Redis does.
func (p *processLocks) refuse(ctx context.Context, k keys, slot int64) error {
	taken, err := number(p.client.HGet(ctx, k.meta(), "slot"))
	switch {
	case err != nil:
		return err
	case slot != 0 && slot <= taken:
		return ErrDone
	}
	return ErrLocked
}

func (p *processLocks) renew(k keys, fence int64, ttl time.Duration) error {
	p.guard.Lock()
	defer p.guard.Unlock()
	if h := p.held[k]; h.fence != fence || !p.now().Before(h.until) {
		return ErrSuperseded
	}
	p.held[k] = hold{fence, p.now().Add(ttl)}
	return nil
}

func (p *processLocks) release(k keys, fence int64) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.held[k].fence == fence {
		delete(p.held, k)
	}
}
