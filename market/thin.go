package market

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Thinning is how much of the past is kept. The zero value keeps all of it. Its limits are midnights, UTC: what is of the same day goes together.
type Thinning struct {
	// Keep is for how long anything is kept; zero is for ever. What was in force at the limit stays.
	Keep time.Duration
	// Thin is the age from which on an offer keeps one change a day, its last; zero is never. The moment at which a day ends belongs to it.
	Thin time.Duration
}

// Thinned is what a thinning changes.
type Thinned struct {
	// Offers and Sheets are those that have lost something, with all that remains of them.
	Offers []MergedOffer
	Sheets []MergedSheet
	// Gone are the ids of offers of which nothing remains: they had been withdrawn before all that is kept.
	Gone []string
	// Proofs are those that go, by sheet.
	Proofs map[string][]Proof
	// Points and Runs are how many go.
	Points, Runs int
}

// Empty says whether nothing changes.
func (t Thinned) Empty() bool {
	return len(t.Offers)+len(t.Sheets)+len(t.Gone)+len(t.Proofs) == 0
}

// Thin says what of a provider's history goes. From the limit of Thin on, at every midnight before it, and nowhere before the limit of
// Keep, the market stands as it stood. What the next run writes on to is always kept. Streams are cut into chunks once they have so many bytes.
func (c Chronicle) Thin(rule Thinning, now time.Time, chunkBytes int) (Thinned, error) {
	t := thinner{keep: limit(now, rule.Keep), thin: limit(now, rule.Thin), chunkBytes: chunkBytes, early: map[string][]Point{}}
	t.Proofs = map[string][]Proof{}
	for _, told := range c.Offers {
		if err := t.offer(told); err != nil {
			return Thinned{}, fmt.Errorf("history of %s: %w", told.Offer.ID, err)
		}
	}
	for _, log := range c.Sheets {
		if err := t.sheet(log); err != nil {
			return Thinned{}, err
		}
	}
	return t.Thinned, nil
}

// limit is the second up to which a rule reaches.
func limit(now time.Time, age time.Duration) int64 {
	if age <= 0 {
		return math.MinInt64
	}
	return midnight(now.Add(-age)).Unix()
}

// thinner goes through one provider's history.
type thinner struct {
	Thinned
	keep, thin int64
	chunkBytes int
	// early are the changes before the limit of Keep that stay, by sheet.
	early map[string][]Point
}

func (t *thinner) offer(told Told) error {
	points, err := writtenPoints(told.Stream)
	if err != nil || len(points) == 0 {
		return err
	}
	kept := t.points(points)
	t.early[told.Offer.Sheet] = append(t.early[told.Offer.Sheet], t.old(kept)...)
	t.Points += len(points) - len(kept)
	switch len(kept) {
	case len(points):
		return nil
	case 0:
		t.Gone = append(t.Gone, told.Offer.ID)
		return nil
	}
	chunks, decimals, err := chunksOf(kept, t.chunkBytes)
	o := told.Offer
	o.Decimals = decimals
	if first := slices.MinFunc(points, pointsByTime).At; o.FirstSeenAt.IsZero() || first.Unix() < o.FirstSeenAt.Unix() {
		o.FirstSeenAt = first
	}
	t.Offers = append(t.Offers, MergedOffer{Offer: o, Listed: !kept[len(kept)-1].Withdrawn, Chunks: chunks})
	return err
}

// points are those that stay, in the order in which they were written, which is that of time unless a clock went back. The one written
// last stays, because the next run writes its difference from it; only where it is a withdrawal and nothing else stays it goes too.
func (t *thinner) points(written []Point) []Point {
	order := inOrderOf(written, pointsByTime)
	stays := make([]bool, len(written))
	for i, place := range order {
		stays[place] = i+1 == len(order) || !t.outdone(written[place], written[order[i+1]])
	}
	stays[len(written)-1] = true
	kept := chosen(written, stays)
	if old := t.old(kept); len(old) == 1 && old[0].Withdrawn && (len(kept) == 1 || !t.isOld(kept[len(kept)-1])) {
		return slices.DeleteFunc(kept, t.isOld)
	}
	return kept
}

// outdone says whether the next change makes one superfluous: both are too old, or of a day that keeps its last only.
func (t *thinner) outdone(p, next Point) bool {
	return t.isOld(next) || next.At.Unix() <= t.thin && dayEnded(p.At).Equal(dayEnded(next.At))
}

func (t *thinner) isOld(p Point) bool { return p.At.Unix() <= t.keep }

func (t *thinner) old(points []Point) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return !t.isOld(p) })
}

// dayEnded is the beginning of the day to which a second belongs where midnight is a day's last.
func dayEnded(at time.Time) time.Time { return midnight(at.Add(-time.Second)) }

func (t *thinner) sheet(log SheetLog) error {
	written, err := log.marks()
	if err != nil {
		return err
	}
	kept := t.runs(written)
	if len(kept) < len(written) {
		t.Runs += len(written) - len(kept)
		t.Sheets = append(t.Sheets, MergedSheet{Sheet: log.Sheet, Chunks: chunkRuns(kept, t.chunkBytes)})
	}
	if gone := t.proofs(log); len(gone) > 0 {
		t.Proofs[log.Sheet.Name] = gone
	}
	return nil
}

// runs are those that stay: from the last success before the limit on, or else from the last run before it, and the one written last.
func (t *thinner) runs(written []RunMark) []RunMark {
	if len(written) == 0 {
		return nil
	}
	order := inOrderOf(written, byTime)
	stays := make([]bool, len(written))
	for _, place := range order[t.firstRun(written, order):] {
		stays[place] = true
	}
	stays[len(written)-1] = true
	return chosen(written, stays)
}

func (t *thinner) firstRun(written []RunMark, order []int) (first int) {
	succeeded := false
	for i, place := range order {
		run := written[place]
		if run.At.Unix() > t.keep {
			break
		}
		if run.Succeeded || !succeeded {
			first, succeeded = i, run.Succeeded
		}
	}
	return first
}

// proofs are those that go: before the limit all but the one in force then, and those of the changes that stay.
func (t *thinner) proofs(log SheetLog) (gone []Proof) {
	sorted := inTime(log.Proofs)
	needed := map[int64]bool{latestProof(sorted, time.Unix(t.keep, 0)).At.Unix(): true}
	for _, p := range t.early[log.Sheet.Name] {
		needed[latestProof(sorted, p.At).At.Unix()] = true
	}
	for _, proof := range sorted {
		if second := proof.At.Unix(); second <= t.keep && !needed[second] {
			gone = append(gone, proof)
		}
	}
	return gone
}

// inOrderOf are the places of what was written, in an order; of equals the one written last comes last.
func inOrderOf[T any](written []T, compare func(a, b T) int) []int {
	order := make([]int, len(written))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compare(written[a], written[b]), cmp.Compare(a, b)) })
	return order
}

func chosen[T any](all []T, stays []bool) []T {
	var out []T
	for i, one := range all {
		if stays[i] {
			out = append(out, one)
		}
	}
	return out
}
