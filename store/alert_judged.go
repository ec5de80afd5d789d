package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gpuhour/market"
)

// judgedScript keeps one part of a judgement, whole or not at all. It answers the number of the first event, and for each event its number
// within its rule, or a dash where the rule has been edited or deleted meanwhile. The same part gets the same answer a second time.
const judgedScript = `
local meta, versions, places, states, events, numbers, counts, gone, open, deliveries, attempts, due, dead, done, answers = unpack(KEYS, 1, 15)
local id, fence, events_kept, judged_kept = unpack(ARGV, 1, 4)
local answer = redis.call('HGET', answers, id)
if answer then return answer end
if tonumber(fence) > 0 and tonumber(fence) < tonumber(redis.call('HGET', meta, 'fence') or '0') then return -1 end

local at = 5
local function take(n)
  at = at + n
  return unpack(ARGV, at - n, at - 1)
end
local function in_pieces(command, key, list)
  for from = 1, #list, 400 do
    redis.call(command, key, unpack(list, from, math.min(from + 399, #list)))
  end
end
local function add(lists, key, ...)
  local list = lists[key] or {}
  lists[key] = list
  for i = 1, select('#', ...) do list[#list + 1] = (select(i, ...)) end
end

local set, cut = {}, {}
for _ = 1, tonumber(take(1)) do add(set, places, take(2)) end

local rules = {}
for i = 1, tonumber(take(1)) do
  local rule, version = take(2)
  rules[i] = {id = rule, version = version}
end
for from = 1, #rules, 400 do
  local ids = {}
  for i = from, math.min(from + 399, #rules) do ids[#ids + 1] = rules[i].id end
  for i, version in ipairs(redis.call('HMGET', versions, unpack(ids))) do
    rules[from + i - 1].kept = version == rules[from + i - 1].version
  end
end
for _, rule in ipairs(rules) do
  local bucket, state, standings, ended = take(4)
  bucket = KEYS[tonumber(bucket)]
  if rule.kept and state ~= '' then add(set, states, rule.id, state) end
  for _ = 1, tonumber(standings) do
    local about, standing = take(2)
    if rule.kept then add(set, bucket, rule.id .. ' ' .. about, standing) end
  end
  for _ = 1, tonumber(ended) do
    local about = take(1)
    if rule.kept then add(cut, bucket, rule.id .. ' ' .. about) end
  end
end

local last = tonumber(redis.call('HGET', meta, 'events') or '0')
local said = {string.format('%d', last + 1)}
local queue = {}
for _ = 1, tonumber(take(1)) do
  local rule, when, event, targets = take(4)
  rule = rules[tonumber(rule)]
  if rule.kept then
    last = last + 1
    local n, number = string.format('%d', last), string.format('%d', redis.call('HINCRBY', counts, rule.id, 1))
    said[#said + 1] = number
    add(set, events, n, number .. ' ' .. event)
    add(set, numbers, rule.id .. ' ' .. number, n)
    if targets ~= '0' then add(set, open, n, targets) end
  else
    said[#said + 1] = '-'
  end
  for target = 0, tonumber(targets) - 1 do
    local delivery = take(1)
    if rule.kept then
      local name = string.format('event/%012d/%d', last, target)
      add(set, deliveries, name, delivery)
      queue[#queue + 1] = when
      queue[#queue + 1] = name
    end
  end
end
for key, list in pairs(set) do in_pieces('HSET', key, list) end
for key, list in pairs(cut) do in_pieces('HDEL', key, list) end
in_pieces('ZADD', due, queue)

local first, old = tonumber(redis.call('HGET', meta, 'first') or '1'), {}
while last - first + 1 > tonumber(events_kept) do
  local n = string.format('%d', first)
  local number, rule, targets = string.match(redis.call('HGET', events, n) or '', '^(%d+) (%S+) (%d+) ')
  if number then
    add(old, numbers, rule .. ' ' .. number)
    if redis.call('HINCRBY', gone, rule, 1) == tonumber(redis.call('HGET', counts, rule)) and redis.call('HEXISTS', versions, rule) == 0 then
      add(old, gone, rule)
      add(old, counts, rule)
    end
    local held = redis.call('HEXISTS', open, n) == 1
    if not held then add(old, events, n) end
    for target = 0, tonumber(targets) - 1 do
      local name = string.format('event/%012d/%d', first, target)
      if not held or not (redis.call('ZSCORE', due, name) or redis.call('ZSCORE', dead, name)) then
        add(old, deliveries, name)
        add(old, attempts, name)
      end
    end
  end
  first = first + 1
end
for key, list in pairs(old) do in_pieces('HDEL', key, list) end
redis.call('HSET', meta, 'events', string.format('%d', last), 'first', string.format('%d', first))

answer = table.concat(said, ' ')
redis.call('HSET', answers, id, answer)
redis.call('LPUSH', done, id)
while redis.call('LLEN', done) > tonumber(judged_kept) do redis.call('HDEL', answers, redis.call('RPOP', done)) end
return answer
`

// Judged keeps a judgement and queues what is to be delivered of it, and tells the events that were kept, numbered. Nothing is kept of rules
// that have been edited or deleted meanwhile. The same judgement, or one of which only a part was kept, may be given again: within the last
// thousand parts it gets the same answer, and nothing is kept twice. ErrSuperseded says that its lock was lost.
//
// A judgement of nothing writes nothing. A large one is kept in several parts, each with whole rules: the parts with events first, the places with the last of all.
func (s *Store) Judged(ctx context.Context, j market.Judgement) ([]market.Event, error) {
	return s.judged(ctx, j, eventsKept, partSize)
}

func (s *Store) judged(ctx context.Context, j market.Judgement, kept, size int) ([]market.Event, error) {
	if len(j.Places)+len(j.Standings)+len(j.Rules)+len(j.Spoken) == 0 {
		return nil, nil
	}
	parts, err := partsOf(j, size)
	if err != nil {
		return nil, fmt.Errorf("judgement: %w", err)
	}
	var events []market.Event
	for i, p := range parts {
		said, err := s.judgedPart(ctx, p, fmt.Sprintf("%s/%d", j.ID, i+1), j.Fence, kept)
		if err != nil {
			return nil, fmt.Errorf("judgement, part %d of %d: %w", i+1, len(parts), err)
		}
		events = append(events, said...)
	}
	return events, nil
}

func (s *Store) judgedPart(ctx context.Context, p part, id string, fence int64, kept int) ([]market.Event, error) {
	names := []string{alertMetaKey, versionsKey, placesKey, statesKey, eventsKey, numbersKey, countsKey, goneKey, openKey, deliveriesKey,
		attemptsKey, dueKey, deadKey, judgedKey, answersKey}
	buckets, arguments, err := p.arguments(len(names))
	if err != nil {
		return nil, err
	}
	arguments = slices.Concat([]any{id, fence, kept, judgedKept}, arguments)
	answer, err := s.client.Eval(ctx, judgedScript, slices.Concat(names, buckets), arguments...).Result()
	switch {
	case err != nil:
		return nil, err
	case answer == int64(-1):
		return nil, ErrSuperseded
	}
	return p.numbered(fmt.Sprint(answer))
}

// numbered are the events that were kept, with the numbers they got.
func (p part) numbered(answer string) ([]market.Event, error) {
	numbers := strings.Fields(answer)
	if len(numbers) != len(p.spoken)+1 {
		return nil, errors.New("its id was used for another judgement")
	}
	n, err := strconv.ParseInt(numbers[0], 10, 64)
	var events []market.Event
	for i, text := range numbers[1:] {
		if text == "-" {
			continue
		}
		event := p.spoken[i].Event
		number, wrong := strconv.ParseInt(text, 10, 64)
		err = errors.Join(err, wrong)
		event.Sequence, event.Number, event.Targets = n, number, len(p.spoken[i].Targets)
		events = append(events, event)
		n++
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", answersKey, errForeign)
	}
	return events, nil
}
