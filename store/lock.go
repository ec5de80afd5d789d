package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrLocked says that somebody else reads the provider now.
var ErrLocked = errors.New("is being read already")

// ErrDone says that the scheduled run has been made, here or by another replica.
var ErrDone = errors.New("this scheduled run has been made")

// Lease is the right to read one provider, for the time it was taken for. Another may take the provider after that, and the
// fence of this lease is then too old to commit with.
type Lease struct {
	fence          int64
	renew, release func(context.Context) error
}

// Fence goes into every commit made under the lease.
func (l *Lease) Fence() int64 { return l.fence }

// Renew starts the lease's time anew. ErrSuperseded says that the lease was lost: the run must be thrown away.
func (l *Lease) Renew(ctx context.Context) error { return l.renew(ctx) }

// Release gives the provider back; a lease that was lost stays lost, and what another holds stays held.
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

// lockScript is the same under a key that expires with its holder. A holder that asks again, because the first answer was lost,
// gets the same answer.
const lockScript = `
if redis.call('GET', KEYS[2]) == ARGV[2] then return tonumber(redis.call('HGET', KEYS[1], 'fence')) end
if ARGV[1] ~= '0' and tonumber(redis.call('HGET', KEYS[1], 'slot') or '0') >= tonumber(ARGV[1]) then return -2 end
if not redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return -1 end
if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], 'slot', ARGV[1]) end
return redis.call('HINCRBY', KEYS[1], 'fence', 1)
`

const (
	renewScript  = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`
	unlockScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
)

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
	token := rand.Text()
	fence, err := r.client.Eval(ctx, lockScript, []string{k.meta(), k.lock()}, slot, token, ttl.Milliseconds()).Int64()
	if err := errors.Join(err, refusal(fence)); err != nil {
		return nil, err
	}
	renew := func(ctx context.Context) error {
		held, err := r.client.Eval(ctx, renewScript, []string{k.lock()}, token, ttl.Milliseconds()).Int64()
		if err == nil && held == 0 {
			return ErrSuperseded
		}
		return err
	}
	release := func(ctx context.Context) error {
		return r.client.Eval(ctx, unlockScript, []string{k.lock()}, token).Err()
	}
	return &Lease{fence, renew, release}, nil
}
