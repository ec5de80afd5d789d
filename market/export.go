package market

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"
)

// ExportQuestion says which changes are asked for.
type ExportQuestion struct {
	// Filter chooses the offers by what they are now; bare cards are among them.
	Filter Filter
	// From is the first moment, To the first one that is not part of the answer; zero is no limit.
	From, To time.Time
}

// ExportRow is one change of one offer with all that explains it.
type ExportRow struct {
	// Offer is the offer with the terms and the stock of the change.
	Offer Offer
	Point Point
	// USD and CNY are the price of a card-hour; nil where it is withdrawn, of a bare card, or no rate is known.
	USD, CNY *Decimal
	// Fx is CNY for one USD on that day; nil where none is known.
	Fx *Rate
	// Source is the document that says so; empty where it is not known any more.
	Source Source
	// Parser is the version of the parser that read it; 0 where it is not known.
	Parser int
}

// Exporter makes rows of chronicles.
type Exporter struct {
	question ExportQuestion
	offers   *predicate
	rates    dayRates
}

// NewExporter checks a question. An *InvalidError names what cannot be understood.
func NewExporter(q ExportQuestion, rates Rates) (*Exporter, error) {
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return nil, &InvalidError{"to", "expected a moment after from"}
	}
	switch {
	case q.Filter.MaxPricePerGpuHour != nil:
		return nil, &InvalidError{"filter.maxPricePerGpuHour", "an export holds the changes of prices, whatever they are"}
	case q.Filter.ExcludeStale:
		return nil, &InvalidError{"filter.includeStale", "an export holds what was seen, however long ago"}
	case len(q.Filter.Stock) > 0:
		return nil, &InvalidError{"filter.stock", "an export holds the changes of stock, whatever it is"}
	}
	q.Filter.Components = true
	offers, err := newView(nil, nil, rates, 0).compile(q.Filter, nil, time.Time{})
	return &Exporter{q, offers, dayRates{rates, map[dayRate]*Rate{}}}, err
}

// Filter is what is asked for.
func (x *Exporter) Filter() Filter { return x.question.Filter }

// Rows are the changes of one provider, month by month, in each by series and time. It ends with the first error.
func (x *Exporter) Rows(c Chronicle) iter.Seq2[ExportRow, error] {
	return func(yield func(ExportRow, error) bool) {
		told := proofsOf(c)
		series, err := x.series(c)
		for err == nil {
			month, any := nextMonth(series)
			if !any {
				return
			}
			for _, s := range series {
				if !x.month(told, s, month, yield) {
					return
				}
			}
		}
		yield(ExportRow{}, err)
	}
}

// Count is how many rows there are of one provider.
func (x *Exporter) Count(c Chronicle) (n int, err error) {
	series, err := x.series(c)
	if err != nil {
		return 0, err
	}
	for _, s := range series {
		for ; s.more && !x.isAfter(s.at()); s.next() {
			n++
		}
		if s.err() != nil {
			return 0, s.err()
		}
	}
	return n, nil
}

// series are the chosen offers by id, each at its first change.
func (x *Exporter) series(c Chronicle) ([]*exportSeries, error) {
	var out []*exportSeries
	for _, told := range c.Offers {
		if !x.offers.matches(&Entry{Offer: told.Offer}) {
			continue
		}
		s, err := newExportSeries(told)
		if err != nil {
			return nil, err
		}
		for s.more && x.isBefore(s.at()) {
			s.next()
		}
		if s.err() != nil {
			return nil, s.err()
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *exportSeries) int { return cmp.Compare(a.told.Offer.ID, b.told.Offer.ID) })
	return out, nil
}

func (x *Exporter) isBefore(at time.Time) bool { return at.Before(x.question.From) }

func (x *Exporter) isAfter(at time.Time) bool {
	return !x.question.To.IsZero() && !at.Before(x.question.To)
}

// nextMonth is the first month that any series has a change in.
func nextMonth(series []*exportSeries) (month int, any bool) {
	for _, s := range series {
		if s.more && (!any || monthOf(s.at()) < month) {
			month, any = monthOf(s.at()), true
		}
	}
	return month, any
}

func monthOf(t time.Time) int { return t.Year()*12 + int(t.Month()) }

// month hands out a series' changes of one month; false when nobody wants more.
func (x *Exporter) month(told proofs, s *exportSeries, month int, yield func(ExportRow, error) bool) bool {
	for ; s.more && monthOf(s.at()) == month; s.next() {
		if x.isAfter(s.at()) {
			s.more = false
			break
		}
		row, err := x.row(told, s)
		if !yield(row, err) || err != nil {
			return false
		}
	}
	if s.err() != nil {
		yield(ExportRow{}, s.err())
	}
	return s.err() == nil
}

func (x *Exporter) row(told proofs, s *exportSeries) (ExportRow, error) {
	p, err := s.reader.Point()
	if err != nil {
		return ExportRow{}, fmt.Errorf("history of %s: %w", s.told.Offer.ID, err)
	}
	row := ExportRow{Point: p, Fx: x.rates.on(USD, CNY, p.At)}
	if row.Offer, err = s.told.Offer.asOf(p); err != nil {
		return ExportRow{}, fmt.Errorf("history of %s: %w", s.told.Offer.ID, err)
	}
	if !p.Withdrawn && p.Per != PerComponent {
		row.USD, row.CNY = x.rates.price(row.Offer, USD, p.At), x.rates.price(row.Offer, CNY, p.At)
	}
	row.Source, row.Parser = told.source(row.Offer, p.At)
	return row, nil
}

// proofs are those of each sheet, in the order of time.
type proofs map[string][]Proof

func proofsOf(c Chronicle) proofs {
	out := proofs{}
	for _, log := range c.Sheets {
		out[log.Sheet.Name] = inTime(log.Proofs)
	}
	return out
}

// source is the document that told a change.
func (p proofs) source(o Offer, at time.Time) (Source, int) {
	proof := latestProof(p[o.Sheet], at)
	document, _ := Sheet{Documents: proof.Documents}.Document(o.Document)
	return document, proof.Parser
}

// exportSeries is an offer at one of its changes.
type exportSeries struct {
	told   Told
	reader *PointReader
	more   bool
}

// newExportSeries puts what a clock that went back has left out of order into its order.
func newExportSeries(told Told) (*exportSeries, error) {
	stream, err := inOrder(told.Stream)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", told.Offer.ID, err)
	}
	s := &exportSeries{told: told, reader: ReadPoints(stream)}
	s.next()
	return s, nil
}

func (s *exportSeries) next() { s.more = s.reader.Next() }

func (s *exportSeries) at() time.Time { return time.Unix(s.reader.Seconds(), 0).UTC() }

func (s *exportSeries) err() error {
	if s.reader.Err() == nil {
		return nil
	}
	return fmt.Errorf("history of %s: %w", s.told.Offer.ID, s.reader.Err())
}

// inOrder is the stream itself where its times only rise, as they nearly always do.
func inOrder(stream []byte) ([]byte, error) {
	ordered, last := true, int64(0)
	r := ReadPoints(stream)
	for r.Next() {
		ordered, last = ordered && r.Seconds() >= last, r.Seconds()
	}
	if ordered || r.Err() != nil {
		return stream, r.Err()
	}
	points, err := Points(stream)
	var w PointWriter
	var out []byte
	for _, p := range points {
		if err == nil {
			out, err = w.Append(out, p)
		}
	}
	return out, err
}

// dayRates remembers the rates of days, which many rows share.
type dayRates struct {
	rates Rates
	known map[dayRate]*Rate
}

type dayRate struct {
	base, quote Currency
	day         int64
}

func (d dayRates) on(base, quote Currency, at time.Time) *Rate {
	key := dayRate{base, quote, midnight(at).Unix()}
	if rate, known := d.known[key]; known {
		return rate
	}
	d.known[key] = nil
	if rate, found := d.rates.Between(base, quote, at); found {
		d.known[key] = &rate
	}
	return d.known[key]
}

func (d dayRates) price(o Offer, c Currency, at time.Time) *Decimal {
	rate := d.on(o.Listed.Currency, c, at)
	if rate == nil {
		return nil
	}
	price, err := o.PricePerGpuHourIn(*rate)
	if err != nil {
		return nil
	}
	return &price
}
