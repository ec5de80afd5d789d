package main

import (
	"context"
	"fmt"

	"gpuhour/market"
	"gpuhour/store"
)

// record is where the tape finds what it does not keep itself.
type record struct{ feed *feed }

// Moves reads commits from the store.
func (r record) Moves(ctx context.Context, provider string, after, upTo int64) ([]market.Moves, bool, error) {
	return r.feed.store.Moves(ctx, provider, after, upTo)
}

// Follow takes in what another replica has committed.
func (r record) Follow(ctx context.Context, provider string) error {
	return r.feed.follow(ctx, provider)
}

// news is what a delta is to the readers of the tape; it must be found before the book takes the delta in.
type news struct {
	provider string
	commits  []market.Moves
	upTo     int64
	gap      bool
}

// news finds what commits after a place have changed: from the book and the delta alone where it was one commit.
func (f *feed) news(ctx context.Context, provider string, place int64, delta store.Delta) (news, error) {
	n := news{provider: provider, upTo: delta.Seq}
	if len(delta.Changes) == 0 {
		return n, nil
	}
	if moved, whole := f.between(delta); whole && delta.Seq == place+1 {
		n.commits = []market.Moves{{Seq: delta.Seq, Moved: moved}}
		return n, nil
	}
	return f.missed(ctx, provider, place, delta.Seq)
}

// between puts the offers of the book and of a delta around its changes; false where they do not fit.
func (f *feed) between(delta store.Delta) ([]market.Moved, bool) {
	sheets, after := map[string]market.Sheet{}, map[string]*market.Offer{}
	for _, s := range delta.Sheets {
		sheets[s.Name] = s
	}
	for i, o := range delta.Upserts {
		after[o.ID] = &delta.Upserts[i]
	}
	view := f.book.View()
	moved := make([]market.Moved, len(delta.Changes))
	for i, c := range delta.Changes {
		var before *market.Offer
		if e := view.Offer(c.OfferID); e != nil {
			before = &e.Offer
		}
		m, fits := c.Between(before, after[c.OfferID])
		if !fits {
			return nil, false
		}
		sheet := sheets[m.Offer.Sheet]
		m.Sheet = market.SheetAt(sheet.Provider, sheet.Name, c.At, sheet.Documents, sheet.Parser)
		moved[i] = m
	}
	return moved, true
}

// missed finds what commits between two places have changed, from the store.
func (f *feed) missed(ctx context.Context, provider string, place, upTo int64) (news, error) {
	n := news{provider: provider, upTo: upTo}
	for place < upTo {
		commits, found, err := f.store.Moves(ctx, provider, place, upTo)
		if err != nil {
			return n, fmt.Errorf("follow %s: %w", provider, err)
		}
		if !found {
			return news{provider: provider, upTo: upTo, gap: true}, nil
		}
		n.commits = append(n.commits, commits...)
		place = commits[len(commits)-1].Seq
	}
	n.gap = place > upTo
	return n, nil
}

// tell lets the tape's readers know, once the book does.
func (f *feed) tell(n news) {
	if n.gap {
		f.tape.Gap(n.provider, n.upTo)
		return
	}
	f.tape.Append(n.provider, n.commits, n.upTo)
}
