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

// crusoe reads the public price page: blocks of rows built from divs, whose class is spelt "prixing-item". Prices of machines with
// GPUs are for one card and print their unit. Managed deployments further down have the same cards and the same classes.
type crusoe struct{}

var _ = register(crusoe{})

// About declares the source.
func (crusoe) About() About {
	return About{
		Provider: market.Provider{ID: "crusoe", Name: "Crusoe", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.crusoe.ai", Schedule: "31 5 * * *"},
		Base: "https://www.crusoe.ai", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one page.
func (c crusoe) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(c.About().base(s) + "/cloud/pricing")}}
}

var crusoeColumns = []column{
	{"GPU model", regexp.MustCompile(`(?i)^GPU model$`)}, {"On-demand", regexp.MustCompile(`(?i)^On-demand$`)},
	{"Current spot", regexp.MustCompile(`(?i)^Current spot$`)},
}

// Parse reads the blocks that are about machines or GPUs; storage, clusters and tokens have rows of the same classes.
func (c crusoe) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	var out Page
	machines := 0
	blocks := page.Find(".pricing-dd")
	for i := range blocks.Nodes {
		heading := text(blocks.Eq(i).Find(".pricing-col-heading").First())
		listings, err := c.block(heading, blocks.Eq(i))
		if err != nil {
			return Page{}, fmt.Errorf("block %q: %w", abbreviate(heading), err)
		}
		if heading == crusoeMachines {
			machines += len(listings)
		}
		out.Listings = append(out.Listings, listings...)
	}
	if machines == 0 {
		return Page{}, fmt.Errorf("the page has no block %q with rows (.pricing-dd with .prixing-item)", crusoeMachines)
	}
	return out, nil
}

const crusoeMachines = "GPU instances pricing"

func (c crusoe) block(heading string, block *goquery.Selection) ([]market.Listing, error) {
	headings := texts(block.Find(".pricing-heading"))
	rows := block.Find(".prixing-item")
	switch {
	case heading == crusoeMachines:
		return c.machines(headings, rows)
	case strings.HasPrefix(heading, "CPU "):
		return crusoeRefused(rows, "not a GPU"), nil
	case slices.ContainsFunc(headings, func(h string) bool { return strings.Contains(h, "GPU") }):
		return crusoeRefused(rows, fmt.Sprintf("another product than a machine: %q", abbreviate(heading))), nil
	}
	return nil, nil
}

// machines reads rows of a head with the card's name and tags, and of one cell for each price.
func (crusoe) machines(headings []string, rows *goquery.Selection) ([]market.Listing, error) {
	at, err := columns(headings, crusoeColumns)
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for i := range rows.Nodes {
		cells := rows.Eq(i).Find(".pricing-item-head-part, .pricing-rich")
		if cells.Length() != len(headings) {
			return nil, fmt.Errorf("row %d has %d cells under %d headings", i+1, cells.Length(), len(headings))
		}
		onDemand, err := crusoeCard(cells.Eq(at["GPU model"]))
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		spot := onDemand
		onDemand.Market, spot.Market = market.OnDemand, market.Spot
		onDemand.Price, onDemand.Refusal = inUnit(text(cells.Eq(at["On-demand"])), "/GPU-hr")
		spot.Price, spot.Refusal = inUnit(text(cells.Eq(at["Current spot"])), "/GPU-hr")
		listings = append(listings, onDemand, spot)
	}
	return listings, nil
}

// crusoeCard is what the head of a row says. Two rows may have one name and differ in their tags, as SXM and PCIe.
func crusoeCard(head *goquery.Selection) (market.Listing, error) {
	name, tags := crusoeName(head), head.Find(".pricing-tag")
	if name == "" || tags.Length() == 0 {
		return market.Listing{}, errors.New("no name (.pricing-item-heading) or no tags (.pricing-tag)")
	}
	card := market.Listing{SKU: name, GpuName: name, Variant: tidy(strings.Join(texts(tags), " ")),
		Currency: market.USD, Per: market.PerGPU, Period: market.PerHour}
	var forms []string
	for _, tag := range texts(tags) {
		if memory := gigabytes(tag); memory > 0 && card.CardMemoryGB == 0 {
			card.CardMemoryGB = memory
		} else {
			forms = append(forms, tag)
		}
	}
	card.FormFactor = tidy(strings.Join(forms, " "))
	return card, nil
}

func crusoeName(row *goquery.Selection) string {
	return tidy(strings.Join(texts(row.Find(".pricing-item-heading")), " "))
}

func crusoeRefused(rows *goquery.Selection, reason string) []market.Listing {
	var listings []market.Listing
	for i := range rows.Nodes {
		row := rows.Eq(i)
		listings = append(listings, market.Listing{SKU: crusoeName(row), Variant: tidy(strings.Join(texts(row.Find(".pricing-tag")), " ")),
			Market: market.OnDemand, Price: tidy(strings.Join(texts(row.Find(".pricing-rich")), " ")), Refusal: reason})
	}
	return listings
}
