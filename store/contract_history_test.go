package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// pointsOf are the changes of an offer, as text.
func pointsOf(t *testing.T, s *Store, provider, id string) []string {
	t.Helper()
	points, err := s.History(t.Context(), provider, id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range points {
		text := fmt.Sprintf("%ds %s %s %s for %s, %s", int(p.At.Sub(start).Seconds()), p.Amount.Trim(0), p.Currency, p.Period, p.GpuCount, p.Stock)
		if p.GpusAvailable != nil {
			text += fmt.Sprintf(", %d free", *p.GpusAvailable)
		}
		if p.Withdrawn {
			text += ", withdrawn"
		}
		out = append(out, text)
	}
	return out
}

// story commits one sheet after another as runs do: each is compared with the one before.
type story struct {
	t        *testing.T
	store    *Store
	provider string
	runs     int
}

func (s *story) run(seconds int, offers ...market.Offer) market.Commit {
	s.t.Helper()
	s.runs++
	snapshot, err := s.store.Snapshot(s.t.Context(), s.provider, "prices")
	if err != nil {
		s.t.Fatal(err)
	}
	at := start.Add(time.Duration(seconds) * time.Second)
	c := commitOf(s.provider, fmt.Sprint("run", s.runs), nil, nil)
	c.Run.StartedAt, c.Run.EndedAt, c.RunBefore = at, at, snapshot.Sheet.LastRunAt
	c.Sheet.LastRunAt, c.Sheet.LastSuccessAt = at, at
	d := market.Diff(snapshot.Offers, offers, at)
	c.Upserts, c.Removed, c.Changes = d.Upserts, d.Removed, d.Changes
	commit(s.t, s.store, c)
	return c
}

// historyIsKept tells an offer's story: it moves, sells out, is withdrawn, comes back in another currency, and repeats itself.
func historyIsKept(t *testing.T, b backend, p string) {
	s := b.open(t)
	tale := &story{t: t, store: s, provider: p}
	a, other := offer(t, p, "a", "49.24"), offer(t, p, "b", "8")
	dearer, sold, yuan := offer(t, p, "a", "51.040"), offer(t, p, "a", "51.04"), offer(t, p, "a", "340")
	sold.Stock, sold.GpusAvailable = market.SoldOut, new(0)
	yuan.Listed.Currency = market.CNY
	tale.run(0, a, other)
	tale.run(60, a, other)
	last := tale.run(120, dearer, other)
	if applied, err := s.Commit(t.Context(), last); applied || err != nil {
		t.Errorf("the same run once more: applied %v, %v", applied, err)
	}
	tale.run(180, sold, other)
	tale.run(240, other)
	closeStore(t, s)
	s = b.open(t)
	tale.store = s
	tale.run(300, yuan, other)
	tale.run(290, a, other) // the clock went back
	want := []string{
		"0s 49.24 USD PT1H for 8, UNKNOWN",
		"120s 51.04 USD PT1H for 8, UNKNOWN",
		"180s 51.04 USD PT1H for 8, SOLD_OUT, 0 free",
		"240s 51.04 USD PT1H for 8, SOLD_OUT, 0 free, withdrawn",
		"290s 49.24 USD PT1H for 8, UNKNOWN",
		"300s 340 CNY PT1H for 8, UNKNOWN",
	}
	if diff := cmp.Diff(want, pointsOf(t, s, p, a.ID)); diff != "" {
		t.Errorf("(-happened +kept):\n%s", diff)
	}
	if got := pointsOf(t, s, p, other.ID); len(got) != 1 {
		t.Errorf("the one that never changed: %q", got)
	}
	if got := pointsOf(t, s, p, "nobody"); len(got) != 0 {
		t.Errorf("an offer that never was: %q", got)
	}
	closeStore(t, s)
}

// longHistoryIsSealed changes an offer until several chunks are full, reopening the store between.
func longHistoryIsSealed(t *testing.T, b backend, p string) {
	s := b.open(t)
	tale := &story{t: t, store: s, provider: p}
	const changes = 2200
	for i := range changes {
		o := offer(t, p, "a", fmt.Sprintf("%d.%03d", 40+i%7, i%1000))
		if i == changes/2 {
			closeStore(t, s)
			s = b.open(t)
			tale.store = s
		}
		tale.run(i*3600, o)
	}
	id := offer(t, p, "a", "1").ID
	points, err := s.History(t.Context(), p, id)
	if err != nil || len(points) != changes {
		t.Fatalf("%d points of %d, %v", len(points), changes, err)
	}
	for i, point := range points {
		if want := fmt.Sprintf("%d.%03d", 40+i%7, i%1000); point.Amount.String() != want || !point.At.Equal(start.Add(time.Duration(i)*time.Hour)) {
			t.Fatalf("point %d is %s at %s, want %s", i, point.Amount, point.At, want)
		}
	}
	if sealed, err := s.client.HLen(t.Context(), keysOf(p).sealed()).Result(); err != nil || sealed < 2 {
		t.Errorf("%d chunks are sealed, %v", sealed, err)
	}
	if err := s.client.HDel(t.Context(), keysOf(p).sealed(), id+" 1").Err(); err != nil {
		t.Fatal(err)
	}
	if points, err := s.History(t.Context(), p, id); err == nil {
		t.Errorf("a chunk is missing, and %d points are told", len(points))
	}
	closeStore(t, s)
}
