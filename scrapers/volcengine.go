package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gpuhour/market"
)

// volcengine reads the price table of 火山引擎's machine types: one document for all regions, each price for the whole machine. It
// says neither cards nor currency: the type's name is all there is, and the site sells in CNY.
type volcengine struct{}

var _ = register(volcengine{})

// About declares the source.
func (volcengine) About() About {
	return About{
		Provider: market.Provider{ID: "volcengine", Name: "火山引擎", Kind: market.Hyperscaler, Country: "CN",
			Homepage: "https://www.volcengine.com", Schedule: "57 1 * * *"},
		Base: "https://www.volcengine.com", Spacing: 2 * time.Second,
		Unit: "instance-hour and instance-month, CNY", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets is the table of the calculator's template for machines.
func (v volcengine) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", PostJSON(v.About().base(s)+"/anonymous-api/trade/price?Action=GetTable&Version=2020-01-01", `{"TemplateCode":"CLT7310571628986405164"}`)}}
}

// volcengineAnswer is the table, in parts.
type volcengineAnswer struct {
	Metadata struct {
		Error *struct {
			Code    string `json:"Code"`
			Message string `json:"Message"`
		} `json:"Error"`
	} `json:"ResponseMetadata"`
	Result struct {
		Tables []json.RawMessage `json:"TableList"`
	} `json:"Result"`
}

// volcengineTable is one part.
type volcengineTable struct {
	Rows []json.RawMessage `json:"Rows"`
}

// volcengineRow is one machine type in one region, paid for in one way.
type volcengineRow struct {
	Product string            `json:"Product"`
	Code    string            `json:"ConfigurationCode"` // "ecs.g3i.large.month"
	Charge  string            `json:"ChargeItemCode"`    // "ecs.g3i_large_cn-beijing"
	Prices  []json.RawMessage `json:"PriceInfoList"`
}

// volcenginePrice is one price: its number is text.
type volcenginePrice struct {
	Period string          `json:"Period"`
	Times  json.Number     `json:"Times"`
	Price  json.RawMessage `json:"Price"`
}

// Parse reads all parts.
func (volcengine) Parse(d Document) (Page, error) {
	var answer volcengineAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if problem := answer.Metadata.Error; problem != nil {
		return Page{}, fmt.Errorf("the API answers: %s: %s", abbreviate(problem.Code), abbreviate(problem.Message))
	}
	if answer.Result.Tables == nil {
		return Page{}, errors.New("the answer has no Result.TableList")
	}
	tables, err := rows[volcengineTable](answer.Result.Tables, "TableList", "Rows")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for i, table := range tables {
		listings, err := table.listings()
		if err != nil {
			return Page{}, fmt.Errorf("TableList[%d]: %w", i, err)
		}
		page.Listings = append(page.Listings, listings...)
	}
	return page, nil
}

func (t volcengineTable) listings() ([]market.Listing, error) {
	found, err := rows[volcengineRow](t.Rows, "Rows", "Product", "ConfigurationCode", "ChargeItemCode", "PriceInfoList")
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, row := range found {
		all, err := row.listings()
		if err != nil {
			return nil, err
		}
		listings = append(listings, all...)
	}
	return listings, nil
}

func (r volcengineRow) listings() ([]market.Listing, error) {
	base, monthly := r.base()
	if base.Refusal == "" && len(r.Prices) == 0 {
		base.Refusal = "no prices"
	}
	if base.Refusal != "" {
		return []market.Listing{base}, nil
	}
	prices, err := rows[volcenginePrice](r.Prices, r.Code+".PriceInfoList", "Period", "Times", "Price")
	var listings []market.Listing
	for _, p := range prices {
		listings = append(listings, p.listing(base, monthly))
	}
	return listings, err
}

var (
	volcengineType = regexp.MustCompile(`^ecs\.([a-z0-9]+)\.([a-z0-9]+)$`)
	// volcengineCPU are the families documented to have processors only: general, computing and memory types of any make, also with
	// high clocks or on bare metal, shared and burstable ones, those with local disks, and machines for computing clusters. g1v and
	// its like are none of them: they have cards.
	volcengineCPU = regexp.MustCompile(`^(?:(?:hf|ebm)?[gcr]\d+(?:[ai]l?)?|[st]\d+|i\d+s?|d\d+c?|hpcc\d+i)$`)
)

// base is what all prices of the row share, and whether they are for months.
func (r volcengineRow) base() (l market.Listing, monthly bool) {
	name, monthly := strings.CutSuffix(r.Code, ".month")
	l = market.Listing{SKU: name, Currency: market.CNY, Per: market.PerInstance}
	parts := volcengineType.FindStringSubmatch(name)
	switch {
	case r.Product != "ECS":
		l.SKU, l.Refusal = r.Code, fmt.Sprintf("not a machine, but %q", abbreviate(r.Product))
	case parts == nil:
		l.SKU, l.Refusal = r.Code, "an unknown kind of configuration, not a machine type"
	case volcengineCPU.MatchString(parts[1]):
		l.Refusal = "not a GPU"
	}
	if l.Refusal != "" {
		return l, monthly
	}
	region, same := strings.CutPrefix(r.Charge, "ecs."+parts[1]+"_"+parts[2]+"_")
	if !same || region == "" {
		l.Refusal = fmt.Sprintf("charged as %q, which is another type or has no region", abbreviate(r.Charge))
		return l, monthly
	}
	l.Region = region
	locate(&l, volcenginePlaces)
	return l, monthly
}

func (p volcenginePrice) listing(l market.Listing, monthly bool) market.Listing {
	number := json.Number(strings.Trim(string(p.Price), `" `))
	if number != "null" {
		l.Price = offered(&number)
	}
	switch {
	case p.Period != "hourly" && p.Period != "monthly":
		l.Refusal = fmt.Sprintf("unknown period %q", abbreviate(p.Period))
	case monthly != (p.Period == "monthly"):
		l.Refusal = fmt.Sprintf("a price of period %q for a configuration that is charged otherwise", p.Period)
	case p.Times != "1":
		l.Refusal = fmt.Sprintf("a price for %s periods (%s): whether it is for one or for all of them is not settled", abbreviate(p.Times.String()), p.Period)
	case monthly:
		l.Market, l.Months, l.Period = market.Reserved, 1, market.PerMonth
	default:
		l.Market, l.Period = market.OnDemand, market.PerHour
	}
	return l
}

// volcenginePlaces are 火山引擎's regions; those in Asia are told apart by numbers, not by countries.
var volcenginePlaces = map[string]place{
	"cn-beijing": {"CN", market.China}, "cn-beijing2": {"CN", market.China}, "cn-shanghai": {"CN", market.China}, "cn-guangzhou": {"CN", market.China},
	"cn-chengdu": {"CN", market.China}, "cn-datong": {"CN", market.China}, "cn-wuhan": {"CN", market.China}, "cn-nanjing": {"CN", market.China},
	"cn-hongkong": {"HK", market.AsiaPacific}, "ap-southeast-1": {"", market.AsiaPacific}, "ap-southeast-2": {"", market.AsiaPacific},
	"ap-southeast-3": {"", market.AsiaPacific}, "us-east-1": {"US", market.NorthAmerica},
}
