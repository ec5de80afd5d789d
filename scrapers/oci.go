package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gpuhour/market"
)

// oci reads Oracle's price list: one answer with every product. Prices are for one card and hold in every region. Names vary
// in spacing and prefix ("OCI- Compute - GPU - MI355X"), so the part number is the SKU.
type oci struct{}

var _ = register(oci{})

// About declares the source.
func (oci) About() About {
	return About{
		Provider: market.Provider{ID: "oci", Name: "Oracle Cloud Infrastructure", Kind: market.Hyperscaler, Country: "US",
			Homepage: "https://www.oracle.com/cloud", Schedule: "53 3 * * *"},
		Base: "https://apexapps.oracle.com", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is the whole list.
func (o oci) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(o.About().base(s) + "/pls/apex/cetools/api/v1/products/?currencyCode=USD")}}
}

// ociProduct is one product of the list.
type ociProduct struct {
	PartNumber string `json:"partNumber"`
	Name       string `json:"displayName"`
	Metric     string `json:"metricName"`
	Category   string `json:"serviceCategory"`
	Currencies []struct {
		Code   string `json:"currencyCode"`
		Prices []struct {
			Model string      `json:"model"`
			Value json.Number `json:"value"`
		} `json:"prices"`
	} `json:"currencyCodeLocalizations"`
}

// Parse reads the products.
func (oci) Parse(d Document) (Page, error) {
	var answer struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Items == nil {
		return Page{}, errors.New("the answer has no items")
	}
	listings, err := listed[ociProduct](answer.Items, "items", "partNumber", "displayName", "metricName", "serviceCategory",
		"currencyCodeLocalizations.currencyCode", "currencyCodeLocalizations.prices.model", "currencyCodeLocalizations.prices.value")
	return Page{Listings: listings}, err
}

func (p ociProduct) listing() market.Listing {
	l := market.Listing{
		SKU: p.PartNumber, GpuName: tidy(p.Name), Count: "1", Market: market.OnDemand,
		Currency: market.USD, Per: market.PerGPU, Period: market.PerHour, Refusal: p.refusal(),
	}
	prices := p.payAsYouGo()
	switch {
	case len(prices) == 1:
		l.Price = prices[0]
	case len(prices) > 1 && l.Refusal == "":
		l.Refusal = fmt.Sprintf("%d pay-as-you-go prices, of which none is the one", len(prices))
	}
	return l
}

// payAsYouGo are the prices in dollars without a commitment.
func (p ociProduct) payAsYouGo() []string {
	var prices []string
	for _, c := range p.Currencies {
		for _, price := range c.Prices {
			if c.Code == "USD" && price.Model == "PAY_AS_YOU_GO" {
				prices = append(prices, offered(&price.Value))
			}
		}
	}
	return prices
}

// refusal is why a product is not a card by the hour in Oracle's cloud. Licences stand in the category of the cards.
func (p ociProduct) refusal() string {
	switch {
	case p.Metric != "GPU Per Hour":
		return fmt.Sprintf("not a GPU by the hour but %q", p.Metric)
	case !strings.HasPrefix(p.Category, "Compute - GPU"):
		return fmt.Sprintf("not in the public cloud: %q", p.Category)
	case strings.Contains(p.Name, "AI Enterprise"):
		return "a software licence, not a card"
	}
	return ""
}
