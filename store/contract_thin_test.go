package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

const oneDay = 24 * time.Hour

func thin(t *testing.T, s *Store, provider string, rule market.Thinning, now time.Time) market.Thinned {
	t.Helper()
	gone, err := s.Thin(t.Context(), provider, rule, now)
	if err != nil {
		t.Fatal(err)
	}
	return gone
}

// dailyTale changes one offer every two hours for hundred days, which seals its chunks; another is withdrawn on the first, a third never changes.
func dailyTale(t *testing.T, s *Store, p string) *story {
	t.Helper()
	g := market.NewGatherer(p)
	told := func(seconds int, sku, price string, withdrawn bool) {
		o := offer(t, p, sku, price)
		at := start.Add(time.Duration(seconds) * time.Second)
		point := market.Point{PointTerms: market.PointTerms{Currency: o.Listed.Currency, Per: o.Listed.Per, Period: o.Listed.Period, GpuCount: o.GpuCount},
			At: at, Amount: o.Listed.Amount, Stock: o.Stock, Withdrawn: withdrawn}
		o.ChangedAt = at
		if err := g.Add(o, point, market.Source{URL: o.Document, FetchedAt: at, Digest: fmt.Sprint(seconds)}, 1); err != nil {
			t.Fatal(err)
		}
	}
	told(0, "still", "8", false)
	told(0, "gone", "2.5", false)
	told(7200, "gone", "2.5", true)
	for i := range 1200 {
		told(i*7200, "a", fmt.Sprintf("%d.%03d", 40+i%7, i%1000), false)
	}
	importInto(t, s, market.Import{Chronicle: g.Chronicle()})
	return &story{t: t, store: s, provider: p}
}

// historyIsThinned thins a long history, reopens the store, and goes on with it: only the days' last changes are left of what is old.
func historyIsThinned(t *testing.T, b backend, p string) {
	s := b.open(t)
	tale := dailyTale(t, s, p)
	id, now := offer(t, p, "a", "40").ID, start.Add(100*oneDay)
	before := pointsOf(t, s, p, id)
	if gone := thin(t, s, p, market.Thinning{}, now); !gone.Empty() {
		t.Errorf("nothing is asked for, and %d changes go", gone.Points)
	}
	gone := thin(t, s, p, market.Thinning{Thin: 10 * oneDay}, now)
	if gone.Points < 900 || gone.Runs != 0 || len(gone.Gone) != 0 {
		t.Errorf("thinning: %d changes, %d runs, %q go", gone.Points, gone.Runs, gone.Gone)
	}
	closeStore(t, s)
	s = b.open(t)
	tale.store = s
	after := pointsOf(t, s, p, id)
	if ten := len(before) - 120; len(after) != len(before)-gone.Points+1 || !slices.Equal(after[len(after)-120:], before[ten:]) {
		t.Errorf("%d of %d changes are left, or others than the last ten days' are", len(after), len(before)) // the withdrawn offer has lost one too
	}
	rule := market.Thinning{Keep: 50 * oneDay, Thin: 10 * oneDay}
	gone = thin(t, s, p, rule, now)
	if gone.Runs == 0 || len(gone.Proofs["prices"]) == 0 || !slices.Equal(gone.Gone, []string{offer(t, p, "gone", "2.5").ID}) {
		t.Errorf("retention: %d runs, %d proofs, %q go", gone.Runs, len(gone.Proofs["prices"]), gone.Gone)
	}
	if again := thin(t, s, p, rule, now); !again.Empty() {
		t.Errorf("a second thinning takes %d changes more", again.Points)
	}
	goesOn(t, b, tale, id)
}

// goesOn commits two runs more, and looks at all there is in the store anew.
func goesOn(t *testing.T, b backend, tale *story, id string) {
	t.Helper()
	p, before := tale.provider, pointsOf(t, tale.store, tale.provider, id)
	seconds := 1200 * 7200
	tale.run(seconds, offer(t, p, "a", "7.5"), offer(t, p, "still", "8"))
	tale.run(seconds+60, offer(t, p, "a", "7.1234"), offer(t, p, "still", "9"))
	closeStore(t, tale.store)
	s := b.open(t)
	want := append(slices.Clone(before), fmt.Sprintf("%ds 7.5 USD PT1H for 8, UNKNOWN", seconds), fmt.Sprintf("%ds 7.1234 USD PT1H for 8, UNKNOWN", seconds+60))
	if diff := cmp.Diff(want, pointsOf(t, s, p, id)); diff != "" {
		t.Errorf("the next runs go on (-want +kept):\n%s", diff)
	}
	state, err := s.Provider(t.Context(), p)
	if err != nil || len(state.Offers) != 2 || !state.Offers[0].FirstSeenAt.Equal(start) {
		t.Errorf("listed now: %+v, %v", state.Offers, err)
	}
	_, c := chronicle(t, s, p)
	if runs, err := market.ReadRuns(c.Sheets[0].Runs); err != nil || len(c.Offers) != 2 || !runs[len(runs)-1].At.Equal(start.Add(time.Duration(seconds+60)*time.Second)) {
		t.Errorf("%d offers, %d runs, %v", len(c.Offers), len(runs), err)
	}
	closeStore(t, s)
}

// cameBackIsThinned thins the history of an offer whose amounts had more decimals before it was away: the next run writes in those.
func cameBackIsThinned(t *testing.T, b backend, p string) {
	s := b.open(t)
	tale := &story{t: t, store: s, provider: p}
	other := offer(t, p, "b", "8")
	tale.run(0, offer(t, p, "a", "1.234"), other)
	tale.run(86400, other)
	tale.run(2*86400, offer(t, p, "a", "2"), other)
	tale.run(2*86400+60, offer(t, p, "a", "3"), other)
	if gone := thin(t, s, p, market.Thinning{Thin: oneDay}, start.Add(9*oneDay)); gone.Points != 1 {
		t.Errorf("%d changes go", gone.Points)
	}
	tale.run(10*86400, offer(t, p, "a", "5"), other)
	want := []string{"0s 1.234 USD PT1H for 8, UNKNOWN", "86400s 1.234 USD PT1H for 8, UNKNOWN, withdrawn", "172860s 3 USD PT1H for 8, UNKNOWN", "864000s 5 USD PT1H for 8, UNKNOWN"}
	if diff := cmp.Diff(want, pointsOf(t, s, p, offer(t, p, "a", "1").ID)); diff != "" {
		t.Errorf("(-want +kept):\n%s", diff)
	}
	closeStore(t, s)
}

// collectionIsThinned thins what was imported: of it nothing is listed now, before and after.
func collectionIsThinned(t *testing.T, b backend, p string) {
	s := b.open(t)
	dailyTale(t, s, p)
	_, c := chronicle(t, s, p)
	collected := p + "@others"
	importInto(t, s, market.Import{Chronicle: renamed(c, collected)})
	gone := thin(t, s, collected, market.Thinning{Keep: 50 * oneDay, Thin: 10 * oneDay}, start.Add(100*oneDay))
	if state, err := s.Provider(t.Context(), collected); err != nil || len(state.Offers) != 0 || gone.Points < 900 || len(gone.Gone) != 1 {
		t.Errorf("listed now: %v, %v; %d changes and %q went", state.Offers, err, gone.Points, gone.Gone)
	}
	if got := pointsOf(t, s, p, offer(t, p, "a", "40").ID); len(got) != 1200 {
		t.Errorf("the provider itself has lost changes: %d are left", len(got))
	}
	closeStore(t, s)
}

// historyIsReadWhileThinned reads a history all the time while it is thinned: it is always whole, as it was or as it is.
func historyIsReadWhileThinned(t *testing.T, b backend, p string) {
	s := b.open(t)
	dailyTale(t, s, p)
	id := offer(t, p, "a", "40").ID
	var reading sync.WaitGroup
	done := make(chan struct{})
	seen := map[int]bool{}
	reading.Go(func() {
		for {
			points, err := s.History(t.Context(), p, id)
			if err != nil {
				t.Error(err)
			}
			seen[len(points)] = true
			select {
			case <-done:
				return
			default:
			}
		}
	})
	allowed := map[int]bool{1200: true}
	for days := 90; days > 0; days -= 5 {
		thin(t, s, p, market.Thinning{Thin: time.Duration(days) * oneDay}, start.Add(100*oneDay))
		allowed[len(pointsOf(t, s, p, id))] = true
	}
	close(done)
	reading.Wait()
	for n := range seen {
		if !allowed[n] {
			t.Errorf("%d changes were told, of a mixture of before and after", n)
		}
	}
	closeStore(t, s)
}
