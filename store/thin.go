package store

import (
	"context"
	"fmt"
	"time"

	"gpuhour/market"
)

// Thin takes out of a provider's history what a rule no longer keeps, whole or not at all; a second time without effect. It says what went.
func (s *Store) Thin(ctx context.Context, provider string, rule market.Thinning, now time.Time) (gone market.Thinned, err error) {
	err = s.rewriteHistory(ctx, provider, func(have market.Chronicle, w *importWriter) (bool, error) {
		if gone, err = have.Thin(rule, now, chunkBytes); err != nil || gone.Empty() {
			return false, err
		}
		w.merge(gone.Offers, gone.Sheets)
		w.forget(gone)
		return true, nil
	})
	if err != nil {
		return market.Thinned{}, fmt.Errorf("thinning of %s: %w", provider, err)
	}
	return gone, nil
}

// forget takes out offers of which nothing remains, and proofs.
func (w *importWriter) forget(t market.Thinned) {
	for _, id := range t.Gone {
		w.drop(inPast, id)
		w.drop(inHistory, id)
		w.unseal(id, 0)
	}
	for sheet, proofs := range t.Proofs {
		for _, proof := range proofs {
			w.drop(inProofs, proofName(sheet, proof.At))
		}
	}
}
