package scrapers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// compshare reads the billing page of 优云智算: a table of cards with the list price of an instance with one of them, by the hour, the
// day and the month. Neither table nor headers name a unit; the sentence above the table does.
type compshare struct{}

var _ = register(compshare{})

// About declares the source. The page is known from its Markdown, which the site renders as plain tables.
func (compshare) About() About {
	return About{
		Provider: market.Provider{ID: "compshare", Name: "优云智算 CompShare", Kind: market.Neocloud, Country: "CN",
			Homepage: "https://www.compshare.cn", Schedule: "34 2 * * *"},
		Base: "https://www.compshare.cn", Spacing: 2 * time.Second,
		Unit: "hour and month of an instance with 1 card, CNY", Evidence: DocumentedShape, Parser: 1,
	}
}

// Sheets is one page of the documentation.
func (c compshare) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(c.About().base(s) + "/docs/operation/charge/bill")}}
}

// The columns of the price table. A header that says more than these words says something new.
var compshareColumns = []column{
	{"型号", regexp.MustCompile(`^型号$`)}, {"显存", regexp.MustCompile(`^显存$`)}, {"按量", regexp.MustCompile(`^按量$`)},
	{"包日", regexp.MustCompile(`^包日$`)}, {"包月", regexp.MustCompile(`^包月$`)},
}

var (
	// compshareUnit is the sentence: instances of a single card, list prices, in yuan (and not in 万元 or 元 for something).
	compshareUnit = regexp.MustCompile(`单卡实例.*原价.*单位\s*[:：]\s*元\s*[)）]`)
	// compshareMemory is the memory of the card.
	compshareMemory = regexp.MustCompile(`^(\d{1,3})\s*GB?$`)
)

// Parse reads the price tables; tables of disks and images have other headers.
func (c compshare) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	var out Page
	said := ""
	blocks := page.Find("p,h1,h2,h3,h4,h5,h6,table")
	for i := range blocks.Nodes {
		block := blocks.Eq(i)
		if goquery.NodeName(block) != "table" {
			said = text(block)
			continue
		}
		listings, err := c.table(block, said)
		if err != nil {
			return Page{}, err
		}
		out.Listings = append(out.Listings, listings...)
	}
	if len(out.Listings) == 0 {
		return Page{}, errors.New("the page has no price table with the columns \"型号\", \"显存\", \"按量\", \"包日\" and \"包月\"")
	}
	return out, nil
}

// table reads a table with at least two of the columns, so that one that is gone is noticed; said is the text above it.
func (compshare) table(table *goquery.Selection, said string) ([]market.Listing, error) {
	headers := texts(table.Find("tr").First().ChildrenFiltered("td,th"))
	known := slices.DeleteFunc(slices.Clone(headers), func(h string) bool {
		return !slices.ContainsFunc(compshareColumns, func(c column) bool { return c.header.MatchString(h) })
	})
	if len(known) < 2 {
		return nil, nil
	}
	found, err := tableRecords(table, compshareColumns)
	if err != nil {
		return nil, err
	}
	if !compshareUnit.MatchString(said) {
		return nil, fmt.Errorf("the price table stands under %q, expected the sentence that says its unit: 单卡实例, 原价, 单位：元", abbreviate(said))
	}
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, compshareListings(r)...)
	}
	return listings, nil
}

func compshareListings(r record) []market.Listing {
	base := market.Listing{
		SKU: r["型号"], Variant: r["显存"], GpuName: r["型号"], Count: "1", Country: "CN", Area: market.China,
		Currency: market.CNY, Per: market.PerInstance, Tier: "list price",
	}
	if memory := compshareMemory.FindStringSubmatch(strings.ToUpper(r["显存"])); memory != nil {
		base.CardMemoryGB = *quantity(memory[1])
	} else {
		base.Refusal = fmt.Sprintf("the memory of the card is %q, expected a number of G", abbreviate(r["显存"]))
	}
	hourly, daily, monthly := base, base, base
	hourly.Market, hourly.Period, hourly.Price = market.OnDemand, market.PerHour, r["按量"]
	daily.Market, daily.Period, daily.Price = market.Reserved, market.PerDay, r["包日"]
	daily.Refusal = "a commitment of a day, which is no whole number of months"
	monthly.Market, monthly.Months, monthly.Period, monthly.Price = market.Reserved, 1, market.PerMonth, r["包月"]
	return []market.Listing{hourly, daily, monthly}
}
