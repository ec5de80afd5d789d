package market

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

const mergeChunk = 64

// seen is what each run of a reader saw: a price by offer. A run that failed saw nothing.
type seen struct {
	second int64
	failed bool
	prices map[string]string
}

// chronicleOf writes down what a reader saw as runs do.
func chronicleOf(t testing.TB, runs []seen) Chronicle {
	t.Helper()
	streams, writers, last := map[string][]byte{}, map[string]*PointWriter{}, map[string]Point{}
	var marks []RunMark
	var proofs []Proof
	for _, run := range runs {
		marks = append(marks, RunMark{time.Unix(run.second, 0).UTC(), !run.failed})
		for _, region := range []string{"a", "b", "c"} {
			was, known := last[region]
			p, there := was, false
			if price := run.prices[region]; price != "" {
				p, there = pointAt(run.second, price), true
			}
			p.At, p.Withdrawn = time.Unix(run.second, 0).UTC(), !there
			if run.failed || !known && !there || known && sameState(was, p) {
				continue
			}
			if writers[region] == nil {
				writers[region] = new(PointWriter)
			}
			var err error
			if streams[region], err = writers[region].Append(streams[region], p); err != nil {
				t.Fatal(err)
			}
			last[region] = p
			proofs = append(proofs, Proof{At: p.At, Parser: 1})
		}
	}
	c := Chronicle{Provider: "p", Sheets: []SheetLog{{Sheet: Sheet{Provider: "p", Name: "prices"}, Runs: slices.Concat(chunkRuns(marks, mergeChunk)...), Proofs: proofs}}}
	for region, stream := range streams {
		c.Offers = append(c.Offers, Told{Offer: inRegion(region), Stream: stream})
	}
	slices.SortFunc(c.Offers, func(a, b Told) int { return strings.Compare(a.Offer.ID, b.Offer.ID) })
	return c
}

func inRegion(region string) Offer {
	return Offer{ID: "p/h100/" + region + "/on-demand", Provider: "p", Kind: Neocloud, Sheet: "prices", SKU: "h100", Region: region, Market: OnDemand, GpuCount: Cards(8)}
}

// randomRuns are a reader's, at seconds that another may share.
func randomRuns(random *rand.Rand, n int) []seen {
	var out []seen
	for second := int64(1000); len(out) < n; second += 1 + random.Int64N(40) {
		run := seen{second: second, failed: random.IntN(6) == 0, prices: map[string]string{}}
		for _, region := range []string{"a", "b", "c"} {
			if random.IntN(4) > 0 {
				run.prices[region] = []string{"1", "1.5", "2.25"}[random.IntN(3)]
			}
		}
		out = append(out, run)
	}
	return out
}

// with is the chronicle after a merge.
func (c Chronicle) with(m Merged) Chronicle {
	out := Chronicle{Provider: "p", Offers: slices.Clone(c.Offers), Sheets: slices.Clone(c.Sheets)}
	for _, o := range m.Offers {
		out.Offers = slices.DeleteFunc(out.Offers, func(t Told) bool { return t.Offer.ID == o.Offer.ID })
		out.Offers = append(out.Offers, Told{Offer: o.Offer, Stream: slices.Concat(o.Chunks...)})
	}
	slices.SortFunc(out.Offers, func(a, b Told) int { return strings.Compare(a.Offer.ID, b.Offer.ID) })
	for _, s := range m.Sheets {
		log := SheetLog{Sheet: s.Sheet, Runs: slices.Concat(s.Chunks...), Proofs: append(out.log(s.Sheet.Name).Proofs, s.Proofs...)}
		out.Sheets = append(slices.DeleteFunc(out.Sheets, func(l SheetLog) bool { return l.Sheet.Name == s.Sheet.Name }), log)
	}
	return out
}

// statesAt are the offers listed at a moment, as text.
func statesAt(t testing.TB, c Chronicle, second int64) string {
	t.Helper()
	var out []string
	for _, told := range c.Offers {
		o, listed, err := told.at(time.Unix(second, 0))
		if err != nil {
			t.Fatal(err)
		}
		if listed {
			out = append(out, o.Region+" "+o.Listed.Amount.String())
		}
	}
	return strings.Join(out, ", ")
}

// believed is what whoever read last until a moment saw; of two at one second the first reader, unless that failed.
func believed(first, second []seen, moment int64) string {
	var last seen
	for _, runs := range [][]seen{second, first} {
		for _, run := range runs {
			known := slices.ContainsFunc(first, func(s seen) bool { return s.second == run.second && !s.failed })
			if mine := &runs[0] == &first[0]; !run.failed && run.second <= moment && run.second >= last.second && (mine || !known) {
				last = run
			}
		}
	}
	var out []string
	for _, region := range []string{"a", "b", "c"} {
		if price := last.prices[region]; price != "" {
			out = append(out, region+" "+price)
		}
	}
	return strings.Join(out, ", ")
}

// TestMergeAgainstReadings merges what two readers wrote down: at every second the answer is what the later of the two had seen.
func TestMergeAgainstReadings(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	for round := range 200 {
		mine, theirs := randomRuns(random, 1+random.IntN(12)), randomRuns(random, 1+random.IntN(12))
		have, in := chronicleOf(t, mine), Import{Chronicle: chronicleOf(t, theirs)}
		m, err := have.Merge(in, mergeChunk)
		if err != nil {
			t.Fatal(err)
		}
		both := have.with(m)
		for second := int64(990); second < 1600; second++ {
			if got, want := statesAt(t, both, second), believed(mine, theirs, second); got != want {
				t.Fatalf("round %d, second %d: %q is told, %q was seen\nmine %v\ntheirs %v", round, second, got, want, mine, theirs)
			}
		}
		again, err := both.Merge(in, mergeChunk)
		if err != nil || len(again.Offers)+len(again.Sheets)+again.Points != 0 {
			t.Fatalf("round %d: a second import changes %d offers, %d sheets (%v)", round, len(again.Offers), len(again.Sheets), err)
		}
	}
}

// TestMergeIntoNothing takes an import as it is, point for point.
func TestMergeIntoNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(23, 24))
	for range 50 {
		in := chronicleOf(t, randomRuns(random, 40))
		m, err := Chronicle{Provider: "p"}.Merge(Import{Chronicle: in}, mergeChunk)
		if err != nil {
			t.Fatal(err)
		}
		got := Chronicle{}.with(m)
		if diff := cmp.Diff(pointsText(t, in), pointsText(t, got)); diff != "" {
			t.Fatalf("(-import +kept):\n%s", diff)
		}
		if log := got.Sheets[0]; !bytes.Equal(marksText(t, in.Sheets[0]), marksText(t, log)) || len(log.Proofs) != len(in.Sheets[0].Proofs) {
			t.Fatalf("runs %s, want %s", marksText(t, log), marksText(t, in.Sheets[0]))
		}
	}
}

func pointsText(t testing.TB, c Chronicle) (out []string) {
	t.Helper()
	for _, told := range c.Offers {
		points, err := told.points()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			out = append(out, fmt.Sprint(told.Offer.ID, " ", p.At.Unix(), " ", p.Amount.Trim(0), " ", p.Withdrawn))
		}
	}
	return out
}

func marksText(t testing.TB, l SheetLog) (out []byte) {
	t.Helper()
	runs, err := l.sorted()
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		out = fmt.Append(out, run.At.Unix(), " ", run.Succeeded, "\n")
	}
	return out
}

// TestMergeInPieces takes a history in two pieces, the second of which has only the changes after a moment.
func TestMergeInPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(25, 26))
	for range 50 {
		runs := randomRuns(random, 30)
		whole := chronicleOf(t, runs)
		cut := time.Unix(runs[15].second, 0).UTC()
		have := chronicleOf(t, runs[:15])
		rest := whole
		rest.Offers = nil
		for _, told := range whole.Offers {
			points, _ := told.points()
			points = slices.DeleteFunc(points, func(p Point) bool { return p.At.Before(cut) })
			chunks, _, err := chunksOf(points, mergeChunk)
			if err != nil {
				t.Fatal(err)
			}
			if len(points) > 0 {
				rest.Offers = append(rest.Offers, Told{told.Offer, slices.Concat(chunks...)})
			}
		}
		in := Import{Chronicle: rest, Since: cut}
		m, err := have.Merge(in, mergeChunk)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(pointsText(t, whole), pointsText(t, have.with(m))); diff != "" {
			t.Fatalf("(-whole +in pieces):\n%s", diff)
		}
		if _, err := chronicleOf(t, runs[:10]).Merge(in, mergeChunk); err == nil || !strings.Contains(err.Error(), "import what lies before first") {
			t.Fatalf("runs 10 to 14 are missing: %v", err)
		}
	}
}

// TestMergeLeavesOffersWritable looks at what the next run of a merged sheet starts from.
func TestMergeLeavesOffersWritable(t *testing.T) {
	mine := []seen{{1000, false, map[string]string{"a": "2", "b": "3"}}, {3000, false, map[string]string{"a": "2", "b": "3"}}}
	tests := map[string]struct {
		reason string
		theirs []seen
		listed string
		offers string
	}{
		"between":  {"what is known takes over again, with changes of its own", []seen{{2000, false, map[string]string{"a": "1.25", "c": "9"}}}, "a b", "a 2 changed at 3000, first seen at 1000; b 3 changed at 3000, first seen at 1000; c 9 changed at 3000, first seen at 2000"},
		"later":    {"the import is the newest that is known", []seen{{4000, false, map[string]string{"a": "1.25"}}}, "a", "a 1.25 changed at 4000, first seen at 1000; b 3 changed at 4000, first seen at 1000"},
		"earlier":  {"what is known ends what was listed before", []seen{{500, false, map[string]string{"a": "2", "c": "9"}}}, "a", "a 2 changed at 500, first seen at 500; c 9 changed at 1000, first seen at 500"},
		"failures": {"runs that failed say nothing of offers", []seen{{2000, true, nil}}, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := chronicleOf(t, mine).Merge(Import{Chronicle: chronicleOf(t, tt.theirs)}, mergeChunk)
			if err != nil {
				t.Fatal(err)
			}
			var listed, offers []string
			for _, o := range m.Offers {
				offers = append(offers, fmt.Sprintf("%s %s changed at %d, first seen at %d", o.Offer.Region, amountAtEnd(t, o), o.Offer.ChangedAt.Unix(), o.Offer.FirstSeenAt.Unix()))
				if o.Listed {
					listed = append(listed, o.Offer.Region)
				}
			}
			if got := strings.Join(listed, " "); got != tt.listed {
				t.Errorf("%s: %q are listed, want %q", tt.reason, got, tt.listed)
			}
			if diff := cmp.Diff(tt.offers, strings.Join(offers, "; ")); diff != "" {
				t.Errorf("%s:\n%s", tt.reason, diff)
			}
		})
	}
}

// amountAtEnd goes on writing behind an offer's last chunk, as the next run does, and says what came before.
func amountAtEnd(t *testing.T, o MergedOffer) string {
	t.Helper()
	stream := slices.Concat(o.Chunks...)
	points, err := Points(stream)
	if err != nil {
		t.Fatal(err)
	}
	last := points[len(points)-1]
	w, err := ResumePoints(last, o.Offer.Decimals)
	if err != nil {
		t.Fatal(err)
	}
	next := last
	next.At, next.Amount = last.At.Add(time.Minute), decimal.MustParse("7.5")
	if stream, err = w.Append(stream, next); err != nil {
		t.Fatal(err)
	}
	if again := readAll(t, stream); again[len(again)-1].Amount.String() != "7.5" {
		t.Errorf("what is written behind it reads as %s", again[len(again)-1].Amount)
	}
	return last.Amount.Trim(0).String()
}

// later is what a reader saw, written down by somebody who was so many seconds late.
func later(runs []seen, random *rand.Rand, most int64) []seen {
	out := slices.Clone(runs)
	for i := range out {
		out[i].second += random.Int64N(most + 1)
	}
	return out
}

// spread are a reader's runs with some time between them, as one reader at a time leaves it.
func spread(runs []seen, least int64) []seen {
	out := slices.Clone(runs)
	for i := range out {
		out[i].second += int64(i) * least
	}
	return out
}

// TestMergeOfTheSameRuns merges what archived pages tell into what their own runs had written, each run some seconds late: nothing is
// new, but for what the pages tell of runs that are not known.
func TestMergeOfTheSameRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(27, 28))
	for range 100 {
		runs := spread(randomRuns(random, 1+random.IntN(20)), 10)
		have, in := chronicleOf(t, runs), Import{Chronicle: chronicleOf(t, later(runs, random, 10)), Tolerance: 10 * time.Second}
		m, err := have.Merge(in, mergeChunk)
		if err != nil || len(m.Offers)+len(m.Sheets)+m.Points != 0 {
			t.Fatalf("%d offers, %d sheets and %d points are new (%v)", len(m.Offers), len(m.Sheets), m.Points, err)
		}
		gap := random.IntN(len(runs))
		have = chronicleOf(t, slices.Concat(runs[:gap], runs[gap+1:]))
		if m, err = have.Merge(in, mergeChunk); err != nil || len(m.Sheets) != 1 {
			t.Fatalf("run %d of %d is missing: %d sheets are new (%v)", gap, len(runs), len(m.Sheets), err)
		}
		both := have.with(m)
		if got, want := len(marksOf(t, both.Sheets[0])), len(runs); got != want {
			t.Fatalf("%d runs, want %d", got, want)
		}
		for _, p := range m.Sheets[0].Proofs {
			if missed := marksOf(t, in.Sheets[0])[gap]; !p.At.Equal(missed.At) {
				t.Fatalf("a proof of the run at %d, which is known, beside that of %d", p.At.Unix(), missed.At.Unix())
			}
		}
		if m, err = both.Merge(in, mergeChunk); err != nil || len(m.Sheets)+m.Points != 0 {
			t.Fatalf("a second import changes %d sheets (%v)", len(m.Sheets), err)
		}
	}
}

func marksOf(t testing.TB, l SheetLog) []RunMark {
	t.Helper()
	runs, err := l.sorted()
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// TestToleranceOfRuns says which runs of an import are known under another second.
func TestToleranceOfRuns(t *testing.T) {
	ok := map[string]string{"a": "2"}
	known := []seen{{1000, false, ok}, {1100, true, nil}, {1130, false, ok}}
	tests := map[string]struct {
		reason string
		theirs []seen
		added  int
	}{
		"shortly after":             {"an answer comes after its run began", []seen{{1002, false, ok}}, 0},
		"long after":                {"beyond the tolerance it is a run of its own", []seen{{1061, false, ok}}, 1},
		"before":                    {"no answer comes before it is asked for", []seen{{999, false, ok}}, 1},
		"two after one":             {"one run is not two", []seen{{1002, false, ok}, {1040, false, ok}}, 1},
		"one at it and one after":   {"what was imported before is itself", []seen{{1000, false, ok}, {1040, false, ok}}, 1},
		"a success after a failure": {"the failure had another reason, or the parser has learnt", []seen{{1110, false, ok}}, 1},
		"a failure after a success": {"a success outdoes a failure", []seen{{1002, true, nil}}, 0},
		"the nearest":               {"of two known runs the later one is meant", []seen{{1101, true, nil}, {1131, false, ok}}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := chronicleOf(t, known).Merge(Import{Chronicle: chronicleOf(t, tt.theirs), Tolerance: time.Minute}, mergeChunk)
			if err != nil {
				t.Fatal(err)
			}
			added := 0
			for _, s := range m.Sheets {
				added = len(marksOf(t, SheetLog{Runs: slices.Concat(s.Chunks...)})) - len(known)
			}
			if added != tt.added {
				t.Errorf("%s: %d runs are new, want %d", tt.reason, added, tt.added)
			}
		})
	}
}
