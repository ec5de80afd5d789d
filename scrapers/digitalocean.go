package scrapers

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// digitalocean reads the price page of the documentation, whose tables of GPU Droplets stand under one heading for each way of
// selling. A price is for the Droplet with all its cards.
type digitalocean struct{}

var _ = register(digitalocean{})

// About declares the source.
func (digitalocean) About() About {
	return About{
		Provider: market.Provider{ID: "digitalocean", Name: "DigitalOcean", Kind: market.Hyperscaler, Country: "US",
			Homepage: "https://www.digitalocean.com", Schedule: "57 3 * * *"},
		Base: "https://docs.digitalocean.com", Spacing: 2 * time.Second,
		Unit: "instance-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one page.
func (c digitalocean) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(c.About().base(s) + "/products/droplets/details/pricing/")}}
}

// digitaloceanSections are the headings of the page's tables of GPUs, by their anchors. Contracts print no price and no term.
var digitaloceanSections = []struct {
	anchor string
	market market.Market
}{
	{"on-demand-gpu-droplet-pricing", market.OnDemand}, {"spot-gpu-droplet-pricing", market.Spot}, {"contract-gpu-droplet-pricing", market.Reserved},
}

var digitaloceanColumns = []column{{"GPU", regexp.MustCompile(`(?i)^GPU$`)}, {"Price", regexp.MustCompile(`(?i)^Price$`)}}

// Parse reads the three sections. A fourth of their kind is an error: what it sells is not known.
func (c digitalocean) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	var out Page
	for _, section := range digitaloceanSections {
		listings, err := c.section(page.Find("h2#"+section.anchor), section.market)
		if err != nil {
			return Page{}, fmt.Errorf("section %q: %w", section.anchor, err)
		}
		out.Listings = append(out.Listings, listings...)
	}
	if n := page.Find(`h2[id$="gpu-droplet-pricing"]`).Length(); n != len(digitaloceanSections) {
		return Page{}, fmt.Errorf("the page has %d sections of GPU Droplets, expected %d", n, len(digitaloceanSections))
	}
	return out, nil
}

// section reads the one table between a heading and the next.
func (digitalocean) section(heading *goquery.Selection, m market.Market) ([]market.Listing, error) {
	if heading.Length() != 1 {
		return nil, fmt.Errorf("the page has %d headings with this anchor, expected one", heading.Length())
	}
	below := heading.NextUntil("h1,h2,h3,h4")
	tables := below.Filter("table").AddSelection(below.Find("table"))
	if tables.Length() != 1 {
		return nil, fmt.Errorf("%d tables below the heading, expected one", tables.Length())
	}
	found, err := tableRecords(tables, digitaloceanColumns)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("the table has no rows")
	}
	var listings []market.Listing
	for _, r := range found {
		listings = append(listings, digitaloceanListing(r, m))
	}
	return listings, nil
}

var (
	digitaloceanCount = regexp.MustCompile(`^(.*\S)\s*\((\d+)x\)$`)
	// digitaloceanTimes is a number of cards written in a way that the page has not used so far.
	digitaloceanTimes = regexp.MustCompile(`(?i)\b\d+\s*[x×](\W|$)|(^|\W)[x×]\s*\d`)
)

// digitaloceanListing is one Droplet: "NVIDIA H100 (8x)" has eight cards, "NVIDIA H100" one. How it is cooled stays in its name.
func digitaloceanListing(r record, m market.Market) market.Listing {
	l := market.Listing{SKU: r["GPU"], GpuName: r["GPU"], Count: "1", Market: m, Currency: market.USD, Per: market.PerInstance, Period: market.PerHour}
	l.Price, l.Refusal = inUnit(r["Price"], " per hour")
	if match := digitaloceanCount.FindStringSubmatch(r["GPU"]); match != nil {
		l.GpuName, l.Count = match[1], match[2]
	}
	if digitaloceanTimes.MatchString(l.GpuName) && l.Refusal == "" {
		l.Refusal = "the number of cards does not stand at the end of the name, as in \"(8x)\""
	}
	return l
}
