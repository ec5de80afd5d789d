package market

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
	"time"
)

// Chronicle is everything that was ever known of one provider.
type Chronicle struct {
	Provider string
	Offers   []Told
	Sheets   []SheetLog
}

// Told is an offer, as it is now or as it was when it was withdrawn, with all its changes as a stream.
type Told struct {
	Offer  Offer
	Stream []byte
}

// SheetLog is a sheet with all its runs as a stream, and the documents of those that changed something.
type SheetLog struct {
	Sheet  Sheet
	Runs   []byte
	Proofs []Proof
}

// Proof is what a run was read from.
type Proof struct {
	At        time.Time
	Documents []Source
	// Parser is the version of the parser that read them.
	Parser int
}

// NewPast is the whole market as it stood at a moment: what was listed then, at the price and with the stock of then, as fresh or
// stale as its source was then, converted with the exchange rates of that day. An error names what cannot be read.
func NewPast(chronicles []Chronicle, rates Rates, at time.Time) (*View, error) {
	parts := make([][]*Entry, len(chronicles))
	problems := make([]error, len(chronicles))
	var reading sync.WaitGroup
	for i, c := range chronicles {
		reading.Go(func() { parts[i], problems[i] = c.entriesAt(rates, at) })
	}
	reading.Wait()
	sheets := map[SheetKey]Sheet{}
	for _, c := range chronicles {
		problems = append(problems, c.sheetsAt(at, sheets))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	entries := slices.Concat(parts...)
	slices.SortFunc(entries, compareIDs)
	return newView(entries, sheets, rates, 0), nil
}

// entriesAt are the provider's offers that were listed at a moment.
func (c Chronicle) entriesAt(rates Rates, at time.Time) ([]*Entry, error) {
	var entries []*Entry
	remembered := rates.remembered()
	for i := range c.Offers {
		offer, listed, err := c.Offers[i].at(at)
		if err != nil {
			return nil, err
		}
		if listed {
			entries = append(entries, newEntry(offer, remembered, at))
		}
	}
	return entries, nil
}

func (c Chronicle) sheetsAt(at time.Time, sheets map[SheetKey]Sheet) error {
	for _, log := range c.Sheets {
		sheet, read, err := log.at(at)
		if err != nil {
			return err
		}
		if read {
			sheets[SheetKey{c.Provider, sheet.Name}] = sheet
		}
	}
	return nil
}

// at is the offer as it stood at a moment; listed is false before it was first seen, and while it was withdrawn. A clock that went
// back has left points out of their order: the latest before the moment holds, of two at one second the one written last.
func (t *Told) at(moment time.Time) (offer Offer, listed bool, err error) {
	limit, first := moment.Unix(), int64(math.MaxInt64)
	var last PointReader
	r := ReadPoints(t.Stream)
	for r.Next() {
		if r.Seconds() > limit || last.started && r.Seconds() < last.Seconds() {
			continue
		}
		last, first = *r, min(first, r.Seconds())
	}
	if r.Err() != nil {
		return Offer{}, false, fmt.Errorf("history of %s: %w", t.Offer.ID, r.Err())
	}
	if !last.started || last.Withdrawn() {
		return Offer{}, false, nil
	}
	p, err := last.Point()
	if err != nil {
		return Offer{}, false, fmt.Errorf("history of %s: %w", t.Offer.ID, err)
	}
	offer, err = t.Offer.asOf(p)
	if known := t.Offer.FirstSeenAt; !known.IsZero() {
		first = min(first, known.Unix()) // the stream may have lost its beginning: see Thinning
	}
	offer.FirstSeenAt = time.Unix(first, 0).UTC()
	return offer, true, err
}

// asOf puts a point of the past in the place of the present terms. What the past did not keep (tax, tier, depth) is not told.
func (o Offer) asOf(p Point) (Offer, error) {
	o.Listed = ListedPrice{Amount: p.Amount.Trim(0), Currency: p.Currency, Per: p.Per, Period: p.Period}
	o.GpuCount, o.Stock, o.GpusAvailable, o.ChangedAt, o.Depth = p.GpuCount, p.Stock, p.GpusAvailable, p.At, nil
	return o.priced()
}

// marks are the sheet's runs, in the order in which they were written.
func (l SheetLog) marks() ([]RunMark, error) {
	runs, err := ReadRuns(l.Runs)
	if err != nil {
		return nil, fmt.Errorf("runs of %s, %s: %w", l.Sheet.Provider, l.Sheet.Name, err)
	}
	return runs, nil
}

// at is the sheet as it stood at a moment; read is false before its first run.
func (l SheetLog) at(moment time.Time) (sheet Sheet, read bool, err error) {
	runs, err := l.marks()
	if err != nil {
		return Sheet{}, false, err
	}
	sheet = Sheet{Provider: l.Sheet.Provider, Name: l.Sheet.Name}
	slices.SortStableFunc(runs, func(a, b RunMark) int { return a.At.Compare(b.At) })
	for _, run := range runs {
		if run.At.After(moment) {
			break
		}
		sheet.LastRunAt, sheet.Problem = run.At, ""
		if run.Succeeded {
			sheet.LastSuccessAt = run.At
		} else {
			sheet.Problem = "the latest run at that time had failed or was held back"
		}
	}
	proof := latestProof(inTime(l.Proofs), moment)
	sheet.Documents, sheet.Parser = proof.Documents, proof.Parser
	return sheet, !sheet.LastRunAt.IsZero(), nil
}

// inTime are proofs in the order of time; of two at one moment the one written last comes last.
func inTime(proofs []Proof) []Proof {
	return slices.SortedStableFunc(slices.Values(proofs), func(a, b Proof) int { return a.At.Compare(b.At) })
}

// latestProof is the last of sorted proofs at or before a moment; empty where there is none.
func latestProof(sorted []Proof, moment time.Time) Proof {
	after := sort.Search(len(sorted), func(i int) bool { return sorted[i].At.After(moment) })
	if after == 0 {
		return Proof{}
	}
	return sorted[after-1]
}
