package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// ErrNoHello says that a report is of an epoch that was never given: its agent must say hello first.
var ErrNoHello = errors.New("this epoch was never given: say hello")

// ErrTooManyHosts says that no more hosts are kept than there are.
var ErrTooManyHosts = fmt.Errorf("there are %d hosts already, and no more are kept", hostsKept)

const helloScript = `
local epochs = KEYS[1]
local host, most = unpack(ARGV)
if redis.call('HEXISTS', epochs, host) == 0 and redis.call('HLEN', epochs) >= tonumber(most) then return 0 end
return redis.call('HINCRBY', epochs, host, 1)
`

// reportScript keeps a host after a report, if that is newer than the last one kept, and if it was made from what is there.
const reportScript = tellScript + `
local meta, epochs, places, hosts, changes = unpack(KEYS)
local host, epoch, seq, before, state, changes_kept = unpack(ARGV)
if tonumber(epoch) > tonumber(redis.call('HGET', epochs, host) or '0') then return -2 end
local place = redis.call('HGET', places, host) or ''
local last_epoch, last_seq = string.match(place, '^(%d+) (%d+)$')
if last_epoch then
  local ahead = tonumber(epoch) - tonumber(last_epoch)
  if ahead < 0 or ahead == 0 and tonumber(seq) <= tonumber(last_seq) then return 0 end
end
if place ~= before then return -1 end
redis.call('HSET', places, host, epoch .. ' ' .. seq)
redis.call('HSET', hosts, host, state)
tell(meta, 'changes', changes, changes_kept, 'host', host)
return 1
`

// Hello gives a host's agent the epoch of its reports: one more than that of any agent before it, which is heard no more once this one reports.
// ErrTooManyHosts says that there is no room for another host.
func (s *Store) Hello(ctx context.Context, host string) (epoch int64, err error) {
	return s.hello(ctx, host, hostsKept)
}

func (s *Store) hello(ctx context.Context, host string, most int) (int64, error) {
	epoch, err := s.client.Eval(ctx, helloScript, []string{epochsKey}, host, most).Int64()
	if err == nil && epoch == 0 {
		err = ErrTooManyHosts
	}
	if err != nil {
		return 0, fmt.Errorf("hello of %s: %w", host, err)
	}
	return epoch, nil
}

// Report takes a report in that came at a moment. It is accepted when its epoch and number are above the last one's, so that one that comes again,
// or late, changes nothing. ErrNoHello says that the epoch was never given.
func (s *Store) Report(ctx context.Context, r market.Report, now time.Time) (accepted bool, err error) {
	for range settleTries {
		outcome, err := s.reportOnce(ctx, r, now)
		switch {
		case err != nil:
			return false, fmt.Errorf("report of %s: %w", r.Host, err)
		case outcome == -2:
			return false, fmt.Errorf("report of %s: %w", r.Host, ErrNoHello)
		case outcome >= 0:
			return outcome == 1, nil
		}
	}
	return false, fmt.Errorf("report of %s: %w", r.Host, errBusy)
}

// reportOnce is -1 where another report came in between.
func (s *Store) reportOnce(ctx context.Context, r market.Report, now time.Time) (int, error) {
	before, place, err := s.hostBefore(ctx, r.Host)
	if err != nil {
		return 0, err
	}
	var e encoder
	state := e.text(before.Take(r, now))
	if e.err != nil {
		return 0, e.err
	}
	names := []string{fleetMetaKey, epochsKey, reportPlacesKey, hostsKey, hostChangesKey}
	return s.client.Eval(ctx, reportScript, names, r.Host, r.Epoch, r.Seq, place, state, hostChangesKept).Int()
}

// hostBefore is a host as its last report left it, and the place of that report.
func (s *Store) hostBefore(ctx context.Context, host string) (h market.Host, place string, err error) {
	var state, at *redis.StringCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		state, at = p.HGet(ctx, hostsKey, host), p.HGet(ctx, reportPlacesKey, host)
	})
	if err != nil || state.Err() != nil {
		return market.Host{ID: host}, at.Val(), err
	}
	h, err = decode[market.Host](hostsKey, host, state.Val())
	return h, at.Val(), err
}
