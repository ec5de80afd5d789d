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

// aws reads the two documents behind the public price pages: on-demand, one a region, and spot, one for all regions. Prices are for
// the whole instance; neither says which accelerator it has, the instance type does. The shape of on-demand was checked against a
// recorded answer, that of spot is known from its clients.
type aws struct{}

var _ = register(aws{})

// About declares the source.
func (aws) About() About {
	return About{
		Provider: market.Provider{ID: "aws", Name: "Amazon Web Services", Kind: market.Hyperscaler, Country: "US",
			Homepage: "https://aws.amazon.com", Schedule: "9 */6 * * *"},
		Base: "https://b0.p.awsstatic.com", Spacing: time.Second,
		Unit: "instance-hour, the currency stated; spot USD", Evidence: RealCapture, Parser: 1,
	}
}

const (
	awsOnDemandPath = "/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel/"
	awsSpotBase     = "https://website.spot.ec2.aws.a2z.com"
)

// Sheets are the regions that have accelerators, or those that the operator names by code, and spot, which cannot be narrowed. A
// region that the table does not know is asked for by its own name, so that the answer says what is wrong with it.
func (a aws) Sheets(s Settings) []Sheet {
	codes := s.Regions
	if len(codes) == 0 {
		codes = awsAccelerated()
	}
	var sheets []Sheet
	for _, code := range codes {
		location := cmp.Or(awsRegions[code].location, code)
		sheets = append(sheets, Sheet{code, Get(a.About().base(s) + awsOnDemandPath + url.PathEscape(location) + "/Linux/index.json")})
	}
	return append(sheets, Sheet{"spot", Get(cmp.Or(strings.TrimSuffix(s.BaseURL, "/"), awsSpotBase) + "/spot.json")})
}

// awsAnswer is either document.
type awsAnswer struct {
	Manifest *struct {
		Currency string `json:"currencyCode"`
	} `json:"manifest"`
	Regions map[string]map[string]json.RawMessage `json:"regions"`
	Spot    *awsSpot                              `json:"config"`
}

// Parse reads either document; they are told apart by their shape.
func (a aws) Parse(d Document) (Page, error) {
	var answer awsAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	switch {
	case answer.Spot != nil:
		return answer.Spot.page()
	case len(answer.Regions) == 0:
		return Page{}, errors.New("the answer has neither regions nor, for spot, config")
	case answer.Manifest == nil || answer.Manifest.Currency == "":
		return Page{}, errors.New("the answer has no manifest.currencyCode")
	}
	return answer.onDemand()
}

// awsRow is one instance type, on demand.
type awsRow struct {
	Type     string `json:"Instance Type"`
	Family   string `json:"Instance Family"`
	Category string `json:"plc:InstanceFamily"`
	System   string `json:"Operating System"`
	Software string `json:"Pre Installed S/W"`
	VCPUs    string `json:"vCPU"`
	Memory   string `json:"Memory"`
	Price    string `json:"price"`
}

func (a awsAnswer) onDemand() (Page, error) {
	var page Page
	for _, location := range sortedNames(a.Regions) {
		for _, name := range sortedNames(a.Regions[location]) {
			row, err := object[awsRow](a.Regions[location][name], fmt.Sprintf("regions[%q][%q]", location, name),
				"price", "Instance Type", "Instance Family", "plc:InstanceFamily", "Operating System", "Pre Installed S/W", "vCPU", "Memory")
			if err != nil {
				return Page{}, err
			}
			page.Listings = append(page.Listings, row.listing(location, market.Currency(a.Manifest.Currency)))
		}
	}
	return page, nil
}

// listing drops the zeros at the end of a price: ten decimals are printed, one more than are kept.
func (r awsRow) listing(location string, currency market.Currency) market.Listing {
	l := market.Listing{
		SKU: r.Type, VCPUs: wholeNumber(r.VCPUs), MemoryGB: quantity(strings.TrimSuffix(r.Memory, "GiB")), Region: awsCode(location),
		Market: market.OnDemand, Price: shiftPoint(r.Price, 0), Currency: currency, Per: market.PerInstance, Period: market.PerHour, Refusal: r.refusal(),
	}
	locate(&l, awsPlaces())
	return l
}

// refusal is why a row is not an accelerator that anybody can rent. Types without one stand in the same list.
func (r awsRow) refusal() string {
	switch {
	case r.Family != "GPU instance" && r.Category != "Accelerated Computing":
		return "not a GPU"
	case awsOther(r.Type) != "":
		return awsOther(r.Type)
	case r.System != "Linux":
		return fmt.Sprintf("includes the operating system %s", r.System)
	case r.Software != "NA":
		return fmt.Sprintf("includes pre-installed software: %s", r.Software)
	}
	return ""
}

// awsOther is what an accelerated type is that computes nothing for a model; empty for all others.
func awsOther(instanceType string) string {
	switch family, _, _ := strings.Cut(instanceType, "."); family {
	case "f1", "f2":
		return "not a GPU: an FPGA"
	case "vt1":
		return "not a GPU: a video transcoder"
	}
	return ""
}

// awsSpot is the spot document: every region with its instance types in groups.
type awsSpot struct {
	Rate       string            `json:"rate"`
	Currencies []string          `json:"currencies"`
	Columns    []string          `json:"valueColumns"`
	Regions    []json.RawMessage `json:"regions"`
}

type awsSpotRegion struct {
	Region string            `json:"region"`
	Groups []json.RawMessage `json:"instanceTypes"`
}

type awsSpotGroup struct {
	Sizes []json.RawMessage `json:"sizes"`
}

// awsSpotSize is one instance type with its price for each operating system.
type awsSpotSize struct {
	Type    string            `json:"size"`
	Columns []json.RawMessage `json:"valueColumns"`
}

type awsSpotPrice struct {
	System string            `json:"name"`
	Prices map[string]string `json:"prices"`
}

func (s awsSpot) page() (Page, error) {
	switch {
	case s.Rate != "perhr":
		return Page{}, fmt.Errorf("config.rate is %q, expected \"perhr\"", s.Rate)
	case !slices.Contains(s.Currencies, "USD") || !slices.Contains(s.Columns, "linux"):
		return Page{}, errors.New("config.currencies has no USD, or config.valueColumns no linux")
	case s.Regions == nil:
		return Page{}, errors.New("the answer has no config.regions")
	}
	regions, err := rows[awsSpotRegion](s.Regions, "config.regions", "region", "instanceTypes")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, region := range regions {
		listings, err := region.listings()
		if err != nil {
			return Page{}, fmt.Errorf("region %s: %w", abbreviate(region.Region), err)
		}
		page.Listings = append(page.Listings, listings...)
	}
	return page, nil
}

func (r awsSpotRegion) listings() ([]market.Listing, error) {
	groups, err := rows[awsSpotGroup](r.Groups, "instanceTypes", "sizes")
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, group := range groups {
		sizes, err := rows[awsSpotSize](group.Sizes, "sizes", "size", "valueColumns")
		if err != nil {
			return nil, err
		}
		for _, size := range sizes {
			l, err := size.listing(r.Region)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", abbreviate(size.Type), err)
			}
			listings = append(listings, l)
		}
	}
	return listings, nil
}

// awsSpotNames are the codes that this document used to have for the oldest regions.
var awsSpotNames = map[string]string{"us-east": "us-east-1", "us-west": "us-west-1", "eu-ireland": "eu-west-1",
	"apac-sin": "ap-southeast-1", "apac-syd": "ap-southeast-2", "apac-tokyo": "ap-northeast-1"}

func (s awsSpotSize) listing(region string) (market.Listing, error) {
	l := market.Listing{SKU: s.Type, Region: cmp.Or(awsSpotNames[region], region), Market: market.Spot,
		Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, Refusal: awsSpotRefusal(s.Type, region)}
	locate(&l, awsPlaces())
	columns, err := rows[awsSpotPrice](s.Columns, "valueColumns", "name", "prices")
	if err != nil {
		return l, err
	}
	linux := slices.IndexFunc(columns, func(c awsSpotPrice) bool { return c.System == "linux" })
	if linux < 0 {
		l.Refusal = cmp.Or(l.Refusal, "no price for Linux")
		return l, nil
	}
	price, stated := columns[linux].Prices["USD"]
	if !stated {
		return l, errors.New("the prices of linux have no field \"USD\"")
	}
	if !strings.HasPrefix(price, "N/A") { // "N/A*" is not offered, the star a footnote
		l.Price = price
	}
	return l, nil
}

// awsAcceleratedType recognises the families with accelerators by their letters; the spot document does not say what a type has.
var awsAcceleratedType = regexp.MustCompile(`^(?:u-)?(?:p|gr?|inf|trn|dl|f|vt)\d`)

func awsSpotRefusal(instanceType, region string) string {
	switch {
	case !awsAcceleratedType.MatchString(instanceType):
		return "not a GPU"
	case strings.HasPrefix(region, "us-gov-"), strings.HasPrefix(region, "cn-"):
		return "a sovereign cloud, not open to everybody"
	}
	return awsOther(instanceType)
}
