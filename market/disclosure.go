package market

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed disclosures.csv
var disclosuresCSV []byte

// Disclosure is a figure that a company, a broker or a filing has stated: what is not for sale on a page. It is never mixed with
// offers. What the source does not say is empty or nil.
type Disclosure struct {
	// ID is "said/" and one word, for ever.
	ID      string
	Company string
	Ticker  string
	Kind    DisclosureKind
	// StatedIn is when it was stated, as exactly as the source says: "2023", "2023-08" or "2023-08-19".
	StatedIn string
	// StatedOn is the first moment of StatedIn, in UTC.
	StatedOn time.Time
	// GpuModel is the model it speaks of; which variant it is, no source says.
	GpuModel string
	// GpuCount is how many cards the amount is about.
	GpuCount *int
	// Petaflops is how many P it speaks of, as quoted. Basis is empty where the source does not say how they are counted: such a
	// number is never converted.
	Petaflops *float64
	Basis     PflopsBasis
	// Amount is the money stated; Per says what it pays for, and Period for how long (empty: once).
	Amount *Money
	Per    DisclosureBasis
	Period Period
	// Ratio is the gross margin stated, as a share of income.
	Ratio *float64
	// Text is what was said, in one or two sentences.
	Text        string
	SourceTitle string
	// SourceURL is empty where no address is known.
	SourceURL string
}

// DisclosureKind is what kind of figure was stated.
type DisclosureKind string

// The kinds of stated figures.
const (
	Capex          DisclosureKind = "CAPEX"
	RentalContract DisclosureKind = "RENTAL_CONTRACT"
	AnnouncedPrice DisclosureKind = "ANNOUNCED_PRICE"
	Margin         DisclosureKind = "MARGIN"
	Plan           DisclosureKind = "PLAN"
)

// DisclosureBasis is what a stated amount pays for.
type DisclosureBasis string

// The bases of stated amounts.
const (
	InTotal     DisclosureBasis = "TOTAL"
	PerCard     DisclosureBasis = "GPU"
	PerMachine  DisclosureBasis = "INSTANCE"
	PerPetaflop DisclosureBasis = "PFLOPS"
)

var theDisclosures = sync.OnceValue(func() []Disclosure { return must(parseDisclosures(disclosuresCSV)) })

// Disclosures are all stated figures, newest first.
func Disclosures() []Disclosure { return slices.Clone(theDisclosures()) }

// DisclosureByID finds a stated figure.
func DisclosureByID(id string) (Disclosure, bool) {
	all := theDisclosures()
	i := slices.IndexFunc(all, func(d Disclosure) bool { return d.ID == id })
	if i < 0 {
		return Disclosure{}, false
	}
	return all[i], true
}

// SaidOf says whether the figure is of a company whose name or ticker has the text in it, whatever the case.
func (d Disclosure) SaidOf(company string) bool {
	wanted := strings.ToLower(strings.TrimSpace(company))
	return strings.Contains(strings.ToLower(d.Company), wanted) || strings.Contains(strings.ToLower(d.Ticker), wanted)
}

func parseDisclosures(data []byte) ([]Disclosure, error) {
	var all []Disclosure
	seen := map[string]bool{}
	err := eachRow(data, func(row csvRow) error {
		d, err := parseDisclosure(row)
		if err == nil && seen[d.ID] {
			err = fmt.Errorf("two figures %s", d.ID)
		}
		seen[d.ID] = true
		all = append(all, d)
		return err
	})
	slices.SortStableFunc(all, func(a, b Disclosure) int { return b.StatedOn.Compare(a.StatedOn) })
	return all, err
}

func parseDisclosure(row csvRow) (Disclosure, error) {
	d := Disclosure{
		ID: row.text("id"), Company: row.text("company"), Ticker: row.text("ticker"), Kind: DisclosureKind(row.text("kind")),
		StatedIn: row.text("stated_in"), GpuModel: row.text("gpu_model"), GpuCount: row.whole("gpu_count"),
		Petaflops: row.number("petaflops"), Basis: PflopsBasis(row.text("petaflops_basis")),
		Per: DisclosureBasis(row.text("per")), Period: Period(row.text("period")), Ratio: row.number("ratio"),
		Text: row.text("text"), SourceTitle: row.text("source_title"), SourceURL: row.text("source_url"),
	}
	var when, money error
	d.StatedOn, when = statedOn(d.StatedIn)
	d.Amount, money = statedAmount(row.text("amount"), row.text("currency"))
	return d, errors.Join(when, money, d.check(), row.err(d.Company, d.Text, d.SourceTitle))
}

// statedOn is the first moment of a day, a month or a year.
func statedOn(text string) (time.Time, error) {
	layouts := map[int]string{len("2006"): "2006", len("2006-01"): "2006-01", len(time.DateOnly): time.DateOnly}
	return time.Parse(layouts[len(text)], text)
}

func statedAmount(amount, currency string) (*Money, error) {
	if amount == "" && currency == "" {
		return nil, nil
	}
	c, err := ParseCurrency(currency)
	if err != nil {
		return nil, err
	}
	d, err := ParseAmount(amount, c)
	return &Money{d, c}, err
}

// check holds the words of the figure to their vocabularies: an amount without its basis would be one that can be misread.
func (d Disclosure) check() error {
	problems := []error{known("DisclosureKind", string(d.Kind))}
	if !strings.HasPrefix(d.ID, "said/") || strings.Count(d.ID, "/") != 1 {
		problems = append(problems, fmt.Errorf("id %q does not begin with said/", d.ID))
	}
	if d.Basis != "" {
		problems = append(problems, known("PflopsBasis", string(d.Basis)))
	}
	if (d.Amount != nil) != (d.Per != "") {
		problems = append(problems, errors.New("an amount and what it pays for come together"))
	}
	if d.Per != "" {
		problems = append(problems, known("DisclosureBasis", string(d.Per)))
	}
	if d.Period != "" {
		_, err := d.Period.Seconds()
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
