package scrapers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// coreweave reads the public price page. Its prices are for the whole instance, and one row is two offers: on-demand and spot.
// It also reads the layouts that archived pages have, told by the page itself: the table of 2024 and 2025, whose rows have one
// price and no region, and the list of bare cards of 2023 (coreweave_components.go).
type coreweave struct{}

var _ = register(coreweave{})

// About declares the source.
func (coreweave) About() About {
	return About{
		Provider: market.Provider{ID: "coreweave", Name: "CoreWeave", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.coreweave.com", Schedule: "17 4 * * *"},
		Base: "https://www.coreweave.com", Spacing: 2 * time.Second,
		Unit: "instance-hour, USD", Evidence: RealCapture, Parser: 2,
	}
}

// Sheets is one page for both regions.
func (c coreweave) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(c.About().base(s) + "/pricing")}}
}

// The columns that a GPU table must have. North America has one more, for inference on a single GPU: another product, never read.
// The older table has one price.
var (
	coreweaveMachine = []column{
		{"GPU Model", regexp.MustCompile(`(?i)^GPU Model`)},
		{"GPU Count", regexp.MustCompile(`(?i)^GPU Count`)},
		{"VRAM (GB)", regexp.MustCompile(`(?i)^VRAM`)},
		{"vCPUs", regexp.MustCompile(`(?i)^vCPUs`)},
		{"System RAM (GB)", regexp.MustCompile(`(?i)^System RAM`)},
	}
	coreweaveColumns = append(slices.Clip(coreweaveMachine),
		column{"On-Demand Price", regexp.MustCompile(`(?i)^On-Demand Price`)}, column{"Spot Price", regexp.MustCompile(`(?i)^Spot Price`)})
	coreweaveOldColumns = append(slices.Clip(coreweaveMachine),
		column{"Instance Price", regexp.MustCompile(`(?i)^(Instance|On-Demand) Price`)})
)

// coreweaveRegions says where the regions are that the page heads its tables with.
var coreweaveRegions = map[string]market.Area{"NORTH AMERICA": market.NorthAmerica, "EUROPE": market.Europe}

// coreweaveGpuRows are the rows of GPU machines. HGX H100 rows carry the class gpu-pricing-and-kubernetes-gpu-pricing, all others
// kubernetes-gpu-pricing; the rows of processors carry kubernetes-cpu-pricing, in tables of the same classes.
const (
	coreweaveGpuRows = `.table-row-v2[class*="gpu-pricing"], .table-row.w-dyn-item[class*="gpu-pricing"]`
	coreweaveCPURows = `.table-row-v2[class*="cpu-pricing"], .table-row.w-dyn-item[class*="cpu-pricing"]`
)

// Parse reads the GPU tables, and names the rows of processors as what they are.
func (c coreweave) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	if rows := page.Find(coreweaveComponentRows); rows.Length() > 0 {
		return c.components(page, rows)
	}
	var listings []market.Listing
	tables := page.Find(".table-v2").FilterFunction(func(_ int, t *goquery.Selection) bool { return t.Find(coreweaveGpuRows).Length() > 0 })
	for i := range tables.Nodes {
		found, err := c.table(tables.Eq(i))
		if err != nil {
			return Page{}, err
		}
		listings = append(listings, found...)
	}
	if len(listings) == 0 {
		return Page{}, fmt.Errorf("the page has no GPU price table (.table-v2 with gpu-pricing rows)")
	}
	return Page{Listings: append(listings, c.processors(page)...)}, nil
}

// processors are the rows of machines without GPUs.
func (coreweave) processors(page *goquery.Document) []market.Listing {
	var listings []market.Listing
	page.Find(coreweaveCPURows).Each(func(_ int, row *goquery.Selection) {
		listings = append(listings, market.Listing{SKU: text(row.Find(".table-v2-cell").First()), Refusal: "not a GPU"})
	})
	return listings
}

func (c coreweave) table(table *goquery.Selection) ([]market.Listing, error) {
	rows := table.Find(coreweaveGpuRows)
	old := rows.First().HasClass("table-row")
	region, err := c.region(table, old)
	if err != nil {
		return nil, err
	}
	wanted := coreweaveColumns
	if old {
		wanted = coreweaveOldColumns
	}
	headers := texts(table.Find(".table-v2-header .table-v2-cell"))
	at, err := columns(headers, wanted)
	if err != nil {
		return nil, fmt.Errorf("region %q: %w", region, err)
	}
	var listings []market.Listing
	for i := range rows.Nodes {
		row, err := c.row(rows.Eq(i), at, len(headers))
		if err != nil {
			return nil, fmt.Errorf("region %q: row %d: %w", region, i+1, err)
		}
		listings = append(listings, row.listings(region, old)...)
	}
	return listings, nil
}

// region is what the heading above the table says: "REGION: EUROPE". Older tables have none.
func (coreweave) region(table *goquery.Selection, old bool) (string, error) {
	heading := text(table.PrevAll().Filter("h5").First())
	if old && heading == "" {
		return "", nil
	}
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

func (r coreweaveRow) listings(region string, old bool) []market.Listing {
	base := market.Listing{
		SKU: r.record["GPU Model"], GpuName: r.record["GPU Model"], Count: stripFootnote(r.record["GPU Count"]),
		VCPUs: wholeNumber(r.record["vCPUs"]), MemoryGB: quantity(r.record["System RAM (GB)"]), Region: region, Area: coreweaveRegions[region],
		Currency: market.USD, Per: market.PerInstance, Period: market.PerHour,
	}
	if vram := quantity(r.record["VRAM (GB)"]); vram != nil {
		base.CardMemoryGB = *vram
	}
	if old {
		base.Market, base.Price = market.OnDemand, r.record["Instance Price"]
		return []market.Listing{base}
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
