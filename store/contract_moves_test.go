package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// moving is a provider whose offers change run by run, with what was to be told of it at once.
type moving struct {
	t        *testing.T
	store    *Store
	provider string
	seq      int64
	listed   []market.Offer
	told     []market.Moves
}

// lists is a run an hour after the last.
func (m *moving) lists(after ...market.Offer) {
	m.t.Helper()
	m.seq++
	at := start.Add(time.Duration(m.seq) * time.Hour)
	d := market.Diff(m.listed, after, at)
	documents := []market.Source{{URL: "https://example.com/prices", FetchedAt: at, Digest: fmt.Sprint(m.seq)}}
	commit(m.t, m.store, market.Commit{
		Run:   market.Run{ID: fmt.Sprint(m.seq), Provider: m.provider, Sheet: "prices", StartedAt: at, EndedAt: at},
		Sheet: market.Sheet{Provider: m.provider, Name: "prices", LastRunAt: at, LastSuccessAt: at, Documents: documents, Parser: 3}, Upserts: d.Upserts, Removed: d.Removed, Changes: d.Changes,
	})
	before, now := byID(m.listed), byID(m.listed)
	for _, id := range d.Removed {
		delete(now, id)
	}
	for _, o := range d.Upserts {
		now[o.ID] = &o
	}
	moves := market.Moves{Seq: m.seq}
	for _, c := range d.Changes {
		moved, fits := c.Between(before[c.OfferID], now[c.OfferID])
		if !fits {
			m.t.Fatalf("%+v does not fit", c)
		}
		moved.Sheet = market.SheetAt(m.provider, "prices", at, documents, 3)
		moved.Offer.Decimals = 0
		moves.Moved = append(moves.Moved, moved)
	}
	m.listed, m.told = nil, append(m.told, moves)
	for _, o := range now {
		m.listed = append(m.listed, *o)
	}
}

func byID(offers []market.Offer) map[string]*market.Offer {
	out := map[string]*market.Offer{}
	for i, o := range offers {
		out[o.ID] = &offers[i]
	}
	return out
}

// all reads everything behind a place, a page after another.
func (m *moving) all(after int64) []market.Moves {
	m.t.Helper()
	var out []market.Moves
	for after < m.seq {
		page, found, err := m.store.Moves(m.t.Context(), m.provider, after, m.seq)
		if err != nil || !found || len(page) == 0 {
			m.t.Fatalf("after %d: %d commits, found %v, %v", after, len(page), found, err)
		}
		out, after = append(out, page...), page[len(page)-1].Seq
	}
	for i := range out {
		for j := range out[i].Moved {
			out[i].Moved[j].Offer.Decimals = 0
		}
	}
	return out
}

// movesAreReplayed compares what is read of changes afterwards with what was to be told of them at once.
func movesAreReplayed(t *testing.T, b backend, p string) {
	m := &moving{t: t, store: b.open(t), provider: p}
	at := func(sku, price string) market.Offer { return offer(t, p, sku, price) }
	m.lists(at("a", "8"), at("b", "3.10"))
	m.lists(at("a", "8.25"), at("b", "3.10"))
	m.lists(at("a", "8.25"), at("b", "3.10")) // nothing changes
	m.lists(at("a", "7"))
	m.lists(at("a", "7"), at("b", "2"), at("c", "1"))
	m.lists()
	for i := range 250 { // seals chunks, and takes several pages
		m.lists(at("a", fmt.Sprintf("%d.%09d", 5+i%2, i+1)), at("c", "1"))
	}
	if diff := cmp.Diff(m.told, m.all(0)); diff != "" {
		t.Errorf("(-then +afterwards):\n%.2000s", diff)
	}
	if diff := cmp.Diff(m.told[253:], m.all(253)); diff != "" {
		t.Errorf("the last ones (-then +afterwards):\n%.2000s", diff)
	}
	closeStore(t, m.store)
	m.store = b.open(t)
	if diff := cmp.Diff(m.told[:2], m.all(0)[:2]); diff != "" {
		t.Errorf("after a restart (-then +afterwards):\n%.2000s", diff)
	}
	closeStore(t, m.store)
}

// movesAreNotGuessed asks for what is not there.
func movesAreNotGuessed(t *testing.T, b backend, p string) {
	m := &moving{t: t, store: b.open(t), provider: p}
	m.lists(offer(t, p, "a", "8"))
	m.lists(offer(t, p, "a", "9"))
	m.lists(offer(t, p, "a", "10"))
	for name, c := range map[string]struct {
		reason      string
		after, upTo int64
		found       bool
	}{
		"nothing":        {"who has seen all has missed nothing", 3, 3, true},
		"never reached":  {"so many commits were never made", 3, 4, false},
		"beyond the end": {"a place that never was", 7, 9, false},
		"backwards":      {"the past is not behind the future", 3, 2, false},
	} {
		if moves, found, err := m.store.Moves(t.Context(), p, c.after, c.upTo); found != c.found || len(moves) != 0 || err != nil {
			t.Errorf("%s: %s: %v, found %v, %v", name, c.reason, moves, found, err)
		}
	}
	if _, err := m.store.Thin(t.Context(), p, market.Thinning{Thin: oneDay}, start.Add(9*oneDay)); err != nil {
		t.Fatal(err)
	}
	if moves, found, err := m.store.Moves(t.Context(), p, 0, 3); found || err != nil {
		t.Errorf("changes that were thinned away: %v, found %v, %v", moves, found, err)
	}
	if moves, found, err := m.store.Moves(t.Context(), p, 2, 3); !found || err != nil || len(moves) != 1 || moves[0].Moved[0].PreviousPrice != nil || moves[0].Moved[0].Offer.Price.String() != "10" {
		t.Errorf("the change that is left, whose price before was thinned away: %+v, found %v, %v", moves, found, err)
	}
	for range changesKept {
		m.lists(m.listed...)
	}
	if _, found, err := m.store.Moves(t.Context(), p, 1, 2); found || err != nil {
		t.Errorf("behind the beginning of the stream: found %v, %v", found, err)
	}
	closeStore(t, m.store)
}
