package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// Standings are how all subjects of all rules stand.
func (s *Store) Standings(ctx context.Context) (map[market.StandingKey]market.Standing, error) {
	buckets := make([]*redis.MapStringStringCmd, standingBuckets)
	err := s.together(ctx, func(p redis.Pipeliner) {
		for i := range buckets {
			buckets[i] = p.HGetAll(ctx, standingsKey(int64(i)))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read standings: %w", err)
	}
	all := map[string]string{}
	for i, bucket := range buckets {
		for field, text := range bucket.Val() {
			if !inBucket(field, int64(i)) {
				return nil, fmt.Errorf("%s, %s: %w", standingsKey(int64(i)), field, errForeign)
			}
			all[field] = text
		}
	}
	return decodeStandings(all)
}

func decodeStandings(all map[string]string) (map[market.StandingKey]market.Standing, error) {
	standings, err := decodeAll[market.Standing](standingsKeys, all)
	if err != nil {
		return nil, err
	}
	out := make(map[market.StandingKey]market.Standing, len(all))
	for i, field := range sortedKeys(all) {
		rule, about, _ := strings.Cut(field, " ")
		out[market.StandingKey{Rule: rule, About: about}] = standings[i]
	}
	return out, nil
}

// inBucket says whether a field is a subject of a rule whose standings are in a bucket.
func inBucket(field string, bucket int64) bool {
	rule, _, cut := strings.Cut(field, " ")
	n, known := market.RuleNumber(rule)
	return cut && known && n%standingBuckets == bucket
}

// Places are the commits of providers that were judged last.
func (s *Store) Places(ctx context.Context) (map[string]int64, error) {
	fields, err := s.client.HGetAll(ctx, placesKey).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", placesKey, err)
	}
	places := make(map[string]int64, len(fields))
	for provider, text := range fields {
		if places[provider], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", placesKey, provider, errForeign)
		}
	}
	return places, nil
}

// RuleStandings sum rules up, by id; one that was not judged yet is not among them.
func (s *Store) RuleStandings(ctx context.Context, ids []string) (map[string]market.RuleStanding, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var parts []*redis.SliceCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		parts = some(ctx, p, statesKey, ids)
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", statesKey, err)
	}
	texts := present(ids, parts)
	out := make(map[string]market.RuleStanding, len(texts))
	for id, text := range texts {
		if out[id], err = decode[market.RuleStanding](statesKey, id, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}
