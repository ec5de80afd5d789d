package scrapers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"gpuhour/market"
)

// hotaisle reads the public price page: two headline cards, and below them plans that repeat their prices. Prices are for one GPU.
// Its classes say nothing, so every price is looked up first and known by the title that it stands under.
type hotaisle struct{}

var _ = register(hotaisle{})

// About declares the source.
func (hotaisle) About() About {
	return About{
		Provider: market.Provider{ID: "hotaisle", Name: "Hot Aisle", Kind: market.Neocloud, Country: "US",
			Homepage: "https://hotaisle.xyz", Schedule: "21 5 * * *"},
		Base: "https://hotaisle.xyz", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one page.
func (h hotaisle) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(h.About().base(s) + "/pricing")}}
}

const (
	hotaisleMachines = "Virtual machines"
	hotaisleUnit     = "/GPU/hr"
	// The most prices on the page and texts in a card, so that a page cannot ask for as much work as it likes.
	hotaisleMostPrices, hotaisleMostTexts = 50, 100
)

var (
	hotaislePrice = regexp.MustCompile(`(?i)\$\s*\d[\d.,]*\s*/\s*GPU\b`)
	hotaisleMetal = regexp.MustCompile(`^(\d+)x bare metal$`)
	hotaisleSizes = regexp.MustCompile(`\b(\d+(?:(?:, and |, | and )\d+)*)x (\S+) VMs\b`)
	hotaisleMonth = regexp.MustCompile(`(?i)\bone-month minimum\b`)
	hotaisleModel = regexp.MustCompile(`\bMI\d{3}[A-Za-z]?\b`)
	hotaisleCount = regexp.MustCompile(`\d+`)
)

// Parse reads the headline cards. A price that belongs to nothing known is an error: the layout has changed.
func (h hotaisle) Parse(d Document) (Page, error) {
	page, err := parseHTML(d)
	if err != nil {
		return Page{}, err
	}
	found, err := hotaisleRead(page)
	if err != nil {
		return Page{}, err
	}
	machines, err := found.machines[0].machineListings()
	if err != nil {
		return Page{}, err
	}
	metal, err := found.metal[0].metalListing(found.plans)
	if err != nil {
		return Page{}, err
	}
	out := Page{Listings: append(slices.Clip(machines), metal)}
	for _, c := range found.customers {
		out.Listings = append(out.Listings, market.Listing{SKU: "Existing customers", Market: market.OnDemand, Price: c.price, Refusal: "for existing customers only"})
	}
	return out, nil
}

// hotaisleCard is a price with all the texts of the innermost element that has something to say before it.
type hotaisleCard struct {
	price string
	words []string
}

func (c hotaisleCard) title() string { return c.words[0] }

func (c hotaisleCard) text() string { return strings.Join(c.words, " ") }

// hotaislePage holds the cards of each kind.
type hotaislePage struct{ machines, metal, plans, customers []hotaisleCard }

func hotaisleRead(page *goquery.Document) (hotaislePage, error) {
	var found hotaislePage
	cards, err := hotaisleCards(page)
	if err != nil {
		return found, err
	}
	for _, c := range cards {
		if err := found.add(c); err != nil {
			return found, err
		}
	}
	switch {
	case len(found.machines) != 1:
		return found, fmt.Errorf("the page has %d prices per %q under %q, expected one", len(found.machines), hotaisleUnit, hotaisleMachines)
	case len(found.metal) != 1:
		return found, fmt.Errorf("the page has %d prices per %q under a title such as \"8x bare metal\", expected one", len(found.metal), hotaisleUnit)
	}
	return found, found.checkPlans()
}

func (p *hotaislePage) add(c hotaisleCard) error {
	switch title := c.title(); {
	case title == hotaisleMachines:
		p.machines = append(p.machines, c)
	case hotaisleMetal.MatchString(title):
		p.metal = append(p.metal, c)
	case title == "VM", title == "Bare metal":
		p.plans = append(p.plans, c)
	case strings.HasPrefix(title, "Existing customers"):
		p.customers = append(p.customers, c)
	default:
		return fmt.Errorf("the price %q stands under %q, which is not known", abbreviate(c.price), abbreviate(title))
	}
	return nil
}

// checkPlans expects of every plan the price of its headline.
func (p *hotaislePage) checkPlans() error {
	for _, plan := range p.plans {
		headline := p.metal[0]
		if plan.title() == "VM" {
			headline = p.machines[0]
		}
		if plan.price != headline.price {
			return fmt.Errorf("a plan %q says %q, the headline %q says %q", plan.title(), abbreviate(plan.price), headline.title(), abbreviate(headline.price))
		}
	}
	return nil
}

// machineListings are one offer for each number of cards that the card names: "1, 2, and 4x MI300X VMs".
func (c hotaisleCard) machineListings() ([]market.Listing, error) {
	match := hotaisleSizes.FindStringSubmatch(c.text())
	if match == nil {
		return nil, fmt.Errorf("the card %q does not say how many cards its machines have, as in \"1, 2, and 4x MI300X VMs\"", c.title())
	}
	var listings []market.Listing
	for _, count := range hotaisleCount.FindAllString(match[1], -1) {
		l := c.listing(count, match[2])
		l.Variant, l.Market = count+"x "+match[2], market.OnDemand
		listings = append(listings, l)
	}
	return listings, nil
}

// metalListing is the whole machine for a month at least. Its headline does not name the GPU; the plan of the same size does.
func (c hotaisleCard) metalListing(plans []hotaisleCard) (market.Listing, error) {
	if !hotaisleMonth.MatchString(c.text()) {
		return market.Listing{}, fmt.Errorf("the card %q does not say \"One-month minimum\"", c.title())
	}
	count := hotaisleMetal.FindStringSubmatch(c.title())[1]
	name := hotaisleModel.FindString(c.text())
	for _, plan := range plans {
		if at := slices.Index(plan.words, count+"x"); name == "" && plan.title() == "Bare metal" && at >= 0 && at+1 < len(plan.words) {
			name = plan.words[at+1]
		}
	}
	l := c.listing(count, name)
	l.Market, l.Months = market.Reserved, 1
	return l, nil
}

func (c hotaisleCard) listing(count, gpu string) market.Listing {
	l := market.Listing{SKU: c.title(), GpuName: gpu, Count: count, Currency: market.USD, Per: market.PerGPU, Period: market.PerHour}
	l.Price, l.Refusal = inUnit(c.price, hotaisleUnit)
	return l
}

// hotaisleCards finds every text that looks like a price of a GPU, and what stands around it.
func hotaisleCards(page *goquery.Document) ([]hotaisleCard, error) {
	var prices []*html.Node
	for _, body := range page.Find("body").Nodes {
		for n := range body.Descendants() {
			if shown(n) && hotaislePrice.MatchString(n.Data) {
				prices = append(prices, n)
			}
		}
	}
	if len(prices) > hotaisleMostPrices {
		return nil, fmt.Errorf("the page has %d prices, expected at most %d", len(prices), hotaisleMostPrices)
	}
	cards := make([]hotaisleCard, len(prices))
	for i, n := range prices {
		cards[i] = hotaisleCard{tidy(n.Data), shownTexts(headed(n))}
	}
	return cards, nil
}

// shown says whether a node is text that the page shows.
func shown(n *html.Node) bool {
	if n.Type != html.TextNode || tidy(n.Data) == "" {
		return false
	}
	switch n.Parent.Data {
	case "script", "style", "noscript", "template":
		return false
	}
	return true
}

// shownTexts are the texts within a node, of a card all.
func shownTexts(n *html.Node) []string {
	var words []string
	for d := range n.Descendants() {
		if shown(d) {
			words = append(words, tidy(d.Data))
		}
		if len(words) == hotaisleMostTexts {
			break
		}
	}
	return words
}

// headed is the innermost element around a text that has another text before it.
func headed(n *html.Node) *html.Node {
	for ; n.Parent != nil; n = n.Parent {
		for before := n.PrevSibling; before != nil; before = before.PrevSibling {
			if shown(before) || len(shownTexts(before)) > 0 {
				return n.Parent
			}
		}
	}
	return n
}
