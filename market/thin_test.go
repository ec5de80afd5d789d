package market

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const dayOf = 24 * 60 * 60

// thinned is the chronicle after a thinning.
func (c Chronicle) thinned(t Thinned) Chronicle {
	out := c.with(Merged{Offers: t.Offers, Sheets: t.Sheets})
	out.Offers = slices.DeleteFunc(out.Offers, func(told Told) bool { return slices.Contains(t.Gone, told.Offer.ID) })
	for i, log := range out.Sheets {
		gone := map[int64]bool{}
		for _, p := range t.Proofs[log.Sheet.Name] {
			gone[p.At.Unix()] = true
		}
		out.Sheets[i].Proofs = slices.DeleteFunc(slices.Clone(log.Proofs), func(p Proof) bool { return gone[p.At.Unix()] })
	}
	return out
}

func thin(t *testing.T, c Chronicle, rule Thinning, now int64) (Thinned, Chronicle) {
	t.Helper()
	gone, err := c.Thin(rule, time.Unix(now, 0), mergeChunk)
	if err != nil {
		t.Fatal(err)
	}
	return gone, c.thinned(gone)
}

// overDays moves a reader's runs apart, over days; some are at midnight to the second.
func overDays(random *rand.Rand, runs []seen) []seen {
	second := int64(20000) * dayOf
	for i := range runs {
		second += 1 + random.Int64N(dayOf/3)
		if random.IntN(10) == 0 {
			second = (second/dayOf + 1) * dayOf
		}
		runs[i].second = second
	}
	return runs
}

// momentsOf are the seconds of runs, those beside them, and all midnights: between them nothing changes.
func momentsOf(runs []seen) []int64 {
	all := map[int64]bool{}
	for _, run := range runs {
		for beside := int64(-1); beside <= 1; beside++ {
			all[run.second+beside], all[(run.second/dayOf)*dayOf+beside] = true, true
		}
	}
	last := runs[len(runs)-1].second
	for midnight := runs[0].second / dayOf * dayOf; midnight <= last+3*dayOf; midnight += dayOf {
		all[midnight] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// standsAt is all that a chronicle tells of a moment.
func standsAt(t *testing.T, c Chronicle, second int64) string {
	t.Helper()
	var out []string
	for _, told := range c.Offers {
		o, listed, err := told.at(time.Unix(second, 0))
		if err != nil {
			t.Fatal(err)
		}
		if listed {
			out = append(out, fmt.Sprint(o.Region, " ", o.Listed.Amount, " ", o.Stock, " since ", o.FirstSeenAt.Unix(), " as of ", o.ChangedAt.Unix()))
		}
	}
	for _, log := range c.Sheets {
		sheet, read, err := log.at(time.Unix(second, 0))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(sheet, read))
	}
	return strings.Join(out, "; ")
}

var thinnings = []Thinning{{Thin: 2 * dayOf * time.Second}, {Keep: 3 * dayOf * time.Second}, {Keep: 6 * dayOf * time.Second, Thin: 2 * dayOf * time.Second}, {Thin: 100000 * time.Hour}}

// exact says whether a rule leaves what stood at a moment as it was.
func (rule Thinning) exact(second, now int64) bool {
	return second >= limit(time.Unix(now, 0), rule.Keep) && (second >= limit(time.Unix(now, 0), rule.Thin) || second%dayOf == 0)
}

// TestThinAgainstReadings thins what a reader wrote down: wherever the rule promises it, the answer is what the reader had seen, and all
// that was told of it before.
func TestThinAgainstReadings(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	lost := 0
	for round := range 300 {
		runs := overDays(random, randomRuns(random, 1+random.IntN(60)))
		rule, whole := thinnings[round%len(thinnings)], chronicleOf(t, runs)
		now := runs[len(runs)-1].second + random.Int64N(2*dayOf)
		gone, after := thin(t, whole, rule, now)
		lost += gone.Points + gone.Runs
		for _, second := range momentsOf(runs) {
			if !rule.exact(second, now) {
				continue
			}
			if got, want := statesAt(t, after, second), believed(runs, nil, second); got != want {
				t.Fatalf("round %d, %v, second %d: %q is told, %q was seen", round, rule, second, got, want)
			}
			if diff := cmp.Diff(standsAt(t, whole, second), standsAt(t, after, second)); diff != "" {
				t.Fatalf("round %d, %v, second %d (-before +after):\n%s", round, rule, second, diff)
			}
		}
		if again, _ := thin(t, after, rule, now); !again.Empty() || again.Points+again.Runs != 0 {
			t.Fatalf("round %d, %v: a second thinning takes %d points of %d offers", round, rule, again.Points, len(again.Offers))
		}
		atMostOneADay(t, after, rule, now)
	}
	if lost == 0 {
		t.Error("nothing was ever thinned")
	}
}

func atMostOneADay(t *testing.T, c Chronicle, rule Thinning, now int64) {
	t.Helper()
	keep, thin := limit(time.Unix(now, 0), rule.Keep), limit(time.Unix(now, 0), rule.Thin)
	for _, told := range c.Offers {
		days, old := map[int64]int{}, 0
		for _, p := range readAll(t, told.Stream) {
			if second := p.At.Unix(); second <= thin {
				days[(second-1)/dayOf]++
			}
			if p.At.Unix() <= keep {
				old++
			}
		}
		if old > 1 || slices.Max(append(slices.Collect(maps.Values(days)), 0)) > 1 {
			t.Fatalf("%v keeps %d changes that are too old, and by day %v", rule, old, days)
		}
	}
}

// TestThinTellsOn writes on after a thinning as the next run does: the same as without one.
func TestThinTellsOn(t *testing.T) {
	random := rand.New(rand.NewPCG(33, 34))
	for range 100 {
		runs := overDays(random, randomRuns(random, 40))
		_, after := thin(t, chronicleOf(t, runs), Thinning{Keep: 4 * dayOf * time.Second, Thin: dayOf * time.Second}, runs[39].second)
		for _, told := range after.Offers {
			points := readAll(t, told.Stream)
			if told.Offer.ChangedAt = points[len(points)-1].At; points[len(points)-1].Withdrawn {
				continue
			}
			amountAtEnd(t, MergedOffer{Offer: told.Offer, Chunks: [][]byte{told.Stream}})
		}
	}
}

// TestThinByHand takes single histories apart. A price is "hour of the day: amount", days are told from the first; now is day ten.
func TestThinByHand(t *testing.T) {
	const days = dayOf * time.Second
	at := func(day int64, hour int64) int64 { return (20000+day)*dayOf + hour*3600 }
	one := func(price string) map[string]string { return map[string]string{"a": price} }
	tests := map[string]struct {
		reason string
		rule   Thinning
		runs   []seen
		want   string
	}{
		"off":                   {"nothing is ever lost unless the operator says so", Thinning{}, []seen{{at(0, 1), false, one("1")}, {at(0, 2), false, one("1.5")}}, "0d1h 1; 0d2h 1.5"},
		"a day's last":          {"of each day one, of today all", Thinning{Thin: days}, []seen{{at(0, 1), false, one("1")}, {at(0, 2), false, one("1.5")}, {at(9, 1), false, one("2.25")}, {at(9, 2), false, one("1")}}, "0d2h 1.5; 9d1h 2.25; 9d2h 1"},
		"there and gone":        {"at the day's end it was not listed", Thinning{Thin: days}, []seen{{at(0, 1), false, one("1")}, {at(0, 2), false, nil}, {at(9, 1), false, nil}}, "0d2h 1 withdrawn"},
		"midnight":              {"is the end of a day: what is seen then is that day's last", Thinning{Thin: days}, []seen{{at(0, 1), false, one("1")}, {at(1, 0), false, one("1.5")}, {at(1, 5), false, one("2.25")}}, "1d0h 1.5; 1d5h 2.25"},
		"in force at the limit": {"it stays, with its own time", Thinning{Keep: 2 * days}, []seen{{at(0, 1), false, one("1")}, {at(1, 1), false, one("1.5")}, {at(9, 1), false, one("1")}}, "1d1h 1.5; 9d1h 1"},
		"withdrawn before":      {"it goes altogether", Thinning{Keep: 2 * days}, []seen{{at(0, 1), false, one("1")}, {at(1, 1), false, nil}, {at(9, 1), false, nil}}, ""},
		"gone and come back":    {"that it was away says nothing more once it has been forgotten", Thinning{Keep: 2 * days}, []seen{{at(0, 1), false, one("1")}, {at(1, 1), false, nil}, {at(9, 1), false, one("1")}}, "9d1h 1"},
		"a change at the limit": {"it is in force there", Thinning{Keep: 2 * days}, []seen{{at(0, 1), false, one("1")}, {at(8, 0), false, one("1.5")}}, "8d0h 1.5"},
		"never changed":         {"it is listed still, however old its price is", Thinning{Keep: 2 * days}, []seen{{at(0, 1), false, one("1")}, {at(9, 1), false, one("1")}}, "0d1h 1"},
		"a clock went back":     {"what was written last stays, because the next run writes on to it", Thinning{Thin: days}, []seen{{at(0, 3), false, one("1")}, {at(0, 2), false, one("1.5")}}, "0d2h 1.5; 0d3h 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, after := thin(t, chronicleOf(t, tt.runs), tt.rule, at(10, 12))
			var got []string
			for _, told := range after.Offers {
				points, err := told.points()
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range points {
					since := p.At.Unix() - at(0, 0)
					got = append(got, strings.TrimSpace(fmt.Sprintf("%dd%dh %s %s", since/dayOf, since%dayOf/3600, p.Amount.Trim(0), map[bool]string{true: "withdrawn"}[p.Withdrawn])))
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("%s (-want +kept):\n%s", tt.reason, diff)
			}
		})
	}
}

// TestThinKeepsProofs holds that every change that is still told has its document.
func TestThinKeepsProofs(t *testing.T) {
	random := rand.New(rand.NewPCG(35, 36))
	lost := 0
	for range 100 {
		runs := overDays(random, randomRuns(random, 40))
		whole := chronicleOf(t, runs)
		gone, after := thin(t, whole, Thinning{Keep: 3 * dayOf * time.Second}, runs[39].second)
		lost += len(gone.Proofs["prices"])
		for _, told := range after.Offers {
			for _, p := range readAll(t, told.Stream) {
				before, now := latestProof(inTime(whole.Sheets[0].Proofs), p.At), latestProof(inTime(after.Sheets[0].Proofs), p.At)
				if !before.At.Equal(now.At) {
					t.Fatalf("what was seen at %s was read at %s, now at %s", p.At, before.At, now.At)
				}
			}
		}
	}
	if lost == 0 {
		t.Error("no proof ever went")
	}
}

// TestThinKeepsGaps holds that a source that had failed before the limit is not told to have been read.
func TestThinKeepsGaps(t *testing.T) {
	runs := []seen{{1000, false, nil}, {2000, false, nil}, {3000, true, nil}, {4000, true, nil}, {10 * dayOf, false, nil}}
	_, after := thin(t, chronicleOf(t, runs), Thinning{Keep: dayOf * time.Second}, 12*dayOf)
	if got := string(marksText(t, after.Sheets[0])); got != "864000 true\n" {
		t.Errorf("after ten days: %s", got)
	}
	_, after = thin(t, chronicleOf(t, runs), Thinning{Keep: dayOf * time.Second}, 5*dayOf)
	if got := string(marksText(t, after.Sheets[0])); got != "2000 true\n3000 false\n4000 false\n864000 true\n" {
		t.Errorf("while it fails: %s", got)
	}
}
