package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// ErrCursorExpired says that events after a place are no longer kept.
var ErrCursorExpired = errors.New("events after this one are no longer kept")

// Event is the n-th event; found is false when there is none, or none any more. One that still has to be delivered, or could not be, is
// there however old it is.
func (s *Store) Event(ctx context.Context, n int64) (e market.Event, found bool, err error) {
	text, err := s.client.HGet(ctx, eventsKey, strconv.FormatInt(n, 10)).Result()
	if errors.Is(err, redis.Nil) {
		return market.Event{}, false, nil
	}
	if err != nil {
		return market.Event{}, false, fmt.Errorf("read %s: %w", eventsKey, err)
	}
	e, err = decodeEvent(n, text)
	return e, err == nil, err
}

// LastEvent is the number of the last event; 0 before the first.
func (s *Store) LastEvent(ctx context.Context) (int64, error) { return s.alertCounter(ctx, "events") }

// EventsAfter are the first events of all rules after the n-th, oldest first; after the 0-th are all. ErrCursorExpired says that some of
// them are no longer kept.
func (s *Store) EventsAfter(ctx context.Context, n int64, most int) ([]market.Event, error) {
	last, err := s.LastEvent(ctx)
	if err != nil || n >= last || most <= 0 {
		return nil, err
	}
	numbers := make([]int64, min(int64(most), last-n, eventsKept))
	for i := range numbers {
		numbers[i] = n + int64(i) + 1
	}
	first, events, err := s.eventsAt(ctx, numbers)
	switch {
	case err != nil:
		return nil, err
	case n+1 < max(first, 1):
		return nil, ErrCursorExpired
	}
	return events.all()
}

// RuleEvents are the first events of one rule with a number after another, oldest first, and how many are kept of it. Those of a rule that
// was deleted are kept like others.
func (s *Store) RuleEvents(ctx context.Context, rule string, after int64, first int) (events []market.Event, total int, err error) {
	for range settleTries {
		events, total, err = s.ruleEvents(ctx, rule, after, first)
		if !errors.Is(err, errTrimmed) {
			return events, total, err
		}
	}
	return nil, 0, err
}

// errTrimmed says that events went while they were being read.
var errTrimmed = errors.New("events went while they were read")

func (s *Store) ruleEvents(ctx context.Context, rule string, after int64, first int) ([]market.Event, int, error) {
	gone, count, err := s.ruleCounts(ctx, rule)
	if err != nil {
		return nil, 0, err
	}
	total := int(count - gone)
	from := max(after, gone)
	numbers, err := s.sequences(ctx, rule, from, min(count, from+int64(max(first, 0))))
	if err != nil || len(numbers) == 0 {
		return nil, total, err
	}
	_, events, err := s.eventsAt(ctx, numbers)
	if err != nil {
		return nil, 0, err
	}
	out, err := events.all()
	return out, total, err
}

// ruleCounts are how many events of a rule are gone, and how many it ever had.
func (s *Store) ruleCounts(ctx context.Context, rule string) (gone, count int64, err error) {
	var goneText, countText *redis.StringCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		goneText, countText = p.HGet(ctx, goneKey, rule), p.HGet(ctx, countsKey, rule)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("read %s: %w", countsKey, err)
	}
	gone, err = number(goneText)
	if err == nil {
		count, err = number(countText)
	}
	return gone, count, err
}

// sequences are the places among all events of a rule's events with a number after one and up to another.
func (s *Store) sequences(ctx context.Context, rule string, after, to int64) ([]int64, error) {
	var fields []string
	for n := after + 1; n <= to; n++ {
		fields = append(fields, fmt.Sprintf("%s %d", rule, n))
	}
	if len(fields) == 0 {
		return nil, nil
	}
	values, err := s.client.HMGet(ctx, numbersKey, fields...).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", numbersKey, err)
	}
	numbers := make([]int64, len(values))
	for i, v := range values {
		if v == nil {
			return nil, errTrimmed
		}
		if numbers[i], err = strconv.ParseInt(fmt.Sprint(v), 10, 64); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", numbersKey, fields[i], errForeign)
		}
	}
	return numbers, nil
}

// keptEvents are the texts of numbered events.
type keptEvents struct {
	numbers []int64
	texts   map[string]string
}

// eventsAt are events of one moment by number, and the number of the oldest at that moment; 0 when there was none yet.
func (s *Store) eventsAt(ctx context.Context, numbers []int64) (first int64, events keptEvents, err error) {
	fields := make([]string, len(numbers))
	for i, n := range numbers {
		fields[i] = strconv.FormatInt(n, 10)
	}
	var oldest *redis.StringCmd
	var parts []*redis.SliceCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		oldest = p.HGet(ctx, alertMetaKey, "first")
		parts = some(ctx, p, eventsKey, fields)
	})
	if err != nil {
		return 0, events, fmt.Errorf("read %s: %w", eventsKey, err)
	}
	first, err = number(oldest)
	return first, keptEvents{numbers, present(fields, parts)}, err
}

// all decodes them; errTrimmed says that one is missing.
func (k keptEvents) all() ([]market.Event, error) {
	events := make([]market.Event, len(k.numbers))
	err := onAllCores(len(events), func(i int) (err error) {
		text, there := k.texts[strconv.FormatInt(k.numbers[i], 10)]
		if !there {
			return fmt.Errorf("%s, %d: %w", eventsKey, k.numbers[i], errTrimmed)
		}
		events[i], err = decodeEvent(k.numbers[i], text)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// decodeEvent reads what judgedScript writes: the number within the rule, the rule, the number of targets, and the event.
func decodeEvent(n int64, text string) (market.Event, error) {
	field := strconv.FormatInt(n, 10)
	head := strings.SplitN(text, " ", 4)
	if len(head) < 4 {
		return market.Event{}, fmt.Errorf("%s, %s: %w", eventsKey, field, errForeign)
	}
	e, err := decode[market.Event](eventsKey, field, head[3])
	if err != nil {
		return market.Event{}, err
	}
	e.Sequence = n
	e.Number, err = strconv.ParseInt(head[0], 10, 64)
	if err != nil || head[1] != e.RuleID || head[2] != strconv.Itoa(e.Targets) {
		return market.Event{}, fmt.Errorf("%s, %s: %w", eventsKey, field, errForeign)
	}
	return e, nil
}
