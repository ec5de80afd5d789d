package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// chronicle is all that a store knows of a provider.
func chronicle(t *testing.T, s *Store, provider string) (int64, market.Chronicle) {
	t.Helper()
	seq, c, err := s.Chronicle(t.Context(), provider)
	if err != nil {
		t.Fatal(err)
	}
	return seq, c
}

func importInto(t *testing.T, s *Store, in market.Import) market.Merged {
	t.Helper()
	m, err := s.Import(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// renamed is a chronicle as another provider's, so that tests of one backend stay apart.
func renamed(c market.Chronicle, provider string) market.Chronicle {
	c.Provider = provider
	return c
}

// importsAreMerged takes one store's history into another, twice, goes on with it, and brings older history in later.
func importsAreMerged(t *testing.T, b backend, p string) {
	s := b.open(t)
	tale := &story{t: t, store: s, provider: p}
	a, dearer, other := offer(t, p, "a", "49.24"), offer(t, p, "a", "51.5"), offer(t, p, "b", "8")
	tale.run(1000, a, other)
	tale.run(1060, dearer)
	_, before := chronicle(t, s, p)
	if err := s.client.Del(t.Context(), keysOf(p).meta(), keysOf(p).offers(), keysOf(p).past(), keysOf(p).sheets(), keysOf(p).history(),
		keysOf(p).chunks(), keysOf(p).sealed(), keysOf(p).proofs(), keysOf(p).changes()).Err(); err != nil {
		t.Fatal(err)
	}
	if m := importInto(t, s, market.Import{Chronicle: before}); m.Points != 4 || len(m.Offers) != 2 {
		t.Errorf("%d points of %d offers were new", m.Points, len(m.Offers))
	}
	closeStore(t, s)
	s = b.open(t)
	tale.store = s
	seq, after := chronicle(t, s, p)
	if diff := cmp.Diff(historyText(t, s, p, before), historyText(t, s, p, after)); diff != "" || seq != 1 {
		t.Errorf("commit %d (-before +after):\n%s", seq, diff)
	}
	if m := importInto(t, s, market.Import{Chronicle: before}); m.Points != 0 || len(m.Offers)+len(m.Sheets) != 0 {
		t.Errorf("a second import changes %d points of %d offers", m.Points, len(m.Offers))
	}
	state, err := s.Provider(t.Context(), p)
	if err != nil || len(state.Offers) != 1 || state.Offers[0].ID != a.ID || state.Seq != 1 {
		t.Errorf("listed now: %+v, %v", state, err)
	}
	tale.run(1120, a)
	want := []string{"1000s 49.24 USD PT1H for 8, UNKNOWN", "1060s 51.5 USD PT1H for 8, UNKNOWN", "1120s 49.24 USD PT1H for 8, UNKNOWN"}
	if diff := cmp.Diff(want, pointsOf(t, s, p, a.ID)); diff != "" {
		t.Errorf("the next run goes on (-want +kept):\n%s", diff)
	}
	if delta, found, err := s.Since(t.Context(), p, 0); err != nil || !found || delta.Seq != 2 || len(delta.Upserts) != 1 {
		t.Errorf("a follower sees %+v, %v, %v", delta, found, err)
	}
	older := &story{t: t, store: s, provider: p + "-old"}
	older.run(100, offer(t, p, "a", "44.1"), offer(t, p, "c", "3"))
	_, old := chronicle(t, s, p+"-old")
	importInto(t, s, market.Import{Chronicle: renamed(old, p)})
	want = append([]string{"100s 44.1 USD PT1H for 8, UNKNOWN"}, want...)
	if diff := cmp.Diff(want, pointsOf(t, s, p, a.ID)); diff != "" {
		t.Errorf("what was before (-want +kept):\n%s", diff)
	}
	gone := []string{"100s 3 USD PT1H for 8, UNKNOWN", "1000s 3 USD PT1H for 8, UNKNOWN, withdrawn"}
	if diff := cmp.Diff(gone, pointsOf(t, s, p, offer(t, p, "c", "3").ID)); diff != "" {
		t.Errorf("what our first run did not list (-want +kept):\n%s", diff)
	}
	tale.run(1180, dearer)
	if got := pointsOf(t, s, p, a.ID); len(got) != 5 || got[4] != "1180s 51.5 USD PT1H for 8, UNKNOWN" {
		t.Errorf("after an import the next run writes %q", got)
	}
	closeStore(t, s)
}

// historyText is what a chronicle's offers went through, whatever the chunks.
func historyText(t *testing.T, s *Store, provider string, c market.Chronicle) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, told := range c.Offers {
		points, err := market.Points(told.Stream)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			out[told.Offer.ID+" "+p.At.Format(time.RFC3339)+" "+p.Amount.Trim(0).String()+" "+string(p.Stock)]++
		}
	}
	for _, log := range c.Sheets {
		runs, err := market.ReadRuns(log.Runs)
		if err != nil {
			t.Fatal(err)
		}
		out["runs of "+log.Sheet.Name+" from "+runs[0].At.Format(time.RFC3339)] = len(runs)
		out["proofs"] = len(log.Proofs)
	}
	return out
}

// collectionsStayApart imports a provider of a collection: it is known, its offers have a history, and none of them is listed now.
func collectionsStayApart(t *testing.T, b backend, p string) {
	s := b.open(t)
	tale := &story{t: t, store: s, provider: p}
	tale.run(0, offer(t, p, "a", "2"))
	_, c := chronicle(t, s, p)
	collected := p + "@others"
	importInto(t, s, market.Import{Chronicle: renamed(c, collected)})
	provider := market.Provider{ID: collected, Kind: market.Neocloud, Collection: market.Collection{Name: "others", Cadence: time.Hour}}
	if err := s.SaveCollected(t.Context(), []market.Provider{provider}); err != nil {
		t.Fatal(err)
	}
	changed := provider
	changed.Name, changed.ImportedAt = "new", start
	for _, step := range []struct {
		saved market.Provider
		name  string
	}{{market.Provider{ID: collected, Name: "late"}, ""}, {changed, "new"}, {provider, "new"}} {
		if err := s.SaveCollected(t.Context(), []market.Provider{step.saved}); err != nil {
			t.Fatal(err)
		}
		known, err := s.Collected(t.Context())
		i := slices.IndexFunc(known, func(p market.Provider) bool { return p.ID == collected })
		if err != nil || i < 0 || known[i].Name != step.name {
			t.Errorf("known: %v, %v; want the name %q", known, err, step.name)
		}
	}
	if state, err := s.Provider(t.Context(), collected); err != nil || len(state.Offers) != 0 {
		t.Errorf("listed now: %v, %v", state.Offers, err)
	}
	if got := pointsOf(t, s, collected, offer(t, p, "a", "2").ID); len(got) != 1 {
		t.Errorf("its history: %q", got)
	}
	closeStore(t, s)
}
