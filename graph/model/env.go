package model

import (
	"context"
	"time"

	"gpuhour/market"
)

// Env is what one request sees: one view of the market at one moment, whatever happens meanwhile.
type Env struct {
	View      *market.View
	Now       time.Time
	Providers map[string]market.Provider
	Log       RunLog
	NextRun   func(provider string) (time.Time, bool)
	Past      Past
	Alerts    Alerts
	Fleet     FleetReader
	// References are the reference prices, which requests share.
	References *References
}

// Past is where prices of moments that have been are known.
type Past interface {
	// Index computes the price of a GPU over time.
	Index(ctx context.Context, q market.IndexQuestion) ([]market.Index, error)
}

// RunLog is where the runs and what they changed are kept.
type RunLog interface {
	// History are the changes of an offer, oldest first.
	History(ctx context.Context, provider, offer string) ([]market.Point, error)
	// Runs are the last runs of a provider, newest first.
	Runs(ctx context.Context, provider string, last int) ([]market.Run, error)
	// Rejected are the first rows of the latest documents that were not believed.
	Rejected(ctx context.Context, provider string, first int) ([]market.Rejection, error)
}

// Cadence is the time between two runs of a provider.
func (e *Env) Cadence(provider string) time.Duration { return e.Providers[provider].Cadence }

// Node is anything with an id of its own.
type Node interface{ IsNode() }

// optional is nil for the zero value: what is not known is null.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// collected says whether a name is that of a collection, or of all.
func (e *Env) collected(name string) bool {
	if name == market.AllCollections {
		return true
	}
	for _, p := range e.Providers {
		if p.Collection.Name == name && name != "" {
			return true
		}
	}
	return false
}
