package store

import (
	"context"
	"fmt"
	"time"

	"gpuhour/market"
)

// ratesScript keeps the first rates of a day: they are frozen at first use, so that an answer does not change afterwards.
const ratesScript = `for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end return 1`

// SaveRates keeps exchange rates; a day of a source that is known stays as it is.
func (s *Store) SaveRates(ctx context.Context, tables []market.RateTable) error {
	var e encoder
	var arguments []any
	for _, t := range tables {
		arguments = append(arguments, t.Source+"|"+t.Day.UTC().Format(time.DateOnly), e.text(t))
	}
	if e.err != nil || len(arguments) == 0 {
		return e.err
	}
	if err := s.client.Eval(ctx, ratesScript, []string{ratesKey}, arguments...).Err(); err != nil {
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
	return decodeAll[market.RateTable](ratesKey, fields)
}
