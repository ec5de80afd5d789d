package scrapers

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// The home page is an empty frame around a script, and the script holds the list of cards as objects. All that is known of them is
// that they have an originalPrice in yuan a card-hour. So only one shape is read, and a script with any other is refused:
//
//	{name:"RTX 4090",…,originalPrice:1.98,…}
//
// flat, the name a plain string, the price a plain number or a string of one. A name that the catalogue does not know as a card's may be
// anything with a price, and is refused too.

// autodlEntry is how the page's own script is named; the others are libraries and parts.
var autodlEntry = regexp.MustCompile(`^(?:app|index|main)(?:[.-][^/]*)?\.js$`)

// home finds the script. More than one that could be it is an error.
func (autodl) home(d Document, at *url.URL) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	scripts := map[string]bool{}
	page.Find("script[src]").Each(func(_ int, s *goquery.Selection) {
		if to, err := at.Parse(s.AttrOr("src", "")); err == nil && autodlEntry.MatchString(to.Path[strings.LastIndex(to.Path, "/")+1:]) {
			scripts[to.String()] = true
		}
	})
	found := sortedNames(scripts)
	if len(found) != 1 {
		return Page{}, fmt.Errorf("the page has %d scripts named app, index or main, expected one: %s", len(found), abbreviate(strings.Join(found, ", ")))
	}
	next := Get(found[0])
	return Page{Next: &next}, nil
}

var (
	// autodlPriceKey is where an object begins to say its price.
	autodlPriceKey = regexp.MustCompile(`[{,]\s*["']?originalPrice["']?\s*:`)
	// autodlObject is a flat object that has a price.
	autodlObject = regexp.MustCompile(`\{(?:[^{}]*,)?\s*["']?originalPrice["']?\s*:[^{}]*\}`)
	autodlName   = regexp.MustCompile(`[{,]\s*["']?name["']?\s*:\s*(?:"([^"\\]+)"|'([^'\\]+)')\s*[,}]`)
	autodlAmount = regexp.MustCompile(`[{,]\s*["']?originalPrice["']?\s*:\s*["']?(\d*\.?\d+)["']?\s*[,}]`)
)

// autodlMostCards bounds the list of cards: ten times what it has.
const autodlMostCards = 300

// bundle reads the objects of the script.
func (autodl) bundle(d Document) (Page, error) {
	if !bytes.Contains(d.Body, []byte("originalPrice")) {
		return Page{}, errors.New("the script has no originalPrice")
	}
	keys := len(autodlPriceKey.FindAllIndex(d.Body, autodlMostCards+1))
	objects := autodlObject.FindAllString(string(d.Body), autodlMostCards+1)
	switch {
	case keys > autodlMostCards:
		return Page{}, fmt.Errorf("the script has originalPrice more than %d times", autodlMostCards)
	case keys == 0:
		return Page{}, errors.New("the script has no object with originalPrice")
	case keys != len(objects):
		return Page{}, fmt.Errorf("the script has originalPrice %d times, but only %d flat objects with it", keys, len(objects))
	}
	var page Page
	for _, object := range objects {
		l, err := autodlListing(object)
		if err != nil {
			return Page{}, fmt.Errorf("%w: %s", err, abbreviate(object))
		}
		page.Listings = append(page.Listings, l)
	}
	return page, nil
}

func autodlListing(object string) (market.Listing, error) {
	names, amounts := autodlName.FindAllStringSubmatch(object, -1), autodlAmount.FindAllStringSubmatch(object, -1)
	switch {
	case len(names) != 1:
		return market.Listing{}, fmt.Errorf("an object with originalPrice has %d plain names, expected one", len(names))
	case len(amounts) != 1:
		return market.Listing{}, fmt.Errorf("an object has %d originalPrice that are plain numbers, expected one", len(amounts))
	}
	name, amount := names[0][1]+names[0][2], amounts[0][1]
	if strings.HasPrefix(amount, ".") {
		amount = "0" + amount // scripts are packed without it
	}
	l := market.Listing{SKU: name, GpuName: name, Count: "1", Country: "CN", Area: market.China, Market: market.OnDemand, Price: amount,
		Currency: market.CNY, Per: market.PerGPU, Period: market.PerHour, Tier: "list price", Refusal: autodlNoCard(name, "")}
	if l.Refusal == "" && market.Identify("autodl", name).Model == "" {
		l.Refusal = "a name that is not known as a card's, in a script that may price anything"
	}
	return l, nil
}
