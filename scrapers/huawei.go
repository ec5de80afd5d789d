package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// huawei reads the price calculator of 华为云: the machine types of a region with all their prices, each for the whole machine.
// The answer names no currency; the domestic site sells in CNY, also abroad. ModelArts, where most Ascend cards are sold, has a
// list of its own, which is not read: what its rows look like is not known.
type huawei struct{}

var _ = register(huawei{})

// About declares the source.
func (huawei) About() About {
	return About{
		Provider: market.Provider{ID: "huawei", Name: "华为云", Kind: market.Hyperscaler, Country: "CN",
			Homepage: "https://www.huaweicloud.com", Schedule: "39 1 * * *"},
		Base: "https://portal.huaweicloud.com", Spacing: 2 * time.Second,
		Unit: "instance-hour, -month and -year, CNY", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets is one list, a page for each region.
func (h huawei) Sheets(s Settings) []Sheet {
	regions := s.Regions
	if len(regions) == 0 {
		regions = huaweiRegions
	}
	first := huaweiRequest(h.About().base(s)+"/api/calculator/rest/cbc/portalcalculatornodeservice/v4/api/productInfo", regions[0], narrowed(s))
	return []Sheet{{"prices", first}}
}

// huaweiRequest asks for one region. The calculator answers only those who come from its page.
func huaweiRequest(address, region, fragment string) Request {
	request := Get(strings.TrimSuffix(address+"?urlPath=ecs&tag=general.online.portal&region="+url.QueryEscape(region)+"&tab=calc&sign=common#"+fragment, "#"))
	request.Header = http.Header{"Origin": {"https://www.huaweicloud.com"}, "Referer": {"https://www.huaweicloud.com/pricing/calculator.html"}}
	return request
}

// huaweiNext is the request for the region after the one at an address.
func huaweiNext(address string) (*Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	region, fragment := regionAfter(u, huaweiRegions), u.Fragment
	if region == "" {
		return nil, nil
	}
	u.RawQuery, u.Fragment = "", ""
	next := huaweiRequest(u.String(), region, fragment)
	return &next, nil
}

// huaweiAnswer is one page.
type huaweiAnswer struct {
	Region  string `json:"region"`
	Product struct {
		Machines []json.RawMessage `json:"ec2_vm"`
	} `json:"product"`
}

// huaweiMachine is one machine type with one kind of image.
type huaweiMachine struct {
	Code   string            `json:"resourceSpecCode"` // "g6.2xlarge.4.linux"
	Spec   string            `json:"spec"`             // "g6.2xlarge.4"
	Image  string            `json:"imageSpec"`
	Cards  string            `json:"acceleratorCard"`
	CPU    string            `json:"cpu"`
	Memory string            `json:"mem"`
	Plans  []json.RawMessage `json:"planList"`
}

// huaweiPlan is one price.
type huaweiPlan struct {
	Mode    string       `json:"billingMode"`
	Periods *int         `json:"periodNum"`
	Amount  *json.Number `json:"amount"`
	// Factor is what the amount is multiplied by, where the plan says it.
	Factor string `json:"usageFactor"`
}

// Parse reads one page. The region is what the answer says, not what was asked for.
func (huawei) Parse(d Document) (Page, error) {
	var answer huaweiAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	switch {
	case answer.Region == "":
		return Page{}, errors.New("the answer has no region")
	case answer.Product.Machines == nil:
		return Page{}, errors.New("the answer has no product.ec2_vm")
	}
	machines, err := rows[huaweiMachine](answer.Product.Machines, "ec2_vm", "resourceSpecCode", "spec", "imageSpec", "acceleratorCard", "planList")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, m := range machines {
		listings, err := m.listings(answer.Region)
		if err != nil {
			return Page{}, err
		}
		page.Listings = append(page.Listings, listings...)
	}
	page.Next, err = huaweiNext(d.URL)
	return page, err
}

// listings are one for each plan, or the reason why there are none.
func (m huaweiMachine) listings(region string) ([]market.Listing, error) {
	base := m.base(region)
	if base.Refusal != "" {
		return []market.Listing{base}, nil
	}
	plans, err := rows[huaweiPlan](m.Plans, m.Code+".planList", "billingMode", "amount")
	if err != nil {
		return nil, err
	}
	if len(plans) == 0 {
		base.Refusal = "no prices"
		return []market.Listing{base}, nil
	}
	var listings []market.Listing
	for _, p := range plans {
		listings = append(listings, p.listing(base))
	}
	return listings, nil
}

// base is what all plans of the machine share.
func (m huaweiMachine) base(region string) market.Listing {
	l := market.Listing{
		SKU: m.Spec, VCPUs: wholeNumber(strings.TrimSuffix(m.CPU, "BSSUNIT.pluralUnit.23")),
		MemoryGB: quantity(strings.TrimSuffix(m.Memory, "BSSUNIT.pluralUnit.102")),
		Region:   region, Currency: market.CNY, Per: market.PerInstance,
	}
	locate(&l, huaweiPlaces)
	if m.Code != m.Spec+".linux" {
		l.Variant = m.Code
	}
	l.Refusal = m.accelerate(&l)
	if l.Refusal == "" && m.Image != "linux" {
		l.Refusal = fmt.Sprintf("not the price with Linux, but with %q", abbreviate(m.Image))
	}
	return l
}

// huaweiCards is "2 * NVIDIA T4 / 2 * 16G": the cards, and the memory of each.
var huaweiCards = regexp.MustCompile(`^(\d+) ?\* ?(.+?) ?/ ?(\d+) ?\* ?(\d+) ?G$`)

// accelerate says what cards the machine has, or why it is refused.
func (m huaweiMachine) accelerate(l *market.Listing) string {
	if m.Cards == "" || m.Cards == "0" {
		return "not a GPU"
	}
	cards := huaweiCards.FindStringSubmatch(m.Cards)
	if cards == nil || cards[1] != cards[3] {
		return fmt.Sprintf("accelerators in an unknown form: %q", abbreviate(m.Cards))
	}
	l.Count, l.GpuName = cards[1], cards[2]
	l.CardMemoryGB, _ = strconv.ParseFloat(cards[4], 64)
	return ""
}

// huaweiTerms are the ways of paying for a number of periods. A year's amount is for the whole year.
var huaweiTerms = map[string]map[int]struct {
	market market.Market
	months int
	period market.Period
}{
	"ONDEMAND": {0: {market.OnDemand, 0, market.PerHour}, 1: {market.OnDemand, 0, market.PerHour}},
	"MONTHLY":  {1: {market.Reserved, 1, market.PerMonth}},
	"YEARLY":   {1: {market.Reserved, 12, market.PerYear}, 3: {market.Reserved, 36, market.Per3Years}},
}

func (p huaweiPlan) listing(l market.Listing) market.Listing {
	periods := 0
	if p.Periods != nil {
		periods = *p.Periods
	}
	terms, known := huaweiTerms[p.Mode]
	term, sold := terms[periods]
	l.Market, l.Months, l.Period, l.Price = term.market, term.months, term.period, offered(p.Amount)
	switch {
	case p.Mode == "RI":
		l.Refusal = "a reserved instance, whose unit is not documented"
	case !known:
		l.Refusal = fmt.Sprintf("unknown billing mode %q", abbreviate(p.Mode))
	case !sold && p.Periods == nil:
		l.Refusal = fmt.Sprintf("a %s price without its number of periods", p.Mode)
	case !sold:
		l.Refusal = fmt.Sprintf("a %s price for %d periods, which may be for one or for all of them", p.Mode, periods)
	case p.Factor != "" && !strings.EqualFold(p.Factor, "duration"):
		l.Refusal = fmt.Sprintf("charged by %q, not by time", abbreviate(p.Factor))
	}
	return l
}
