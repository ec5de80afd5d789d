package market

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// ReplayQuestion says what is to happen again.
type ReplayQuestion struct {
	// Keep says which offers it is about; Providers are those whose runs matter even where they list none of them.
	Keep      func(Offer) bool
	Providers []string
	// From is the moment it begins at, with the market as it stood, To the last moment.
	From, To time.Time
	Cadence  func(provider string) time.Duration
}

// MostReplayed is how many runs can be replayed at once.
const MostReplayed = 1_000_000

// Replay lets a history happen again, run by run, in a book of its own.
type Replay struct {
	book   *Book
	frames []frame
	tables []RateTable // in the order in which they were known
	known  int
	at     time.Time
}

// frame is one run of one sheet.
type frame struct {
	at     time.Time
	source *replayed
	ok     bool
	// quiet says that the run found everything as it was.
	quiet bool
	// to is the end of the sheet's changes that the run brought, or runs before it.
	to int
}

// replayed is one sheet being replayed.
type replayed struct {
	state  Sheet
	proofs []Proof
	told   []changed
	done   int
}

// changed is one change of one offer.
type changed struct {
	offer     Offer
	at        time.Time
	withdrawn bool
}

// NewReplay begins a replay with the market as it stood. An *InvalidError says that there is too much to replay.
func NewReplay(chronicles []Chronicle, rates []RateTable, q ReplayQuestion) (*Replay, error) {
	r := &Replay{book: NewBook(), tables: slices.Clone(rates), at: q.From}
	slices.SortStableFunc(r.tables, func(a, b RateTable) int { return a.knownAt().Compare(b.knownAt()) })
	for _, c := range chronicles {
		for _, log := range c.Sheets {
			if err := r.add(c, log, q); err != nil {
				return nil, err
			}
		}
	}
	if len(r.frames) > MostReplayed {
		return nil, &InvalidError{"from", fmt.Sprintf("%d runs lie between from and to; expected at most %d: ask for a shorter time or for fewer providers", len(r.frames), MostReplayed)}
	}
	slices.SortStableFunc(r.frames, func(a, b frame) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.source.state.Provider, b.source.state.Provider), cmp.Compare(a.source.state.Name, b.source.state.Name))
	})
	r.learn(q.From)
	r.advance(q.From)
	return r, nil
}

// usualDelay is how long after its day a table of rates may have been read to have been news then. One that was read later was filled in.
const usualDelay = 7 * 24 * time.Hour

// knownAt is when a table of rates was known, or would have been had this program run then: the day after its own.
func (t RateTable) knownAt() time.Time {
	if t.FetchedAt.Sub(t.Day) < usualDelay {
		return t.FetchedAt
	}
	return t.Day.AddDate(0, 0, 1)
}

// View is the market as far as it has been replayed, At the moment up to which.
func (r *Replay) View() *View { return r.book.View() }

// At is the moment up to which the market has been replayed.
func (r *Replay) At() time.Time { return r.at }

// Upcoming is the next moment at which something changes or is learnt; with every run, also where one found everything as it was. False
// at the end.
func (r *Replay) Upcoming(everyRun bool) (at time.Time, more bool) {
	if r.known < len(r.tables) {
		at, more = r.tables[r.known].knownAt(), true
	}
	next := slices.IndexFunc(r.frames, func(f frame) bool { return everyRun || !f.quiet })
	if next >= 0 && (!more || r.frames[next].at.Before(at)) {
		at, more = r.frames[next].at, true
	}
	return at, more
}

// GoTo replays everything up to a moment, that included.
func (r *Replay) GoTo(at time.Time) {
	r.at = at
	r.learn(at)
	r.advance(at)
}

// learn takes in the rates that were known at a moment.
func (r *Replay) learn(at time.Time) {
	known := r.known
	for known < len(r.tables) && !r.tables[known].knownAt().After(at) {
		known++
	}
	if known > r.known {
		r.known = known
		r.book.SetRates(NewRates(r.tables[:known]), at)
	}
}

// advance applies the runs up to a moment, each sheet's at once.
func (r *Replay) advance(at time.Time) {
	last := map[*replayed]frame{}
	for len(r.frames) > 0 && !r.frames[0].at.After(at) {
		f := r.frames[0]
		f.source.ran(f)
		last[f.source] = f
		r.frames = r.frames[1:]
	}
	order := slices.SortedFunc(maps.Keys(last), func(a, b *replayed) int {
		return cmp.Or(cmp.Compare(a.state.Provider, b.state.Provider), cmp.Compare(a.state.Name, b.state.Name))
	})
	for _, source := range order {
		upserts, removed := source.take(last[source].to)
		r.book.Apply(source.state.Provider, []Sheet{source.state}, upserts, removed)
	}
}

// ran notes a run in the state of its sheet.
func (s *replayed) ran(f frame) {
	s.state.LastRunAt, s.state.LastRunID, s.state.Problem = f.at, strconv.FormatInt(f.at.Unix(), 10), ""
	if f.ok {
		s.state.LastSuccessAt = f.at
	} else {
		s.state.Problem = "the run had failed or was held back"
	}
	proof := latestProof(s.proofs, f.at)
	s.state.Documents, s.state.Parser = proof.Documents, proof.Parser
}

// take are the changes up to a place; of several of one offer the last one holds.
func (s *replayed) take(to int) (upserts []Offer, removed []string) {
	latest := map[string]changed{}
	for _, c := range s.told[s.done:to] {
		latest[c.offer.ID] = c
	}
	s.done = to
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		if latest[id].withdrawn {
			removed = append(removed, id)
		} else {
			upserts = append(upserts, latest[id].offer)
		}
	}
	return upserts, removed
}

// add takes in the runs of a sheet, unless none of them matters.
func (r *Replay) add(c Chronicle, log SheetLog, q ReplayQuestion) error {
	told, err := c.changes(log.Sheet.Name, q.Keep)
	if err != nil || len(told) == 0 && !slices.Contains(q.Providers, c.Provider) {
		return err
	}
	runs, err := log.sorted()
	if err != nil {
		return err
	}
	source := &replayed{state: Sheet{Provider: c.Provider, Name: log.Sheet.Name}, proofs: inTime(log.Proofs), told: told}
	longest, to := 3*q.Cadence(c.Provider), 0
	for i, run := range runs {
		if run.At.After(q.To) {
			break
		}
		f := frame{at: run.At, source: source, ok: run.Succeeded, to: to}
		for f.to < len(told) && !told[f.to].at.After(run.At) {
			f.to++
		}
		f.quiet = i > 0 && run.Succeeded && runs[i-1].Succeeded && f.to == to && (longest == 0 || run.At.Sub(runs[i-1].At) <= longest)
		to = f.to
		r.frames = append(r.frames, f)
	}
	return nil
}

// changes are those of a sheet's offers in the order of time.
func (c Chronicle) changes(sheet string, keep func(Offer) bool) ([]changed, error) {
	var out []changed
	for _, told := range c.Offers {
		if told.Offer.Sheet != sheet || !keep(told.Offer) {
			continue
		}
		points, err := told.points()
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			offer, err := told.Offer.asOf(p)
			if err != nil {
				return nil, fmt.Errorf("history of %s: %w", told.Offer.ID, err)
			}
			offer.FirstSeenAt = points[0].At
			out = append(out, changed{offer, p.At, p.Withdrawn})
		}
	}
	slices.SortStableFunc(out, func(a, b changed) int { return a.at.Compare(b.at) })
	return out, nil
}

// Offered says of offers whether they match a filter by what they are. An *InvalidError names what cannot be understood.
func Offered(f Filter, chronicles []Chronicle) (func(Offer) bool, error) {
	var entries []*Entry
	for _, c := range chronicles {
		for i := range c.Offers {
			entries = append(entries, &Entry{Offer: c.Offers[i].Offer})
		}
	}
	keep, err := newView(entries, nil, Rates{}, 0).compile(f, nil, time.Time{})
	if err != nil {
		return nil, err
	}
	return func(o Offer) bool { return keep.matches(&Entry{Offer: o}) }, nil
}
