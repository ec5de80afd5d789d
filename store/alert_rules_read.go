package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// Rule is one rule; found is false when there is none of that id.
func (s *Store) Rule(ctx context.Context, id string) (r market.Rule, found bool, err error) {
	n, known := market.RuleNumber(id)
	if !known {
		return market.Rule{}, false, nil
	}
	rules, err := s.someRules(ctx, n, n)
	if err != nil || len(rules) == 0 {
		return market.Rule{}, false, err
	}
	return rules[0], true, nil
}

// RuleCount is how many rules there are.
func (s *Store) RuleCount(ctx context.Context) (int, error) {
	n, err := s.client.HLen(ctx, rulesKey).Result()
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", rulesKey, err)
	}
	return int(n), nil
}

// The numbers of rules that are asked for at once: more and more, where many have been deleted.
const (
	fewRules  = 100
	manyRules = 5000
)

// Rules are the first rules with a number after another, by number; more says that there are others behind them.
func (s *Store) Rules(ctx context.Context, after int64, first int) (rules []market.Rule, more bool, err error) {
	last, err := s.alertCounter(ctx, "rules")
	if err != nil {
		return nil, false, err
	}
	first = max(first, 0)
	at := max(after, 0)
	for piece := int64(fewRules); at < last && len(rules) <= first; piece = min(2*piece, manyRules) {
		to := min(at+piece, last)
		some, err := s.someRules(ctx, at+1, to)
		if err != nil {
			return nil, false, err
		}
		rules, at = append(rules, some...), to
	}
	return rules[:min(first, len(rules))], len(rules) > first, nil
}

// someRules are those with a number from one to another.
func (s *Store) someRules(ctx context.Context, from, to int64) ([]market.Rule, error) {
	var ids []string
	for n := from; n <= to; n++ {
		ids = append(ids, market.RuleID(n))
	}
	var rules, versions, silences *redis.SliceCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		rules, versions, silences = p.HMGet(ctx, rulesKey, ids...), p.HMGet(ctx, versionsKey, ids...), p.HMGet(ctx, silencesKey, ids...)
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", rulesKey, err)
	}
	kept := keptRules{present(ids, []*redis.SliceCmd{rules}), present(ids, []*redis.SliceCmd{versions}), present(ids, []*redis.SliceCmd{silences})}
	return kept.all()
}

// AllRules are all rules by number, and the place among the edits that they are of: where EditsSince goes on.
func (s *Store) AllRules(ctx context.Context) (rules []market.Rule, place int64, err error) {
	var counter *redis.StringCmd
	var texts, versions, silences *redis.MapStringStringCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		counter, texts = p.HGet(ctx, alertMetaKey, "edits"), p.HGetAll(ctx, rulesKey)
		versions, silences = p.HGetAll(ctx, versionsKey), p.HGetAll(ctx, silencesKey)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", rulesKey, err)
	}
	if place, err = number(counter); err != nil {
		return nil, 0, fmt.Errorf("%s, edits: %w", alertMetaKey, err)
	}
	rules, err = keptRules{texts.Val(), versions.Val(), silences.Val()}.all()
	return rules, place, err
}

// keptRules are rules as they are kept: by id, in three parts, since a silence changes nothing else.
type keptRules struct{ rules, versions, silences map[string]string }

// all are the rules by number.
func (k keptRules) all() ([]market.Rule, error) {
	ids := sortedKeys(k.rules)
	rules := make([]market.Rule, len(ids))
	err := onAllCores(len(ids), func(i int) (err error) {
		rules[i], err = k.rule(ids[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rules, func(a, b market.Rule) int { return compareRules(a.ID, b.ID) })
	return rules, nil
}

func (k keptRules) rule(id string) (market.Rule, error) {
	if _, known := market.RuleNumber(id); !known {
		return market.Rule{}, fmt.Errorf("%s: %w: a rule of another name", rulesKey, errForeign)
	}
	r, err := decodeSecret[market.Rule](rulesKey, id, k.rules[id])
	if err != nil {
		return market.Rule{}, err
	}
	r.ID = id
	if r.Version, err = strconv.ParseInt(k.versions[id], 10, 64); err != nil {
		return market.Rule{}, fmt.Errorf("%s, %s: %w", versionsKey, id, errForeign)
	}
	r.SilencedUntil, err = parseSilence(id, k.silences[id])
	return r, err
}

// compareRules puts ids in the order of their numbers.
func compareRules(a, b string) int {
	n, _ := market.RuleNumber(a)
	m, _ := market.RuleNumber(b)
	return cmp.Compare(n, m)
}

// alertCounter is one of the counters of alerts; 0 when it was never set.
func (s *Store) alertCounter(ctx context.Context, name string) (int64, error) {
	n, err := number(s.client.HGet(ctx, alertMetaKey, name))
	if err != nil {
		return 0, fmt.Errorf("%s, %s: %w", alertMetaKey, name, err)
	}
	return n, nil
}
