package market

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Book is the read model: the current offers of everyone, swapped as one immutable View. Only what the store has accepted is
// put into it. It is safe for concurrent use.
type Book struct {
	writing sync.Mutex
	entries map[string]map[string]*Entry // provider, offer id
	sorted  map[string][]*Entry          // provider: its entries by id
	sheets  map[SheetKey]Sheet
	rates   Rates
	ratesAt time.Time
	view    atomic.Pointer[View]
}

// SheetKey names a sheet.
type SheetKey struct{ Provider, Sheet string }

// NewBook is an empty book.
func NewBook() *Book {
	b := &Book{entries: map[string]map[string]*Entry{}, sorted: map[string][]*Entry{}, sheets: map[SheetKey]Sheet{}}
	b.view.Store(newView(nil, nil, Rates{}, 0))
	return b
}

// View is the book as it stands now.
func (b *Book) View() *View { return b.view.Load() }

// Load replaces everything known of one provider.
func (b *Book) Load(provider string, sheets []Sheet, offers []Offer) {
	b.change(func() []string {
		for key := range b.sheets {
			if key.Provider == provider {
				delete(b.sheets, key)
			}
		}
		b.put(sheets)
		b.entries[provider] = map[string]*Entry{}
		b.upsert(provider, offers)
		return []string{provider}
	})
}

// Apply takes in what one commit changed: the sheets' new state, offers to put in place, ids to drop.
func (b *Book) Apply(provider string, sheets []Sheet, upserts []Offer, removed []string) {
	b.change(func() []string {
		b.put(sheets)
		b.upsert(provider, upserts)
		for _, id := range removed {
			delete(b.entries[provider], id)
		}
		return []string{provider}
	})
}

// SetRates replaces the exchange rates with those known at a moment; every price in another currency is computed anew.
func (b *Book) SetRates(rates Rates, now time.Time) {
	b.change(func() []string {
		b.rates, b.ratesAt = rates, now
		remembered := rates.remembered()
		for _, entries := range b.entries {
			for id, e := range entries {
				entries[id] = newEntry(e.Offer, remembered, now)
			}
		}
		return slices.Collect(maps.Keys(b.entries))
	})
}

// change publishes what becomes of some providers, which do names.
func (b *Book) change(do func() []string) {
	b.writing.Lock()
	defer b.writing.Unlock()
	for _, provider := range do() {
		b.sorted[provider] = slices.SortedFunc(maps.Values(b.entries[provider]), compareIDs)
	}
	b.view.Store(newView(b.all(), b.sheets, b.rates, b.View().Generation+1))
}

func (b *Book) put(sheets []Sheet) {
	for _, s := range sheets {
		b.sheets[SheetKey{s.Provider, s.Name}] = s
	}
}

func (b *Book) upsert(provider string, offers []Offer) {
	if b.entries[provider] == nil {
		b.entries[provider] = map[string]*Entry{}
	}
	remembered := b.rates.remembered()
	for _, o := range offers {
		b.entries[provider][o.ID] = newEntry(o, remembered, b.ratesAt)
	}
}

func compareIDs(x, y *Entry) int { return strings.Compare(x.Offer.ID, y.Offer.ID) }

// all are the entries of all providers by id: one provider's behind another's, because ids begin with it.
func (b *Book) all() []*Entry {
	parts := slices.DeleteFunc(slices.Collect(maps.Values(b.sorted)), func(part []*Entry) bool { return len(part) == 0 })
	slices.SortFunc(parts, func(x, y []*Entry) int { return compareIDs(x[0], y[0]) })
	all := slices.Concat(parts...)
	if !slices.IsSortedFunc(all, compareIDs) {
		slices.SortFunc(all, compareIDs)
	}
	return all
}
