package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gpuhour/market"
)

// ErrSuperseded says that the lock a run, or a judgement, was made under has been taken by another since: it must be thrown away.
var ErrSuperseded = errors.New("another process has taken over")

// commitScript applies one run, whole or not at all. It depends on nothing but its arguments and the keys, so that replaying
// it gives the same. Lists of arguments are unpacked in pieces: Lua's stack is small.
const commitScript = `
local meta, done, offers, sheets, runs, rejected, held, changes, past, history, chunks, sealed, proofs = unpack(KEYS)
local run, fence, sheet, state, log, rows, quarantine, change = unpack(ARGV, 1, 8)
local runs_kept, changes_kept, done_kept, upserts, removed, streams, chunk_bytes, proof_name, proof = unpack(ARGV, 9, 17)
if redis.call('LPOS', done, run) then return 0 end
if tonumber(fence) > 0 and tonumber(fence) < tonumber(redis.call('HGET', meta, 'fence') or '0') then return -1 end
local at, last = 18, 17 + 2 * tonumber(upserts)
while at <= last do
  local to = math.min(at + 399, last)
  redis.call('HSET', offers, unpack(ARGV, at, to))
  at = to + 1
end
last = last + tonumber(removed)
while at <= last do
  local gone = redis.call('HGET', offers, ARGV[at])
  if gone then redis.call('HSET', past, ARGV[at], gone) end
  redis.call('HDEL', offers, ARGV[at])
  at = at + 1
end
last = last + 3 * tonumber(streams)
while at <= last do
  local id, absolute, relative = unpack(ARGV, at, at + 2)
  local stream = redis.call('HGET', history, id)
  if stream and relative ~= '' then stream = stream .. relative else stream = (stream or '') .. absolute end
  if #stream < tonumber(chunk_bytes) then
    redis.call('HSET', history, id, stream)
  else
    redis.call('HSET', sealed, id .. ' ' .. redis.call('HINCRBY', chunks, id, 1), stream)
    redis.call('HDEL', history, id)
  end
  at = at + 3
end
if proof ~= '' then redis.call('HSET', proofs, proof_name, proof) end
redis.call('HSET', sheets, sheet, state)
redis.call('LPUSH', runs, log)
redis.call('LTRIM', runs, 0, tonumber(runs_kept) - 1)
if rows ~= '' then redis.call('HSET', rejected, sheet, rows) end
if quarantine == '' then redis.call('HDEL', held, sheet) else redis.call('HSET', held, sheet, quarantine) end
local seq = redis.call('HINCRBY', meta, 'seq', 1)
redis.call('LPUSH', done, run)
redis.call('LTRIM', done, 0, tonumber(done_kept) - 1)
redis.call('XADD', changes, 'MAXLEN', changes_kept, string.format('%d-0', seq), 'change', change)
return 1
`

// record is an entry of the change stream: what one run changed, in ids. Followers read the offers themselves.
type record struct {
	Run     market.Run      `json:"run"`
	Upserts []string        `json:"upserts,omitempty"`
	Removed []string        `json:"removed,omitempty"`
	Changes []market.Change `json:"changes,omitempty"`
}

// Commit applies a run whole or not at all; applied is false when it had been before, however long ago within the provider's
// last thousand runs. ErrSuperseded says that the run's lock was lost. Of the rejected rows of a sheet, the first thousand are kept.
func (s *Store) Commit(ctx context.Context, c market.Commit) (applied bool, err error) {
	arguments, err := commitArguments(c)
	if err != nil {
		return false, fmt.Errorf("commit %s: %w", c.Sheet.Provider, err)
	}
	k := keysOf(c.Sheet.Provider)
	names := []string{k.meta(), k.done(), k.offers(), k.sheets(), k.runs(), k.rejected(), k.held(), k.changes(), k.past(), k.history(), k.chunks(), k.sealed(), k.proofs()}
	outcome, err := s.client.Eval(ctx, commitScript, names, arguments...).Int()
	switch {
	case err != nil:
		return false, fmt.Errorf("commit %s: %w", c.Sheet.Provider, err)
	case outcome < 0:
		return false, fmt.Errorf("commit %s: %w", c.Sheet.Provider, ErrSuperseded)
	}
	return outcome == 1, nil
}

func commitArguments(c market.Commit) ([]any, error) {
	if c.Run.ID == "" || c.Sheet.Provider == "" {
		return nil, errors.New("a run without an id or a provider")
	}
	var e encoder
	entry := record{Run: c.Run, Removed: c.Removed, Changes: c.Changes}
	for _, o := range c.Upserts {
		entry.Upserts = append(entry.Upserts, o.ID)
	}
	rows, quarantine := "", ""
	if !c.KeepRejected {
		rows = e.text(rejections(c))
	}
	if c.Held != nil {
		quarantine = e.text(c.Held)
	}
	arguments := []any{c.Run.ID, strconv.FormatInt(c.Fence, 10), c.Sheet.Name, e.text(c.Sheet), e.text(c.Run), rows, quarantine,
		e.text(entry), runsKept, changesKept, doneKept, len(c.Upserts), len(c.Removed), len(c.Changes) + 1, chunkBytes,
		proofName(c.Sheet.Name, c.Run.StartedAt), e.proof(c)}
	for _, o := range c.Upserts {
		arguments = append(arguments, o.ID, e.text(o))
	}
	for _, id := range c.Removed {
		arguments = append(arguments, id)
	}
	for _, change := range c.Changes {
		arguments = append(arguments, change.OfferID)
		arguments = append(arguments, e.points(change)...)
	}
	absolute, relative := market.RunMark{At: c.Run.StartedAt, Succeeded: c.Run.Succeeded()}.Append(c.RunBefore)
	return append(arguments, runsOf(c.Sheet.Name), absolute, relative), e.err
}

// runsOf is the name of a sheet's runs among the histories. No offer's id begins like it: those begin with their provider and a slash.
func runsOf(sheet string) string { return "sheet:" + sheet }

func proofName(sheet string, at time.Time) string { return fmt.Sprintf("%s %d", sheet, at.Unix()) }

// proof is what the run was read from, where it changed something; empty where it did not.
func (e *encoder) proof(c market.Commit) string {
	if len(c.Changes) == 0 {
		return ""
	}
	return e.text(market.Proof{At: c.Run.StartedAt.UTC().Truncate(time.Second), Documents: c.Sheet.Documents, Parser: c.Sheet.Parser})
}

// rejections are the refused rows with the time and the digest of the page they stood on.
func rejections(c market.Commit) []market.Rejection {
	rows := c.Rejected[:min(len(c.Rejected), rejectedKept)]
	out := make([]market.Rejection, len(rows))
	for i, r := range rows {
		out[i] = market.Rejection{Rejected: r, At: c.Run.StartedAt}
		for _, d := range c.Documents {
			if d.URL == r.Document {
				out[i].Digest = d.Digest
			}
		}
	}
	return out
}

// encoder writes JSON and keeps the first error.
type encoder struct{ err error }

// points is a change as its offer's history has it: absolute, and after the change before it where there was one.
func (e *encoder) points(c market.Change) []any {
	absolute, relative, err := c.Append()
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("%s: %w", c.OfferID, err)
	}
	return []any{absolute, relative}
}

func (e *encoder) text(v any) string {
	data, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = err
	}
	return string(data)
}
