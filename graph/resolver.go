// Package graph serves the market as GraphQL. The schema under schema/ is the manual; the resolvers only ask the view.
package graph

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// Registry is the providers of this process.
type Registry interface {
	// Providers are all of them, by id.
	Providers() []market.Provider
	// Collected are the providers of imported collections, by id.
	Collected() []market.Provider
	// NextRun is when one is read next; false when it is not scheduled here.
	NextRun(provider string) (time.Time, bool)
}

// Scraper reads providers on demand.
type Scraper interface {
	// Scrape reads a provider now. A run that failed is no error: its Error says why. ErrNoProvider when there is none of that id,
	// ErrBusy when somebody else reads it now.
	Scrape(ctx context.Context, provider string) (market.Run, error)
	// ReleaseQuarantine believes what is held back. ErrNoProvider, ErrBusy, or ErrNotHeld when nothing is.
	ReleaseQuarantine(ctx context.Context, provider string) (market.Run, error)
}

// ErrNoProvider says that there is no provider of an id.
var ErrNoProvider = errors.New("there is no provider of that id; query providers lists them")

// ErrNotHeld says that a provider has nothing in quarantine.
var ErrNotHeld = errors.New("nothing of this provider is held back")

// ErrBusy says that somebody else reads the provider now.
var ErrBusy = errors.New("the provider is being read already; try again when that run is over")

// Past is the market as it stood at moments that have been.
type Past interface {
	// At is the market as it stood at a moment, as far as a filter can ask for it.
	At(ctx context.Context, moment time.Time, f market.Filter) (*market.View, error)
	// Index computes what a question asks for. An *market.InvalidError names what cannot be understood.
	Index(ctx context.Context, q market.IndexQuestion) ([]market.Index, error)
	// ExportCount is how many rows an export has. An *market.InvalidError names what cannot be understood.
	ExportCount(ctx context.Context, q market.ExportQuestion) (int, error)
}

// Changes are the changes of all offers, as they are stored.
type Changes interface {
	// Read reads the matching ones from now on, or those behind a cursor and then on. A *market.InvalidError says that the cursor is none, a
	// *market.ExpiredError that what is behind it is no longer all there.
	Read(ctx context.Context, cursor string, m market.Matcher) (*market.TapeReader, error)
}

// Resolver is what the resolvers need.
type Resolver struct {
	Book     interface{ View() *market.View }
	Past     Past
	Registry Registry
	Log      model.RunLog
	Scraper  Scraper
	Alerts   Alerts
	// Fleet is our own cards; nil where there are none.
	Fleet   Fleet
	Now     func() time.Time
	Changes Changes
	// Patience is how long connections that stay open are waited for.
	Patience   Patience
	latest     atomic.Pointer[model.Env]
	references model.References
}
