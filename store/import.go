package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// importScript puts fields into hashes and takes others out, whole or not at all, where the provider has not changed since it was read. It
// is told as followers are told of a run.
const importScript = tellScript + `
local meta, changes = KEYS[1], KEYS[2]
local seq, changes_kept, change, sets = unpack(ARGV, 1, 4)
if (redis.call('HGET', meta, 'seq') or '0') ~= seq then return 0 end
local at = 5
for i = 1, tonumber(sets) do
  redis.call('HSET', KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 2])
  at = at + 3
end
while at < #ARGV do
  redis.call('HDEL', KEYS[tonumber(ARGV[at])], ARGV[at + 1])
  at = at + 2
end
tell(meta, 'seq', changes, changes_kept, 'change', change)
return 1
`

// importTries is how often an import is begun again when runs are committed in between.
const importTries = 5

// errBusy says that runs were committed faster than a history could be rewritten.
var errBusy = errors.New("the provider is being read all the time; try again")

// Import merges history from elsewhere into a provider's, whole or not at all; a second time without effect. It says what was not known
// before. Offers of a collection are never listed now.
func (s *Store) Import(ctx context.Context, in market.Import) (merged market.Merged, err error) {
	err = s.rewriteHistory(ctx, in.Provider, func(have market.Chronicle, w *importWriter) (bool, error) {
		if merged, err = have.Merge(in, chunkBytes); err != nil || len(merged.Offers)+len(merged.Sheets) == 0 {
			return false, err
		}
		w.merge(merged.Offers, merged.Sheets)
		return true, nil
	})
	if err != nil {
		return market.Merged{}, fmt.Errorf("import of %s: %w", in.Provider, err)
	}
	return merged, nil
}

// rewriteHistory puts what change writes of a provider's history in its place, whole or not at all. It begins again where a run was
// committed meanwhile; change says whether there is anything to write.
func (s *Store) rewriteHistory(ctx context.Context, provider string, change func(market.Chronicle, *importWriter) (bool, error)) error {
	for range importTries {
		known, err := s.read(ctx, provider)
		if err != nil {
			return err
		}
		have, err := known.chronicle(provider)
		if err != nil {
			return err
		}
		w := importWriter{reader: known, current: market.CollectionOf(provider) == ""}
		if any, err := change(have, &w); err != nil || !any {
			return err
		}
		arguments, err := w.arguments(provider)
		if err != nil {
			return err
		}
		if outcome, err := s.client.Eval(ctx, importScript, w.keys(), arguments...).Int(); err != nil || outcome == 1 {
			return err
		}
	}
	return errBusy
}

// importWriter spells rewritten histories as fields of hashes.
type importWriter struct {
	reader  chronicleReader
	current bool
	encoder
	sets, gone []any
	change     record
}

// The hashes by their place among the script's keys.
const (
	inMeta = iota + 1
	inChanges
	inOffers
	inPast
	inSheets
	inHistory
	inChunks
	inSealed
	inProofs
)

func (w *importWriter) keys() []string {
	k := w.reader.k
	return []string{k.meta(), k.changes(), k.offers(), k.past(), k.sheets(), k.history(), k.chunks(), k.sealed(), k.proofs()}
}

// merge puts whole histories in the place of those that are known.
func (w *importWriter) merge(offers []market.MergedOffer, sheets []market.MergedSheet) {
	for _, o := range offers {
		w.offer(o)
	}
	for _, sheet := range sheets {
		w.sheet(sheet)
	}
}

func (w *importWriter) arguments(provider string) ([]any, error) {
	w.change.Run = market.Run{Provider: provider}
	head := []any{strconv.FormatInt(w.reader.seq, 10), changesKept, w.text(w.change), len(w.sets) / 3}
	return slices.Concat(head, w.sets, w.gone), w.err
}

func (w *importWriter) set(hash int, field string, value any) {
	w.sets = append(w.sets, hash, field, value)
}

func (w *importWriter) drop(hash int, field string) { w.gone = append(w.gone, hash, field) }

// offer keeps an offer among those that are listed, or among those that were.
func (w *importWriter) offer(o market.MergedOffer) {
	w.chunks(o.Offer.ID, o.Chunks)
	id, text := o.Offer.ID, w.text(o.Offer)
	if o.Listed && w.current {
		w.set(inOffers, id, text)
		w.drop(inPast, id)
		w.change.Upserts = append(w.change.Upserts, id)
		return
	}
	w.set(inPast, id, text)
	if _, listed := w.reader.offers[id]; listed {
		w.drop(inOffers, id)
		w.change.Removed = append(w.change.Removed, id)
	}
}

// chunks replaces a whole stream: the last chunk stays open.
func (w *importWriter) chunks(name string, chunks [][]byte) {
	sealed := len(chunks) - 1
	for i, chunk := range chunks[:sealed] {
		w.set(inSealed, sealedName(name, i+1), chunk)
	}
	w.set(inHistory, name, chunks[sealed])
	if sealed > 0 {
		w.set(inChunks, name, sealed)
	}
	w.unseal(name, sealed)
}

// unseal drops the sealed chunks of a stream behind the first ones.
func (w *importWriter) unseal(name string, sealed int) {
	before, err := w.reader.sealedCount(name)
	if err != nil && w.err == nil {
		w.err = err
	}
	for n := sealed + 1; n <= before; n++ {
		w.drop(inSealed, sealedName(name, n))
	}
	if sealed == 0 && before > 0 {
		w.drop(inChunks, name)
	}
}

func (w *importWriter) sheet(m market.MergedSheet) {
	name := m.Sheet.Name
	w.chunks(runsOf(name), m.Chunks)
	w.set(inSheets, name, w.text(m.Sheet))
	for _, proof := range m.Proofs {
		w.set(inProofs, proofName(name, proof.At), w.text(proof))
	}
}

// SaveCollected makes providers of collections known: it is done once all that is imported of them is there. One without a time of import
// has not changed, and is made known only where it is not.
func (s *Store) SaveCollected(ctx context.Context, providers []market.Provider) error {
	if len(providers) == 0 {
		return nil
	}
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, provider := range providers {
			text, err := json.Marshal(provider)
			if err != nil {
				return err
			}
			if provider.ImportedAt.IsZero() {
				p.HSetNX(ctx, collectedKey, provider.ID, text)
			} else {
				p.HSet(ctx, collectedKey, provider.ID, text)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", collectedKey, err)
	}
	return nil
}

// Collected are the providers of all collections, by id.
func (s *Store) Collected(ctx context.Context) ([]market.Provider, error) {
	fields, err := s.client.HGetAll(ctx, collectedKey).Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", collectedKey, err)
	}
	return decodeNamed(collectedKey, fields, func(p market.Provider) string { return p.ID })
}
