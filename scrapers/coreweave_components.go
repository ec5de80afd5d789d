package scrapers

import (
	"errors"
	"regexp"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// coreweaveComponentRows are the rows of the list of 2023, and of the page of classic prices that grew out of it.
const coreweaveComponentRows = ".table-body-row.w-row"

// coreweaveComponentHeader says what a price pays for. A line break within it leaves no space behind.
var coreweaveComponentHeader = regexp.MustCompile(`GPU Component\s*Cost Per Hour`)

// components reads the list of bare cards: a machine was put together from cards, processors (0.01 USD an hour each) and memory
// (0.005 USD a GB and hour), so its prices are of cards alone and must not be compared with those of whole machines. Of the row
// only the name and the price are read, which the page marks as such.
func (coreweave) components(page *goquery.Document, rows *goquery.Selection) (Page, error) {
	if !coreweaveComponentHeader.MatchString(page.Text()) {
		return Page{}, errors.New("the list has no column \"GPU Component Cost Per Hour\"")
	}
	var out Page
	rows.Each(func(_ int, row *goquery.Selection) {
		name := text(row.Find("a[data-product]").First())
		out.Listings = append(out.Listings, market.Listing{
			SKU: name, Variant: "bare card", GpuName: name, Count: "1", Market: market.OnDemand, Price: text(row.Find(".w-col strong").First()),
			Currency: market.USD, Per: market.PerComponent, Period: market.PerHour,
		})
	})
	return out, nil
}
