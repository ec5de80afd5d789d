package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

const holdScript = tellScript + `
local meta, holds, changes = unpack(KEYS)
local target, reason, changes_kept = unpack(ARGV)
if reason == '' then redis.call('HDEL', holds, target) else redis.call('HSET', holds, target, reason) end
tell(meta, 'changes', changes, changes_kept, 'host', '')
return 1
`

const forgetHostScript = tellScript + `
local meta, hosts, changes = unpack(KEYS)
local host, changes_kept = unpack(ARGV)
if redis.call('HDEL', hosts, host) == 0 then return 0 end
tell(meta, 'changes', changes, changes_kept, 'host', '')
return 1
`

// Hosts are all hosts as their last reports and the holds leave them, by id, and the place to follow them from.
func (s *Store) Hosts(ctx context.Context) (hosts []market.Host, place int64, err error) {
	var states, holds *redis.MapStringStringCmd
	var counter *redis.StringCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		states, holds, counter = p.HGetAll(ctx, hostsKey), p.HGetAll(ctx, holdsKey), p.HGet(ctx, fleetMetaKey, "changes")
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", hostsKey, err)
	}
	if place, err = number(counter); err != nil {
		return nil, 0, fmt.Errorf("%s, changes: %w", fleetMetaKey, err)
	}
	hosts, err = decodeHosts(states.Val(), holds.Val())
	return hosts, place, err
}

// HostsSince are the hosts that reported after a place, each once and as it is now, and the place to go on from; found is false when the place is
// too old or was never reached, or when holds changed, and all hosts must be read again.
func (s *Store) HostsSince(ctx context.Context, place int64) (hosts []market.Host, now int64, found bool, err error) {
	entries, now, found, err := s.after(ctx, numbered{hostChangesKey, fleetMetaKey, "changes"}, place)
	if err != nil || !found {
		return nil, 0, false, err
	}
	ids, whole := changedHosts(entries)
	if !whole {
		return nil, 0, false, nil
	}
	hosts, err = s.hosts(ctx, ids)
	return hosts, now, err == nil, err
}

// changedHosts are the hosts that entries name; whole is false where one says that all must be read again.
func changedHosts(entries []redis.XMessage) (ids []string, whole bool) {
	for _, entry := range entries {
		id, _ := entry.Values["host"].(string)
		if id == "" {
			return nil, false
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), true
}

// hosts are some hosts, without those that have been forgotten meanwhile.
func (s *Store) hosts(ctx context.Context, ids []string) ([]market.Host, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var holds *redis.MapStringStringCmd
	var parts []*redis.SliceCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		holds, parts = p.HGetAll(ctx, holdsKey), some(ctx, p, hostsKey, ids)
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", hostsKey, err)
	}
	return decodeHosts(present(ids, parts), holds.Val())
}

func decodeHosts(states, holds map[string]string) ([]market.Host, error) {
	hosts, err := decodeNamed(hostsKey, states, func(h market.Host) string { return h.ID })
	if err != nil {
		return nil, err
	}
	for i, h := range hosts {
		hosts[i] = h.Held(holds)
	}
	return hosts, nil
}

// SetHold holds a host, or the card of a UUID, back for a reason, or releases it when that is empty. One whose reason begins with "drain" is
// DEGRADED, another RESERVED.
func (s *Store) SetHold(ctx context.Context, target, reason string) error {
	names := []string{fleetMetaKey, holdsKey, hostChangesKey}
	if err := s.client.Eval(ctx, holdScript, names, target, reason, hostChangesKept).Err(); err != nil {
		return fmt.Errorf("hold %s: %w", target, err)
	}
	return nil
}

// ForgetHost drops what is known of a host, as of one that is gone for good, or whose cards were taken out. Its next report makes it known anew; its
// epochs go on.
func (s *Store) ForgetHost(ctx context.Context, host string) (found bool, err error) {
	outcome, err := s.client.Eval(ctx, forgetHostScript, []string{fleetMetaKey, hostsKey, hostChangesKey}, host, hostChangesKept).Int()
	if err != nil {
		return false, fmt.Errorf("forget %s: %w", host, err)
	}
	return outcome == 1, nil
}
