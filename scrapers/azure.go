package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gpuhour/market"
)

// azure reads the public retail price list: pages of a thousand meters, each a virtual machine type in one region. The list
// names no accelerators; the machine type's family says which and how many.
type azure struct{}

var _ = register(azure{})

// About declares the source.
func (azure) About() About {
	return About{
		Provider: market.Provider{ID: "azure", Name: "Microsoft Azure", Kind: market.Hyperscaler, Country: "US",
			Homepage: "https://azure.microsoft.com", Schedule: "41 3 * * *"},
		Base: "https://prices.azure.com", Spacing: time.Second,
		Unit: "instance-hour; reservations per term, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one list of all regions. Standard_N is every series with an accelerator (NC, ND, NG, NV; NP has FPGAs).
func (a azure) Sheets(s Settings) []Sheet {
	filter := "serviceName eq 'Virtual Machines' and contains(armSkuName,'Standard_N')"
	return []Sheet{{"prices", Get(a.About().base(s) + "/api/retail/prices?$filter=" + url.PathEscape(filter))}}
}

// azureAnswer is one page.
type azureAnswer struct {
	Items        []json.RawMessage
	NextPageLink json.RawMessage
}

// azureItem is one meter.
type azureItem struct {
	CurrencyCode    string          `json:"currencyCode"`
	TierMinimum     json.Number     `json:"tierMinimumUnits"`
	RetailPrice     json.Number     `json:"retailPrice"`
	ReservationTerm json.RawMessage `json:"reservationTerm"` // reservations only
	Region          string          `json:"armRegionName"`
	MeterName       string          `json:"meterName"`
	ProductName     string          `json:"productName"`
	Unit            string          `json:"unitOfMeasure"`
	Type            string          `json:"type"`
	SKU             string          `json:"armSkuName"`
}

// Parse reads one page of meters.
func (a azure) Parse(d Document) (Page, error) {
	var answer azureAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Items == nil {
		return Page{}, errors.New("the answer has no Items")
	}
	items, err := rows[azureItem](answer.Items, "Items", "currencyCode", "tierMinimumUnits", "retailPrice", "armRegionName", "meterName",
		"productName", "unitOfMeasure", "type", "armSkuName")
	if err != nil {
		return Page{}, err
	}
	next, err := azureNext(answer.NextPageLink)
	page := Page{Next: next}
	for i, item := range items {
		if item.Type == "Reservation" && item.ReservationTerm == nil {
			return Page{}, fmt.Errorf("reservation Items[%d] has no field %q", i, "reservationTerm")
		}
		page.Listings = append(page.Listings, item.listing())
	}
	return page, err
}

// azureNext is the page after this one: null or empty after the last. Without the field a list of many pages would end with its first.
func azureNext(link json.RawMessage) (*Request, error) {
	var address string
	if err := json.Unmarshal(link, &address); err != nil {
		return nil, fmt.Errorf("the answer has no NextPageLink: %w", err)
	}
	if address == "" {
		return nil, nil
	}
	next := Get(address)
	return &next, nil
}

func (i azureItem) listing() market.Listing {
	l := market.Listing{
		SKU: i.SKU, Region: i.Region, Price: printed(i.RetailPrice), Currency: market.Currency(i.CurrencyCode),
		Per: market.PerInstance, Period: market.PerHour, Market: market.OnDemand, Refusal: i.refusal(),
	}
	locate(&l, azurePlaces)
	if strings.HasSuffix(i.MeterName, " Spot") {
		l.Market = market.Spot
	}
	if i.Type == "Reservation" {
		i.reserve(&l)
	}
	return l
}

// azureTerms are the commitments. A reservation's price is for the whole term, although its unit still says one hour.
var azureTerms = map[string]struct {
	months int
	period market.Period
}{"1 Year": {12, market.PerYear}, "3 Years": {36, market.Per3Years}}

func (i azureItem) reserve(l *market.Listing) {
	name := plainID(i.ReservationTerm)
	term, known := azureTerms[name]
	if !known && l.Refusal == "" {
		l.Refusal = fmt.Sprintf("reservation for the unknown term %q", name)
	}
	l.Market, l.Months, l.Period = market.Reserved, term.months, term.period
}

// refusal is why a meter is not the price of a GPU-hour that anybody can rent.
func (i azureItem) refusal() string {
	product := strings.ToLower(i.ProductName)
	switch {
	case i.SKU == "":
		return "no machine type"
	case strings.HasPrefix(i.SKU, "Standard_NP"):
		return "not a GPU: NP machines have FPGAs"
	case strings.HasSuffix(i.MeterName, " Low Priority"):
		return "Low Priority is no longer sold to new customers"
	case strings.Contains(product, "windows"):
		return "includes a Windows licence"
	case strings.Contains(product, "cloudservices"), strings.Contains(product, "cloud services"):
		return "Cloud Services, not a virtual machine"
	case i.sovereign():
		return "a sovereign cloud, not open to everybody"
	}
	return i.refusalOfUnit()
}

func (i azureItem) sovereign() bool {
	return strings.HasPrefix(i.Region, "usgov") || strings.HasPrefix(i.Region, "usdod") || strings.HasPrefix(i.Region, "china")
}

func (i azureItem) refusalOfUnit() string {
	tier, _ := i.TierMinimum.Float64()
	switch {
	case i.Type != "Consumption" && i.Type != "Reservation":
		return fmt.Sprintf("a %s price is a discount, not a market price", i.Type)
	case i.Unit != "1 Hour":
		return fmt.Sprintf("unknown unit %q", i.Unit)
	case tier != 0:
		return "the price of a higher usage tier"
	}
	return ""
}
