package market

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Entry is an offer in the book with what is computed from it once.
type Entry struct {
	Offer Offer
	// Gpu is the catalogue's own entry, which must not be changed; nil when the name does not say which one it is.
	Gpu *Gpu
	// usd values are millionths of a dollar, for comparing only; negative is unknown.
	usdPerGpuHour, usdPerPflopsHour, usdPerHour int64
	// text is put together when something is first looked for in it; see searchText.
	text atomic.Pointer[string]
}

const unknownPrice = -1

// View is the whole market at one moment: immutable, so that a query sees one state however long it takes.
type View struct {
	// Generation grows with every change: what was computed from one generation holds for all of it.
	Generation uint64
	entries    []*Entry // by id
	sheets     map[SheetKey]Sheet
	providers  map[string]*holding
	rates      Rates
	orders     [orderCount]lazyOrder
	// models are the names of the offers' models by their lower case.
	models func() map[string]string
	// byModel are the entries of each model by id.
	byModel func() map[string][]*Entry
}

// holding is what the book has of one provider.
type holding struct {
	sheets []Sheet // by name
	offers int
}

// lazyOrder is the entries in one order, made when it is first asked for.
type lazyOrder struct {
	once    sync.Once
	entries []*Entry
}

func newView(entries []*Entry, sheets map[SheetKey]Sheet, rates Rates, generation uint64) *View {
	return &View{Generation: generation, entries: entries, sheets: maps.Clone(sheets), providers: holdings(entries, sheets), rates: rates,
		models:  sync.OnceValue(func() map[string]string { return models(entries) }),
		byModel: sync.OnceValue(func() map[string][]*Entry { return byModel(entries) })}
}

func models(entries []*Entry) map[string]string {
	distinct := map[string]bool{}
	for _, e := range entries {
		distinct[e.Offer.GpuModel] = true
	}
	out := map[string]string{}
	for name := range distinct {
		if name != "" {
			out[strings.ToLower(name)] = name
		}
	}
	return out
}

func holdings(entries []*Entry, sheets map[SheetKey]Sheet) map[string]*holding {
	all := map[string]*holding{}
	of := func(provider string) *holding {
		if all[provider] == nil {
			all[provider] = &holding{}
		}
		return all[provider]
	}
	for _, s := range sheets {
		h := of(s.Provider)
		h.sheets = append(h.sheets, s)
	}
	for _, h := range all {
		slices.SortFunc(h.sheets, func(a, b Sheet) int { return strings.Compare(a.Name, b.Name) })
	}
	for len(entries) > 0 { // those of one provider stand together, or nearly
		n := 1
		for n < len(entries) && entries[n].Offer.Provider == entries[0].Offer.Provider {
			n++
		}
		of(entries[0].Offer.Provider).offers += n
		entries = entries[n:]
	}
	return all
}

// Offer finds an offer by its id; nil when the book has none.
func (v *View) Offer(id string) *Entry {
	i, found := slices.BinarySearchFunc(v.entries, id, func(e *Entry, id string) int { return strings.Compare(e.Offer.ID, id) })
	if !found {
		return nil
	}
	return v.entries[i]
}

// Len is the number of offers in the book.
func (v *View) Len() int { return len(v.entries) }

// Entries are all offers by id; they must not be changed.
func (v *View) Entries() []*Entry { return v.entries }

// Rates are the exchange rates the view was computed with.
func (v *View) Rates() Rates { return v.rates }

// Sheet is the state of the sheet that lists an offer.
func (v *View) Sheet(o Offer) Sheet { return v.sheets[SheetKey{o.Provider, o.Sheet}] }

// AllSheets are the states of all sheets; they must not be changed.
func (v *View) AllSheets() map[SheetKey]Sheet { return v.sheets }

// Sheets are the states of a provider's sheets by name; they must not be changed.
func (v *View) Sheets(provider string) []Sheet {
	if h := v.providers[provider]; h != nil {
		return h.sheets
	}
	return nil
}

// Count is the number of a provider's offers.
func (v *View) Count(provider string) int {
	if h := v.providers[provider]; h != nil {
		return h.offers
	}
	return 0
}

// Peers are the USD prices a card-hour of all offers but those of one sheet, for judging that sheet's rows.
func (v *View) Peers(except SheetKey) []Peer {
	var out []Peer
	for _, e := range v.entries {
		if (SheetKey{e.Offer.Provider, e.Offer.Sheet}) == except || e.Offer.GpuModel == "" {
			continue
		}
		if usd, err := toDecimal(e.usdPerGpuHour, DerivedScale); err == nil && e.usdPerGpuHour >= 0 {
			out = append(out, Peer{e.Offer.ID, e.Offer.peerGroup(), usd})
		}
	}
	return out
}
