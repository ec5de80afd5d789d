package market

import (
	"cmp"
	"hash/fnv"
	"io"
	"slices"
	"sort"
	"strings"
	"time"
)

// Quote is an offer as a rule sees it at one moment.
type Quote struct {
	Entry *Entry
	// Price is that of a card-hour in the currency asked for. Unpriced says that no exchange rate is known, so that there is none.
	Price    Decimal
	Unpriced bool
	// Stale says that the offer may no longer be current: Price is then only the last that was seen.
	Stale bool
}

// Sheet is the one that lists the offer.
func (q Quote) Sheet() SheetKey { return SheetKey{q.Entry.Offer.Provider, q.Entry.Offer.Sheet} }

// Quoter looks at one view at one moment on behalf of many rules. It is for one goroutine.
type Quoter struct {
	view    *View
	now     time.Time
	cadence func(provider string) time.Duration
	stale   map[SheetKey]bool
	rates   dayRates
	indices map[indexAsked]Compared
	// patient is the moment before which no sheet is said to have lapsed.
	patient time.Time
}

// indexAsked is one median of the market.
type indexAsked struct {
	group    PeerGroup
	currency Currency
}

// NewQuoter looks at a view; cadence is the time between two runs of a provider.
func NewQuoter(v *View, cadence func(provider string) time.Duration, now time.Time) *Quoter {
	return &Quoter{view: v, now: now, cadence: cadence, stale: v.staleSheets(cadence, now), rates: v.rates.remembered(), indices: map[indexAsked]Compared{}}
}

// Another is one that sees the same, for another goroutine.
func (q *Quoter) Another() *Quoter {
	return &Quoter{view: q.view, now: q.now, cadence: q.cadence, stale: q.stale, rates: q.view.rates.remembered(), indices: map[indexAsked]Compared{}, patient: q.patient}
}

// Patient lets no sheet be said to have lapsed before a moment: until then a process that has just begun may not have read it yet.
func (q *Quoter) Patient(until time.Time) *Quoter {
	q.patient = until
	return q
}

// Now is the moment.
func (q *Quoter) Now() time.Time { return q.now }

// View is what it looks at.
func (q *Quoter) View() *View { return q.view }

// Stale says whether what a sheet lists may no longer be current.
func (q *Quoter) Stale(key SheetKey) bool { return q.stale[key] }

// Lapsed says whether a sheet's last success is more than three cadences ago, whatever its latest run said.
func (q *Quoter) Lapsed(s Sheet) bool {
	return s.lapsed(q.now, q.cadence(s.Provider)) && !q.now.Before(q.patient)
}

// Quotes are the offers of a filter by their ids, stale ones too. A model that nobody has ever offered matches nothing.
func (q *Quoter) Quotes(f Filter, c Currency) []Quote {
	f.ExcludeStale = false
	keep, err := q.view.compile(f, q.cadence, q.now)
	if err != nil {
		return nil
	}
	var out []Quote
	for _, e := range q.view.candidates(keep) {
		if e.Offer.Market != MarketUnknown && keep.matches(e) {
			out = append(out, q.quote(e, c))
		}
	}
	return out
}

// Matcher says of offers whether they match a filter, stale or not.
func (q *Quoter) Matcher(f Filter) func(*Entry) bool {
	f.ExcludeStale = false
	keep, err := q.view.compile(f, q.cadence, q.now)
	if err != nil {
		return func(*Entry) bool { return false }
	}
	return func(e *Entry) bool { return e.Offer.Market != MarketUnknown && keep.matches(e) }
}

func (q *Quoter) quote(e *Entry, c Currency) Quote {
	price, known := q.price(e, c)
	return Quote{Entry: e, Price: price, Unpriced: !known, Stale: q.stale[SheetKey{e.Offer.Provider, e.Offer.Sheet}]}
}

func (q *Quoter) price(e *Entry, c Currency) (Decimal, bool) {
	if c == USD {
		d, err := toDecimal(e.usdPerGpuHour, DerivedScale)
		return d, err == nil && e.usdPerGpuHour >= 0
	}
	rate := q.rates.on(e.Offer.Listed.Currency, c, q.now)
	if rate == nil {
		return Decimal{}, false
	}
	d, err := e.Offer.PricePerGpuHourIn(*rate)
	return d, err == nil
}

// Compared is what a price is compared with: the median of all offers that are of the same model, kind of seller, market and term.
type Compared struct {
	Median Decimal
	// Members tell whether it is of the same offers as another time.
	Members uint64
	// Sheets are those that list them, Stale those among them that may no longer be current.
	Sheets, Stale []SheetKey
}

// Index is the median that an offer compares with, the lower of two in the middle; false where there is none, or where fewer than half of
// its offers are current. Offers that are not count with their last price: that a source fails moves no index.
func (q *Quoter) Index(o Offer, c Currency) (Compared, bool) {
	asked := indexAsked{o.peerGroup(), c}
	found, known := q.indices[asked]
	if !known {
		found = q.median(asked)
		q.indices[asked] = found
	}
	return found, found.Median.IsPos()
}

func (q *Quoter) median(asked indexAsked) Compared {
	var prices []Decimal
	out, members, fresh := Compared{}, fnv.New64a(), 0
	for _, e := range q.view.ofModel(asked.group.GpuModel) {
		price, known := q.price(e, asked.currency)
		if !known || e.Offer.peerGroup() != asked.group {
			continue
		}
		prices = append(prices, price)
		_, _ = io.WriteString(members, e.Offer.ID+"\n") // never fails
		key := SheetKey{e.Offer.Provider, e.Offer.Sheet}
		if !slices.Contains(out.Sheets, key) {
			out.Sheets = append(out.Sheets, key)
		}
		switch {
		case !q.stale[key]:
			fresh++
		case !slices.Contains(out.Stale, key):
			out.Stale = append(out.Stale, key)
		}
	}
	if asked.group.GpuModel != "" && len(prices) > 0 && 2*fresh >= len(prices) {
		slices.SortFunc(prices, Decimal.Cmp)
		out.Median, out.Members = prices[(len(prices)-1)/2], members.Sum64()
	}
	return out
}

// candidates are entries among which all that match are: those of the models, or of the providers, that a filter names.
func (v *View) candidates(p *predicate) []*Entry {
	switch {
	case len(p.filter.Gpus) > 0:
		models := slices.Clone(p.models)
		for _, id := range p.gpuIDs {
			models = append(models, theCatalogue().byID[id].Model)
		}
		return v.ofModels(models)
	case len(p.filter.Providers) == 1:
		return v.ofProvider(p.filter.Providers[0])
	}
	return v.entries
}

func (v *View) ofModels(models []string) []*Entry {
	slices.Sort(models)
	models = slices.Compact(models)
	if len(models) == 1 {
		return v.ofModel(models[0])
	}
	var out []*Entry
	for _, m := range models {
		out = append(out, v.ofModel(m)...)
	}
	slices.SortFunc(out, compareIDs)
	return out
}

func (v *View) ofModel(model string) []*Entry { return v.byModel()[model] }

func byModel(entries []*Entry) map[string][]*Entry {
	out := map[string][]*Entry{}
	for _, e := range entries {
		out[e.Offer.GpuModel] = append(out[e.Offer.GpuModel], e)
	}
	return out
}

// ofProvider are a provider's entries: their ids begin with its own.
func (v *View) ofProvider(provider string) []*Entry {
	prefix := idPart(provider) + "/"
	from := sort.Search(len(v.entries), func(i int) bool { return v.entries[i].Offer.ID >= prefix })
	to := from
	for to < len(v.entries) && strings.HasPrefix(v.entries[to].Offer.ID, prefix) {
		to++
	}
	return v.entries[from:to]
}

// ModelOf is the name of the model that a filter's value is about, in lower case: a model's own, or that of a catalogue id.
func ModelOf(gpu string) string {
	if g, found := GpuByID(strings.ToLower(gpu)); found {
		return strings.ToLower(g.Model)
	}
	if gpus := GpusOfModel(gpu); len(gpus) > 0 {
		return strings.ToLower(gpus[0].Model)
	}
	return strings.ToLower(cmp.Or(Identify("", gpu).Model, gpu))
}
