package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

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

// nebiusPush is how a script hands over a piece of the data: self.__next_f.push([1,"…"]).
var nebiusPush = regexp.MustCompile(`__next_f(?:\s*\|\|\s*\[\]\s*\))?\.push\(`)

// nebiusData joins the pieces of all scripts: one may end in the middle of a word.
func nebiusData(d Document) (string, error) {
	page, err := parseHTML(d)
	if err != nil {
		return "", err
	}
	var data strings.Builder
	page.Find("script").EachWithBreak(func(_ int, script *goquery.Selection) bool {
		err = nebiusPieces(script.Text(), &data)
		return err == nil
	})
	if err == nil && data.Len() == 0 {
		err = errors.New("the page has no data in its scripts (self.__next_f.push)")
	}
	return data.String(), err
}

func nebiusPieces(script string, data *strings.Builder) error {
	for {
		at := nebiusPush.FindStringIndex(script)
		if at == nil {
			return nil
		}
		decoder := json.NewDecoder(strings.NewReader(script[at[1]:]))
		var piece []json.RawMessage
		if err := decoder.Decode(&piece); err != nil {
			return fmt.Errorf("a piece of the page's data: %w", err)
		}
		if len(piece) == 2 && string(piece[0]) == "1" {
			var words string
			if err := json.Unmarshal(piece[1], &words); err != nil {
				return fmt.Errorf("a piece of the page's data: %w", err)
			}
			data.WriteString(words)
		}
		script = script[at[1]+int(decoder.InputOffset()):]
	}
}

// nebiusTable is one table block of the page.
type nebiusTable struct {
	Type  string `json:"type"`
	Title any    `json:"title"`
	Table struct {
		Content json.RawMessage `json:"content"`
	} `json:"table"`
}

func (t nebiusTable) title() string { return fmt.Sprint(t.Title) }

// What is believed to be a table block, so that a page cannot ask for as much work as it likes.
const (
	nebiusLargestTable = 128 << 10
	nebiusMostTables   = 100
	nebiusDeepestType  = 20
)

var nebiusTableType = regexp.MustCompile(`"type"\s*:\s*"highlight-table-block"`)

// nebiusTables finds the table blocks by their type. The data around them is not one JSON document.
func nebiusTables(data string) ([]nebiusTable, error) {
	marks := nebiusTableType.FindAllStringIndex(data, nebiusMostTables+1)
	if len(marks) > nebiusMostTables {
		return nil, fmt.Errorf("the page's data has more than %d tables", nebiusMostTables)
	}
	tables := make([]nebiusTable, len(marks))
	for i, mark := range marks {
		var whole bool
		if tables[i], whole = nebiusTableAround(data, mark[0]); !whole {
			return nil, fmt.Errorf("table %d of the page's data is not whole, or not a table as known", i+1)
		}
	}
	return tables, nil
}

// nebiusTableAround is the innermost object that has its type at a place, wherever among its fields.
func nebiusTableAround(data string, at int) (nebiusTable, bool) {
	open := at
	for range nebiusDeepestType {
		open = strings.LastIndexByte(data[:open], '{')
		if open < 0 || at-open > nebiusLargestTable {
			break
		}
		var t nebiusTable
		decoder := json.NewDecoder(strings.NewReader(data[open:min(len(data), open+nebiusLargestTable)]))
		if decoder.Decode(&t) == nil && t.Type == "highlight-table-block" && open+int(decoder.InputOffset()) > at {
			return t, true
		}
	}
	return nebiusTable{}, false
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
