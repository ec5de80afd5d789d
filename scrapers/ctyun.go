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

// ctyun reads the price overview of 天翼云: tables of machine types, each with a price an hour and one a month, both for the
// whole machine. A type may have a quarter of a card, and the memory printed is the machine's share of it.
type ctyun struct{}

var _ = register(ctyun{})

// About declares the source.
func (ctyun) About() About {
	return About{
		Provider: market.Provider{ID: "ctyun", Name: "天翼云", Kind: market.Hyperscaler, Country: "CN",
			Homepage: "https://www.ctyun.cn", Schedule: "11 2 * * *"},
		Base: "https://www.ctyun.cn", Spacing: 2 * time.Second,
		Unit: "instance-hour and instance-month, CNY", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets is one page of the documentation.
func (c ctyun) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(c.About().base(s) + "/document/10029787/10047957")}}
}

// The columns of a price table. The units are part of the headers: without them the column is not the one.
var ctyunColumns = []column{
	{"规格名称", regexp.MustCompile(`^规格名称`)}, {"vCPU", regexp.MustCompile(`(?i)^vCPU`)}, {"内存", regexp.MustCompile(`^内存`)},
	{"显存", regexp.MustCompile(`^显存`)}, {"显卡数", regexp.MustCompile(`^显卡数`)}, {"显卡类型", regexp.MustCompile(`^显卡类型`)},
	{"按需价格（元/小时）", regexp.MustCompile(`^按需.*元\s*/\s*小时`)}, {"价格（元/月）", regexp.MustCompile(`^[^需]*价格.*元\s*/\s*月`)},
}

// Parse reads every table that has machine types.
func (c ctyun) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	var out Page
	tables := page.Find("table")
	for i := range tables.Nodes {
		listings, err := c.table(tables.Eq(i))
		if err != nil {
			return Page{}, fmt.Errorf("table %d: %w", i+1, err)
		}
		out.Listings = append(out.Listings, listings...)
	}
	if len(out.Listings) == 0 {
		return Page{}, errors.New("the page has no table with the column \"规格名称\"")
	}
	return out, nil
}

// table reads one table; one whose headers have neither a type nor a price is about something else.
func (ctyun) table(table *goquery.Selection) ([]market.Listing, error) {
	rows := grid(table)
	head := slices.IndexFunc(rows, headsPrices)
	if head < 0 {
		return nil, nil
	}
	at, err := columns(rows[head], ctyunColumns)
	if err != nil {
		return nil, err
	}
	found, err := records(rows[head+1:], at, len(rows[head]))
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, ctyunListings(r)...)
	}
	return listings, nil
}

// headsPrices recognises the header row by any two of its columns, so that one that is gone is noticed, not overlooked.
func headsPrices(row []string) bool {
	n := 0
	for _, c := range ctyunColumns {
		if slices.ContainsFunc(row, c.header.MatchString) {
			n++
		}
	}
	return n >= 2
}

func ctyunListings(r record) []market.Listing {
	base := market.Listing{
		SKU: r["规格名称"], GpuName: r["显卡类型"], Count: r["显卡数"], CardMemoryGB: ctyunCardMemory(r),
		VCPUs: wholeNumber(r["vCPU"]), MemoryGB: quantity(r["内存"]), Country: "CN", Area: market.China,
		Currency: market.CNY, Per: market.PerInstance,
	}
	hourly, monthly := base, base
	hourly.Market, hourly.Period, hourly.Price = market.OnDemand, market.PerHour, r["按需价格（元/小时）"]
	monthly.Market, monthly.Months, monthly.Period, monthly.Price = market.Reserved, 1, market.PerMonth, r["价格（元/月）"]
	return []market.Listing{hourly, monthly}
}

// ctyunCardMemory is the memory of a whole card: the column is the machine's.
func ctyunCardMemory(r record) float64 {
	total := quantity(r["显存"])
	count, err := market.ParseCount(r["显卡数"])
	if err != nil || total == nil {
		return 0
	}
	return *total / count.Float()
}
