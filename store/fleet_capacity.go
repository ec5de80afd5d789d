package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// capacityGap is for how many minutes nobody may have looked before that is a gap: between two replicas, or two starts.
const capacityGap = 5

const minutesADay = 24 * 60

// capacityScript appends to the day's lines what changed, once a minute, and once a day what did not. Where nobody looked for a while, all cards
// were UNKNOWN since. A kind of which there is no card any more is forgotten after its last line.
const capacityScript = `
local latest = KEYS[1]
local minute, gap, kept = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local nothing = '0 0 0 0 0 0 0'
local function day(m) return math.floor(m / 1440) end
local function append(key, m, values)
  local field = string.format('%d', day(m))
  redis.call('HSET', key, field, (redis.call('HGET', key, field) or '') .. string.format('%d ', m) .. values .. '\n')
end
for i = 2, #KEYS do
  local key, kind, values = KEYS[i], ARGV[2 * i], ARGV[2 * i + 1]
  local seen, written, before = string.match(redis.call('HGET', latest, kind) or '', '^(%d+) (%d+) (.+)$')
  seen, written = tonumber(seen or '-1'), tonumber(written or '-1')
  if seen < minute then
    local changed = values ~= (before or nothing)
    if before and minute - seen > gap then
      local total = string.match(before, '^%d+')
      append(key, seen + 1, total .. ' 0 0 0 0 0 ' .. total)
      changed = true
    end
    if changed or before and day(written) ~= day(minute) then
      append(key, minute, values)
      if before then
        for old = day(written) - kept + 1, day(minute) - kept do redis.call('HDEL', key, string.format('%d', old)) end
      end
      written = minute
    end
    if values == nothing then
      redis.call('HDEL', latest, kind)
    else
      redis.call('HSET', latest, kind, string.format('%d %d ', minute, written) .. values)
    end
  end
end
return 1
`

// SaveCapacities keeps the capacities of a minute: what has changed since the last one, for capacityDays. A second one of the same minute, or one
// of a minute before it, changes nothing.
func (s *Store) SaveCapacities(ctx context.Context, at time.Time, all []market.Capacity) error {
	known, err := s.client.HKeys(ctx, latestKey).Result()
	if err != nil {
		return fmt.Errorf("read %s: %w", latestKey, err)
	}
	values := map[string]string{}
	for _, kind := range known {
		values[kind] = capacityText(market.Capacity{})
	}
	for _, c := range all {
		values[c.Kind()] = capacityText(c)
	}
	if len(values) == 0 {
		return nil
	}
	names, arguments := []string{latestKey}, []any{at.Unix() / 60, capacityGap, capacityDays}
	for _, kind := range slices.Sorted(maps.Keys(values)) {
		names, arguments = append(names, capacityKey(kind)), append(arguments, kind, values[kind])
	}
	if err := s.client.Eval(ctx, capacityScript, names, arguments...).Err(); err != nil {
		return fmt.Errorf("save capacities: %w", err)
	}
	return nil
}

func capacityText(c market.Capacity) string {
	return strings.Trim(fmt.Sprint([]int{c.Total, c.Idle, c.Busy, c.Reserved, c.Degraded, c.Lost, c.Unknown}), "[]")
}

// CapacityHistory are the capacities of a kind of card at the minutes in which they changed, before a moment: from the one that held at another, which
// is as old as it says. A kind is a catalogue id, or a driver's name. Of older days than capacityDays nothing is known.
func (s *Store) CapacityHistory(ctx context.Context, kind string, from, to time.Time) ([]market.CapacityPoint, error) {
	key := capacityKey(kind)
	fields, err := s.client.HKeys(ctx, key).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	days, err := daysBetween(key, fields, from, to)
	if err != nil || len(days) == 0 {
		return nil, err
	}
	texts, err := s.client.HMGet(ctx, key, days...).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	var points []market.CapacityPoint
	for i, text := range texts {
		if points, err = decodeCapacities(key, days[i], text, points); err != nil {
			return nil, err
		}
	}
	return within(points, from, to), nil
}

// daysBetween are the fields from the last day before one moment to the day of another, in order.
func daysBetween(key string, fields []string, from, to time.Time) ([]string, error) {
	var days []int64
	for _, field := range fields {
		day, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", key, field, errForeign)
		}
		days = append(days, day)
	}
	slices.Sort(days)
	first, last := from.Unix()/60/minutesADay, to.Unix()/60/minutesADay
	var out []string
	for i, day := range days {
		if day <= last && (day >= first || i+1 == len(days) || days[i+1] >= first) {
			out = append(out, strconv.FormatInt(day, 10))
		}
	}
	return out, nil
}

// decodeCapacities reads the lines of a day, which may be gone meanwhile.
func decodeCapacities(key, day string, text any, points []market.CapacityPoint) ([]market.CapacityPoint, error) {
	lines, there := text.(string)
	if !there {
		return points, nil
	}
	for line := range strings.Lines(lines) {
		var n [8]int64
		words := strings.Fields(line)
		ok := len(words) == len(n)
		for i := 0; ok && i < len(n); i++ {
			var err error
			n[i], err = strconv.ParseInt(words[i], 10, 32)
			ok = err == nil
		}
		if !ok {
			return nil, fmt.Errorf("%s, %s: %w", key, day, errForeign)
		}
		points = append(points, market.CapacityPoint{At: time.Unix(n[0]*60, 0).UTC(), Total: int(n[1]), Idle: int(n[2]), Busy: int(n[3]),
			Reserved: int(n[4]), Degraded: int(n[5]), Lost: int(n[6]), Unknown: int(n[7])})
	}
	return points, nil
}

// within are the points from the one that held at one moment on, and before another.
func within(points []market.CapacityPoint, from, to time.Time) []market.CapacityPoint {
	first, last := 0, 0
	for i, p := range points {
		if !p.At.After(from) {
			first = i
		}
		if p.At.Before(to) {
			last = i + 1
		}
	}
	return points[min(first, last):last]
}
