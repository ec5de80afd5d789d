package market

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Gatherer puts changes of one provider, as they come, together into an import. The zero value is not ready: NewGatherer makes one.
type Gatherer struct {
	provider string
	series   map[string]*gathered
	sheets   map[string]*gatheredSheet
}

// gathered is one offer so far.
type gathered struct {
	offer  Offer
	writer PointWriter
	stream []byte
}

// gatheredSheet is what is known of a sheet's runs: the seconds of its successes, those that failed, and the documents of changes.
type gatheredSheet struct {
	succeeded map[int64]bool
	proofs    map[int64]*Proof
}

// NewGatherer begins an import of one provider.
func NewGatherer(provider string) *Gatherer {
	return &Gatherer{provider: provider, series: map[string]*gathered{}, sheets: map[string]*gatheredSheet{}}
}

// Provider is whose changes are gathered.
func (g *Gatherer) Provider() string { return g.provider }

// Add takes in a change. Those of one offer come in the order of time; its terms are those that it came with last. Source and parser may be unknown.
func (g *Gatherer) Add(o Offer, p Point, source Source, parser int) error {
	s := g.series[o.ID]
	if s == nil {
		s = &gathered{}
		g.series[o.ID] = s
	}
	var err error
	if s.stream, err = s.writer.Append(s.stream, p); err != nil {
		return fmt.Errorf("%s at %s: %w", o.ID, p.At.Format(time.RFC3339), err)
	}
	if s.offer.Document != "" && o.Document == "" {
		o.Document = s.offer.Document
	}
	s.offer = o
	g.Read(o.Sheet, p.At, true)
	g.sheets[o.Sheet].prove(p.At, source, parser)
	return nil
}

// Run takes in one run as it was committed. Runs of one sheet come in the order of time.
func (g *Gatherer) Run(c Commit) error {
	sheet, at := c.Sheet.Name, c.Run.StartedAt
	g.Read(sheet, at, c.Run.Succeeded())
	upserts := byID(c.Upserts)
	for _, change := range c.Changes {
		offer, listed := upserts[change.OfferID]
		if !listed {
			offer = g.series[change.OfferID].offer
		}
		if err := g.Add(offer, change.Point, Source{}, c.Sheet.Parser); err != nil {
			return err
		}
	}
	for id, offer := range upserts {
		g.series[id].offer = offer // terms may change while the price does not
	}
	if len(c.Changes) > 0 {
		for _, document := range c.Sheet.Documents {
			g.sheets[sheet].prove(at, document, c.Sheet.Parser)
		}
	}
	return nil
}

// Read takes in that a sheet was read at a moment, whether or not anything changed. A success outdoes a failure at the same second.
func (g *Gatherer) Read(sheet string, at time.Time, succeeded bool) {
	s := g.sheets[sheet]
	if s == nil {
		s = &gatheredSheet{map[int64]bool{}, map[int64]*Proof{}}
		g.sheets[sheet] = s
	}
	s.succeeded[at.Unix()] = succeeded || s.succeeded[at.Unix()]
}

func (s *gatheredSheet) prove(at time.Time, source Source, parser int) {
	proof := s.proofs[at.Unix()]
	if proof == nil {
		proof = &Proof{At: at.UTC().Truncate(time.Second), Parser: parser}
		s.proofs[at.Unix()] = proof
	}
	if source.URL != "" && !slices.Contains(proof.Documents, source) {
		proof.Documents = append(proof.Documents, source)
	}
}

// Chronicle is everything gathered. A provider without any document has no proofs.
func (g *Gatherer) Chronicle() Chronicle {
	c := Chronicle{Provider: g.provider}
	for _, id := range slices.Sorted(maps.Keys(g.series)) {
		c.Offers = append(c.Offers, Told{Offer: g.series[id].offer, Stream: g.series[id].stream})
	}
	for _, name := range slices.Sorted(maps.Keys(g.sheets)) {
		c.Sheets = append(c.Sheets, g.sheets[name].log(Sheet{Provider: g.provider, Name: name}))
	}
	return c
}

func (s *gatheredSheet) log(sheet Sheet) SheetLog {
	log := SheetLog{Sheet: sheet}
	var runs []RunMark
	for _, second := range slices.Sorted(maps.Keys(s.succeeded)) {
		runs = append(runs, RunMark{time.Unix(second, 0).UTC(), s.succeeded[second]})
	}
	log.Runs = slices.Concat(chunkRuns(runs, len(runs)*longestRun+1)...)
	documented := false
	for _, second := range slices.Sorted(maps.Keys(s.proofs)) {
		log.Proofs = append(log.Proofs, *s.proofs[second])
		documented = documented || len(s.proofs[second].Documents) > 0 || s.proofs[second].Parser > 0
	}
	if !documented {
		log.Proofs = nil
	}
	return log
}

// longestRun is the most bytes that a run takes in a stream.
const longestRun = 10

// Restored is an offer as a row of an export has it, with its point. An error says what of it cannot be.
func Restored(o Offer, p Point) (Offer, error) {
	if o.Provider == "" || !strings.HasPrefix(o.ID, idPart(o.Provider)+"/") {
		return o, fmt.Errorf("series_id: %q is none of the provider %q", abbreviate(o.ID), abbreviate(o.Provider))
	}
	for vocabulary, word := range map[string]string{"ProviderKind": string(o.Kind), "Market": string(o.Market), "Stock": string(p.Stock), "PriceBasis": string(p.Per)} {
		if err := known(vocabulary, word); err != nil {
			return o, err
		}
	}
	if o.Area != "" {
		if err := known("Area", string(o.Area)); err != nil {
			return o, err
		}
	}
	return o.asOf(p)
}
