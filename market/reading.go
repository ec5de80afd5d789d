package market

import (
	"fmt"
	"slices"
	"strings"
)

// Reading is what one run made of its rows: what is believed, and what is not with the reason.
type Reading struct {
	Offers   []Offer
	Rejected []Rejected
}

// NotGPU begins the reason of a row that is about something else than cards.
const NotGPU = "not a GPU"

// Telling puts the rejected rows that were cards before those that never were: a list of machines has thousands of the latter, and
// only the first rows are kept.
func (r *Reading) Telling() []Rejected {
	slices.SortStableFunc(r.Rejected, func(a, b Rejected) int { return other(a) - other(b) })
	return r.Rejected
}

func other(r Rejected) int {
	if strings.HasPrefix(r.Reason, NotGPU) {
		return 1
	}
	return 0
}

// Read normalises rows of one document into the reading.
func (r *Reading) Read(from Origin, rows []Listing) {
	for _, row := range rows {
		offer, err := Normalise(from, row)
		if err != nil {
			rejected := row.Reject(err)
			rejected.Document = from.Document
			r.Rejected = append(r.Rejected, rejected)
			continue
		}
		r.Offers = append(r.Offers, offer)
	}
}

// Settle makes the offers unique: the same offer listed twice is one, two different prices under one id are no offer at all.
// The rows of a marketplace's pool stay apart.
func (r *Reading) Settle() {
	first := map[string]int{}
	torn := map[string]bool{}
	for i, o := range r.Offers {
		key := o.settleKey()
		j, seen := first[key]
		if !seen {
			first[key] = i
			continue
		}
		torn[key] = torn[key] || !o.SameQuote(r.Offers[j])
	}
	r.keep(func(i int, o Offer) (bool, error) {
		if torn[o.settleKey()] {
			return false, fmt.Errorf("listed more than once as %s with different prices", o.ID)
		}
		return first[o.settleKey()] == i, nil
	})
}

// Judge rejects the offers whose price is not believable beside the prices of others.
func (r *Reading) Judge(peers []Peer, price func(Offer) (Decimal, bool)) {
	all := NewPeers(append(r.peers(price), peers...))
	r.keep(func(_ int, o Offer) (bool, error) {
		usd, known := price(o)
		if !known {
			return true, nil
		}
		err := CheckRow(o, usd, all)
		return err == nil, err
	})
}

func (r *Reading) peers(price func(Offer) (Decimal, bool)) []Peer {
	var out []Peer
	for _, o := range r.Offers {
		if usd, known := price(o); known {
			out = append(out, Peer{o.ID, o.peerGroup(), usd})
		}
	}
	return out
}

// keep drops offers; those dropped with an error become rejects.
func (r *Reading) keep(verdict func(int, Offer) (bool, error)) {
	var kept []Offer
	for i, o := range r.Offers {
		ok, reason := verdict(i, o)
		switch {
		case ok:
			kept = append(kept, o)
		case reason != nil:
			r.Rejected = append(r.Rejected, Rejected{SKU: abbreviate(o.SKU), Text: o.Listed.Amount.String() + " " + string(o.Listed.Currency), Reason: reason.Error(), Document: o.Document})
		}
	}
	r.Offers = kept
}
