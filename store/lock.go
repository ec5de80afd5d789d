package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrLocked says that somebody else reads the provider now.
var ErrLocked = errors.New("is being read already")

// ErrDone says that the scheduled run has been made, here or by another replica.
var ErrDone = errors.New("this scheduled run has been made")

// Lease is the right to read one provider. A lease that outlives its time is lost: its fence is then too old to commit with.
type Lease struct {
	fence   int64
	release func(context.Context) error
}

// Fence goes into every commit made under the lease.
func (l *Lease) Fence() int64 { return l.fence }

// Release gives the provider back; a lease that was lost stays lost.
func (l *Lease) Release(ctx context.Context) error { return l.release(ctx) }

// locks is how a provider is taken: within the process on the embedded store, with an expiring key on a Redis.
type locks interface {
	lock(ctx context.Context, k keys, slot int64, ttl time.Duration) (*Lease, error)
}

// Lock takes a provider for a time. A slot other than zero is the scheduled time of the run, which is taken only once.
// ErrLocked and ErrDone say who was first.
func (s *Store) Lock(ctx context.Context, provider string, slot time.Time, ttl time.Duration) (*Lease, error) {
	var scheduled int64
	if !slot.IsZero() {
		scheduled = slot.Unix()
	}
	lease, err := s.locks.lock(ctx, keysOf(provider), scheduled, ttl)
	if err != nil {
		return nil, fmt.Errorf("%s %w", provider, err)
	}
	return lease, nil
}

// takeScript hands out a fence, and remembers the slot. It depends on no expiry, so that it can be replayed.
const takeScript = `
if ARGV[1] ~= '0' and tonumber(redis.call('HGET', KEYS[1], 'slot') or '0') >= tonumber(ARGV[1]) then return -2 end
if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], 'slot', ARGV[1]) end
return redis.call('HINCRBY', KEYS[1], 'fence', 1)
`

// lockScript is the same under a key that expires with its holder.
const lockScript = `
if ARGV[1] ~= '0' and tonumber(redis.call('HGET', KEYS[1], 'slot') or '0') >= tonumber(ARGV[1]) then return -2 end
if not redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return -1 end
if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], 'slot', ARGV[1]) end
return redis.call('HINCRBY', KEYS[1], 'fence', 1)
`

const unlockScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

// refusal is what the scripts' negative answers mean.
func refusal(answer int64) error {
	switch answer {
	case -1:
		return ErrLocked
	case -2:
		return ErrDone
	}
	return nil
}

// redisLocks are locks among processes.
type redisLocks struct{ client redis.UniversalClient }

func (r redisLocks) lock(ctx context.Context, k keys, slot int64, ttl time.Duration) (*Lease, error) {
	token := newToken()
	answer, err := r.client.Eval(ctx, lockScript, []string{k.meta(), k.lock()}, slot, token, ttl.Milliseconds()).Int64()
	if err := errors.Join(err, refusal(answer)); err != nil {
		return nil, err
	}
	release := func(ctx context.Context) error {
		return r.client.Eval(ctx, unlockScript, []string{k.lock()}, token).Err()
	}
	return &Lease{answer, release}, nil
}

func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// processLocks are locks within the process, which has the embedded store for itself.
type processLocks struct {
	client redis.UniversalClient
	guard  sync.Mutex
	taken  map[keys]bool
}

func (p *processLocks) lock(ctx context.Context, k keys, slot int64, _ time.Duration) (*Lease, error) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.taken[k] {
		return nil, ErrLocked
	}
	fence, err := p.client.Eval(ctx, takeScript, []string{k.meta()}, slot).Int64()
	if err := errors.Join(err, refusal(fence)); err != nil {
		return nil, err
	}
	p.taken[k] = true
	return &Lease{fence, func(context.Context) error { p.free(k); return nil }}, nil
}

func (p *processLocks) free(k keys) {
	p.guard.Lock()
	defer p.guard.Unlock()
	delete(p.taken, k)
}
