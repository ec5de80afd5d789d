package scrapers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// together reads the table of GPU clusters on the public price page. Dedicated inference, another product, has a table of the same
// form and the same cards before it, and the section itself has a hidden copy of the on-demand column.
type together struct{}

var _ = register(together{})

// About declares the source.
func (together) About() About {
	return About{
		Provider: market.Provider{ID: "together", Name: "Together AI", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.together.ai", Schedule: "49 4 * * *"},
		Base: "https://www.together.ai", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one page.
func (t together) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(t.About().base(s) + "/pricing")}}
}

// The headers stand in two rows, and are read as one: a column's upper and lower header with a stroke between them.
var togetherColumns = []column{
	{"Hardware", regexp.MustCompile(`(?i)^Hardware$`)}, {"On-demand / Pay as you go", regexp.MustCompile(`(?i)^On-demand / Pay as you go$`)},
}

// Parse reads the one table of the section.
func (t together) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	table, err := togetherTable(page)
	if err != nil {
		return Page{}, err
	}
	listings, err := t.table(table)
	return Page{Listings: listings}, err
}

// togetherSection is what stands between the anchors of the section and of the next.
type togetherSection struct {
	begun, ended, perGPU bool
	heading              string
	tables               []*goquery.Selection
}

func togetherTable(page *goquery.Document) (*goquery.Selection, error) {
	var section togetherSection
	page.Find("#gpu-clusters, #sandbox, h2, p, table.is-gpu").Each(func(_ int, s *goquery.Selection) { section.read(s) })
	switch {
	case !section.begun:
		return nil, errors.New("the page has no section #gpu-clusters")
	case !section.ended:
		return nil, errors.New("the page has no #sandbox, where the section #gpu-clusters ends")
	case len(section.tables) != 1:
		return nil, fmt.Errorf("the section #gpu-clusters has %d visible tables (table.is-gpu) under \"GPU Clusters\", expected one", len(section.tables))
	case !section.perGPU:
		return nil, errors.New("the section #gpu-clusters does not say \"All prices are per GPU per hour.\"")
	}
	return section.tables[0], nil
}

// read takes in one element after the other, in the order of the page.
func (section *togetherSection) read(s *goquery.Selection) {
	id := s.AttrOr("id", "")
	switch {
	case id == "gpu-clusters":
		section.begun = true
	case id == "sandbox":
		section.ended = section.begun
	case !section.begun || section.ended:
	case goquery.NodeName(s) == "h2":
		section.heading = text(s)
	case goquery.NodeName(s) == "p":
		section.perGPU = section.perGPU || text(s) == "All prices are per GPU per hour."
	case section.heading == "GPU Clusters" && s.Closest(".hide").Length() == 0:
		section.tables = append(section.tables, s)
	}
}

func (together) table(table *goquery.Selection) ([]market.Listing, error) {
	rows, head := grid(table), table.Find("thead tr").Length()
	if head == 0 || len(rows) <= head {
		return nil, errors.New("the table has no header or no rows")
	}
	headers, err := togetherHeaders(rows[:head])
	if err != nil {
		return nil, err
	}
	at, err := columns(headers, togetherColumns)
	if err != nil {
		return nil, err
	}
	terms, err := togetherTerms(headers, at)
	if err != nil {
		return nil, err
	}
	found, err := records(rows[head:], at, len(headers))
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, togetherListings(r, terms)...)
	}
	return listings, err
}

// togetherHeaders composes the headers of several rows: "Reserved / 7-30 days". One that reaches down over all rows stands alone.
func togetherHeaders(rows [][]string) ([]string, error) {
	headers := slices.Clone(rows[0])
	for _, row := range rows[1:] {
		if len(row) != len(headers) {
			return nil, fmt.Errorf("a header row has %d cells under %d headers", len(row), len(headers))
		}
		for i, h := range row {
			if h != rows[0][i] {
				headers[i] += " / " + h
			}
		}
	}
	return headers, nil
}

// togetherReserved is the header of a column of reserved capacity, whose terms are ranges of days.
var togetherReserved = regexp.MustCompile(`^Reserved / (\d+(?:-\d+|\+) days)$`)

// togetherTerms are the columns of reserved capacity, entered beside those that are known. A column of another kind is an error.
func togetherTerms(headers []string, at map[string]int) ([]string, error) {
	var terms []string
	for i, h := range headers {
		switch {
		case slices.ContainsFunc(togetherColumns, func(c column) bool { return c.header.MatchString(h) }):
		case !togetherReserved.MatchString(h) || slices.Contains(terms, h):
			return nil, fmt.Errorf("the page has a column %q that is not known, or twice", abbreviate(h))
		default:
			terms, at[h] = append(terms, h), i
		}
	}
	return terms, nil
}

// togetherListings are the on-demand price and those of the terms: no commitment is guessed from a range of days.
func togetherListings(r record, terms []string) []market.Listing {
	onDemand := market.Listing{
		SKU: r["Hardware"], GpuName: r["Hardware"], Market: market.OnDemand, Price: r["On-demand / Pay as you go"],
		Refusal: dollars(r["On-demand / Pay as you go"]), Currency: market.USD, Per: market.PerGPU, Period: market.PerHour,
	}
	listings := []market.Listing{onDemand}
	for _, column := range terms {
		term := togetherReserved.ReplaceAllString(column, "$1")
		reserved := onDemand
		reserved.Market, reserved.Variant, reserved.Price, reserved.Refusal = market.Reserved, term, r[column], dollars(r[column])
		if reserved.Refusal == "" {
			reserved.Refusal = fmt.Sprintf("a commitment of %q, which is no single term", term)
		}
		listings = append(listings, reserved)
	}
	return listings
}
