package model

import (
	"fmt"
	"slices"

	"gpuhour/market"
)

// Window is the part of a list that is asked for.
func Window(first *int, after *string, last *int, before *string) market.Window {
	return market.Window{First: first, Last: last, After: text(after), Before: text(before)}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Ask puts a question for offers to the view; gpuID narrows it to one catalogue entry, where it is not empty.
func Ask(env *Env, filter *OfferFilter, gpuID string, orderBy *OfferOrder, window market.Window) (*OfferConnection, error) {
	if err := filter.check(env); err != nil {
		return nil, err
	}
	asked := filter.Asked()
	asked.GpuID = gpuID
	page, err := env.View.Ask(market.Question{Filter: asked, Order: orderBy.asked(), Window: window, Now: env.Now, Cadence: env.Cadence})
	if err != nil {
		return nil, err
	}
	return &OfferConnection{env, page}, nil
}

// check refuses what would match nothing whatever is on offer, because it is misspelt.
func (f *OfferFilter) check(env *Env) error {
	if f == nil {
		return nil
	}
	if err := f.checkSizes(); err != nil {
		return err
	}
	for _, id := range f.Providers {
		if _, known := env.Providers[id]; !known && env.View.Count(id) == 0 && len(f.Collections) == 0 {
			return &market.InvalidError{Field: "filter.providers", Reason: fmt.Sprintf("there is no provider %.60q; query providers lists them", id)}
		}
	}
	for _, name := range f.Collections {
		if !env.collected(name) {
			return &market.InvalidError{Field: "filter.collections", Reason: fmt.Sprintf("there is no collection %.60q; query collections lists them", name)}
		}
	}
	for _, c := range f.Countries {
		if len(c) != 2 {
			return &market.InvalidError{Field: "filter.countries", Reason: fmt.Sprintf("expected codes of two letters such as \"DE\", got %.60q", c)}
		}
	}
	return nil
}

// The bounds of a filter.
const (
	mostValues    = 200
	longestName   = 200
	longestSearch = 200
)

func (f *OfferFilter) checkSizes() error {
	sizes := map[string]int{"gpus": len(f.Gpus), "providers": len(f.Providers), "providerKinds": len(f.ProviderKinds), "regions": len(f.Regions),
		"countries": len(f.Countries), "areas": len(f.Areas), "markets": len(f.Markets), "commitmentMonths": len(f.CommitmentMonths), "stock": len(f.Stock),
		"collections": len(f.Collections)}
	for field, n := range sizes {
		if n > mostValues {
			return &market.InvalidError{Field: "filter." + field, Reason: fmt.Sprintf("expected at most %d values, got %d", mostValues, n)}
		}
	}
	if slices.ContainsFunc(f.Gpus, func(name string) bool { return len(name) > longestName }) {
		return &market.InvalidError{Field: "filter.gpus", Reason: fmt.Sprintf("expected names of at most %d bytes", longestName)}
	}
	if len(text(f.Search)) > longestSearch {
		return &market.InvalidError{Field: "filter.search", Reason: fmt.Sprintf("expected at most %d bytes", longestSearch)}
	}
	return nil
}

func (o *OfferOrder) asked() market.Order {
	if o == nil {
		return market.DefaultOrder
	}
	return market.Order{Field: o.Field, Direction: o.Direction}
}

// Asked is the filter in the market's words.
func (f *OfferFilter) Asked() market.Filter {
	if f == nil {
		return market.Filter{}
	}
	return market.Filter{
		Gpus: f.Gpus, Providers: f.Providers, ProviderKinds: f.ProviderKinds, Regions: f.Regions, Countries: f.Countries, Areas: f.Areas,
		Markets: f.Markets, CommitmentMonths: f.CommitmentMonths, Stock: f.Stock, MinGpuCount: f.MinGpuCount, MaxGpuCount: f.MaxGpuCount,
		MinMemoryGB: f.MinMemoryGb, MaxPricePerGpuHour: f.MaxPricePerGpuHour, Search: text(f.Search),
		ExcludeStale: f.IncludeStale != nil && !*f.IncludeStale, Collections: f.Collections, Components: f.Components != nil && *f.Components,
	}
}
