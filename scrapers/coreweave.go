package scrapers

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// coreweave reads the public price page. Its prices are for the whole instance, and one row is two offers: on-demand and spot.
type coreweave struct{}

var _ = register(coreweave{})

// About declares the source.
func (coreweave) About() About {
	return About{
		Provider: market.Provider{ID: "coreweave", Name: "CoreWeave", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.coreweave.com", Schedule: "17 4 * * *"},
		Base: "https://www.coreweave.com", Spacing: 2 * time.Second,
		Unit: "instance-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one page for both regions.
func (c coreweave) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(c.About().base(s) + "/pricing")}}
}

// The columns that a GPU table must have. North America has one more, for inference on a single GPU: another product, never read.
var coreweaveColumns = []column{
	{"GPU Model", regexp.MustCompile(`(?i)^GPU Model`)},
	{"GPU Count", regexp.MustCompile(`(?i)^GPU Count`)},
	{"VRAM (GB)", regexp.MustCompile(`(?i)^VRAM`)},
	{"vCPUs", regexp.MustCompile(`(?i)^vCPUs`)},
	{"System RAM (GB)", regexp.MustCompile(`(?i)^System RAM`)},
	{"On-Demand Price", regexp.MustCompile(`(?i)^On-Demand Price`)},
	{"Spot Price", regexp.MustCompile(`(?i)^Spot Price`)},
}

// coreweaveRegions says where the regions are that the page heads its tables with.
var coreweaveRegions = map[string]market.Area{"NORTH AMERICA": market.NorthAmerica, "EUROPE": market.Europe}

// Parse reads the GPU tables; the CPU table has the same classes but no such rows. HGX H100 rows carry the class
// gpu-pricing-and-kubernetes-gpu-pricing, all others kubernetes-gpu-pricing.
func (c coreweave) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	var listings []market.Listing
	tables := page.Find(".table-v2.gpu-pricing").FilterFunction(func(_ int, t *goquery.Selection) bool { return c.rows(t).Length() > 0 })
	for i := range tables.Nodes {
		found, err := c.table(tables.Eq(i))
		if err != nil {
			return Page{}, err
		}
		listings = append(listings, found...)
	}
	if len(listings) == 0 {
		return Page{}, fmt.Errorf("the page has no GPU price table (.table-v2.gpu-pricing with kubernetes-gpu-pricing rows)")
	}
	return Page{Listings: listings}, nil
}

func (coreweave) rows(table *goquery.Selection) *goquery.Selection {
	return table.Find(`.table-row-v2[class*="kubernetes-gpu-pricing"]`)
}

func (c coreweave) table(table *goquery.Selection) ([]market.Listing, error) {
	region, err := c.region(table)
	if err != nil {
		return nil, err
	}
	headers := table.Find(".table-v2-header .table-v2-cell").Map(func(_ int, s *goquery.Selection) string { return text(s) })
	at, err := columns(headers, coreweaveColumns)
	if err != nil {
		return nil, fmt.Errorf("region %s: %w", region, err)
	}
	var listings []market.Listing
	rows := c.rows(table)
	for i := range rows.Nodes {
		row, err := c.row(rows.Eq(i), at, len(headers))
		if err != nil {
			return nil, fmt.Errorf("region %s: row %d: %w", region, i+1, err)
		}
		listings = append(listings, row.listings(region)...)
	}
	return listings, nil
}

// region is what the heading above the table says: "REGION: EUROPE".
func (coreweave) region(table *goquery.Selection) (string, error) {
	heading := text(table.PrevAll().Filter("h5").First())
	region, found := strings.CutPrefix(strings.ToUpper(heading), "REGION: ")
	if _, known := coreweaveRegions[region]; !found || !known {
		return "", fmt.Errorf("a GPU price table stands under %q, expected a region such as \"REGION: EUROPE\"", heading)
	}
	return region, nil
}

// coreweaveRow is one row: its cells by column, and the prices as the labelled copy for phones repeats them.
type coreweaveRow struct {
	record
	labelled map[string]string
}

func (coreweave) row(row *goquery.Selection, at map[string]int, width int) (coreweaveRow, error) {
	cells := row.Find(".table-v2-cell")
	if cells.Length() != width {
		return coreweaveRow{}, fmt.Errorf("%d cells under %d headers", cells.Length(), width)
	}
	r := coreweaveRow{record{}, map[string]string{
		"On-Demand Price": text(row.Find(".instance-price .item-value").First()),
		"Spot Price":      text(row.Find(".spot-price .item-value").First()),
	}}
	for name, i := range at {
		r.record[name] = coreweaveCell(cells.Eq(i))
	}
	return r, nil
}

// coreweaveCell is a cell's value without the "Contact sales" link that stands beside an empty price.
func coreweaveCell(cell *goquery.Selection) string {
	if value := cell.ChildrenFiltered("div,h3").First(); value.Length() > 0 {
		return text(value)
	}
	return text(cell)
}

func (r coreweaveRow) listings(region string) []market.Listing {
	base := market.Listing{
		SKU: r.record["GPU Model"], GpuName: r.record["GPU Model"], Count: stripFootnote(r.record["GPU Count"]),
		VCPUs: wholeNumber(r.record["vCPUs"]), MemoryGB: quantity(r.record["System RAM (GB)"]), Region: region, Area: coreweaveRegions[region],
		Currency: market.USD, Per: market.PerInstance, Period: market.PerHour,
	}
	if vram := quantity(r.record["VRAM (GB)"]); vram != nil {
		base.CardMemoryGB = *vram
	}
	return []market.Listing{r.priced(base, market.OnDemand, "On-Demand Price"), r.priced(base, market.Spot, "Spot Price")}
}

// priced takes the price of one column, if the labelled copy says the same.
func (r coreweaveRow) priced(l market.Listing, m market.Market, column string) market.Listing {
	l.Market, l.Price = m, r.record[column]
	if r.labelled[column] != l.Price {
		l.Refusal = fmt.Sprintf("the %s column says %q, the row's label says %q", column, l.Price, r.labelled[column])
	}
	return l
}

var footnote = regexp.MustCompile(`\^\d+$|[¹²³⁴⁵⁶⁷⁸⁹*†]+$`)

// stripFootnote takes the mark of a footnote off a number: "4^1" is four.
func stripFootnote(s string) string { return strings.TrimSpace(footnote.ReplaceAllString(s, "")) }
