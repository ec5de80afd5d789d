package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// How much of the past Moves reads at once: so many commits, of which the last may go beyond so many changes.
const (
	movesCommits = 100
	movesChanges = 2000
)

// Moves reads the commits of a provider after one, up to another, oldest first, with the offers as each change left them: some of them where
// they are many. It is false where they are no longer all there, where the history of an offer no longer has a change, and where so
// many commits were never made.
func (s *Store) Moves(ctx context.Context, provider string, after, upTo int64) ([]market.Moves, bool, error) {
	if after >= upTo {
		return nil, after == upTo, nil
	}
	k := keysOf(provider)
	records, err := s.records(ctx, k, after, upTo)
	if err != nil || len(records) == 0 {
		return nil, false, err
	}
	m := mover{store: s, k: k, provider: provider, first: after + 1, records: records}
	moves, err := m.moves(ctx)
	if errors.Is(err, errGone) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("changes of %s: %w", provider, err)
	}
	return moves, true, nil
}

// records reads entries of the change stream; none where the first is no longer there.
func (s *Store) records(ctx context.Context, k keys, after, upTo int64) (records []record, err error) {
	entries, err := s.client.XRangeN(ctx, k.changes(), streamID(after+1), streamID(upTo), movesCommits).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.changes(), err)
	}
	changes := 0
	for i, entry := range entries {
		if entry.ID != streamID(after+1+int64(i)) || changes > movesChanges {
			break
		}
		text, _ := entry.Values["change"].(string)
		r, err := decode[record](k.changes(), entry.ID, text)
		if err != nil {
			return nil, err
		}
		records, changes = append(records, r), changes+len(r.Changes)
	}
	return records, nil
}

// errGone says that the history no longer has a change.
var errGone = errors.New("the history no longer has a change")

// mover finds what some entries of the change stream name.
type mover struct {
	store    *Store
	k        keys
	provider string
	first    int64
	records  []record
}

func (m mover) moves(ctx context.Context) ([]market.Moves, error) {
	changes := map[string][]market.Change{}
	var proofs []string
	for _, r := range m.records {
		for _, c := range r.Changes {
			changes[c.OfferID] = append(changes[c.OfferID], c)
		}
		if len(r.Changes) > 0 {
			proofs = append(proofs, proofName(r.Run.Sheet, r.Run.StartedAt))
		}
	}
	read, err := m.read(ctx, sortedKeys(changes), proofs)
	if err != nil {
		return nil, err
	}
	moved := map[string][]market.Moved{}
	for id, all := range changes {
		if moved[id], err = read.moved(id, all); err != nil {
			return nil, err
		}
	}
	return m.together(moved, read)
}

// together puts the changes of the offers in the order of the entries.
func (m mover) together(moved map[string][]market.Moved, read chronicleReader) ([]market.Moves, error) {
	out := make([]market.Moves, len(m.records))
	for i, r := range m.records {
		out[i].Seq = m.first + int64(i)
		sheet, err := read.sheetAt(m.provider, r.Run)
		if err != nil {
			return nil, err
		}
		for _, c := range r.Changes {
			next := moved[c.OfferID][0]
			moved[c.OfferID] = moved[c.OfferID][1:]
			next.Sheet = sheet
			out[i].Moved = append(out[i].Moved, next)
		}
	}
	return out, nil
}

// moved finds changes of one offer in its history.
func (r chronicleReader) moved(id string, changes []market.Change) ([]market.Moved, error) {
	text, listed := r.offers[id]
	if !listed {
		text = r.past[id]
	}
	if text == "" {
		return nil, errGone
	}
	offer, err := decode[market.Offer](r.k.offers(), id, text)
	if err != nil {
		return nil, err
	}
	stream, err := r.stream(id)
	if err != nil {
		return nil, err
	}
	moved, found, err := market.Told{Offer: offer, Stream: stream}.Moved(changes)
	if err == nil && !found {
		err = errGone
	}
	return moved, err
}

// sheetAt is a sheet as a run left it.
func (r chronicleReader) sheetAt(provider string, run market.Run) (market.Sheet, error) {
	var proof market.Proof
	name := proofName(run.Sheet, run.StartedAt)
	if text, kept := r.proofs[name]; kept {
		var err error
		if proof, err = decode[market.Proof](r.k.proofs(), name, text); err != nil {
			return market.Sheet{}, err
		}
	}
	return market.SheetAt(provider, run.Sheet, run.StartedAt, proof.Documents, proof.Parser), nil
}

// read gets what is known of some offers, and some proofs, at one moment.
func (m mover) read(ctx context.Context, ids, proofs []string) (chronicleReader, error) {
	for range settleTries {
		r, err := m.readOnce(ctx, ids, proofs)
		if err != nil || r.seq >= 0 {
			return r, err
		}
	}
	return chronicleReader{}, errBusy
}

// readOnce reads the sealed chunks after all else: their number is known only then. The commit is negative where there was another between.
func (m mover) readOnce(ctx context.Context, ids, proofs []string) (chronicleReader, error) {
	r := chronicleReader{k: m.k}
	names := map[string][]string{m.k.offers(): ids, m.k.past(): ids, m.k.history(): ids, m.k.chunks(): ids, m.k.proofs(): proofs}
	hashes, seq, err := m.store.fields(ctx, m.k, names)
	if err != nil {
		return r, err
	}
	r.offers, r.past, r.open, r.chunks, r.proofs = hashes[m.k.offers()], hashes[m.k.past()], hashes[m.k.history()], hashes[m.k.chunks()], hashes[m.k.proofs()]
	var sealed []string
	for _, id := range sortedKeys(r.chunks) {
		n, err := r.sealedCount(id)
		if err != nil {
			return r, err
		}
		for i := range n {
			sealed = append(sealed, sealedName(id, i+1))
		}
	}
	r.seq = seq
	if len(sealed) == 0 {
		return r, nil
	}
	hashes, now, err := m.store.fields(ctx, m.k, map[string][]string{m.k.sealed(): sealed})
	r.sealed = hashes[m.k.sealed()]
	if now != seq {
		r.seq = -1
	}
	return r, err
}

// fields reads some fields of some hashes, and the number of the commit they are of.
func (s *Store) fields(ctx context.Context, k keys, names map[string][]string) (map[string]map[string]string, int64, error) {
	var seq *redis.StringCmd
	parts := map[string][]*redis.SliceCmd{}
	err := s.together(ctx, func(p redis.Pipeliner) {
		seq = p.HGet(ctx, k.meta(), "seq")
		for _, key := range sortedKeys(names) {
			parts[key] = some(ctx, p, key, names[key])
		}
	})
	if err != nil {
		return nil, 0, err
	}
	out := map[string]map[string]string{}
	for key, values := range parts {
		out[key] = present(names[key], values)
	}
	now, err := number(seq)
	return out, now, err
}
