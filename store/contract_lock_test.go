package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"gpuhour/market"
)

func lostLockIsRefused(t *testing.T, b backend, p string) {
	s := b.open(t)
	first := lock(t, s, p, time.Time{})
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := lock(t, s, p, time.Time{})
	c := commitOf(p, "late", nil, []market.Offer{offer(t, p, "a", "8")})
	c.Fence = first.Fence()
	if _, err := s.Commit(t.Context(), c); !errors.Is(err, ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded", err)
	}
	c.Run.ID, c.Fence = "in time", second.Fence()
	commit(t, s, c)
	closeStore(t, s)
}

func onlyOneReads(t *testing.T, b backend, p string) {
	s := b.open(t)
	first := lock(t, s, p, time.Time{})
	if _, err := s.Lock(t.Context(), p, time.Time{}, time.Minute); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := lock(t, s, p, time.Time{})
	if second.Fence() <= first.Fence() {
		t.Errorf("fence %d after %d", second.Fence(), first.Fence())
	}
	closeStore(t, s)
}

func slotIsTakenOnce(t *testing.T, b backend, p string) {
	s := b.open(t)
	if err := lock(t, s, p, start).Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, slot := range []time.Time{start, start.Add(-time.Minute)} {
		if _, err := s.Lock(t.Context(), p, slot, time.Minute); !errors.Is(err, ErrDone) {
			t.Errorf("slot %s: got %v, want ErrDone", slot, err)
		}
	}
	lock(t, s, p, start.Add(time.Minute))
	closeStore(t, s)
}

func leaseIsRenewed(t *testing.T, b backend, p string) {
	s := b.open(t)
	lease := lock(t, s, p, time.Time{})
	if err := lease.Renew(t.Context()); err != nil {
		t.Errorf("the holder renews: %v", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := lock(t, s, p, time.Time{})
	if err := lease.Renew(t.Context()); !errors.Is(err, ErrSuperseded) {
		t.Errorf("who gave it back renews: got %v, want ErrSuperseded", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := next.Renew(t.Context()); err != nil {
		t.Errorf("a late release took it from the next holder: %v", err)
	}
	closeStore(t, s)
}

func expiredHolderIsRefused(t *testing.T, b backend, p string) {
	s := b.open(t)
	late, err := s.Lock(t.Context(), p, time.Time{}, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	var next *Lease
	eventually(t, "the lock expires", func(ctx context.Context) bool {
		next, err = s.Lock(ctx, p, time.Time{}, time.Minute)
		return err == nil
	})
	c := commitOf(p, "late", nil, []market.Offer{offer(t, p, "a", "8")})
	c.Fence = late.Fence()
	if _, err := s.Commit(t.Context(), c); !errors.Is(err, ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded", err)
	}
	if state, _ := s.Provider(t.Context(), p); state.Seq != 0 || len(state.Offers) != 0 {
		t.Errorf("the refused commit left %+v", state)
	}
	if err := next.Renew(t.Context()); err != nil {
		t.Error(err)
	}
	closeStore(t, s)
}

func lock(t *testing.T, s *Store, provider string, slot time.Time) *Lease {
	t.Helper()
	lease, err := s.Lock(t.Context(), provider, slot, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return lease
}
