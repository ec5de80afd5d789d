package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// History are the changes of an offer, oldest first; none when it was never listed. Sealed chunks never change, so it is enough to
// learn their number and the open one at one moment.
func (s *Store) History(ctx context.Context, provider, offer string) ([]market.Point, error) {
	k := keysOf(provider)
	var open, count *redis.StringCmd
	err := s.together(ctx, func(p redis.Pipeliner) {
		open, count = p.HGet(ctx, k.history(), offer), p.HGet(ctx, k.chunks(), offer)
	})
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", offer, err)
	}
	sealed, err := s.sealedChunks(ctx, k, offer, count)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", offer, err)
	}
	points, err := market.Points([]byte(sealed + open.Val()))
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", k.history(), offer, err)
	}
	return points, nil
}

func (s *Store) sealedChunks(ctx context.Context, k keys, offer string, count *redis.StringCmd) (string, error) {
	n, err := number(count)
	if err != nil || n == 0 {
		return "", err
	}
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf("%s %d", offer, i+1)
	}
	values, err := s.client.HMGet(ctx, k.sealed(), fields...).Result()
	if err != nil {
		return "", err
	}
	var whole strings.Builder
	for i, v := range values {
		chunk, there := v.(string)
		if !there {
			return "", fmt.Errorf("%s, %s: is missing", k.sealed(), fields[i])
		}
		whole.WriteString(chunk)
	}
	return whole.String(), nil
}

// Chronicle is everything ever known of a provider, at one moment, and the number of the commit it is of.
func (s *Store) Chronicle(ctx context.Context, provider string) (seq int64, c market.Chronicle, err error) {
	k := keysOf(provider)
	var counter *redis.StringCmd
	hashes := map[string]*redis.MapStringStringCmd{}
	err = s.together(ctx, func(p redis.Pipeliner) {
		counter = p.HGet(ctx, k.meta(), "seq")
		for _, key := range []string{k.offers(), k.past(), k.sheets(), k.history(), k.chunks(), k.sealed(), k.proofs()} {
			hashes[key] = p.HGetAll(ctx, key)
		}
	})
	if err != nil {
		return 0, c, fmt.Errorf("chronicle of %s: %w", provider, err)
	}
	if seq, err = number(counter); err != nil {
		return 0, c, fmt.Errorf("%s, seq: %w", k.meta(), err)
	}
	read := chronicleReader{k: k, open: hashes[k.history()].Val(), chunks: hashes[k.chunks()].Val(), sealed: hashes[k.sealed()].Val()}
	c.Provider = provider
	if c.Offers, err = read.offers(hashes[k.offers()].Val(), hashes[k.past()].Val()); err != nil {
		return 0, c, err
	}
	c.Sheets, err = read.sheets(hashes[k.sheets()].Val(), hashes[k.proofs()].Val())
	return seq, c, err
}

// chronicleReader puts together what the hashes of a provider hold.
type chronicleReader struct {
	k                    keys
	open, chunks, sealed map[string]string
}

// stream is a whole history: the sealed chunks, and the open one.
func (r chronicleReader) stream(name string) ([]byte, error) {
	n := 0
	if text, any := r.chunks[name]; any {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", r.k.chunks(), name, errForeign)
		}
	}
	var whole []byte
	for i := 1; i <= n; i++ {
		chunk, there := r.sealed[fmt.Sprintf("%s %d", name, i)]
		if !there {
			return nil, fmt.Errorf("%s, %s %d: is missing", r.k.sealed(), name, i)
		}
		whole = append(whole, chunk...)
	}
	return append(whole, r.open[name]...), nil
}

// offers are those that are listed, and those that were, each with its history.
func (r chronicleReader) offers(listed, past map[string]string) ([]market.Told, error) {
	all := maps.Clone(past)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, listed)
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

func (r chronicleReader) sheets(states, proofs map[string]string) ([]market.SheetLog, error) {
	sheets, err := decodeSheets(r.k, states)
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
	for _, name := range sortedKeys(proofs) {
		proof, err := decode[market.Proof](r.k.proofs(), name, proofs[name])
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(logs, func(l market.SheetLog) bool { return name == proofName(l.Sheet.Name, proof.At) })
		if i >= 0 {
			logs[i].Proofs = append(logs[i].Proofs, proof)
		}
	}
	return logs, nil
}
