package market

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBookStaysInOrder loads, changes and empties providers whose names begin alike: every offer is found, each stands at its place by
// id, and each provider's count is right, even where an id does not begin with its provider.
func TestBookStaysInOrder(t *testing.T) {
	b := NewBook()
	offer := func(provider, region string) Offer {
		o := offerOf(t, func(l *Listing) { l.Region = region })
		o.Provider, o.ID = provider, OfferID(provider, o.SKU, region, o.Market, 0)
		return o
	}
	for _, provider := range []string{"a-b", "a", "ab", "a.b"} {
		b.Load(provider, nil, []Offer{offer(provider, "r2"), offer(provider, "r1")})
	}
	b.Apply("a", nil, []Offer{offer("a", "r0")}, []string{offer("a", "r2").ID})
	b.Load("ab", nil, nil)
	stray := offer("a", "r3")
	stray.Provider = "a.b"
	b.Apply("a.b", nil, []Offer{stray}, nil)
	b.SetRates(Rates{}, time.Unix(0, 0))
	view := b.View()
	var ids []string
	for _, e := range view.Entries() {
		ids = append(ids, e.Offer.ID)
		if view.Offer(e.Offer.ID) != e {
			t.Errorf("%s is not found", e.Offer.ID)
		}
	}
	if !slices.IsSorted(ids) || len(ids) != 7 {
		t.Errorf("%d offers:\n%s", len(ids), strings.Join(ids, "\n"))
	}
	for provider, want := range map[string]int{"a": 2, "a-b": 2, "ab": 0, "a.b": 3} {
		if got := view.Count(provider); got != want {
			t.Errorf("%s has %d offers, want %d", provider, got, want)
		}
	}
}
