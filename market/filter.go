package market

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Filter says which offers are asked for. Empty fields ask for nothing in particular; values of one field are alternatives.
type Filter struct {
	// Gpus are models ("H100": every variant, and offers that say only the model) or catalogue ids.
	Gpus []string
	// GpuID is one catalogue entry that the offers must be of besides; it is not checked.
	GpuID            string
	Providers        []string
	ProviderKinds    []ProviderKind
	Regions          []string
	Countries        []string
	Areas            []Area
	Markets          []Market
	CommitmentMonths []int
	Stock            []Stock
	MinGpuCount      *float64
	MaxGpuCount      *float64
	// MinMemoryGB is of the machine, not of the card.
	MinMemoryGB *float64
	// MaxPricePerGpuHour is in USD; offers whose USD price is unknown are left out.
	MaxPricePerGpuHour *Decimal
	// Search is looked for in provider, SKU and GPU name, whatever the case.
	Search string
	// ExcludeStale leaves out what may no longer be current.
	ExcludeStale bool
	// Collections are names of imported histories to ask instead of what this program has read; "*" is all of them.
	Collections []string
	// Components lists bare cards too, whose machine is charged on top.
	Components bool
}

// InvalidError is a question that cannot be answered as it was put.
type InvalidError struct {
	// Field is the argument that is wrong, as in "filter.gpus".
	Field string
	// Reason says what was expected.
	Reason string
}

// Error names the field and what was expected.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// predicate is a compiled filter.
type predicate struct {
	gpuIDs, models []string
	filter         Filter
	search         string
	maxPrice       int64
	stale          map[SheetKey]bool
}

func (v *View) compile(f Filter, cadence func(provider string) time.Duration, now time.Time) (*predicate, error) {
	p := &predicate{filter: f, search: strings.ToLower(strings.TrimSpace(f.Search)), maxPrice: -1}
	if err := p.compileGpus(v); err != nil {
		return nil, err
	}
	if f.MaxPricePerGpuHour != nil {
		limit, err := Units(*f.MaxPricePerGpuHour, DerivedScale)
		if err != nil || limit < 0 {
			return nil, &InvalidError{"filter.maxPricePerGpuHour", "expected a price in USD, zero or more"}
		}
		p.maxPrice = limit
	}
	if f.ExcludeStale {
		p.stale = v.staleSheets(cadence, now)
	}
	return p, nil
}

// CheckFilter says what of a filter cannot be understood, as an *InvalidError.
func (v *View) CheckFilter(f Filter) error {
	f.ExcludeStale = false
	_, err := v.compile(f, nil, time.Time{})
	return err
}

func (v *View) staleSheets(cadence func(provider string) time.Duration, now time.Time) map[SheetKey]bool {
	stale := map[SheetKey]bool{}
	for key, s := range v.sheets {
		stale[key] = s.Stale(now, cadence(key.Provider))
	}
	return stale
}

func (p *predicate) compileGpus(v *View) error {
	for _, name := range p.filter.Gpus {
		if strings.Contains(name, "/") {
			gpu, found := GpuByID(strings.ToLower(name))
			if !found {
				return &InvalidError{"filter.gpus", fmt.Sprintf("%q is not in the catalogue; query gpus lists what is", abbreviate(name))}
			}
			p.gpuIDs = append(p.gpuIDs, gpu.ID)
			continue
		}
		model, found := v.model(name)
		if !found {
			return &InvalidError{"filter.gpus", fmt.Sprintf("no GPU model is called %q; query gpus lists the models", abbreviate(name))}
		}
		p.models = append(p.models, model)
	}
	return nil
}

// model finds the canonical name of a model: in the catalogue, among the offers, or through the names providers use.
func (v *View) model(name string) (string, bool) {
	if gpus := GpusOfModel(name); len(gpus) > 0 {
		return gpus[0].Model, true
	}
	if model, found := v.models()[strings.ToLower(name)]; found {
		return model, true
	}
	model := Identify("", name).Model
	return model, model != ""
}

func (p *predicate) matches(e *Entry) bool {
	o, f := &e.Offer, &p.filter
	return p.matchesGpu(o) && p.matchesPrice(e) && p.matchesSeller(o) && p.matchesPlace(o) &&
		(f.Components || o.Listed.Per != PerComponent) && in(f.Markets, o.Market) && in(f.CommitmentMonths, o.CommitmentMonths) && in(f.Stock, o.Stock) && p.matchesSize(o) &&
		(p.search == "" || strings.Contains(e.searchText(), p.search)) && (p.stale == nil || !p.stale[SheetKey{o.Provider, o.Sheet}])
}

func (p *predicate) matchesGpu(o *Offer) bool {
	return (p.filter.GpuID == "" || p.filter.GpuID == o.GpuID) &&
		(len(p.filter.Gpus) == 0 || slices.Contains(p.models, o.GpuModel) || slices.Contains(p.gpuIDs, o.GpuID))
}

func (p *predicate) matchesPrice(e *Entry) bool {
	return p.maxPrice < 0 || e.usdPerGpuHour >= 0 && e.usdPerGpuHour <= p.maxPrice
}

func (p *predicate) matchesSeller(o *Offer) bool {
	return (in(p.filter.Providers, o.Provider) || len(p.filter.Collections) > 0) && in(p.filter.ProviderKinds, o.Kind)
}

func (p *predicate) matchesPlace(o *Offer) bool {
	return in(p.filter.Areas, o.Area) && inFold(p.filter.Regions, o.Region) && inFold(p.filter.Countries, o.Country)
}

func (p *predicate) matchesSize(o *Offer) bool {
	f := &p.filter
	return (f.MinGpuCount == nil || o.GpuCount.Float() >= *f.MinGpuCount) &&
		(f.MaxGpuCount == nil || o.GpuCount.Float() <= *f.MaxGpuCount) &&
		(f.MinMemoryGB == nil || o.MemoryGB != nil && *o.MemoryGB >= *f.MinMemoryGB)
}

func in[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func inFold(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, value) })
}
