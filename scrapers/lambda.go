package scrapers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"gpuhour/market"
)

// lambda reads the public price page. Prices are for one card, and one card costs more in a smaller machine: the tab above
// a table says how many cards its machines have.
type lambda struct{}

var _ = register(lambda{})

// About declares the source.
func (lambda) About() About {
	return About{
		Provider: market.Provider{ID: "lambda", Name: "Lambda", Kind: market.Neocloud, Country: "US",
			Homepage: "https://lambda.ai", Schedule: "23 5 * * *"},
		Base: "https://lambda.ai", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD, before tax", Evidence: RealCapture, Parser: 2,
	}
}

// Sheets is one page.
func (l lambda) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(l.About().base(s) + "/pricing")}}
}

// The columns of the tables of machines, and those of the tables of committed clusters.
var (
	lambdaColumns = []column{
		{"Plan", regexp.MustCompile(`(?i)^Plan$`)}, {"VRAM/GPU", regexp.MustCompile(`(?i)^VRAM/GPU`)},
		{"vCPUs", regexp.MustCompile(`(?i)^vCPUs`)}, {"RAM", regexp.MustCompile(`(?i)^RAM`)}, {"PRICE/GPU/HR", regexp.MustCompile(`(?i)^PRICE/GPU/HR`)},
	}
	lambdaClusterColumns = []column{
		{"Plan", regexp.MustCompile(`(?i)^Plan$`)}, {"DURATION", regexp.MustCompile(`(?i)^DURATION`)},
		{"GPU COUNT", regexp.MustCompile(`(?i)^GPU COUNT`)}, {"PRICE/GPU/HR", regexp.MustCompile(`(?i)^PRICE/GPU/HR`)},
	}
)

// Parse reads the tables of the two sections that are known, and refuses a price table under any other heading.
func (l lambda) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	tables := page.Find("table").FilterFunction(func(_ int, t *goquery.Selection) bool { return lambdaHasPrices(t) })
	if tables.Length() == 0 {
		return Page{}, errors.New("the page has no price table (a column PRICE/GPU/HR, or rows with data-plan)")
	}
	var out Page
	names := lambdaNames{map[string]string{}, map[*html.Node]string{}}
	page.Find(`[role="tab"][id]`).Each(func(_ int, s *goquery.Selection) { names.tabs[s.AttrOr("id", "")] = text(s) })
	for i := range tables.Nodes {
		listings, err := l.table(names, tables.Eq(i))
		if err != nil {
			return Page{}, fmt.Errorf("table %d: %w", i+1, err)
		}
		out.Listings = append(out.Listings, listings...)
	}
	return out, nil
}

// lambdaHasPrices knows a price table by either of two signs, so that one which has lost the other is noticed, not overlooked.
func lambdaHasPrices(table *goquery.Selection) bool {
	rows, price := grid(table), lambdaColumns[len(lambdaColumns)-1].header
	return table.Find("tr[data-plan]").Length() > 0 || len(rows) > 0 && slices.ContainsFunc(rows[0], price.MatchString)
}

// lambdaNames are what stands above the tables of a page: the labels of tabs by their ids, and the headings of sections.
type lambdaNames struct {
	tabs     map[string]string
	headings map[*html.Node]string
}

// heading is what the section around a table is called.
func (n lambdaNames) heading(table *goquery.Selection) string {
	section := table.Closest("section")
	if section.Length() == 0 {
		return ""
	}
	heading, known := n.headings[section.Get(0)]
	if !known {
		heading = text(section.Find("h2").First())
		n.headings[section.Get(0)] = heading
	}
	return heading
}

func (l lambda) table(names lambdaNames, table *goquery.Selection) ([]market.Listing, error) {
	heading := names.heading(table)
	switch {
	case strings.HasPrefix(heading, "Instances"):
		return l.machines(names, table)
	case strings.HasPrefix(heading, "1-Click Clusters"):
		return l.clusters(table)
	}
	return nil, fmt.Errorf("a price table stands under %q, expected \"Instances pricing\" or \"1-Click Clusters pricing\"", abbreviate(heading))
}

func (l lambda) machines(names lambdaNames, table *goquery.Selection) ([]market.Listing, error) {
	cards, err := l.cards(names, table)
	if err != nil {
		return nil, err
	}
	found, err := tableRecords(table, lambdaColumns)
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, market.Listing{
			SKU: r["Plan"], Variant: cards + "x " + r["VRAM/GPU"], GpuName: r["Plan"], CardMemoryGB: gigabytes(r["VRAM/GPU"]), Count: cards,
			VCPUs: wholeNumber(r["vCPUs"]), MemoryGB: quantity(strings.TrimSuffix(r["RAM"], " GiB")),
			Market: market.OnDemand, Price: r["PRICE/GPU/HR"], Currency: market.USD, Per: market.PerGPU, Period: market.PerHour, Tax: lambdaTax(table),
		})
	}
	return listings, nil
}

var lambdaPlusTax = regexp.MustCompile(`(?i)\bplus applicable\b.*\btax\b`)

// lambdaTax is what the note below a table says of its prices.
func lambdaTax(table *goquery.Selection) market.Tax {
	if lambdaPlusTax.MatchString(text(table.NextFiltered("p"))) {
		return market.TaxExcluded
	}
	return ""
}

var lambdaTab = regexp.MustCompile(`^(\d+)x$`)

// cards is what the tab of the table's panel says: "8x".
func (lambda) cards(names lambdaNames, table *goquery.Selection) (string, error) {
	label := names.tabs[table.Closest(`[role="tabpanel"]`).AttrOr("aria-labelledby", "")]
	match := lambdaTab.FindStringSubmatch(label)
	if match == nil {
		return "", fmt.Errorf("the table's tab says %q, expected a number of cards such as \"8x\"", abbreviate(label))
	}
	return match[1], nil
}

// clusters are sold for a term that the page gives as a range: their rows are refused, so that no commitment is guessed.
func (lambda) clusters(table *goquery.Selection) ([]market.Listing, error) {
	found, err := tableRecords(table, lambdaClusterColumns)
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, market.Listing{
			SKU: r["Plan"], Variant: "cluster of " + r["GPU COUNT"], GpuName: r["Plan"], Market: market.Reserved, Price: r["PRICE/GPU/HR"],
			Refusal: fmt.Sprintf("a committed cluster for %q, which is no single term", r["DURATION"]),
		})
	}
	return listings, nil
}

// gigabytes reads "80 GB"; zero when the text is something else.
func gigabytes(s string) float64 {
	number, isGB := strings.CutSuffix(s, "GB")
	if q := quantity(number); isGB && q != nil {
		return *q
	}
	return 0
}
