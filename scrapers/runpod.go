package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// runpod reads the GPU types of the public GraphQL API. One type is up to four offers: the secure cloud in data centres and
// the community's cards, each on demand and as spot. All prices are for one card.
type runpod struct{}

var _ = register(runpod{})

const runpodQuery = `{"query":"{gpuTypes{id displayName memoryInGb securePrice communityPrice secureSpotPrice communitySpotPrice lowestPrice(input:{gpuCount:1,secureCloud:true}){minimumBidPrice uninterruptablePrice stockStatus}}}"}`

// About declares the source.
func (runpod) About() About {
	return About{
		Provider: market.Provider{ID: "runpod", Name: "RunPod", Kind: market.Neocloud, Country: "US",
			Homepage: "https://www.runpod.io", Schedule: "7,37 * * * *"},
		Base: "https://api.runpod.io", Spacing: 2 * time.Second,
		Unit: "GPU-hour, USD", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one answer with every type.
func (r runpod) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", PostJSON(r.About().base(s)+"/graphql", runpodQuery)}}
}

// runpodAnswer is a GraphQL answer; errors come with status 200.
type runpodAnswer struct {
	Data *struct {
		GpuTypes []json.RawMessage `json:"gpuTypes"`
	} `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// runpodType is one GPU type. A price of zero or null is not offered, not free.
type runpodType struct {
	ID            string       `json:"id"`
	MemoryGB      float64      `json:"memoryInGb"`
	Secure        *json.Number `json:"securePrice"`
	Community     *json.Number `json:"communityPrice"`
	SecureSpot    *json.Number `json:"secureSpotPrice"`
	CommunitySpot *json.Number `json:"communitySpotPrice"`
	Lowest        *struct {
		StockStatus string `json:"stockStatus"`
	} `json:"lowestPrice"`
}

// Parse reads the types.
func (runpod) Parse(d Document) (Page, error) {
	var answer runpodAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if len(answer.Errors) > 0 {
		return Page{}, fmt.Errorf("the API answers: %s", abbreviate(answer.Errors[0].Message))
	}
	if answer.Data == nil || answer.Data.GpuTypes == nil {
		return Page{}, errors.New("the answer has no data.gpuTypes")
	}
	types, err := rows[runpodType](answer.Data.GpuTypes, "gpuTypes", "id", "memoryInGb", "securePrice", "communityPrice", "secureSpotPrice", "communitySpotPrice")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, t := range types {
		page.Listings = append(page.Listings, t.listings()...)
	}
	return page, nil
}

func (t runpodType) listings() []market.Listing {
	return []market.Listing{
		t.listing("secure", market.OnDemand, t.Secure),
		t.listing("secure", market.Spot, t.SecureSpot),
		t.listing("community", market.OnDemand, t.Community),
		t.listing("community", market.Spot, t.CommunitySpot),
	}
}

func (t runpodType) listing(tier string, m market.Market, price *json.Number) market.Listing {
	l := market.Listing{
		SKU: t.ID, Variant: tier, GpuName: t.ID, CardMemoryGB: t.MemoryGB, Count: "1",
		Market: m, Price: offered(price), Currency: market.USD, Per: market.PerGPU, Period: market.PerHour,
	}
	if tier == "community" {
		l.Kind = market.Marketplace
	} else if m == market.OnDemand {
		l.Stock = t.stock()
	}
	return l
}

// stock is what the API says of one secure card on demand. Null is not "sold out": it is not said.
func (t runpodType) stock() market.Stock {
	if t.Lowest == nil {
		return market.StockUnknown
	}
	switch t.Lowest.StockStatus {
	case "High", "Medium":
		return market.Available
	case "Low":
		return market.Limited
	}
	return market.StockUnknown
}
