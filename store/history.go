package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// History are the changes of an offer, oldest first; none when it was never listed. Sealed chunks never change, so it is enough to
// learn their number and the open one at one moment.
func (s *Store) History(ctx context.Context, provider, offer string) ([]market.Point, error) {
	k := keysOf(provider)
	var open, count *redis.StringCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		open, count = p.HGet(ctx, k.history(), offer), p.HGet(ctx, k.chunks(), offer)
	})
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", offer, err)
	}
	sealed, err := s.sealedChunks(ctx, k, offer, count)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", offer, err)
	}
	points, err := readPoints(sealed + open.Val())
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", k.history(), offer, err)
	}
	return points, nil
}

func (s *Store) sealedChunks(ctx context.Context, k keys, offer string, count *redis.StringCmd) (string, error) {
	n, err := number(count)
	if err != nil || n == 0 {
		return "", err
	}
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf("%s %d", offer, i+1)
	}
	values, err := s.client.HMGet(ctx, k.sealed(), fields...).Result()
	if err != nil {
		return "", err
	}
	var whole strings.Builder
	for i, v := range values {
		chunk, there := v.(string)
		if !there {
			return "", fmt.Errorf("%s, %s: is missing", k.sealed(), fields[i])
		}
		whole.WriteString(chunk)
	}
	return whole.String(), nil
}

// readPoints decodes a stream. A clock that went back leaves points out of their order; the later reading of one second stands last.
func readPoints(stream string) ([]market.Point, error) {
	var points []market.Point
	r := market.ReadPoints([]byte(stream))
	for r.Next() {
		p, err := r.Point()
		if err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	slices.SortStableFunc(points, func(a, b market.Point) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	return points, errors.Join(r.Err())
}
