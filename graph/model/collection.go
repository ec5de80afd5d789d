package model

import (
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// Collection is an imported history.
type Collection struct {
	env       *Env
	about     market.Collection
	providers []market.Provider
}

// NewCollections are the collections that providers are of, by name.
func NewCollections(env *Env, collected []market.Provider) []Collection {
	out := []Collection{}
	places := map[string]int{}
	for _, p := range collected {
		i, known := places[p.Collection.Name]
		if !known {
			i, places[p.Collection.Name] = len(out), len(out)
			out = append(out, Collection{env: env, about: p.Collection})
		}
		out[i].providers = append(out[i].providers, p)
	}
	slices.SortFunc(out, func(a, b Collection) int { return strings.Compare(a.about.Name, b.about.Name) })
	return out
}

// Name is what it is asked for by.
func (c Collection) Name() string { return c.about.Name }

// Cadence is how often it was recorded.
func (c Collection) Cadence() time.Duration { return c.about.Cadence }

// Licence is the recorder's.
func (c Collection) Licence() *string { return optional(c.about.Licence) }

// Homepage is where it is published.
func (c Collection) Homepage() *string { return optional(c.about.Homepage) }

// Providers are the sellers in it.
func (c Collection) Providers() []Provider {
	out := make([]Provider, len(c.providers))
	for i, p := range c.providers {
		out[i] = *NewProvider(c.env, p)
	}
	return out
}
