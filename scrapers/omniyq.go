package scrapers

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"gpuhour/market"
)

// omniyq reads the rental page of 云擎天下: lines such as "8*910B - 15000/月", whole machines of eight cards in yuan a month.
// The page names no currency; it is a domestic page for domestic customers.
type omniyq struct{}

var _ = register(omniyq{})

// About declares the source.
func (omniyq) About() About {
	return About{
		Provider: market.Provider{ID: "omniyq", Name: "云擎天下", Kind: market.Neocloud, Country: "CN",
			Homepage: "https://www.omniyq.com", Schedule: "43 2 * * *"},
		Base: "https://www.omniyq.com", Spacing: 2 * time.Second,
		Unit: "instance-month of 8 cards, CNY", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets is one page.
func (o omniyq) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(o.About().base(s) + "/h-col-104.html")}}
}

var (
	omniyqLine = regexp.MustCompile(`(\d{1,2})\s*\*\s*([^*\n]{1,40}?)\s*[-–—]\s*(\d[\d,.]*)\s*(万)?\s*(?:元)?\s*/\s*月`)
	// omniyqStart is how every line begins and omniyqEnd how it ends, so that one of another form is noticed.
	omniyqStart = regexp.MustCompile(`\d{1,2}\s*\*\s*[A-Za-z0-9]`)
	omniyqEnd   = regexp.MustCompile(`\d\s*万?\s*元?\s*/\s*月`)
)

// Parse reads the lines. One that begins like a price and does not go on like one, or ends like one and does not begin so, is an
// error: the form has changed.
func (omniyq) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	body := page.Find("body").Text()
	lines := omniyqLine.FindAllStringSubmatch(body, -1)
	if len(lines) == 0 {
		return Page{}, errors.New(`the page has no line such as "8*910B - 15000/月"`)
	}
	if begun := len(omniyqStart.FindAllString(body, -1)); begun != len(lines) {
		return Page{}, errors.New("the page has lines that begin like a price and do not go on like one: has its form changed?")
	}
	if ended := len(omniyqEnd.FindAllString(body, -1)); ended != len(lines) {
		return Page{}, errors.New("the page has prices a month (…/月) that do not stand in a line such as \"8*910B - 15000/月\": has its form changed?")
	}
	var out Page
	for _, line := range lines {
		out.Listings = append(out.Listings, omniyqListing(line))
	}
	return out, nil
}

func omniyqListing(line []string) market.Listing {
	l := market.Listing{
		SKU: tidy(line[2]), Variant: line[1] + " cards", GpuName: tidy(line[2]), Count: line[1], Country: "CN", Area: market.China,
		Market: market.Reserved, Months: 1, Price: strings.TrimSpace(line[3]), Currency: market.CNY, Per: market.PerInstance, Period: market.PerMonth,
	}
	if line[4] != "" {
		l.Refusal = "a price in 万, which the page has not used so far"
	}
	return l
}
