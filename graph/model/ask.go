package model

import "gpuhour/market"

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

// Ask puts a question for offers to the view.
func Ask(env *Env, filter *OfferFilter, orderBy *OfferOrder, window market.Window) (*OfferConnection, error) {
	page, err := env.View.Ask(market.Question{Filter: filter.asked(), Order: orderBy.asked(), Window: window, Now: env.Now, Cadence: env.Cadence})
	if err != nil {
		return nil, err
	}
	return &OfferConnection{env, page}, nil
}

func (o *OfferOrder) asked() market.Order {
	if o == nil {
		return market.DefaultOrder
	}
	return market.Order{Field: o.Field, Direction: o.Direction}
}

func (f *OfferFilter) asked() market.Filter {
	if f == nil {
		return market.Filter{}
	}
	return market.Filter{
		Gpus: f.Gpus, Providers: f.Providers, ProviderKinds: f.ProviderKinds, Regions: f.Regions, Countries: f.Countries, Areas: f.Areas,
		Markets: f.Markets, CommitmentMonths: f.CommitmentMonths, Stock: f.Stock, MinGpuCount: f.MinGpuCount, MaxGpuCount: f.MaxGpuCount,
		MinMemoryGB: f.MinMemoryGb, MaxPricePerGpuHour: f.MaxPricePerGpuHour, Search: text(f.Search),
		ExcludeStale: f.IncludeStale != nil && !*f.IncludeStale,
	}
}
