package store

import (
	"context"
	"fmt"
	"slices"
)

// EditsSince are the rules that were made, edited, silenced or deleted after a place, each once, and the place to go on from; found is
// false when the place is too old or was never reached, and all rules must be read again.
func (s *Store) EditsSince(ctx context.Context, place int64) (ids []string, now int64, found bool, err error) {
	entries, now, found, err := s.after(ctx, numbered{editsKey, alertMetaKey, "edits"}, place)
	if err != nil || !found {
		return nil, 0, false, err
	}
	for _, entry := range entries {
		ids = append(ids, fmt.Sprint(entry.Values["rule"]))
	}
	slices.SortFunc(ids, compareRules)
	return slices.Compact(ids), now, true, nil
}
