package store

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// History are the changes of an offer, oldest first; none when it was never listed.
func (s *Store) History(ctx context.Context, provider, offer string) ([]market.Point, error) {
	k := keysOf(provider)
	stream, err := s.wholeStream(ctx, k, offer)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", offer, err)
	}
	points, err := market.Points([]byte(stream))
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", k.history(), offer, err)
	}
	return points, nil
}

// wholeStream are all chunks of a stream. Runs only add to them, but imports and thinnings write them anew: where something was committed
// between the two readings they are made once more.
func (s *Store) wholeStream(ctx context.Context, k keys, name string) (stream string, err error) {
	for range settleTries {
		var seq, open, count *redis.StringCmd
		err := s.together(ctx, func(p redis.Pipeliner) {
			seq, open, count = p.HGet(ctx, k.meta(), "seq"), p.HGet(ctx, k.history(), name), p.HGet(ctx, k.chunks(), name)
		})
		if err != nil {
			return "", err
		}
		n, err := number(count)
		if err != nil || n == 0 {
			return open.Val(), err
		}
		sealed, now, err := s.sealedChunks(ctx, k, name, n)
		if now == seq.Val() || err != nil && now == "" {
			return sealed + open.Val(), err
		}
	}
	return "", errBusy
}

// sealedChunks are the first n chunks of a stream, and the number of the commit they are of; empty where nothing could be read.
func (s *Store) sealedChunks(ctx context.Context, k keys, name string, n int64) (chunks, seq string, err error) {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = sealedName(name, i+1)
	}
	var now *redis.StringCmd
	var values *redis.SliceCmd
	err = s.together(ctx, func(p redis.Pipeliner) {
		now, values = p.HGet(ctx, k.meta(), "seq"), p.HMGet(ctx, k.sealed(), fields...)
	})
	if err != nil {
		return "", "", err
	}
	var whole strings.Builder
	for i, v := range values.Val() {
		chunk, there := v.(string)
		if !there {
			return "", now.Val(), fmt.Errorf("%s, %s: is missing", k.sealed(), fields[i])
		}
		whole.WriteString(chunk)
	}
	return whole.String(), now.Val(), nil
}

// Chronicle is everything ever known of a provider, at one moment, and the number of the commit it is of.
func (s *Store) Chronicle(ctx context.Context, provider string) (seq int64, c market.Chronicle, err error) {
	read, err := s.read(ctx, provider)
	if err != nil {
		return 0, c, fmt.Errorf("chronicle of %s: %w", provider, err)
	}
	c, err = read.chronicle(provider)
	return read.seq, c, err
}

// read gets all hashes of a provider at one moment.
func (s *Store) read(ctx context.Context, provider string) (chronicleReader, error) {
	k := keysOf(provider)
	var counter *redis.StringCmd
	hashes := map[string]*redis.MapStringStringCmd{}
	err := s.together(ctx, func(p redis.Pipeliner) {
		counter = p.HGet(ctx, k.meta(), "seq")
		for _, key := range []string{k.offers(), k.past(), k.sheets(), k.history(), k.chunks(), k.sealed(), k.proofs()} {
			hashes[key] = p.HGetAll(ctx, key)
		}
	})
	if err != nil {
		return chronicleReader{}, err
	}
	seq, err := number(counter)
	if err != nil {
		return chronicleReader{}, fmt.Errorf("%s, seq: %w", k.meta(), err)
	}
	return chronicleReader{k: k, seq: seq, offers: hashes[k.offers()].Val(), past: hashes[k.past()].Val(), open: hashes[k.history()].Val(),
		chunks: hashes[k.chunks()].Val(), sealed: hashes[k.sealed()].Val(), sheets: hashes[k.sheets()].Val(), proofs: hashes[k.proofs()].Val()}, nil
}

// chronicleReader puts together what the hashes of a provider hold.
type chronicleReader struct {
	k                                                  keys
	seq                                                int64
	offers, past, open, chunks, sealed, sheets, proofs map[string]string
}

func (r chronicleReader) chronicle(provider string) (c market.Chronicle, err error) {
	c.Provider = provider
	if c.Offers, err = r.told(); err != nil {
		return c, err
	}
	c.Sheets, err = r.logs()
	return c, err
}

// sealedCount is how many chunks of a stream are sealed.
func (r chronicleReader) sealedCount(name string) (int, error) {
	text, any := r.chunks[name]
	if !any {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s, %s: %w", r.k.chunks(), name, errForeign)
	}
	return n, nil
}

func sealedName(name string, n int) string { return fmt.Sprintf("%s %d", name, n) }

// stream is a whole history: the sealed chunks, and the open one.
func (r chronicleReader) stream(name string) ([]byte, error) {
	n, err := r.sealedCount(name)
	if err != nil {
		return nil, err
	}
	var whole []byte
	for i := 1; i <= n; i++ {
		chunk, there := r.sealed[sealedName(name, i)]
		if !there {
			return nil, fmt.Errorf("%s, %s: is missing", r.k.sealed(), sealedName(name, i))
		}
		whole = append(whole, chunk...)
	}
	return append(whole, r.open[name]...), nil
}

// told are the offers that are listed, and those that were, each with its history.
func (r chronicleReader) told() ([]market.Told, error) {
	all := maps.Clone(r.past)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, r.offers)
	offers, err := decodeOffers(r.k, all)
	if err != nil {
		return nil, err
	}
	told := make([]market.Told, len(offers))
	for i, o := range offers {
		stream, err := r.stream(o.ID)
		if err != nil {
			return nil, err
		}
		told[i] = market.Told{Offer: o, Stream: stream}
	}
	return told, nil
}

func (r chronicleReader) logs() ([]market.SheetLog, error) {
	sheets, err := decodeSheets(r.k, r.sheets)
	if err != nil {
		return nil, err
	}
	logs := make([]market.SheetLog, len(sheets))
	for i, sheet := range sheets {
		runs, err := r.stream(runsOf(sheet.Name))
		if err != nil {
			return nil, err
		}
		logs[i] = market.SheetLog{Sheet: sheet, Runs: runs}
	}
	places := map[string]int{}
	for i, log := range logs {
		places[log.Sheet.Name] = i
	}
	for _, name := range sortedKeys(r.proofs) {
		proof, err := decode[market.Proof](r.k.proofs(), name, r.proofs[name])
		if err != nil {
			return nil, err
		}
		sheet := strings.TrimSuffix(name, proofName("", proof.At))
		if i, known := places[sheet]; known {
			logs[i].Proofs = append(logs[i].Proofs, proof)
		}
	}
	return logs, nil
}
