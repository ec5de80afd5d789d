package alerts

import (
	"slices"
	"time"

	"gpuhour/market"
)

// longestTrail bounds what is kept of a window. Beyond it the two oldest values become one: the more extreme, until the later end.
const longestTrail = 1000

// leave adds a value that was in force until a moment. Of the values before it those that it outdoes are dropped: it stayed longer.
func leave(c market.AlertCondition, trail []market.Gone, value market.Decimal, until time.Time) []market.Gone {
	trail = slices.Clone(trail) // the one before may still be in use
	for len(trail) > 0 && !extremer(c, trail[len(trail)-1].Value, value) {
		trail = trail[:len(trail)-1]
	}
	trail = append(trail, market.Gone{Value: value, Until: until})
	if len(trail) > longestTrail {
		trail[1].Value = trail[0].Value
		trail = trail[1:]
	}
	return trail
}

// extremer says whether a value counts for more in a window than another: the highest is what a price drops from, the lowest what it
// rises from, or is lower than.
func extremer(c market.AlertCondition, a, b market.Decimal) bool {
	if c == market.Drops {
		return a.Cmp(b) > 0
	}
	return a.Cmp(b) < 0
}

// inWindow drops what no longer lies in the window.
func inWindow(trail []market.Gone, from time.Time) []market.Gone {
	first := slices.IndexFunc(trail, func(g market.Gone) bool { return g.Until.After(from) })
	if first < 0 {
		return nil
	}
	return trail[first:]
}

// extreme is the value that counts in a window: the first, since those behind it are less extreme. Nil where there is none.
func extreme(trail []market.Gone) *market.Decimal {
	if len(trail) == 0 {
		return nil
	}
	return &trail[0].Value
}
