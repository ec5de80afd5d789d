package alerts

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

// walk is a random story: pages that break, sources that fall silent, rows that go and come back, at prices that never change, or do.
type walk struct {
	*rand.Rand
	moving bool
	at     time.Time
	prices map[string]string
	listed map[string]bool
	// clouded are the providers that have not been read since some source was in trouble: what they tell then may be old news.
	clouded map[string]bool
	read    map[string]time.Time
}

func newWalk(seed uint64, moving bool) *walk {
	return &walk{rand.New(rand.NewPCG(seed, 1)), moving, monday.Add(10 * time.Hour),
		map[string]string{"alpha x": "2", "alpha y": "2.5", "alpha z": "3.25", "beta v": "2.1", "beta w": "2.75", "gamma u": "1.5"}, map[string]bool{}, map[string]bool{}, map[string]time.Time{}}
}

// opening are the first pages: whoever is not on them is new when it comes, and may well be cheaper.
func (w *walk) opening() []string {
	var out []string
	for _, provider := range []string{"alpha", "beta", "gamma"} {
		rows, _ := w.page(provider)
		w.read[provider] = w.at
		out = append(out, "mo 10:00 "+provider+" "+strings.Join(rows, " "))
	}
	return out
}

// step is something that happens, and whether it is of the kind that must never fire: everything but a page that lists a price or a row
// that it did not list before.
func (w *walk) step() (line string, harmless bool) {
	w.at = w.at.Add(time.Duration(1+w.IntN(55)) * time.Minute)
	provider := []string{"alpha", "beta", "gamma"}[w.IntN(3)]
	moment := strings.ToLower(w.at.Format("Mon")[:2]) + w.at.Format(" 15:04 ")
	what := w.IntN(8)
	if what < 3 {
		w.clouded = map[string]bool{"alpha": true, "beta": true, "gamma": true}
	}
	switch what {
	case 0:
		return moment + provider + " fails", true
	case 1:
		return moment + provider + " held", true
	case 2:
		w.at = w.at.Add(time.Duration(w.IntN(4)) * time.Hour)
		return strings.ToLower(w.at.Format("Mon")[:2]) + w.at.Format(" 15:04 ") + "clock", true
	}
	clear := len(w.clouded) == 0
	for _, read := range w.read {
		clear = clear && w.at.Sub(read) <= 3*time.Hour
	}
	w.read[provider] = w.at
	delete(w.clouded, provider)
	rows, harmless := w.page(provider)
	harmless = harmless && clear
	return moment + provider + " " + strings.Join(rows, " "), harmless
}

func (w *walk) page(provider string) (rows []string, harmless bool) {
	harmless = true
	for _, key := range []string{"alpha x", "alpha y", "alpha z", "beta v", "beta w", "gamma u"} {
		sku, ours := strings.CutPrefix(key, provider+" ")
		if !ours {
			continue
		}
		if w.moving && w.IntN(3) == 0 {
			w.prices[key], harmless = fmt.Sprintf("%d.%02d", 1+w.IntN(3), w.IntN(100)), false
		}
		_, known := w.listed[key]
		lists := w.IntN(4) > 0 || !known
		harmless = harmless && (!lists || w.listed[key])
		w.listed[key] = lists
		if lists {
			rows = append(rows, sku+"="+w.prices[key])
		}
	}
	if len(rows) == 0 {
		rows = []string{"nothing"}
	}
	return rows, harmless
}

// walked are the rules that go for a walk: every condition on every subject.
func walked() []market.Rule {
	var out []market.Rule
	for _, subject := range []market.AlertSubject{market.EachOffer, market.Cheapest, market.OfIndex} {
		for _, c := range []market.AlertCondition{market.Below, market.Above, market.Drops, market.Rises, market.NewLow, market.BelowIndex, market.AboveIndex} {
			r := market.Rule{Subject: subject, Condition: c, Rearm: *price("2"), FireOnCreate: false}
			switch {
			case windowed(c):
				r.Window, r.Percent = 12*time.Hour, price("5")
			case ofIndex(c):
				r.Percent = price("5")
			default:
				r.Threshold = price("2.2")
			}
			out = append(out, completed(r))
			if ofIndex(c) { // what it compares with is more than what it asks for
				narrow := completed(r)
				narrow.Filter.Providers, narrow.Filter.Gpus = []string{"alpha"}, []string{"nvidia/h100-sxm-80gb"}
				out = append(out, narrow)
			}
		}
	}
	return out
}

// TestNothingFiresByItself: a page that breaks, a source that goes stale and a row that vanishes never fire a price alert, whatever the
// rule; and while no price changes nothing that looks back ever fires, whatever comes back, unless it is the cheapest then.
func TestNothingFiresByItself(t *testing.T) {
	for _, r := range walked() {
		for seed := range uint64(30) {
			w := newWalk(seed, seed%2 == 1)
			told := newTelling(t, r)
			happened := w.opening()
			told.tell(happened)
			for range 40 {
				line, harmless := w.step()
				happened = append(happened, line)
				before := len(told.ledger.events)
				told.tell([]string{line})
				for _, e := range told.ledger.events[before:] {
					fires := e.Kind == market.Fired || e.Kind == market.Further
					cheaper := r.Subject == market.Cheapest && downward(r.Condition) // a row that comes back may be the cheapest of what is left
					if fires && (harmless || !w.moving && windowed(r.Condition) && !cheaper) {
						t.Fatalf("%s %s, seed %d: %s\nafter %s", r.Subject, r.Condition, seed, sentence(e), strings.Join(happened, "\n"))
					}
				}
			}
		}
	}
}

// TestWalksAgree: whatever happens, a live engine, one that is restarted all the time, and a backtest say the same, and each subject's
// story makes sense: nothing resolves that has not fired, and nothing fires twice without an end in between.
func TestWalksAgree(t *testing.T) {
	spoken := map[market.AlertEventKind]int{}
	for i, r := range walked() {
		r.FireOnCreate = i%2 == 0
		r.Cooldown = []time.Duration{0, 3 * time.Hour}[i%2]
		r.For = []time.Duration{0, 0, time.Hour}[i%3]
		for seed := range uint64(6) {
			w := newWalk(seed+100, true)
			var happens []string
			for range 40 {
				line, _ := w.step()
				happens = append(happens, line)
			}
			told := newTelling(t, r)
			told.tell(happens)
			for _, e := range told.ledger.events {
				spoken[e.Kind]++
			}
			sensible(t, told.ledger.events)
			story{reason: fmt.Sprintf("%s %s, seed %d:\n%s", r.Subject, r.Condition, seed, strings.Join(happens, "\n")), rule: r, happens: happens, says: said(told.ledger.events)}.check(t)
			if t.Failed() {
				return
			}
		}
	}
	for _, kind := range []market.AlertEventKind{market.Fired, market.Further, market.Resolved, market.NoData, market.SourceError} {
		if spoken[kind] < 10 {
			t.Errorf("only %d events %s: the walks do not try it", spoken[kind], kind)
		}
	}
}

func sensible(t *testing.T, events []market.Event) {
	t.Helper()
	firing := map[string]bool{}
	for _, e := range events {
		expected := slices.Contains([]market.AlertEventKind{market.Further, market.Resolved}, e.Kind)
		if e.Kind == market.Fired && firing[e.About] || expected && !firing[e.About] {
			t.Errorf("out of order: %s", sentence(e))
		}
		firing[e.About] = e.Kind == market.Fired || e.Kind == market.Further
	}
}
