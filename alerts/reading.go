package alerts

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// Reading is what a rule sees of one of its subjects at one moment.
type Reading struct {
	// About names the subject: an offer's id, or a group of offers that are compared with each other.
	About string
	// Quotes are the subject's offers, the cheapest first, unpriced ones last; none where nothing matches.
	Quotes []market.Quote
	// Value is the price judged; nil where there is none to judge, and Reason says why.
	Value *market.Decimal
	// AtMost says that the true price may be lower: a source that asked for less may no longer be current.
	AtMost bool
	// Index is the median of the market that the value is compared with; nil where there is none.
	Index *market.Decimal
	// Of is the offer that the value, or the stock, is of; nil where there is none.
	Of *market.Entry
	// Stock is the best stock that is known to be current. StockUnsure says that a source that had some may no longer be current.
	Stock       market.Stock
	StockUnsure bool
	// ObservedAt is when what is judged was read, SeenAt when the price that would be judged if it were current was last seen.
	ObservedAt, SeenAt time.Time
	// Members tell which offers a median is of, or the index is that the value is compared with; empty where there is neither.
	Members string
	// Stale are the sheets that keep the subject from being judged.
	Stale []market.SheetKey
	// Reason says why there is no value, in one sentence.
	Reason string
}

// GroupOf names the offers that one is compared with. Kinds of seller, markets and terms are never blended, nor are models.
func GroupOf(o market.Offer) string {
	model := o.GpuModel
	if model == "" {
		model = "“" + o.GpuName + "”" // nobody knows what else it could be compared with
	}
	parts := []string{model, string(o.Kind), string(o.Market)}
	if o.CommitmentMonths > 0 {
		parts = append(parts, fmt.Sprintf("P%dM", o.CommitmentMonths))
	}
	if o.Listed.Per == market.PerComponent {
		parts = append(parts, string(market.PerComponent))
	}
	return strings.Join(parts, " ")
}

// aboutOf names the subject that an offer belongs to.
func aboutOf(s market.AlertSubject, o market.Offer) string {
	if s == market.EachOffer {
		return o.ID
	}
	return GroupOf(o)
}

// Read makes the readings of a rule's subjects out of what matches its filter.
func Read(q *market.Quoter, r market.Rule) map[string]*Reading {
	out := map[string]*Reading{}
	for _, quote := range q.Quotes(r.Filter, r.Currency) {
		about := aboutOf(r.Subject, quote.Entry.Offer)
		if out[about] == nil {
			out[about] = &Reading{About: about}
		}
		out[about].Quotes = append(out[about].Quotes, quote)
	}
	for _, reading := range out {
		reading.digest(q, r)
	}
	return out
}

func (r *Reading) digest(q *market.Quoter, rule market.Rule) {
	if len(r.Quotes) > 1 {
		slices.SortStableFunc(r.Quotes, compareQuotes)
	}
	if rule.Condition.OfStock() {
		r.readStock(q)
		return
	}
	if rule.Subject == market.OfIndex && !ofIndex(rule.Condition) {
		r.Members = members(r.Quotes)
	}
	r.readPrice(q, rule)
}

func compareQuotes(a, b market.Quote) int {
	switch {
	case a.Unpriced && b.Unpriced:
		return strings.Compare(a.Entry.Offer.ID, b.Entry.Offer.ID)
	case a.Unpriced:
		return 1
	case b.Unpriced:
		return -1
	}
	if by := a.Price.Cmp(b.Price); by != 0 {
		return by
	}
	return strings.Compare(a.Entry.Offer.ID, b.Entry.Offer.ID)
}

// outdated is why a subject is not judged whose sources are stale or failing.
const outdated = "its sources may no longer be current"

// place is where among n sorted prices the one stands that is judged: the first, or the lower of two in the middle.
func place(s market.AlertSubject, n int) int {
	if s == market.OfIndex {
		return (n - 1) / 2
	}
	return 0
}

// readPrice finds the price that is judged. Where a stale offer would count, it is the price that surely is not exceeded: the one that
// there is when every stale offer has become dearer.
func (r *Reading) readPrice(q *market.Quoter, rule market.Rule) {
	priced := slices.DeleteFunc(slices.Clone(r.Quotes), func(quote market.Quote) bool { return quote.Unpriced })
	if len(priced) == 0 {
		r.Reason = fmt.Sprintf("no exchange rate to %s is known", rule.Currency)
		return
	}
	fresh := slices.DeleteFunc(slices.Clone(priced), func(quote market.Quote) bool { return quote.Stale })
	at := place(rule.Subject, len(priced))
	known := priced[at]
	r.Stale, r.SeenAt = staleSheets(priced), observed(q, known.Entry.Offer)
	if at >= len(fresh) {
		r.take(q, known)
		r.Value, r.Reason = nil, outdated
		return
	}
	r.take(q, fresh[at])
	r.AtMost = fresh[at].Price.Cmp(known.Price) != 0
	if rule.Subject == market.OfIndex {
		r.ObservedAt = latest(q, fresh)
	}
	if ofIndex(rule.Condition) {
		r.compare(q, rule.Currency)
	}
}

// observed is when an offer was last read, to the second as history keeps it: a backtest must not differ by less.
func observed(q *market.Quoter, o market.Offer) time.Time {
	return q.View().Sheet(o).LastSuccessAt.Truncate(time.Second)
}

func (r *Reading) take(q *market.Quoter, quote market.Quote) {
	price := quote.Price
	r.Value, r.Of, r.ObservedAt = &price, quote.Entry, observed(q, quote.Entry.Offer)
}

func (r *Reading) compare(q *market.Quoter, c market.Currency) {
	index, known := q.Index(r.Of.Offer, c)
	switch {
	case !known && len(index.Stale) > 0:
		r.Value, r.Reason, r.Stale = nil, outdated, index.Stale
		return
	case !known:
		r.Value, r.Reason = nil, "there is no index of this GPU, kind of seller and term to compare with"
		return
	}
	r.Index, r.Members = &index.Median, strconv.FormatUint(index.Members, 36)
}

// readStock finds whether any of the offers can be rented.
func (r *Reading) readStock(q *market.Quoter) {
	r.Stock = market.StockUnknown
	for _, quote := range r.Quotes {
		stock := quote.Entry.Offer.Stock
		switch {
		case quote.Stale && stock != market.SoldOut:
			r.StockUnsure = true
		case better(stock, r.Stock) && !quote.Stale:
			r.Stock, r.Of, r.ObservedAt = stock, quote.Entry, observed(q, quote.Entry.Offer)
		}
	}
	r.Stale = staleSheets(r.Quotes)
	if r.Of == nil {
		r.Of, r.ObservedAt = r.Quotes[0].Entry, observed(q, r.Quotes[0].Entry.Offer)
		r.Reason = "no source says whether it is in stock"
		if len(r.Stale) > 0 {
			r.Reason = outdated
		}
	}
}

// stockRank orders what is said of a stock, the best last.
var stockRank = map[market.Stock]int{market.SoldOut: 1, market.Limited: 2, market.Available: 3}

func better(a, b market.Stock) bool { return stockRank[a] > stockRank[b] }

func rentable(s market.Stock) bool { return stockRank[s] > 1 }

// staleSheets are the sheets of offers that may no longer be current.
func staleSheets(quotes []market.Quote) []market.SheetKey {
	var out []market.SheetKey
	for _, quote := range quotes {
		if key := quote.Sheet(); quote.Stale && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

func latest(q *market.Quoter, quotes []market.Quote) time.Time {
	var at time.Time
	for _, quote := range quotes {
		if seen := observed(q, quote.Entry.Offer); seen.After(at) {
			at = seen
		}
	}
	return at
}

// lists says whether an offer is still listed with the subject.
func (r *Reading) lists(id string) bool {
	return slices.ContainsFunc(r.Quotes, func(q market.Quote) bool { return q.Entry.Offer.ID == id && !q.Unpriced })
}

// memberBytes is how much is kept of the digest of each offer's id.
const memberBytes = 5

// members tell offers apart in few bytes.
func members(quotes []market.Quote) string {
	marks := make([]string, 0, len(quotes))
	for _, quote := range quotes {
		if quote.Unpriced {
			continue
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte(quote.Entry.Offer.ID)) // never fails
		marks = append(marks, string(binary.BigEndian.AppendUint64(nil, h.Sum64())[8-memberBytes:]))
	}
	slices.Sort(marks)
	return base64.RawStdEncoding.EncodeToString([]byte(strings.Join(marks, "")))
}

// lost says whether any of the offers that a median was of is missing now.
func lost(was, is string) bool {
	if was == is || was == "" {
		return false
	}
	before, _ := base64.RawStdEncoding.DecodeString(was) // of what cannot be read nothing is missing
	after, _ := base64.RawStdEncoding.DecodeString(is)
	present := map[string]bool{}
	for mark := range slices.Chunk(after, memberBytes) {
		present[string(mark)] = true
	}
	for mark := range slices.Chunk(before, memberBytes) {
		if !present[string(mark)] {
			return true
		}
	}
	return false
}
