package market

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seller is a provider in a test: what it lists now, what its store would hold of each offer.
type seller struct {
	t       *testing.T
	name    string
	seq     int64
	now     time.Time
	listed  []Offer
	last    map[string]Offer
	streams map[string][]byte
	changes map[string][]Change
	live    map[string][]Moved
	commits []Moves
}

func newSeller(t *testing.T, name string) *seller {
	return &seller{t: t, name: name, now: time.Date(2026, 11, 1, 12, 0, 0, 250_000_000, time.UTC), last: map[string]Offer{}, streams: map[string][]byte{}, changes: map[string][]Change{}, live: map[string][]Moved{}}
}

// lists is a run that finds exactly these.
func (s *seller) lists(rows ...Listing) Moves {
	s.t.Helper()
	var after []Offer
	for _, row := range rows {
		o, err := Normalise(Origin{Provider: s.name, Kind: Neocloud, Sheet: "prices"}, row)
		if err != nil {
			s.t.Fatal(err)
		}
		after = append(after, o)
	}
	s.now, s.seq = s.now.Add(time.Hour), s.seq+1
	before := s.listed
	d := Diff(before, after, s.now)
	kept := byID(before)
	for _, id := range d.Removed {
		delete(kept, id)
	}
	for _, o := range d.Upserts {
		kept[o.ID], s.last[o.ID] = o, o
	}
	moves := Moves{Seq: s.seq}
	old := byID(before)
	for _, c := range d.Changes {
		moves.Moved = append(moves.Moved, s.change(c, old, kept))
	}
	s.listed = nil
	for _, o := range kept {
		s.listed = append(s.listed, o)
	}
	s.commits = append(s.commits, moves)
	return moves
}

func (s *seller) change(c Change, before, after map[string]Offer) Moved {
	s.t.Helper()
	absolute, relative, err := c.Append()
	if err != nil {
		s.t.Fatal(err)
	}
	if stream, begun := s.streams[c.OfferID]; begun && relative != nil {
		s.streams[c.OfferID] = append(stream, relative...)
	} else {
		s.streams[c.OfferID] = append(stream, absolute...)
	}
	m, fits := c.Between(found(before, c.OfferID), found(after, c.OfferID))
	if !fits {
		s.t.Fatalf("%s: the offers around the change do not fit it: %+v", c.OfferID, c)
	}
	c.Point, c.After, c.Decimals = Point{}, nil, 0 // are not kept with the commit
	s.changes[c.OfferID], s.live[c.OfferID] = append(s.changes[c.OfferID], c), append(s.live[c.OfferID], m)
	return m
}

func found(m map[string]Offer, id string) *Offer {
	if o, there := m[id]; there {
		return &o
	}
	return nil
}

// told is what is left of an offer in the store.
func (s *seller) told(id string) Told { return Told{Offer: s.last[id], Stream: s.streams[id]} }

func rowOf(sku, price string, change ...func(*Listing)) Listing {
	row := Listing{SKU: sku, GpuName: "NVIDIA H100 SXM", Count: "8", Price: price, Currency: USD, Per: PerInstance, Period: PerHour, Market: OnDemand}
	for _, do := range change {
		do(&row)
	}
	return row
}

// TestMovedIsTheSameAfterwards compares what the offers around a change say of it with what the history says later.
func TestMovedIsTheSameAfterwards(t *testing.T) {
	perCard := func(l *Listing) { l.Per, l.Count = PerGPU, "4" }
	perMonth := func(l *Listing) { l.Period = PerMonth }
	yuan := func(l *Listing) { l.Currency = CNY }
	stock := func(stock Stock, free int) func(*Listing) {
		return func(l *Listing) { l.Stock, l.GpusAvailable = stock, &free }
	}
	cases := map[string]struct {
		reason string
		runs   [][]Listing
		prices []string // before and after each change of the offer
	}{
		"new":               {"there is no price before", [][]Listing{{rowOf("a", "8.00")}}, []string{"- 8"}},
		"cheaper":           {"the price before is the whole offer's", [][]Listing{{rowOf("a", "8.00")}, {rowOf("a", "7.5")}}, []string{"- 8", "8 7.5"}},
		"per card":          {"the basis and the count change with the price: 8 for eight cards, then 1 for each of four", [][]Listing{{rowOf("a", "8")}, {rowOf("a", "1", perCard)}}, []string{"- 8", "8 4"}},
		"same figure":       {"the figure stays, what it pays for does not", [][]Listing{{rowOf("a", "720")}, {rowOf("a", "720", perMonth)}, {rowOf("a", "720")}}, []string{"- 720", "720 1", "1 720"}},
		"another currency":  {"each price in the currency of its time", [][]Listing{{rowOf("a", "8")}, {rowOf("a", "57", yuan)}}, []string{"- 8", "8 57"}},
		"stock":             {"only the stock changes", [][]Listing{{rowOf("a", "8", stock(Available, 8))}, {rowOf("a", "8", stock(SoldOut, 0))}}, []string{"- 8", "8 8"}},
		"withdrawn":         {"it is as it last was", [][]Listing{{rowOf("a", "8", stock(Available, 8))}, {}}, []string{"- 8", "8 8"}},
		"listed again":      {"what is listed again has no price before", [][]Listing{{rowOf("a", "8")}, {}, {rowOf("a", "9")}, {rowOf("a", "8")}}, []string{"- 8", "8 8", "- 9", "9 8"}},
		"there and back":    {"the same values come more than once", [][]Listing{{rowOf("a", "8")}, {rowOf("a", "9")}, {rowOf("a", "8")}, {rowOf("a", "9")}}, []string{"- 8", "8 9", "9 8", "8 9"}},
		"more decimals":     {"an amount with more decimals begins the history anew", [][]Listing{{rowOf("a", "8")}, {rowOf("a", "8.123456789")}, {rowOf("a", "8.2")}}, []string{"- 8", "8 8.123457", "8.123457 8.2"}},
		"a part of a month": {"rounded once", [][]Listing{{rowOf("a", "1000", perMonth)}, {rowOf("a", "1001", perMonth)}}, []string{"- 1.388889", "1.388889 1.390278"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSeller(t, "p")
			for _, rows := range c.runs {
				s.lists(rows...)
			}
			id := OfferID("p", "a", "", OnDemand, 0)
			var prices []string
			for _, m := range s.live[id] {
				before := "-"
				if m.PreviousPrice != nil {
					before = m.PreviousPrice.Amount.String()
				}
				prices = append(prices, before+" "+m.Offer.Price.String())
			}
			if diff := cmp.Diff(c.prices, prices); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			told, found, err := s.told(id).Moved(s.changes[id])
			if err != nil || !found {
				t.Fatalf("found %v, %v", found, err)
			}
			if diff := cmp.Diff(plain(s.live[id]), plain(told)); diff != "" {
				t.Errorf("(-then +afterwards):\n%s", diff)
			}
		})
	}
}

// plain leaves out what the history does not keep: fractions of a second of the change before.
func plain(all []Moved) []Moved {
	out := make([]Moved, len(all))
	for i, m := range all {
		m.Offer.ChangedAt, m.Offer.FirstSeenAt, m.Offer.Decimals = m.Offer.ChangedAt.Truncate(time.Second), m.Offer.FirstSeenAt.Truncate(time.Second), 0
		out[i] = m
	}
	return out
}

// TestMovedIsNotGuessed asks for what a history no longer has.
func TestMovedIsNotGuessed(t *testing.T) {
	s := newSeller(t, "p")
	s.lists(rowOf("a", "8"))
	s.lists(rowOf("a", "9"))
	s.lists(rowOf("a", "10"))
	id := OfferID("p", "a", "", OnDemand, 0)
	changes, told := s.changes[id], s.told(id)
	points, err := writtenPoints(told.Stream)
	if err != nil {
		t.Fatal(err)
	}
	var w PointWriter
	told.Stream = nil
	for _, p := range []Point{points[0], points[2]} {
		if told.Stream, err = w.Append(told.Stream, p); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, err := told.Moved(changes); found || err != nil {
		t.Errorf("a change that is thinned away was found: %v, %v", found, err)
	}
	moved, found, err := told.Moved(changes[2:])
	if err != nil || !found || moved[0].PreviousPrice != nil || moved[0].Offer.Price.String() != "10" {
		t.Errorf("the price before is thinned away, and must not be that of another change: %+v, %v, %v", moved, found, err)
	}
	if _, fits := changes[2].Between(offerFor(t, s, "8"), offerFor(t, s, "10")); fits {
		t.Error("an offer of another moment was taken for the one before")
	}
}

func offerFor(t *testing.T, s *seller, price string) *Offer {
	t.Helper()
	o, err := Normalise(Origin{Provider: s.name, Kind: Neocloud, Sheet: "prices"}, rowOf("a", price))
	if err != nil {
		t.Fatal(err)
	}
	return &o
}
