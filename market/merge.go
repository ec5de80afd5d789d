package market

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Import is history of one provider from elsewhere: what others recorded, what was read from archived pages, or what another store had.
type Import struct {
	Chronicle
	// Since is the first moment it speaks of: an offer keeps what was known of it until its first change in the import. Zero is the beginning.
	Since time.Time
	// Partial says that only some of the offers of its sheets are in it.
	Partial bool
	// Tolerance says how much later than it began a run may stand in the import: one that follows a known run within it is that run.
	Tolerance time.Duration
}

// Merged is what an import changes.
type Merged struct {
	Offers []MergedOffer
	Sheets []MergedSheet
	// Points are the changes that were not known before.
	Points int
}

// MergedOffer is an offer whose history differs, with the whole of it.
type MergedOffer struct {
	Offer Offer
	// Listed says whether it is on its provider's list at the end.
	Listed bool
	// Chunks are its changes; the last one is to be written on.
	Chunks [][]byte
}

// MergedSheet is a sheet of whose runs more is known, with all of them, and the proofs that are new.
type MergedSheet struct {
	Sheet  Sheet
	Chunks [][]byte
	Proofs []Proof
}

// Merge puts an import beside what is known. Of a moment at which both were read, what is known stays, so that a second import of the
// same changes nothing. Between, whoever was read last is believed: where what is known takes over again, its prices come back with a
// change of their own. Streams are cut into chunks once they have so many bytes. An error says why an import has no place.
func (c Chronicle) Merge(in Import, chunkBytes int) (Merged, error) {
	var m Merged
	for _, log := range in.Sheets {
		if err := c.mergeSheet(&m, in, log, chunkBytes); err != nil {
			return Merged{}, fmt.Errorf("%s, %s: %w", in.Provider, log.Sheet.Name, err)
		}
	}
	return m, nil
}

func (c Chronicle) mergeSheet(m *Merged, in Import, log SheetLog, chunkBytes int) error {
	have := c.log(log.Sheet.Name)
	s, err := newSplice(have, log, in.Since, in.Tolerance)
	if err != nil {
		return err
	}
	if in.Partial && len(s.have) > 0 && len(s.in) > 0 {
		return errors.New("only some of its offers are in the file, and others are known: export it without filters of GPU and market")
	}
	if len(s.in) == 0 {
		return nil
	}
	known, imported := c.offersOf(log.Sheet.Name), in.offersOf(log.Sheet.Name)
	for _, id := range slices.Sorted(maps.Keys(union(known, imported))) {
		if err := s.offer(m, known[id], imported[id], chunkBytes); err != nil {
			return err
		}
	}
	m.Sheets = append(m.Sheets, s.sheet(have, log, chunkBytes))
	return nil
}

func union(a, b map[string]Told) map[string]Told {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// log is a sheet's; an empty one where the sheet is not known.
func (c Chronicle) log(sheet string) SheetLog {
	for _, log := range c.Sheets {
		if log.Sheet.Name == sheet {
			return log
		}
	}
	return SheetLog{Sheet: Sheet{Provider: c.Provider, Name: sheet}}
}

func (c Chronicle) offersOf(sheet string) map[string]Told {
	out := map[string]Told{}
	for _, told := range c.Offers {
		if told.Offer.Sheet == sheet {
			out[told.Offer.ID] = told
		}
	}
	return out
}

// offer merges the history of one offer, and keeps it where that differs from what is known.
func (s splice) offer(m *Merged, have, in Told, chunkBytes int) error {
	known, err := have.points()
	if err != nil {
		return err
	}
	imported, err := in.points()
	if err != nil {
		return err
	}
	points := s.points(known, imported)
	if len(points) == 0 || slices.EqualFunc(points, known, samePoint) {
		return nil
	}
	chunks, decimals, err := chunksOf(points, chunkBytes)
	if err != nil {
		return fmt.Errorf("%s: %w", points[0].At, err)
	}
	last := points[len(points)-1]
	o, err := s.terms(have, in, last)
	if err != nil {
		return err
	}
	o.FirstSeenAt, o.ChangedAt, o.Decimals = points[0].At, last.At, decimals
	if before := have.Offer.FirstSeenAt; !before.IsZero() && before.Before(o.FirstSeenAt) {
		o.FirstSeenAt = before // the history may have lost its beginning: see Thinning
	}
	m.Offers = append(m.Offers, MergedOffer{Offer: o, Listed: !last.Withdrawn, Chunks: chunks})
	m.Points += len(points) - len(known)
	return nil
}

// terms are the offer's as whoever was read last has them: whole where they are those of the last change, which keeps only some.
func (s splice) terms(have, in Told, last Point) (Offer, error) {
	if have.Offer.ID != "" && (in.Offer.ID == "" || !s.importedLast()) {
		return have.Offer, nil
	}
	if !last.Withdrawn && sameState(in.Offer.point(last.At), last) {
		return in.Offer, nil
	}
	return in.Offer.asOf(last)
}

// chunksOf writes points into chunks, and says how many decimals the last one's amounts have.
func chunksOf(points []Point, chunkBytes int) (chunks [][]byte, decimals int, err error) {
	var w PointWriter
	var chunk []byte
	for _, p := range points {
		if len(chunk) >= chunkBytes {
			chunks, chunk, w = append(chunks, chunk), nil, NewPointWriter(w.Scale())
		}
		if chunk, err = w.Append(chunk, p); err != nil {
			return nil, 0, err
		}
	}
	return append(chunks, chunk), w.Scale(), nil
}
