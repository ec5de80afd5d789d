package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// nebius reads the public price page. Its tables are JSON within the data that the page hands to its scripts in pieces. Prices are
// for one card, processors and memory are that card's share, and preemptible comes before on-demand.
type nebius struct{}

var _ = register(nebius{})

// About declares the source.
func (nebius) About() About {
	return About{
		Provider: market.Provider{ID: "nebius", Name: "Nebius", Kind: market.Neocloud, Country: "NL",
			Homepage: "https://nebius.com", Schedule: "27 5 * * *"},
		Base: "https://nebius.com", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one page.
func (n nebius) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(n.About().base(s) + "/prices")}}
}

// The columns of a table of GPUs, and those of the table of machines without.
var (
	nebiusColumns = []column{
		{"Item", regexp.MustCompile(`(?i)^Item$`)}, {"vCPUs", regexp.MustCompile(`(?i)^vCPUs$`)}, {"RAM, GB", regexp.MustCompile(`(?i)^RAM, GB$`)},
		{"Preemptible, GPU-hour", regexp.MustCompile(`(?i)^Preemptible, GPU-hour$`)},
		{"On-demand, GPU-hour", regexp.MustCompile(`(?i)^On-demand, GPU-hour$`)},
	}
	nebiusCPUColumns = []column{{"Item", regexp.MustCompile(`(?i)^Item$`)}, {"Price per hour", regexp.MustCompile(`(?i)^Price per hour$`)}}
)

// Parse reads the tables of machines. Those of storage and of services have no processors and are about something else.
func (n nebius) Parse(d Document) (Page, error) {
	data, err := nebiusData(d)
	if err != nil {
		return Page{}, err
	}
	tables, err := nebiusTables(data)
	if err != nil {
		return Page{}, err
	}
	var out Page
	gpus := 0
	for _, t := range tables {
		listings, ofGPUs, err := t.listings()
		if err != nil {
			return Page{}, fmt.Errorf("table %q: %w", abbreviate(t.title()), err)
		}
		if ofGPUs {
			gpus += len(listings)
		}
		out.Listings = append(out.Listings, listings...)
	}
	if gpus == 0 {
		return Page{}, errors.New(`the page's data has no table ("highlight-table-block") with prices per "GPU-hour"`)
	}
	return out, nil
}

// listings are the table's rows, and whether it is one of GPUs.
func (t nebiusTable) listings() (listings []market.Listing, ofGPUs bool, err error) {
	var rows [][]string
	if err := json.Unmarshal(t.Table.Content, &rows); err != nil {
		return nil, false, fmt.Errorf("table.content is not rows of text: %w", err)
	}
	if len(rows) == 0 {
		return nil, false, errors.New("table.content has no rows")
	}
	headers := rows[0]
	perGPU, machines := slices.ContainsFunc(headers, isPerGPUHour), slices.ContainsFunc(headers, nebiusColumns[1].header.MatchString)
	switch {
	case perGPU, machines && nebiusGPUs.MatchString(t.title()):
		listings, err = nebiusRows(rows, nebiusColumns, nebiusCard)
		return listings, true, errors.Join(err, nebiusKnownPrices(headers))
	case machines:
		listings, err = nebiusRows(rows, nebiusCPUColumns, nebiusCPU)
	}
	return listings, false, err
}

var nebiusGPUs = regexp.MustCompile(`\bGPUs?\b`)

func isPerGPUHour(header string) bool { return strings.Contains(header, "GPU-hour") }

// nebiusKnownPrices refuses a price column beside the two that are known: the page announces new prices in further columns, and
// only a clock could say which of them holds.
func nebiusKnownPrices(headers []string) error {
	for _, h := range headers {
		if isPerGPUHour(h) && !slices.ContainsFunc(nebiusColumns, func(c column) bool { return c.header.MatchString(h) }) {
			return fmt.Errorf("the page has a price column %q that is not known", abbreviate(h))
		}
	}
	return nil
}

func nebiusRows(rows [][]string, wanted []column, read func(record) []market.Listing) ([]market.Listing, error) {
	at, err := columns(rows[0], wanted)
	if err != nil {
		return nil, err
	}
	found, err := records(rows[1:], at, len(rows[0]))
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, read(r)...)
	}
	return listings, err
}

// nebiusCard is one row of GPUs. "16-192" processors are those of several configurations: the size is unknown.
func nebiusCard(r record) []market.Listing {
	name := nebiusName(r["Item"])
	preemptible := market.Listing{
		SKU: name, GpuName: name, Count: "1", VCPUs: wholeNumber(r["vCPUs"]), MemoryGB: quantity(r["RAM, GB"]),
		Market: market.Spot, Price: nebiusLink.ReplaceAllString(tidy(r["Preemptible, GPU-hour"]), "$1"),
		Currency: market.USD, Per: market.PerGPU, Period: market.PerHour,
	}
	onDemand := preemptible
	onDemand.Market, onDemand.Price = market.OnDemand, nebiusLink.ReplaceAllString(tidy(r["On-demand, GPU-hour"]), "$1")
	preemptible.Refusal, onDemand.Refusal = dollars(preemptible.Price), dollars(onDemand.Price)
	return []market.Listing{preemptible, onDemand}
}

func nebiusCPU(r record) []market.Listing {
	return []market.Listing{{SKU: nebiusName(r["Item"]), Market: market.OnDemand, Price: tidy(r["Price per hour"]), Refusal: "not a GPU"}}
}

// The cells are written with marks: a link is "[Contact us](#form)", a raised footnote "^*^".
var (
	nebiusLink     = regexp.MustCompile(`^\[([^\]]*)\]\([^)]*\)$`)
	nebiusFootnote = regexp.MustCompile(`\^[^^]*\^$`)
)

func nebiusName(item string) string {
	return strings.TrimSpace(nebiusFootnote.ReplaceAllString(nebiusLink.ReplaceAllString(tidy(item), "$1"), ""))
}
