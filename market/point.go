package market

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/govalues/decimal"
)

// PointTerms is what the amount of a point pays for.
type PointTerms struct {
	Currency Currency
	Per      PriceBasis
	Period   Period
	GpuCount Count
}

// Point is a change of one offer: it holds until the next one.
type Point struct {
	PointTerms
	// At is when it was seen, to the second.
	At time.Time
	// Amount is the listed amount.
	Amount Decimal
	Stock  Stock
	// GpusAvailable is the number of cards free; nil where the source does not say.
	GpusAvailable *int
	// Withdrawn is true where the offer disappeared from its provider's list.
	Withdrawn bool
}

// offer is what computes prices, with nothing else known of it.
func (p Point) offer() Offer {
	return Offer{Listed: ListedPrice{Amount: p.Amount, Currency: p.Currency, Per: p.Per, Period: p.Period}, GpuCount: p.GpuCount}
}

// Price is the whole offer for one hour in the currency it was listed in, rounded once to six decimals.
func (p Point) Price() (Money, error) {
	o := p.offer()
	f, err := o.Listed.perOfferHour(o.GpuCount)
	if err != nil {
		return Money{}, err
	}
	d, err := f.round(DerivedScale)
	return Money{d, p.Currency}, err
}

// PricePerGpuHourIn is the price of one card for one hour in another currency, rounded once to six decimals.
func (p Point) PricePerGpuHourIn(rate Rate) (Decimal, error) {
	return p.offer().PricePerGpuHourIn(rate)
}

// A stream of points is one record each, behind the other, as few bytes as they need. A record begins with
//
//	uvarint(seconds<<3 | absolute<<2 | state<<1 | price)
//
// where seconds is the time since the record before, or, in an absolute record, since 1970. Then, in an absolute record, what all amounts
// after it are: a byte for the number of their decimals, one for the basis (high half) and the period (low half), three for the
// currency, and the cards as two uvarints, numerator and denominator; then, where price is set, the zigzag varint of the amount's difference; then, where state
// is set, a byte (stock in the lowest two bits, withdrawn in the third, known in the fourth) and, where the number of free cards is
// known, the zigzag varint of its difference. An absolute record has both and differs from nothing: whoever does not know the
// record before writes one, and a stream can be read from any of them on.
const (
	absoluteBit = 1 << 2
	stateBit    = 1 << 1
	priceBit    = 1
	tagBits     = 3

	withdrawnFlag = 1 << 2
	freeFlag      = 1 << 3
)

// ErrTorn says that a stream of points ends within a record, or is none.
var ErrTorn = errors.New("the history is torn")

// What the numbers in a record stand for; the orders must never change.
var (
	stocks  = []Stock{StockUnknown, Available, Limited, SoldOut}
	bases   = []PriceBasis{PerGPU, PerInstance, PerComponent}
	periods = []Period{PerSecond, PerMinute, PerHour, PerDay, PerWeek, PerMonth, PerYear, Per3Years}
)

// pointState is what a record differs from.
type pointState struct {
	seconds, amount, free int64
	scale, state          uint8
	terms                 PointTerms
}

func stateOf(p Point, scale int) (pointState, error) {
	amount, err := Units(p.Amount, scale)
	s := pointState{seconds: p.At.Unix(), amount: amount, scale: uint8(scale), terms: p.PointTerms, state: uint8(max(0, slices.Index(stocks, p.Stock)))}
	if p.Withdrawn {
		s.state |= withdrawnFlag
	}
	if p.GpusAvailable != nil {
		s.state, s.free = s.state|freeFlag, int64(*p.GpusAvailable)
	}
	return s, err
}

// PointWriter writes a stream of points. The zero value begins one.
type PointWriter struct {
	last  pointState
	begun bool
}

// NewPointWriter begins a stream whose amounts have so many decimals at least: what follows a record in it counts in them.
func NewPointWriter(decimals int) PointWriter {
	return PointWriter{last: pointState{scale: uint8(min(decimals, ListedScale))}}
}

// ResumePoints goes on with a stream that ends with a point, whose amounts have so many decimals: the point may be spelled with more noughts.
func ResumePoints(last Point, scale int) (PointWriter, error) {
	s, err := stateOf(last, max(scale, last.Amount.Trim(0).Scale()))
	return PointWriter{last: s, begun: err == nil}, err
}

// Scale is the number of decimals of the stream's amounts.
func (w *PointWriter) Scale() int { return int(w.last.scale) }

// Append writes a point behind a stream. An earlier time than the last, or an amount with more decimals, makes the record absolute.
// An error says that the amount is too large to be kept exactly; the stream is then as it was. Other terms make it absolute too.
func (w *PointWriter) Append(stream []byte, p Point) ([]byte, error) {
	now, err := stateOf(p, max(w.Scale(), p.Amount.Scale()))
	if err := errors.Join(err, p.check()); err != nil {
		return stream, err
	}
	if !w.begun || now.scale > w.last.scale || now.seconds < w.last.seconds || now.terms != w.last.terms {
		stream = now.appendAbsolute(stream)
	} else {
		stream = now.appendAfter(stream, w.last)
	}
	w.last, w.begun = now, true
	return stream, nil
}

func (s pointState) appendAbsolute(stream []byte) []byte {
	stream = binary.AppendUvarint(stream, uint64(s.seconds)<<tagBits|absoluteBit|stateBit|priceBit)
	stream = s.terms.append(append(stream, s.scale))
	return s.appendState(binary.AppendVarint(stream, s.amount), 0)
}

func (t PointTerms) append(stream []byte) []byte {
	stream = append(stream, byte(slices.Index(bases, t.Per)<<4|slices.Index(periods, t.Period)))
	stream = append(stream, t.Currency...)
	return binary.AppendUvarint(binary.AppendUvarint(stream, uint64(t.GpuCount.Num)), uint64(t.GpuCount.Den))
}

// check says whether the terms can be kept.
func (t PointTerms) check() error {
	switch {
	case !slices.Contains(bases, t.Per), !slices.Contains(periods, t.Period), len(t.Currency) != 3, !t.GpuCount.valid():
		return fmt.Errorf("the terms %v cannot be kept", t)
	}
	return nil
}

func (s pointState) appendAfter(stream []byte, last pointState) []byte {
	tag := uint64(s.seconds-last.seconds) << tagBits
	price, state := s.amount != last.amount, s.state != last.state || s.free != last.free
	if price {
		tag |= priceBit
	}
	if state {
		tag |= stateBit
	}
	stream = binary.AppendUvarint(stream, tag)
	if price {
		stream = binary.AppendVarint(stream, s.amount-last.amount)
	}
	if state {
		stream = s.appendState(stream, last.free)
	}
	return stream
}

func (s pointState) appendState(stream []byte, lastFree int64) []byte {
	stream = append(stream, s.state)
	if s.state&freeFlag != 0 {
		stream = binary.AppendVarint(stream, s.free-lastFree)
	}
	return stream
}

// PointReader reads a stream of points from its beginning.
type PointReader struct {
	rest    []byte
	now     pointState
	started bool
	err     error
}

// ReadPoints reads a stream.
func ReadPoints(stream []byte) *PointReader { return &PointReader{rest: stream} }

// Err is what ended the reading before the stream's end; nil when all of it was read.
func (r *PointReader) Err() error { return r.err }

// Next moves to the next point; false at the end, or at an error.
func (r *PointReader) Next() bool {
	if r.err != nil || len(r.rest) == 0 {
		return false
	}
	tag, n := binary.Uvarint(r.rest)
	if n <= 0 || !r.started && tag&absoluteBit == 0 {
		return r.torn()
	}
	r.rest = r.rest[n:]
	if tag&absoluteBit != 0 && !r.absolute() {
		return r.torn()
	}
	r.now.seconds += int64(tag >> tagBits)
	return r.fields(tag)
}

// absolute reads what all amounts from here on are.
func (r *PointReader) absolute() bool {
	const fixed = 1 + 1 + 3
	if len(r.rest) < fixed {
		return false
	}
	scale, basis, period := r.rest[0], int(r.rest[1]>>4), int(r.rest[1]&15)
	if scale > ListedScale || basis >= len(bases) || period >= len(periods) {
		return false
	}
	r.now = pointState{scale: scale, terms: PointTerms{Currency: Currency(r.rest[2:fixed]), Per: bases[basis], Period: periods[period]}}
	r.rest, r.started = r.rest[fixed:], true
	cards := &r.now.terms.GpuCount
	return r.positive(&cards.Num) && r.positive(&cards.Den)
}

func (r *PointReader) positive(field *int64) bool {
	value, n := binary.Uvarint(r.rest)
	if n <= 0 || value == 0 || value > math.MaxInt32 {
		return false
	}
	*field, r.rest = int64(value), r.rest[n:]
	return true
}

func (r *PointReader) fields(tag uint64) bool {
	if tag&priceBit != 0 && !r.add(&r.now.amount) {
		return r.torn()
	}
	if tag&stateBit == 0 {
		return true
	}
	if len(r.rest) == 0 {
		return r.torn()
	}
	r.now.state, r.rest = r.rest[0], r.rest[1:]
	if r.now.state&freeFlag == 0 {
		r.now.free = 0
		return true
	}
	return r.add(&r.now.free) || r.torn()
}

func (r *PointReader) add(field *int64) bool {
	difference, n := binary.Varint(r.rest)
	if n <= 0 {
		return false
	}
	*field += difference
	r.rest = r.rest[n:]
	return true
}

func (r *PointReader) torn() bool {
	r.err = ErrTorn
	return false
}

// Seconds is when the point was seen, in seconds since 1970.
func (r *PointReader) Seconds() int64 { return r.now.seconds }

// Scaled is the amount as a whole number of its least decimal, and how many decimals it has.
func (r *PointReader) Scaled() (amount int64, scale int) { return r.now.amount, int(r.now.scale) }

// Withdrawn says whether the offer disappeared.
func (r *PointReader) Withdrawn() bool { return r.now.state&withdrawnFlag != 0 }

// Point is the point that Next moved to.
func (r *PointReader) Point() (Point, error) {
	amount, err := decimal.New(r.now.amount, int(r.now.scale))
	p := Point{PointTerms: r.now.terms, At: time.Unix(r.now.seconds, 0).UTC(), Amount: amount, Stock: stocks[r.now.state&3], Withdrawn: r.Withdrawn()}
	if r.now.state&freeFlag != 0 {
		free := int(r.now.free)
		p.GpusAvailable = &free
	}
	return p, err
}

// Points reads a whole stream, in the order of time. Of two at one second the one written last comes last.
func Points(stream []byte) ([]Point, error) {
	out, err := writtenPoints(stream)
	slices.SortStableFunc(out, pointsByTime)
	return out, err
}

func pointsByTime(a, b Point) int { return a.At.Compare(b.At) }

// writtenPoints are those of a stream in the order in which they were written.
func writtenPoints(stream []byte) ([]Point, error) {
	var out []Point
	r := ReadPoints(stream)
	for r.Next() {
		p, err := r.Point()
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, r.Err()
}
