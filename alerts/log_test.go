package alerts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// spokenRecord is a record in memory.
type spokenRecord struct {
	guard  sync.Mutex
	events []market.Event
	gone   int64
}

var errGone = errors.New("gone")

func (s *spokenRecord) say(rules ...string) {
	s.guard.Lock()
	defer s.guard.Unlock()
	for _, rule := range rules {
		s.events = append(s.events, market.Event{Sequence: int64(len(s.events)) + 1, RuleID: rule})
	}
}

func (s *spokenRecord) EventsAfter(_ context.Context, n int64, most int) ([]market.Event, error) {
	s.guard.Lock()
	defer s.guard.Unlock()
	if n < s.gone {
		return nil, errGone
	}
	rest := s.events[min(n, int64(len(s.events))):]
	return rest[:min(most, len(rest))], nil
}

func (s *spokenRecord) LastEvent(context.Context) (int64, error) {
	s.guard.Lock()
	defer s.guard.Unlock()
	return int64(len(s.events)), nil
}

func all(market.Event) bool { return true }

// TestReadersMissNothing: many readers from many places, while events come, each see what follows their place once and in order.
func TestReadersMissNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record := &spokenRecord{}
		for range 3000 { // more than a log has at hand
			record.say("rule/1")
		}
		log := NewLog(record)
		const more, readers = 500, 40
		var reading sync.WaitGroup
		for i := range readers {
			after := int64(i*75 + 1)
			reading.Go(func() {
				r, err := log.Read(t.Context(), after, all)
				if err != nil {
					t.Error(err)
					return
				}
				for want := after + 1; want <= 3000+more; want++ {
					e, err := r.Next(t.Context())
					if err != nil || e.Sequence != want {
						t.Errorf("after %d: got %d, want %d: %v", after, e.Sequence, want, err)
						return
					}
					if got := r.Cursor(); got != market.EventID(want) {
						t.Errorf("the cursor at %d: %s", want, got)
					}
				}
			})
		}
		for range more {
			record.say("rule/2")
			if err := log.Look(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond) // of the bubble's time
		}
		reading.Wait()
	})
}

func TestReaderPlaces(t *testing.T) {
	record := &spokenRecord{gone: 2}
	record.say("rule/1", "rule/1", "rule/1", "rule/2", "rule/1")
	for name, c := range map[string]struct {
		reason string
		after  int64
		want   string
		err    error
	}{
		"from now on":  {"nothing of what was", 0, "[6 7]", nil},
		"after one":    {"what followed, of the rules asked for", 2, "[3 5]", nil},
		"not kept":     {"never silence where something is lost", 1, "", errGone},
		"not yet said": {"an event of another store, perhaps", 9, "", ErrNoSuchEvent},
	} {
		t.Run(name, func(t *testing.T) {
			log := NewLog(record)
			r, err := log.Read(t.Context(), c.after, func(e market.Event) bool { return e.RuleID == "rule/1" })
			if !errors.Is(err, c.err) {
				t.Fatalf("%s: got %v, want %v", c.reason, err, c.err)
			}
			if err != nil {
				return
			}
			if name == "from now on" {
				record.say("rule/1", "rule/1")
				if err := log.Look(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			var got []int64
			for range 2 {
				e, err := r.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e.Sequence)
			}
			if diff := cmp.Diff(c.want, fmt.Sprint(got)); diff != "" {
				t.Errorf("%s: %s", c.reason, diff)
			}
		})
	}
}
