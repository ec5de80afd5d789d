package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// ErrTooManyRules says that no more rules are kept than there are.
var ErrTooManyRules = fmt.Errorf("there are %d rules already, and no more are kept", rulesKept)

// ErrEdited says that somebody else has edited the rule since it was read.
var ErrEdited = errors.New("the rule has been edited meanwhile")

const createRuleScript = tellScript + `
local meta, rules, versions, silences, edits = unpack(KEYS)
local rule, silence, most, edits_kept = unpack(ARGV)
if redis.call('HLEN', rules) >= tonumber(most) then return 0 end
local n = redis.call('HINCRBY', meta, 'rules', 1)
local id = string.format('rule/%d', n)
redis.call('HSET', rules, id, rule)
redis.call('HSET', versions, id, 1)
if silence ~= '' then redis.call('HSET', silences, id, silence) end
tell(meta, 'edits', edits, edits_kept, 'rule', id)
return n
`

// forgetScript takes a rule's fields out of a hash, in pieces: Lua's stack is small.
const forgetScript = `
local function forget(hash, id)
  local gone = {}
  for _, field in ipairs(redis.call('HKEYS', hash)) do
    if string.sub(field, 1, #id + 1) == id .. ' ' then gone[#gone + 1] = field end
  end
  for from = 1, #gone, 400 do
    redis.call('HDEL', hash, unpack(gone, from, math.min(from + 399, #gone)))
  end
end
`

const updateRuleScript = forgetScript + tellScript + `
local meta, rules, versions, silences, closed, standings, edits = unpack(KEYS)
local id, version, rule, edits_kept = unpack(ARGV)
local stored = redis.call('HGET', versions, id)
if not stored then return 0 end
if stored ~= version then return -1 end
redis.call('HSET', rules, id, rule)
redis.call('HINCRBY', versions, id, 1)
forget(closed, id)
forget(standings, id)
tell(meta, 'edits', edits, edits_kept, 'rule', id)
return redis.call('HGET', silences, id) or ''
`

const silenceRuleScript = tellScript + `
local meta, rules, silences, edits = unpack(KEYS)
local id, silence, edits_kept = unpack(ARGV)
if redis.call('HEXISTS', rules, id) == 0 then return 0 end
if silence == '' then redis.call('HDEL', silences, id) else redis.call('HSET', silences, id, silence) end
tell(meta, 'edits', edits, edits_kept, 'rule', id)
return 1
`

// deleteRuleScript lets a rule's events be numbered until the last of them is gone.
const deleteRuleScript = forgetScript + tellScript + `
local meta, rules, versions, silences, states, counts, gone, closed, standings, edits = unpack(KEYS)
local id, edits_kept = unpack(ARGV)
if redis.call('HDEL', rules, id) == 0 then return 0 end
redis.call('HDEL', versions, id)
redis.call('HDEL', silences, id)
redis.call('HDEL', states, id)
if redis.call('HGET', counts, id) == redis.call('HGET', gone, id) then
  redis.call('HDEL', counts, id)
  redis.call('HDEL', gone, id)
end
forget(closed, id)
forget(standings, id)
tell(meta, 'edits', edits, edits_kept, 'rule', id)
return 1
`

// CreateRule keeps a new rule, and gives it its id and version 1. ErrTooManyRules says that there is no room.
func (s *Store) CreateRule(ctx context.Context, r market.Rule) (market.Rule, error) {
	return s.createRule(ctx, r, rulesKept)
}

func (s *Store) createRule(ctx context.Context, r market.Rule, most int) (market.Rule, error) {
	var e encoder
	text, silence := e.text(r), silenceText(r.SilencedUntil)
	if e.err != nil {
		return market.Rule{}, fmt.Errorf("create a rule: %w", e.err)
	}
	names := []string{alertMetaKey, rulesKey, versionsKey, silencesKey, editsKey}
	n, err := s.client.Eval(ctx, createRuleScript, names, text, silence, most, editsKept).Int64()
	if err == nil && n == 0 {
		err = ErrTooManyRules
	}
	if err != nil {
		return market.Rule{}, fmt.Errorf("create a rule: %w", err)
	}
	r.ID, r.Version = market.RuleID(n), 1
	return r, nil
}

// UpdateRule puts a rule in the place of the version it was made from, and gives it the next one. How its subjects stood is forgotten, its
// targets are open again, and it stays as silent as it was. ErrEdited says that somebody was faster.
func (s *Store) UpdateRule(ctx context.Context, r market.Rule) (updated market.Rule, found bool, err error) {
	n, known := market.RuleNumber(r.ID)
	if !known {
		return market.Rule{}, false, nil
	}
	var e encoder
	text := e.text(r)
	if e.err != nil {
		return market.Rule{}, false, fmt.Errorf("edit %s: %w", r.ID, e.err)
	}
	names := []string{alertMetaKey, rulesKey, versionsKey, silencesKey, closedKey, standingsKey(n % standingBuckets), editsKey}
	answer, err := s.client.Eval(ctx, updateRuleScript, names, r.ID, r.Version, text, editsKept).Result()
	switch {
	case err != nil:
		return market.Rule{}, false, fmt.Errorf("edit %s: %w", r.ID, err)
	case answer == int64(0):
		return market.Rule{}, false, nil
	case answer == int64(-1):
		return market.Rule{}, true, fmt.Errorf("edit %s: %w", r.ID, ErrEdited)
	}
	r.Version++
	r.SilencedUntil, err = parseSilence(r.ID, answer)
	return r, true, err
}

// SilenceRule lets a rule keep quiet until a moment, or speak again when that is zero. It is not an edit: the version stays.
func (s *Store) SilenceRule(ctx context.Context, id string, until time.Time) (silenced market.Rule, found bool, err error) {
	if _, known := market.RuleNumber(id); !known {
		return market.Rule{}, false, nil
	}
	names := []string{alertMetaKey, rulesKey, silencesKey, editsKey}
	if err := s.client.Eval(ctx, silenceRuleScript, names, id, silenceText(until), editsKept).Err(); err != nil {
		return market.Rule{}, false, fmt.Errorf("silence a rule: %w", err)
	}
	return s.Rule(ctx, id)
}

// DeleteRule forgets a rule and how its subjects stand. Its events stay.
func (s *Store) DeleteRule(ctx context.Context, id string) (found bool, err error) {
	n, known := market.RuleNumber(id)
	if !known {
		return false, nil
	}
	names := []string{alertMetaKey, rulesKey, versionsKey, silencesKey, statesKey, countsKey, goneKey, closedKey, standingsKey(n % standingBuckets), editsKey}
	outcome, err := s.client.Eval(ctx, deleteRuleScript, names, id, editsKept).Int()
	if err != nil {
		return false, fmt.Errorf("delete %s: %w", id, err)
	}
	return outcome == 1, nil
}

// silenceText is the end of a silence as it is kept; empty for none.
func silenceText(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.UTC().Format(time.RFC3339Nano)
}

func parseSilence(id string, text any) (time.Time, error) {
	if text == nil || text == "" {
		return time.Time{}, nil
	}
	until, err := time.Parse(time.RFC3339Nano, fmt.Sprint(text))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s, %s: %w", silencesKey, id, errForeign)
	}
	return until, nil
}
