package scrapers

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// lambdaAPI reads the instance types of Lambda's API. Unlike the price page, which is the provider "lambda", it prints cents for the
// whole instance, and says where there is capacity now. A type costs the same in every region.
type lambdaAPI struct{}

var _ = register(lambdaAPI{})

// About declares the source.
func (lambdaAPI) About() About {
	return About{
		Provider: market.Provider{ID: "lambda-api", Name: "Lambda (API)", Kind: market.Neocloud, Country: "US",
			Homepage: "https://lambda.ai", Schedule: "51 * * * *"},
		Base: "https://cloud.lambda.ai", Spacing: 2 * time.Second, KeyName: "LAMBDA_API_KEY",
		Unit: "instance-hour in cents, USD", Evidence: DocumentedShape, Parser: 1,
	}
}

// Sheets is the list of types.
func (l lambdaAPI) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", GetWithKey(l.About().base(s)+"/api/v1/instance-types", "Authorization", "Bearer "+s.Key)}}
}

// lambdaEntry is one type with the regions that have it free now.
type lambdaEntry struct {
	Type    json.RawMessage   `json:"instance_type"`
	Regions []json.RawMessage `json:"regions_with_capacity_available"`
}

// lambdaType is one instance type.
type lambdaType struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Gpu         string          `json:"gpu_description"`
	Cents       json.Number     `json:"price_cents_per_hour"`
	Specs       json.RawMessage `json:"specs"`
}

type lambdaSpecs struct {
	VCPUs    *int        `json:"vcpus"`
	MemoryGB *float64    `json:"memory_gib"`
	Gpus     json.Number `json:"gpus"`
}

// Parse reads the types, which are the fields of one object.
func (l lambdaAPI) Parse(d Document) (Page, error) {
	var answer struct {
		Types map[string]json.RawMessage `json:"data"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Types == nil {
		return Page{}, errors.New("the answer has no data")
	}
	var page Page
	for _, name := range sortedNames(answer.Types) {
		listing, err := l.entry("data."+abbreviate(name), answer.Types[name])
		if err != nil {
			return Page{}, err
		}
		page.Listings = append(page.Listings, listing)
	}
	return page, nil
}

func (lambdaAPI) entry(name string, raw json.RawMessage) (market.Listing, error) {
	entry, err := object[lambdaEntry](raw, name, "instance_type", "regions_with_capacity_available")
	if err != nil {
		return market.Listing{}, err
	}
	if entry.Regions == nil {
		return market.Listing{}, fmt.Errorf("%s has no list in the field \"regions_with_capacity_available\"", name)
	}
	kind, err := object[lambdaType](entry.Type, name+".instance_type", "name", "price_cents_per_hour", "specs")
	if err != nil {
		return market.Listing{}, err
	}
	specs, err := object[lambdaSpecs](kind.Specs, name+".instance_type.specs", "gpus")
	if err != nil {
		return market.Listing{}, err
	}
	free := len(entry.Regions)
	return kind.listing(specs, stockOf(&free)), nil
}

func (k lambdaType) listing(specs lambdaSpecs, stock market.Stock) market.Listing {
	return market.Listing{
		SKU: k.Name, GpuName: cmp.Or(k.Gpu, k.Description), Count: specs.Gpus.String(), VCPUs: specs.VCPUs, MemoryGB: specs.MemoryGB,
		Market: market.OnDemand, Price: shiftPoint(offered(&k.Cents), 2), Currency: market.USD, Per: market.PerInstance, Period: market.PerHour,
		Stock: stock,
	}
}
