package market

import (
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
	sheets  map[SheetKey]Sheet
	rates   Rates
	ratesAt time.Time
	view    atomic.Pointer[View]
}

// SheetKey names a sheet.
type SheetKey struct{ Provider, Sheet string }

// NewBook is an empty book.
func NewBook() *Book {
	b := &Book{entries: map[string]map[string]*Entry{}, sheets: map[SheetKey]Sheet{}}
	b.view.Store(newView(nil, nil, Rates{}, 0))
	return b
}

// View is the book as it stands now.
func (b *Book) View() *View { return b.view.Load() }

// Load replaces everything known of one provider.
func (b *Book) Load(provider string, sheets []Sheet, offers []Offer) {
	b.change(func() {
		for key := range b.sheets {
			if key.Provider == provider {
				delete(b.sheets, key)
			}
		}
		b.put(sheets)
		b.entries[provider] = map[string]*Entry{}
		b.upsert(provider, offers)
	})
}

// Apply takes in what one commit changed: the sheets' new state, offers to put in place, ids to drop.
func (b *Book) Apply(provider string, sheets []Sheet, upserts []Offer, removed []string) {
	b.change(func() {
		b.put(sheets)
		b.upsert(provider, upserts)
		for _, id := range removed {
			delete(b.entries[provider], id)
		}
	})
}

// SetRates replaces the exchange rates with those known at a moment; every price in another currency is computed anew.
func (b *Book) SetRates(rates Rates, now time.Time) {
	b.change(func() {
		b.rates, b.ratesAt = rates, now
		for _, entries := range b.entries {
			for id, e := range entries {
				entries[id] = newEntry(e.Offer, rates, now)
			}
		}
	})
}

func (b *Book) change(do func()) {
	b.writing.Lock()
	defer b.writing.Unlock()
	do()
	b.view.Store(newView(b.sorted(), b.sheets, b.rates, b.View().Generation+1))
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
	for _, o := range offers {
		b.entries[provider][o.ID] = newEntry(o, b.rates, b.ratesAt)
	}
}

func (b *Book) sorted() []*Entry {
	var all []*Entry
	for _, entries := range b.entries {
		for _, e := range entries {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y *Entry) int { return strings.Compare(x.Offer.ID, y.Offer.ID) })
	return all
}
