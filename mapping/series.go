package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"gpuhour/market"
)

// series is one thing that one provider sold, as one recorder saw it.
type series struct {
	offer   market.Offer
	sheet   *sheet
	cadence time.Duration
	seen    []observation
	// err is why it is none.
	err error
}

// sheet is what was recorded together: one provider's prices of one market. It was read whenever any of them was seen.
type sheet struct{ seconds map[int64]bool }

type observation struct {
	second int64
	amount market.Decimal
}

// see takes in a price; where the series has another one of the same second the first one stays.
func (s *series) see(second int64, amount market.Decimal) error {
	at, again := slices.BinarySearchFunc(s.seen, second, func(o observation, second int64) int { return cmp.Compare(o.second, second) })
	if again && s.seen[at].amount.Cmp(amount) != 0 {
		return errors.New("a second price of the same thing at the same time")
	}
	if !again {
		s.seen = slices.Insert(s.seen, at, observation{second, amount})
	}
	s.sheet.seconds[second] = true
	return nil
}

// describe makes an offer of what a row says besides its price.
func (f *File) describe(s *series, row []string) error {
	about, err := f.mapping.collection(f.value(row, Recorder))
	if err != nil {
		return err
	}
	name := f.value(row, Provider)
	kind, known := f.mapping.kinds[name]
	if !known {
		return fmt.Errorf("the mapping has no kind of seller for the provider %q", name)
	}
	listing, err := f.listing(row)
	if err != nil {
		return err
	}
	provider := about.Collected(name, kind)
	if other, twice := f.Providers[provider.ID]; twice && other != provider {
		return fmt.Errorf("the provider %q would have the id of %q", name, other.Name)
	}
	origin := market.Origin{Provider: provider.ID, Kind: kind, Sheet: strings.ToLower(string(listing.Market)), Recorded: true}
	if s.offer, err = market.Normalise(origin, listing); err != nil {
		return err
	}
	s.cadence, f.Providers[provider.ID] = about.Cadence, provider
	key := market.SheetKey{Provider: provider.ID, Sheet: origin.Sheet}
	if f.sheets[key] == nil {
		f.sheets[key] = &sheet{map[int64]bool{}}
	}
	s.sheet = f.sheets[key]
	return nil
}

// listing is a row in its recorder's words; whatever tells two series apart is in it.
func (f *File) listing(row []string) (market.Listing, error) {
	sold, known := f.mapping.Markets[f.value(row, Market)]
	if !known {
		return market.Listing{}, fmt.Errorf("the mapping does not say what the market %q is", f.value(row, Market))
	}
	unit, known := f.mapping.units[f.value(row, Unit)]
	if !known {
		return market.Listing{}, fmt.Errorf("the mapping does not say what the unit %q is", f.value(row, Unit))
	}
	variant := []string{f.value(row, GpuName), f.value(row, GpuCount), f.value(row, Unit), f.value(row, Currency)}
	return market.Listing{SKU: cmp.Or(f.value(row, SKU), f.value(row, GpuName)), Variant: strings.Join(variant, " "), GpuName: f.value(row, GpuName),
		Count: f.value(row, GpuCount), Region: f.value(row, Region), Market: sold, Price: f.value(row, Amount), Currency: market.Currency(f.value(row, Currency)),
		Per: unit.per, Period: unit.period}, nil
}

// Imports are what the file holds, one provider after another: of every series its changes, and what was seen when.
func (f *File) Imports() iter.Seq2[market.Import, error] {
	return func(yield func(market.Import, error) bool) {
		byProvider := map[string][]*series{}
		for _, s := range f.series {
			if s.err == nil && len(s.seen) > 0 {
				byProvider[s.offer.Provider] = append(byProvider[s.offer.Provider], s)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(byProvider)) {
			in, err := f.gather(id, byProvider[id])
			if !yield(in, err) || err != nil {
				return
			}
		}
	}
}

func (f *File) gather(provider string, all []*series) (market.Import, error) {
	g := market.NewGatherer(provider)
	sorted := map[*sheet][]int64{}
	for key, sheet := range f.sheets {
		if key.Provider != provider {
			continue
		}
		sorted[sheet] = slices.Sorted(maps.Keys(sheet.seconds))
		for _, second := range sorted[sheet] {
			g.Read(key.Sheet, time.Unix(second, 0), true)
		}
	}
	for _, s := range all {
		for _, p := range s.changes(sorted[s.sheet]) {
			if err := g.Add(s.offer, p, market.Source{}, 0); err != nil {
				return market.Import{}, err
			}
		}
	}
	return market.Import{Chronicle: g.Chronicle()}, nil
}

// patience is how many cadences a series may not be seen, while its sheet is read, before it counts as withdrawn: as many as a price is fresh for.
const patience = 3

// changes are the first observation of the series, those that differ from the one before, and withdrawals: at the sheet's first reading
// after it was not seen for three cadences.
func (s *series) changes(readings []int64) (out []market.Point) {
	for i, o := range s.seen {
		if len(out) == 0 || out[len(out)-1].Withdrawn || out[len(out)-1].Amount.Cmp(o.amount) != 0 {
			out = append(out, s.point(o.second, o.amount, false))
		}
		limit := o.second + patience*int64(s.cadence/time.Second)
		after := sort.Search(len(readings), func(i int) bool { return readings[i] > limit })
		if after < len(readings) && (i+1 == len(s.seen) || readings[after] < s.seen[i+1].second) {
			out = append(out, s.point(readings[after], o.amount, true))
		}
	}
	return out
}

func (s *series) point(second int64, amount market.Decimal, withdrawn bool) market.Point {
	return market.Point{PointTerms: market.PointTerms{Currency: s.offer.Listed.Currency, Per: s.offer.Listed.Per, Period: s.offer.Listed.Period, GpuCount: s.offer.GpuCount},
		At: time.Unix(second, 0).UTC(), Amount: amount, Stock: market.StockUnknown, Withdrawn: withdrawn}
}
