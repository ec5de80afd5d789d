package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"gpuhour/market"
)

// cloudrift reads the instance types of the public API: each has variants of one card or several, for the whole instance in cents, and a
// cent may have parts. A variant is a listing for each data centre that has nodes for it.
type cloudrift struct{}

var _ = register(cloudrift{})

// About declares the source.
func (cloudrift) About() About {
	return About{
		Provider: market.Provider{ID: "cloudrift", Name: "CloudRift", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.cloudrift.ai", Schedule: "31 * * * *"},
		Base: "https://api.cloudrift.ai", Spacing: 2 * time.Second,
		Unit: "instance-hour, US cents", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets is one answer with every type of virtual machine; the version is the protocol's that the answer is written in.
func (c cloudrift) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", PostJSON(c.About().base(s)+"/api/v1/instance-types/list",
		`{"version":"2025-03-21","data":{"selector":{"ByServiceAndLocation":{"services":["vm"]}}}}`)}}
}

// cloudriftPlaces are the data centres that the provider's examples and its clients name.
var cloudriftPlaces = map[string]place{
	"us-east-nc-nr-1": {"US", market.NorthAmerica}, "ustx1a_a01": {"US", market.NorthAmerica}, "usny01_a01": {"US", market.NorthAmerica},
	"eu-central-it-gv-1": {"IT", market.Europe}, "ap_northeast_kr_se_1": {"KR", market.AsiaPacific}, "ap-east-tw-kn-2": {"TW", market.AsiaPacific},
}

// cloudriftType is one line of machines.
type cloudriftType struct {
	Brand    string            `json:"brand_short"`
	Variants []json.RawMessage `json:"variants"`
}

// cloudriftVariant is one size of a line; its name begins with the line's. A count of no cards is null.
type cloudriftVariant struct {
	Name  string         `json:"name"`
	Gpus  int            `json:"gpu_count"`
	VRAM  float64        `json:"vram"` // bytes of one card
	DRAM  float64        `json:"dram"` // bytes
	VCPUs *int           `json:"logical_cpu_count"`
	Cost  *json.Number   `json:"cost_per_hour"`
	MIG   *string        `json:"mig_profile"`
	Nodes map[string]int `json:"nodes_per_dc"`           // nodes that could run it
	Free  map[string]int `json:"available_nodes_per_dc"` // nodes that could run it now; each may have cards for several
}

// Parse reads the types.
func (cloudrift) Parse(d Document) (Page, error) {
	var answer struct {
		Data *struct {
			Types []json.RawMessage `json:"instance_types"`
		} `json:"data"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Data == nil || answer.Data.Types == nil {
		return Page{}, errors.New("the answer has no data.instance_types")
	}
	types, err := rows[cloudriftType](answer.Data.Types, "instance_types", "brand_short", "variants")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for i, t := range types {
		variants, err := rows[cloudriftVariant](t.Variants, fmt.Sprintf("instance_types[%d].variants", i),
			"name", "gpu_count", "vram", "cost_per_hour", "nodes_per_dc", "available_nodes_per_dc")
		if err != nil {
			return Page{}, err
		}
		for _, v := range variants {
			page.Listings = append(page.Listings, v.listings(t.Brand)...)
		}
	}
	return page, nil
}

// listings are the variant in each data centre that has nodes for it; sold out everywhere where none has.
func (v cloudriftVariant) listings(brand string) []market.Listing {
	base := v.listing(brand)
	nodes := map[string]int{}
	maps.Copy(nodes, v.Nodes)
	maps.Copy(nodes, v.Free)
	if len(nodes) == 0 {
		return []market.Listing{base}
	}
	var listings []market.Listing
	for _, name := range sortedNames(nodes) {
		l := base
		l.Region = name
		if locate(&l, cloudriftPlaces); v.Free[name] > 0 {
			l.Stock = market.Available
		}
		listings = append(listings, l)
	}
	return listings
}

// listing does not say how many cards are free: nodes are counted, not cards.
func (v cloudriftVariant) listing(brand string) market.Listing {
	l := market.Listing{
		SKU: v.Name, GpuName: brand, CardMemoryGB: v.VRAM / bytesPerGB, Count: cardsOf(v.Gpus), VCPUs: v.VCPUs, Market: market.OnDemand,
		Price: shiftPoint(offered(v.Cost), 2), Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, Stock: market.SoldOut,
	}
	if v.DRAM > 0 {
		memory := v.DRAM / bytesPerGB
		l.MemoryGB = &memory
	}
	if v.MIG != nil && *v.MIG != "" {
		l.Refusal = "a MIG slice, whose share of the card is not stated"
	}
	return l
}
