package market

import (
	"fmt"
	"slices"

	"github.com/govalues/decimal"
)

// The limits of what is believed without a person looking. A row beyond them is rejected, a run beyond them is held back.
const (
	// bandFactor is how far a row may be from the median of its model and market, in either direction.
	bandFactor = 5
	// bandNeeds is how many other offers must be known before that median says so much.
	bandNeeds = 5
	// unitFactor is how far a row may be from the median of fewer offers, or from its own last price: so far apart are two prices
	// of which one was read in the wrong unit (a 分 for a 元, a cent for a dollar).
	unitFactor = 100
	// unitNeeds is how many others that takes: of fewer, nobody knows which one was misread.
	unitNeeds = 3
	// medianFactor is how far the median of a whole sheet may move between two runs.
	medianFactor = 3
	// AgreeingRuns is how many runs in a row must tell the same before a held snapshot is believed without a person.
	AgreeingRuns = 3
)

// lowestCardHour and highestCardHour bound a card-hour in USD: nothing is rented for less or more.
var (
	lowestCardHour  = decimal.MustParse("0.005")
	highestCardHour = decimal.MustParse("200")
)

// Peer is a price that rows of the same model, way of selling, term and kind of seller are compared with: USD a card-hour.
// Kinds and terms are never blended: what a telecom's cloud asks says nothing of a neocloud's price.
type Peer struct {
	OfferID string
	Group   PeerGroup
	Price   Decimal
}

// PeerGroup is what prices must have in common to be compared.
type PeerGroup struct {
	GpuModel string
	Kind     ProviderKind
	Market   Market
	Months   int
	// Component is true for bare cards, whose machine is charged on top.
	Component bool
}

func (o Offer) peerGroup() PeerGroup {
	return PeerGroup{o.GpuModel, o.Kind, o.Market, o.CommitmentMonths, o.Listed.Per == PerComponent}
}

// CheckRow says why an offer's price is not believable; nil when it is. Peers are the other offers known, of any
// provider; rates are those of the day. A price that cannot be compared for want of a rate is believed.
func CheckRow(o Offer, price Decimal, peers Peers) error {
	if price.Cmp(lowestCardHour) < 0 || price.Cmp(highestCardHour) > 0 {
		return fmt.Errorf("%s USD a card-hour is outside %s to %s", price, lowestCardHour, highestCardHour)
	}
	median, others := peers.medianWithout(o)
	if others < unitNeeds {
		return nil
	}
	few := others < bandNeeds
	if few && apart(price, median, unitFactor) || !few && beyond(price, median, bandFactor) {
		return fmt.Errorf("%s USD a card-hour is too far from %s, the median of %d other %s %s offers of kind %s: %d times is the limit",
			price, median, others, o.GpuModel, o.Market, o.Kind, limitOf(few))
	}
	return nil
}

func limitOf(few bool) int {
	if few {
		return unitFactor
	}
	return bandFactor
}

// beyond says whether one amount is more than so many times the other.
func beyond(a, b Decimal, factor int64) bool {
	return times(a, factor, b) < 0 || times(b, factor, a) < 0
}

// apart says whether one amount is so many times the other, or more.
func apart(a, b Decimal, factor int64) bool {
	return times(a, factor, b) <= 0 || times(b, factor, a) <= 0
}

// times compares factor × a with b.
func times(a Decimal, factor int64, b Decimal) int {
	product, err := a.Mul(decimal.MustNew(factor, 0))
	if err != nil {
		return 1
	}
	return product.Cmp(b)
}

// Peers holds the prices that rows are compared with.
type Peers map[PeerGroup][]Peer

// NewPeers groups prices. Offers whose model is unknown compare with nothing.
func NewPeers(prices []Peer) Peers {
	p := Peers{}
	for _, peer := range prices {
		if peer.Group.GpuModel != "" {
			p[peer.Group] = append(p[peer.Group], peer)
		}
	}
	for _, group := range p {
		slices.SortFunc(group, func(a, b Peer) int { return a.Price.Cmp(b.Price) })
	}
	return p
}

// medianWithout is the lower median of the other offers' prices, and how many there are.
func (p Peers) medianWithout(o Offer) (Decimal, int) {
	group := p[o.peerGroup()]
	own := slices.IndexFunc(group, func(peer Peer) bool { return peer.OfferID == o.ID })
	n := len(group)
	if own >= 0 {
		n--
	}
	if o.GpuModel == "" || n == 0 {
		return Decimal{}, 0
	}
	middle := (n - 1) / 2
	if own >= 0 && own <= middle {
		middle++
	}
	return group[middle].Price, n
}

// CheckRun says why a whole run is not believable against the snapshot it would replace; nil when it is.
func CheckRun(before, after []Offer, price func(Offer) (Decimal, bool)) error {
	if len(before) == 0 {
		return nil
	}
	if gone := missing(before, after); 2*gone >= len(before) {
		return fmt.Errorf("%d of %d offers are gone", gone, len(before))
	}
	was, now := medianOf(before, price), medianOf(after, price)
	if was.IsPos() && now.IsPos() && apart(was, now, medianFactor) {
		return fmt.Errorf("the median price moved from %s to %s USD a card-hour", was, now)
	}
	return checkUnits(before, after, price)
}

// checkUnits says which offer's own price moved so far that it must have been read in another unit.
func checkUnits(before, after []Offer, price func(Offer) (Decimal, bool)) error {
	old := byID(before)
	for _, o := range after {
		last, listed := old[o.ID]
		if !listed {
			continue
		}
		was, known := price(last)
		now, comparable := price(o)
		if known && comparable && apart(was, now, unitFactor) {
			return fmt.Errorf("the price of %s moved from %s to %s USD a card-hour", o.ID, was, now)
		}
	}
	return nil
}

func missing(before, after []Offer) int {
	now := byID(after)
	gone := 0
	for _, o := range before {
		if _, listed := now[o.ID]; !listed {
			gone++
		}
	}
	return gone
}

func medianOf(offers []Offer, price func(Offer) (Decimal, bool)) Decimal {
	var prices []Decimal
	for _, o := range offers {
		if p, known := price(o); known {
			prices = append(prices, p)
		}
	}
	if len(prices) == 0 {
		return Decimal{}
	}
	slices.SortFunc(prices, Decimal.Cmp)
	return prices[(len(prices)-1)/2]
}

// Agrees says whether a run tells the same as the one held back before it: it lists at least nine in ten of its offers, and
// would not be held back against it.
func (h *Held) Agrees(after []Offer, price func(Offer) (Decimal, bool)) bool {
	return h != nil && 10*missing(h.Offers, after) <= len(h.Offers) && CheckRun(h.Offers, after, price) == nil
}
