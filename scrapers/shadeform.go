package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gpuhour/market"
)

// shadeform reads the instance types that a reseller offers of many clouds: prices second-hand, for the whole instance, in cents. One
// type is a listing for each region of its cloud; the cloud, which is the true seller, is part of the id.
type shadeform struct{}

var _ = register(shadeform{})

// About declares the source. Its documentation asks for the key; the list has been answered without one.
func (shadeform) About() About {
	return About{
		Provider: market.Provider{ID: "shadeform", Name: "Shadeform", Kind: market.Aggregator, Country: "US",
			Homepage: "https://www.shadeform.ai", Schedule: "57 * * * *"},
		Base: "https://api.shadeform.ai", Spacing: 2 * time.Second, KeyName: "SHADEFORM_API_KEY", KeyOptional: true,
		Unit: "instance-hour, US cents", Evidence: DocumentedShape, Parser: 1,
	}
}

// Sheets is one answer with every type.
func (c shadeform) Sheets(s Settings) []Sheet {
	first := Get(c.About().base(s) + "/v1/instances/types")
	if s.Key != "" {
		first.Header = http.Header{"X-Api-Key": {s.Key}}
	}
	return []Sheet{{"prices", first}}
}

// shadeformType is one instance type of one cloud.
type shadeformType struct {
	Cloud         string            `json:"cloud"`
	Type          string            `json:"cloud_instance_type"`
	Deployment    string            `json:"deployment_type"` // not in older answers
	Hourly        *json.Number      `json:"hourly_price"`
	Configuration json.RawMessage   `json:"configuration"`
	Availability  []json.RawMessage `json:"availability"`
	torn          string            // a field that the type and its configuration say differently
}

type shadeformConfiguration struct {
	GpuType      string   `json:"gpu_type"`
	NumGpus      int      `json:"num_gpus"`
	VRAM         float64  `json:"vram_per_gpu_in_gb"` // of one card
	Interconnect string   `json:"interconnect"`
	VCPUs        *int     `json:"vcpus"`
	MemoryGB     *float64 `json:"memory_in_gb"`
}

type shadeformRegion struct {
	Region      string `json:"region"`
	DisplayName string `json:"display_name"`
	Available   bool   `json:"available"`
}

// Parse reads the types.
func (shadeform) Parse(d Document) (Page, error) {
	var answer struct {
		Types []json.RawMessage `json:"instance_types"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Types == nil {
		return Page{}, errors.New("the answer has no instance_types")
	}
	types, err := rows[shadeformType](answer.Types, "instance_types", "cloud", "cloud_instance_type", "hourly_price", "configuration", "availability")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for i, t := range types {
		t.torn = shadeformTorn(answer.Types[i], t.Configuration)
		listings, err := t.listings(fmt.Sprintf("instance_types[%d]", i))
		if err != nil {
			return Page{}, err
		}
		page.Listings = append(page.Listings, listings...)
	}
	return page, nil
}

// listings are the type in each of its regions; in none that is named where it says none.
func (t shadeformType) listings(where string) ([]market.Listing, error) {
	configuration, err := rows[shadeformConfiguration]([]json.RawMessage{t.Configuration}, where+".configuration",
		"gpu_type", "num_gpus", "vram_per_gpu_in_gb", "interconnect")
	if err != nil {
		return nil, err
	}
	regions, err := rows[shadeformRegion](t.Availability, where+".availability", "region", "available")
	if err != nil {
		return nil, err
	}
	base := t.listing(configuration[0])
	if len(regions) == 0 {
		return []market.Listing{base}, nil
	}
	var listings []market.Listing
	for _, r := range regions {
		listings = append(listings, r.listing(base))
	}
	return listings, nil
}

func (t shadeformType) listing(c shadeformConfiguration) market.Listing {
	l := market.Listing{
		SKU: t.Type, Variant: t.Cloud, GpuName: c.GpuType, CardMemoryGB: c.VRAM, FormFactor: formOf("shadeform", c.GpuType, c.Interconnect),
		Count: cardsOf(c.NumGpus), VCPUs: c.VCPUs, MemoryGB: c.MemoryGB, Market: market.OnDemand, Price: shiftPoint(offered(t.Hourly), 2),
		Currency: market.USD, Per: market.PerInstance, Period: market.PerHour,
	}
	if t.Deployment != "" && t.Deployment != "vm" {
		l.Variant += " " + t.Deployment // one cloud may rent a machine under the name of its virtual one
	}
	if t.torn != "" {
		l.Refusal = fmt.Sprintf("the type and its configuration differ in %s", t.torn)
	}
	return l
}

// listing is the type in one region. A display name such as "FR, Paris" begins with the country; others say nothing.
func (r shadeformRegion) listing(base market.Listing) market.Listing {
	l := base
	l.Region, l.Stock = r.Region, market.SoldOut
	if r.Available {
		l.Stock = market.Available
	}
	country, _, _ := strings.Cut(r.DisplayName, ",")
	at := placeOf(country)
	l.Country, l.Area = at.country, at.area
	return l
}

// shadeformTorn names a field that the type repeats from its configuration with another value; empty when all agree.
func shadeformTorn(row, configuration json.RawMessage) string {
	var outer, inner map[string]any
	if decodeJSON(Document{Body: row}, &outer) != nil || decodeJSON(Document{Body: configuration}, &inner) != nil {
		return ""
	}
	for _, name := range sortedNames(inner) {
		if value, repeated := outer[name]; repeated && fmt.Sprint(value) != fmt.Sprint(inner[name]) {
			return name
		}
	}
	return ""
}
