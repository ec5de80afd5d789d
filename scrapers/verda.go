package scrapers

import (
	"encoding/json"
	"strings"
	"time"

	"gpuhour/market"
)

// verda reads the instance types of the public API (formerly DataCrunch). Prices are for the whole machine, and one type is two
// offers: on-demand and spot. Types without accelerators stand in the same list.
type verda struct{}

var _ = register(verda{})

// About declares the source.
func (verda) About() About {
	return About{
		Provider: market.Provider{ID: "verda", Name: "Verda", Kind: market.Neocloud, Country: "FI",
			Homepage: "https://verda.com", Schedule: "13 * * * *"},
		Base: "https://api.datacrunch.io", Spacing: 2 * time.Second,
		Unit: "instance-hour, the currency stated", Evidence: DocumentedShape, Parser: 1,
	}
}

// Sheets is the list of types.
func (v verda) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(v.About().base(s) + "/v1/instance-types")}}
}

// verdaType is one instance type.
type verdaType struct {
	Type     string      `json:"instance_type"`
	Price    json.Number `json:"price_per_hour"`
	Spot     json.Number `json:"spot_price"`
	Currency string      `json:"currency"`
	Gpu      struct {
		Description string `json:"description"`
		Number      int    `json:"number_of_gpus"`
	} `json:"gpu"`
	GpuMemory struct {
		GB float64 `json:"size_in_gigabytes"`
	} `json:"gpu_memory"`
	CPU struct {
		Cores *int `json:"number_of_cores"`
	} `json:"cpu"`
	Memory struct {
		GB *float64 `json:"size_in_gigabytes"`
	} `json:"memory"`
}

// Parse reads the types.
func (verda) Parse(d Document) (Page, error) {
	var list []json.RawMessage
	if err := decodeJSON(d, &list); err != nil {
		return Page{}, err
	}
	types, err := rows[verdaType](list, "types", "instance_type", "price_per_hour", "spot_price", "currency",
		"gpu.description", "gpu.number_of_gpus", "gpu_memory.size_in_gigabytes")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, t := range types {
		page.Listings = append(page.Listings, t.listing(market.OnDemand, t.Price), t.listing(market.Spot, t.Spot))
	}
	return page, nil
}

func (t verdaType) listing(m market.Market, price json.Number) market.Listing {
	l := market.Listing{
		SKU: t.Type, GpuName: t.Gpu.Description, Count: cardsOf(t.Gpu.Number), VCPUs: t.CPU.Cores, MemoryGB: t.Memory.GB,
		Market: m, Price: offered(&price), Currency: market.Currency(strings.ToUpper(t.Currency)), Per: market.PerInstance, Period: market.PerHour,
	}
	if t.Gpu.Number > 0 {
		l.CardMemoryGB = t.GpuMemory.GB / float64(t.Gpu.Number)
	}
	return l
}
