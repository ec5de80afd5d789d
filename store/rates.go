package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// ratesScript keeps the first rates of a day: they are frozen at first use, so that an answer does not change afterwards. With them
// it keeps up to which day all rates of a source (ARGV[1]) are known.
const ratesScript = `for i = 3, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[2] > (redis.call('HGET', KEYS[2], ARGV[1]) or '') then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
return 1`

// SaveRates keeps exchange rates; a day of a source that is known stays as it is.
func (s *Store) SaveRates(ctx context.Context, tables []market.RateTable) error {
	return s.saveRates(ctx, tables, "", "")
}

// SaveRateHistory is SaveRates for all that a source has published up to a day.
func (s *Store) SaveRateHistory(ctx context.Context, source string, complete time.Time, tables []market.RateTable) error {
	return s.saveRates(ctx, tables, source, dayOf(complete))
}

func (s *Store) saveRates(ctx context.Context, tables []market.RateTable, source, complete string) error {
	var e encoder
	arguments := []any{source, complete}
	for _, t := range tables {
		arguments = append(arguments, t.Source+"|"+dayOf(t.Day), e.text(keptRates{t.Source, t.Day, t.FetchedAt, t.Quotations}))
	}
	if e.err != nil || len(tables) == 0 && complete == "" {
		return e.err
	}
	if err := s.client.Eval(ctx, ratesScript, []string{ratesKey, completeKey}, arguments...).Err(); err != nil {
		return fmt.Errorf("save rates: %w", err)
	}
	return nil
}

// Rates are all exchange rates that are known, by source and day.
func (s *Store) Rates(ctx context.Context) ([]market.RateTable, error) {
	fields, err := s.client.HGetAll(ctx, ratesKey).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ratesKey, err)
	}
	kept, err := decodeAll[keptRates](ratesKey, fields)
	tables := make([]market.RateTable, len(kept))
	for i, k := range kept {
		tables[i] = market.RateTable{Source: k.Source, Day: k.Day, FetchedAt: k.FetchedAt, Quotations: k.Quotations}
	}
	return tables, err
}

// RateDays is how many days of all sources are known.
func (s *Store) RateDays(ctx context.Context) (int, error) {
	n, err := s.client.HLen(ctx, ratesKey).Result()
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", ratesKey, err)
	}
	return int(n), nil
}

// RatesKnown tells a source's newest day, and the day up to which all that it published is known; zero when there is none.
func (s *Store) RatesKnown(ctx context.Context, source string) (newest, complete time.Time, err error) {
	fields, err := s.client.HKeys(ctx, ratesKey).Result()
	if err != nil {
		return newest, complete, fmt.Errorf("read %s: %w", ratesKey, err)
	}
	text, err := s.client.HGet(ctx, completeKey, source).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return newest, complete, fmt.Errorf("read %s: %w", completeKey, err)
	}
	last := ""
	for _, field := range fields {
		if day, found := strings.CutPrefix(field, source+"|"); found {
			last = max(last, day)
		}
	}
	if newest, err = parseDay(last); err == nil {
		complete, err = parseDay(text)
	}
	return newest, complete, err
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// parseDay reads what dayOf writes; no text is no day.
func parseDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s or %s: %w: day %q", ratesKey, completeKey, errForeign, text)
	}
	return day, nil
}
