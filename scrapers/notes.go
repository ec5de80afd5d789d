package scrapers

import (
	"fmt"
	"maps"
	"slices"
)

// notes count what was left out, by what it is, and keep the first example of each.
type notes map[string]*note

type note struct {
	n     int
	first string
}

func (n notes) add(what, where, why string) {
	if n[what] == nil {
		n[what] = &note{first: where + ": " + why}
	}
	n[what].n++
}

func (n notes) lines() []string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%s: %d; the first, %s", what, n[what].n, n[what].first))
	}
	return out
}
