package scrapers

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// tencent reads what the purchase page of 腾讯云 asks for: the machine types of a region with price and stock, once for each way
// of paying. A price is for the whole machine, which may have a quarter of a card; one type costs differently from zone to zone.
// The answer names no currency; the domestic site sells in CNY, also abroad.
type tencent struct{}

var _ = register(tencent{})

// About declares the source.
func (tencent) About() About {
	return About{
		Provider: market.Provider{ID: "tencent", Name: "腾讯云", Kind: market.Hyperscaler, Country: "CN",
			Homepage: "https://cloud.tencent.com", Schedule: "21 */6 * * *"},
		Base: "https://workbench.cloud.tencent.com", Spacing: 2 * time.Second,
		Unit: "instance-hour, -month and -year, CNY", Evidence: ClientDerived, Parser: 1,
	}
}

// tencentCharges are the ways of paying.
var tencentCharges = []string{"POSTPAID_BY_HOUR", "SPOTPAID", "PREPAID"}

// Sheets is one list: the regions one after the other, each by its ways of paying.
func (t tencent) Sheets(s Settings) []Sheet {
	regions := s.Regions
	if len(regions) == 0 {
		regions = tencentRegions
	}
	return []Sheet{{"prices", tencentRequest(t.About().base(s)+"/cgi/api", regions[0], tencentCharges[0], narrowed(s))}}
}

// tencentRequest asks for one region and way of paying. The latter stands in the body only, so the fragment names it.
func tencentRequest(address, region, charge, only string) Request {
	body := fmt.Sprintf(`{"serviceType":"cvm","action":"DescribeZoneInstanceConfigInfos","region":%q,"cgiName":"api",`+
		`"data":{"Version":"2017-03-12","Platform":"LINUX","Filters":[{"Name":"instance-charge-type","Values":[%q]}]}}`, region, charge)
	fragment := strings.TrimSuffix("charge="+charge+"&"+only, "&")
	return PostJSON(address+"?i=cvm/DescribeZoneInstanceConfigInfos&uin=&region="+url.QueryEscape(region)+"#"+fragment, body)
}

// tencentNext is the request after the one at an address: the next way of paying, then the next region.
func tencentNext(address string) (*Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	terms, _ := url.ParseQuery(u.Fragment) // what cannot be read is no way of paying
	at, region, only := slices.Index(tencentCharges, terms.Get("charge")), u.Query().Get("region"), ""
	if terms.Has("only") {
		only = "only=" + terms.Get("only")
	}
	if at == len(tencentCharges)-1 {
		at, region = -1, regionAfter(u, tencentRegions)
	} else if at < 0 {
		return nil, nil
	}
	if region == "" {
		return nil, nil
	}
	u.RawQuery, u.Fragment = "", ""
	next := tencentRequest(u.String(), region, tencentCharges[at+1], only)
	return &next, nil
}

// tencentAnswer is one page: the answer of the API in an envelope.
type tencentAnswer struct {
	Code    *json.Number `json:"code"`
	Message string       `json:"message"`
	Msg     string       `json:"msg"`
	Data    struct {
		Response struct {
			Error *struct {
				Code    string `json:"Code"`
				Message string `json:"Message"`
			} `json:"Error"`
			Types []json.RawMessage `json:"InstanceTypeQuotaSet"`
		} `json:"Response"`
	} `json:"data"`
}

// Parse reads one page.
func (tencent) Parse(d Document) (Page, error) {
	var answer tencentAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if err := answer.err(); err != nil {
		return Page{}, err
	}
	types, err := rows[tencentType](answer.Data.Response.Types, "InstanceTypeQuotaSet", "Zone", "InstanceType", "InstanceChargeType", "GpuCount", "Status", "Price")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, t := range types {
		listings, err := t.listings()
		if err != nil {
			return Page{}, err
		}
		page.Listings = append(page.Listings, listings...)
	}
	page.Next, err = tencentNext(d.URL)
	return page, err
}

func (a tencentAnswer) err() error {
	response := a.Data.Response
	switch {
	case response.Error != nil:
		return fmt.Errorf("the API answers: %s: %s", abbreviate(response.Error.Code), abbreviate(response.Error.Message))
	case a.Code == nil:
		return errors.New("the answer has no code")
	case *a.Code != "0":
		return fmt.Errorf("the API answers with code %s: %s", abbreviate(a.Code.String()), abbreviate(cmp.Or(a.Message, a.Msg)))
	case response.Types == nil:
		return errors.New("the answer has no data.Response.InstanceTypeQuotaSet")
	}
	return nil
}

// tencentType is one machine type in one zone, paid for in one way.
type tencentType struct {
	Zone     string          `json:"Zone"`
	Type     string          `json:"InstanceType"`
	Charge   string          `json:"InstanceChargeType"`
	CPUs     *int            `json:"Cpu"`
	MemoryGB *float64        `json:"Memory"`
	Gpus     json.Number     `json:"GpuCount"` // 0.25 for a quarter of a card; Gpu is rounded
	Status   string          `json:"Status"`
	Price    json.RawMessage `json:"Price"`
}

// tencentPrice has a list price and what is paid for each term, null or zero where it is not sold. Discount is a percentage of the
// list price that is paid (7 is 7 %, not 70 %): it is never used.
type tencentPrice struct {
	Unit     string       `json:"ChargeUnit"`
	Hour     *json.Number `json:"UnitPriceDiscount"`
	HourList *json.Number `json:"UnitPrice"`
	// HourLater is the hour from the 97th to the 360th, where hours become cheaper.
	HourLater      *json.Number `json:"UnitPriceDiscountSecondStep"`
	Month          *json.Number `json:"DiscountPrice"`
	MonthList      *json.Number `json:"OriginalPrice"`
	Year           *json.Number `json:"DiscountPriceOneYear"`
	YearList       *json.Number `json:"OriginalPriceOneYear"`
	ThreeYears     *json.Number `json:"DiscountPriceThreeYear"`
	ThreeYearsList *json.Number `json:"OriginalPriceThreeYear"`
	FiveYears      *json.Number `json:"DiscountPriceFiveYear"`
}

var tencentZone = regexp.MustCompile(`^(.+)-\d+$`)

func (t tencentType) listings() ([]market.Listing, error) {
	base := market.Listing{SKU: t.Type, Variant: t.Zone, Count: t.Gpus.String(), VCPUs: t.CPUs, MemoryGB: t.MemoryGB,
		Currency: market.CNY, Per: market.PerInstance, Stock: tencentStock[t.Status]}
	zone := tencentZone.FindStringSubmatch(t.Zone)
	if cards, err := t.Gpus.Float64(); err == nil && cards == 0 {
		base.Refusal = "not a GPU"
	} else if zone == nil {
		base.Refusal = "a zone that does not end in its number, so that its region is unknown"
	}
	if base.Refusal != "" {
		return []market.Listing{base}, nil
	}
	base.Region = zone[1]
	locate(&base, tencentPlaces)
	return t.charged(base)
}

// tencentStock is what the statuses say; another status says nothing.
var tencentStock = map[string]market.Stock{"SELL": market.Available, "SOLD_OUT": market.SoldOut}

// tencentNeeded are the prices that each way of paying must have.
var tencentNeeded = map[string][]string{
	"POSTPAID_BY_HOUR": {"ChargeUnit", "UnitPrice", "UnitPriceDiscount"},
	"SPOTPAID":         {"ChargeUnit", "UnitPrice", "UnitPriceDiscount"},
	"PREPAID":          {"OriginalPrice", "DiscountPrice", "DiscountPriceOneYear"},
}

// charged are the listings of a way of paying.
func (t tencentType) charged(base market.Listing) ([]market.Listing, error) {
	needed, known := tencentNeeded[t.Charge]
	if !known {
		base.Refusal = fmt.Sprintf("charged as %q, which is not a price of renting the machine", t.Charge)
		return []market.Listing{base}, nil
	}
	prices, err := rows[tencentPrice]([]json.RawMessage{t.Price}, t.Type+".Price", needed...)
	switch {
	case err != nil:
		return nil, err
	case t.Charge == "PREPAID":
		return prices[0].prepaid(base), nil
	case t.Charge == "SPOTPAID":
		return []market.Listing{prices[0].hourly(base, market.Spot)}, nil
	}
	return []market.Listing{prices[0].hourly(base, market.OnDemand)}, nil
}

func (p tencentPrice) hourly(l market.Listing, m market.Market) market.Listing {
	l.Market, l.Period, l.Price, l.Tier = m, market.PerHour, offered(p.Hour), discounted(p.Hour, p.HourList)
	if offered(p.HourLater) != "" && !samePrinted(p.HourLater, p.Hour) {
		l.Tier = strings.TrimSuffix("first 96 hours, "+l.Tier, ", ")
	}
	if p.Unit != "HOUR" {
		l.Refusal = fmt.Sprintf("unknown unit %q", p.Unit)
	}
	return l
}

// prepaid are the terms: a month always, others where they are sold.
func (p tencentPrice) prepaid(l market.Listing) []market.Listing {
	l.Market = market.Reserved
	terms := []struct {
		months      int
		period      market.Period
		price, list *json.Number
	}{{1, market.PerMonth, p.Month, p.MonthList}, {12, market.PerYear, p.Year, p.YearList}, {36, market.Per3Years, p.ThreeYears, p.ThreeYearsList}}
	var out []market.Listing
	for _, term := range terms {
		l.Months, l.Period, l.Price, l.Tier = term.months, term.period, offered(term.price), discounted(term.price, term.list)
		if term.months == 1 || l.Price != "" {
			out = append(out, l)
		}
	}
	if price := offered(p.FiveYears); price != "" {
		l.Price, l.Refusal = price, "a term of five years, longer than any that prices are listed for"
		out = append(out, l)
	}
	return out
}

// discounted says what the list price is where less is paid.
func discounted(paid, list *json.Number) string {
	if offered(list) == "" || samePrinted(paid, list) {
		return ""
	}
	return "discounted from " + offered(list)
}

// samePrinted compares two printed prices: "10.0" and "10" are one.
func samePrinted(a, b *json.Number) bool { return bareNumber(offered(a)) == bareNumber(offered(b)) }

func bareNumber(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
