package market

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// splice says who is believed when, of two who have read the same sheet.
type splice struct {
	// have are the runs that were known, in those that the import adds, both in the order of time.
	have, in []RunMark
	reigns   []reign
	since    time.Time
	// others are the seconds of imported runs that are known under another second.
	others map[int64]bool
}

// reign is a time from a second on in which one of the two was read last.
type reign struct {
	from     int64
	imported bool
}

// newSplice compares the runs of two logs. An import that begins after a run which nobody knows has no place: what that run changed is lost.
// One that follows a known run within the tolerance is that run.
func newSplice(have, in SheetLog, since time.Time, tolerance time.Duration) (s splice, err error) {
	s.since, s.others = since, map[int64]bool{}
	if s.have, err = have.sorted(); err != nil {
		return s, err
	}
	all, err := in.sorted()
	if err != nil {
		return s, err
	}
	known := newKnownRuns(s.have, tolerance)
	for i, run := range all {
		switch {
		case known.at(run):
		case known.shortlyBefore(run, all[:i]):
			s.others[run.At.Unix()] = true
		case run.At.Before(since):
			return s, fmt.Errorf("the file begins at %s, but what was read at %s is not known here: import what lies before first", since.Format(time.RFC3339), run.At.Format(time.RFC3339))
		default:
			s.in = append(s.in, run)
		}
	}
	s.reigns = reigns(s.have, s.in)
	return s, nil
}

// knownRuns finds runs among those that are known.
type knownRuns struct {
	marks     map[RunMark]bool
	inTime    []RunMark
	tolerance time.Duration
}

func newKnownRuns(inTime []RunMark, tolerance time.Duration) knownRuns {
	k := knownRuns{map[RunMark]bool{}, inTime, tolerance}
	for _, run := range inTime {
		k.marks[run] = true
	}
	return k
}

// at says whether a run is known as it is; a success outdoes a failure at the same second.
func (k knownRuns) at(run RunMark) bool { return k.marks[run] || k.marks[RunMark{run.At, true}] }

// shortlyBefore says whether a run is the latest known one before it, under its own second, and none of the imported ones earlier is.
func (k knownRuns) shortlyBefore(run RunMark, earlier []RunMark) bool {
	after := sort.Search(len(k.inTime), func(i int) bool { return k.inTime[i].At.After(run.At) })
	if after == 0 {
		return false
	}
	latest := k.inTime[after-1]
	taken := len(earlier) > 0 && !earlier[len(earlier)-1].At.Before(latest.At)
	return !taken && run.At.Sub(latest.At) <= k.tolerance && (latest.Succeeded || !run.Succeeded)
}

// sorted are the sheet's runs in the order of time.
func (l SheetLog) sorted() ([]RunMark, error) {
	runs, err := l.marks()
	slices.SortStableFunc(runs, byTime)
	return runs, err
}

func byTime(a, b RunMark) int { return a.At.Compare(b.At) }

// reigns are whose success was the latest, from when on. What was known before its first run stays.
func reigns(have, in []RunMark) []reign {
	var out []reign
	for len(have) > 0 || len(in) > 0 {
		imported := len(have) == 0 || len(in) > 0 && in[0].At.Before(have[0].At)
		from := &have
		if imported {
			from = &in
		}
		run := (*from)[0]
		*from = (*from)[1:]
		if run.Succeeded && (len(out) == 0 || out[len(out)-1].imported != imported) {
			out = append(out, reign{run.At.Unix(), imported})
		}
	}
	if len(out) > 0 && !out[0].imported {
		out[0].from = math.MinInt64
	}
	return out
}

func (s splice) importedLast() bool { return len(s.reigns) > 0 && s.reigns[len(s.reigns)-1].imported }

// points are an offer's changes, of each reign those of whoever was believed.
func (s splice) points(have, in []Point) []Point {
	var out []Point
	for i, r := range s.reigns {
		source, until := have, int64(math.MaxInt64)
		if r.imported {
			source = in
		}
		if i+1 < len(s.reigns) {
			until = s.reigns[i+1].from
		}
		if i > 0 || r.imported {
			out = s.takeOver(out, source, r)
		}
		for _, p := range source {
			if second := p.At.Unix(); second < until && (second > r.from) {
				out = append(out, p)
			}
		}
	}
	return out
}

// takeOver lets a reign begin with what its reader saw, where that differs from what was believed until then.
func (s splice) takeOver(out, source []Point, r reign) []Point {
	at := time.Unix(r.from, 0).UTC()
	now := pointAtSecond(source, r.from)
	switch {
	case now >= 0:
		p := source[now]
		p.At = at
		if p.Withdrawn && !listed(out) || len(out) > 0 && sameState(out[len(out)-1], p) {
			return out
		}
		return append(out, p)
	case !listed(out), r.imported && !s.since.IsZero():
		return out
	}
	gone := out[len(out)-1]
	gone.At, gone.Withdrawn = at, true
	return append(out, gone)
}

func listed(points []Point) bool { return len(points) > 0 && !points[len(points)-1].Withdrawn }

func samePoint(a, b Point) bool { return a.At.Equal(b.At) && sameState(a, b) }

// sameState says whether two points tell the same, whenever that was.
func sameState(a, b Point) bool {
	return a.PointTerms == b.PointTerms && a.Amount.Cmp(b.Amount) == 0 && a.Stock == b.Stock && a.Withdrawn == b.Withdrawn &&
		show(a.GpusAvailable) == show(b.GpusAvailable)
}

// sheet is the sheet with the runs of both.
func (s splice) sheet(have, in SheetLog, chunkBytes int) MergedSheet {
	runs := slices.SortedStableFunc(slices.Values(slices.Concat(s.have, s.in)), byTime)
	m := MergedSheet{Sheet: have.Sheet, Chunks: chunkRuns(runs, chunkBytes)}
	known := map[int64]bool{}
	for _, p := range have.Proofs {
		known[p.At.Unix()] = true
	}
	for _, p := range in.Proofs {
		if second := p.At.Unix(); !known[second] && !s.others[second] {
			m.Proofs = append(m.Proofs, p)
		}
	}
	last := runs[len(runs)-1]
	if len(s.have) == 0 || s.have[len(s.have)-1] != last {
		m.Sheet = in.end(have.Sheet, runs)
	}
	if m.Sheet.LastRunAt.Unix() != last.At.Unix() {
		m.Sheet.LastRunAt = last.At
	}
	return m
}

// end is the state that a sheet is in after the last of the runs, which is an imported one.
func (l SheetLog) end(before Sheet, runs []RunMark) Sheet {
	last := runs[len(runs)-1]
	sheet := Sheet{Provider: before.Provider, Name: before.Name, LastRunAt: last.At, LastSuccessAt: before.LastSuccessAt}
	for _, run := range runs {
		if run.Succeeded && run.At.After(sheet.LastSuccessAt) {
			sheet.LastSuccessAt = run.At
		}
	}
	if !last.Succeeded {
		sheet.Problem = errImportedFailure.Error()
	}
	proof := latestProof(inTime(l.Proofs), last.At)
	sheet.Documents, sheet.Parser = proof.Documents, proof.Parser
	return sheet
}

var errImportedFailure = errors.New("the latest run that is known, an imported one, had failed or was held back")

// chunkRuns writes runs into chunks.
func chunkRuns(runs []RunMark, chunkBytes int) [][]byte {
	var chunks [][]byte
	var chunk []byte
	var before time.Time
	for _, run := range runs {
		if len(chunk) >= chunkBytes {
			chunks, chunk = append(chunks, chunk), nil
		}
		absolute, relative := run.Append(before)
		if chunk == nil || relative == nil {
			relative = absolute
		}
		chunk, before = append(chunk, relative...), run.At
	}
	return append(chunks, chunk)
}
