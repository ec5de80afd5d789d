package scrapers

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseSchedule(t *testing.T) {
	tests := map[string]struct {
		reason, expression string
		cadence            time.Duration
		says               string
	}{
		"daily":               {"five fields", "17 4 * * *", 24 * time.Hour, ""},
		"every half hour":     {"an interval", "@every 30m", 30 * time.Minute, ""},
		"working days":        {"the longest gap counts: over the weekend", "0 9 * * 1-5", 72 * time.Hour, ""},
		"four fields":         {"it says what was expected", "17 4 * *", 0, "expected five fields"},
		"a minute of 70":      {"cron's own word is passed on", "70 4 * * *", 0, "above maximum"},
		"a date never comes":  {"cron would accept it and never fire", "0 0 31 2 *", 0, "never comes"},
		"a zone alone":        {"cron's parser crashes on it", "TZ=UTC", 0, "in UTC"},
		"a zone":              {"schedules are in UTC, so that no hour is skipped or doubled", "CRON_TZ=Asia/Shanghai 0 9 * * *", 0, "in UTC"},
		"every half a second": {"cron would make a second of it", "@every 500ms", 0, "a minute or more"},
		"every minus a time":  {"an interval goes forwards", "@every -5m", 0, "a minute or more"},
		"nothing":             {"an empty line is a mistake", "", 0, "expected five fields"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(tt.expression, "x")
			switch {
			case tt.says == "" && (err != nil || s.Cadence != tt.cadence):
				t.Errorf("%s: got %s, %v", tt.reason, s.Cadence, err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), tt.expression)):
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
}

func FuzzParseSchedule(f *testing.F) {
	for _, seed := range []string{"17 4 * * *", "TZ=", "CRON_TZ=0", "@every 1h", "*/70 * * * *", "@daily"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		if s, err := ParseSchedule(expression, "x"); err == nil && (s.Cadence <= 0 || s.Next(reference).IsZero()) {
			t.Errorf("%q has cadence %s and next %s", expression, s.Cadence, s.Next(reference))
		}
	})
}

// TestSpreadIsTheSameEverywhere spreads providers of one schedule, alike on every replica.
func TestSpreadIsTheSameEverywhere(t *testing.T) {
	seen := map[time.Duration]bool{}
	for _, name := range []string{"a", "b", "c", "d"} {
		s, err := ParseSchedule("0 * * * *", name)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := ParseSchedule("0 * * * *", name)
		next := s.Next(noon)
		if offset := next.Sub(noon.Truncate(time.Hour)); offset < 0 || offset >= time.Hour+5*time.Minute || !again.Next(noon).Equal(next) {
			t.Errorf("%s: next at %s", name, next)
		}
		if slot := s.slot(next); slot.Minute() != 0 || slot.Second() != 0 {
			t.Errorf("%s: the firing at %s belongs to the slot %s", name, next, slot)
		}
		seen[s.spread] = true
	}
	if len(seen) < 3 {
		t.Errorf("four providers fire at %d times", len(seen))
	}
}

// TestEveryMinute runs two minutes of a fake clock.
func TestEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fired []time.Time
		run(t, 2*time.Minute, func(slot time.Time) { fired = append(fired, slot) })
		if len(fired) != 2 || fired[1].Sub(fired[0]) != time.Minute {
			t.Errorf("fired at %v, want twice", fired)
		}
	})
}

// TestNotWhileRunning lets a run last longer than its cadence.
func TestNotWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		log := run(t, 4*time.Minute, func(time.Time) { n++; time.Sleep(150 * time.Second) })
		if n != 2 || !strings.Contains(log, "still running") {
			t.Errorf("fired %d times in four minutes with runs of two and a half, log %q", n, log)
		}
	})
}

// TestCrashStopsNothingElse lets one job crash at every firing.
func TestCrashStopsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		log := run(t, 3*time.Minute, func(time.Time) { panic("unforeseen") }, func(time.Time) { n++ })
		if n != 3 || strings.Count(log, "crashed") != 3 {
			t.Errorf("the other fired %d times, log %q", n, log)
		}
	})
}

// TestSecondReplicaStaysOut lets two replicas fire at the same times over one store.
func TestSecondReplicaStaysOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		var guard sync.Mutex
		runs, refused := 0, 0
		replica := func(slot time.Time) {
			lease, err := store.Lock(t.Context(), "x", slot)
			guard.Lock()
			defer guard.Unlock()
			if err != nil {
				refused++
				return
			}
			runs++
			_ = lease.Release(t.Context())
		}
		run(t, 2*time.Minute, replica, replica)
		if runs != 2 || refused != 2 {
			t.Errorf("%d runs and %d refusals in two minutes, want two of each", runs, refused)
		}
	})
}

// run schedules jobs for every minute, lets a time pass on the fake clock, and returns the log.
func run(t *testing.T, d time.Duration, jobs ...func(time.Time)) string {
	t.Helper()
	var guard sync.Mutex
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(lockedWriter{&guard, &text}, nil))
	scheduler := NewScheduler(time.Now, log)
	for _, job := range jobs {
		schedule, err := ParseSchedule("* * * * *", "x")
		if err != nil {
			t.Fatal(err)
		}
		scheduler.Add("x", schedule, job)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d+time.Second)
	defer cancel()
	scheduler.Run(ctx)
	guard.Lock()
	defer guard.Unlock()
	return text.String()
}

type lockedWriter struct {
	guard *sync.Mutex
	to    *bytes.Buffer
}

func (w lockedWriter) Write(b []byte) (int, error) {
	w.guard.Lock()
	defer w.guard.Unlock()
	return w.to.Write(b)
}
