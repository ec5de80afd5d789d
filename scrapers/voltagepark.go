package scrapers

import (
	"encoding/json"
	"errors"
	"time"

	"gpuhour/market"
)

// voltagepark reads the bare-metal locations of the public API. Prices are for one card, by the network between the machines;
// a machine is rented whole.
type voltagepark struct{}

var _ = register(voltagepark{})

// About declares the source.
func (voltagepark) About() About {
	return About{
		Provider: market.Provider{ID: "voltagepark", Name: "Voltage Park", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.voltagepark.com", Schedule: "3,33 * * * *"},
		Base: "https://cloud-api.voltagepark.com", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is the list of locations.
func (v voltagepark) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(v.About().base(s) + "/api/v1/bare-metal/locations")}}
}

// voltageparkLocation is one location. A count of cards is what is free there.
type voltageparkLocation struct {
	ID              string       `json:"id"`
	EthernetFree    *int         `json:"gpu_count_ethernet"`
	EthernetPrice   *json.Number `json:"gpu_price_ethernet"`
	InfinibandFree  *int         `json:"gpu_count_infiniband"`
	InfinibandPrice *json.Number `json:"gpu_price_infiniband"`
	Node            struct {
		Model string   `json:"gpu_model"`
		Count int      `json:"gpu_count"`
		CPUs  *int     `json:"cpu_count"`
		RAMGB *float64 `json:"ram_gb"`
	} `json:"specs_per_node"`
}

// Parse reads the locations. The shape of a second page is not known, so one that is announced is an error.
func (voltagepark) Parse(d Document) (Page, error) {
	var answer struct {
		Results []json.RawMessage `json:"results"`
		HasNext *bool             `json:"has_next"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Results == nil || answer.HasNext == nil {
		return Page{}, errors.New("the answer has no results or no has_next")
	}
	if *answer.HasNext {
		return Page{}, errors.New("the answer has another page, and how to ask for it is not known")
	}
	locations, err := rows[voltageparkLocation](answer.Results, "results", "id", "gpu_count_ethernet", "gpu_price_ethernet",
		"gpu_count_infiniband", "gpu_price_infiniband", "specs_per_node.gpu_model", "specs_per_node.gpu_count")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, l := range locations {
		page.Listings = append(page.Listings, l.listing("ethernet", l.EthernetPrice, l.EthernetFree), l.listing("infiniband", l.InfinibandPrice, l.InfinibandFree))
	}
	return page, nil
}

func (v voltageparkLocation) listing(network string, price *json.Number, free *int) market.Listing {
	return market.Listing{
		SKU: v.Node.Model, Variant: network, GpuName: v.Node.Model, Count: cardsOf(v.Node.Count), VCPUs: v.Node.CPUs, MemoryGB: v.Node.RAMGB,
		Region: v.ID, Market: market.OnDemand, Price: offered(price), Currency: market.USD,
		Per: market.PerGPU, Period: market.PerHour, Stock: stockOf(free), GpusAvailable: free,
	}
}
