package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"gpuhour/market"
)

// gongjiyun reads the resources of 共绩算力 by its open API: devices, each in several regions, once for deployments and once for batch
// jobs, which are cheaper and can be stopped. A price is for the whole device, in millionths of a 元 (微元) a second. The anonymous
// price page says the same for one card; its HTML has never been seen, so it is not read.
type gongjiyun struct{}

var _ = register(gongjiyun{})

// About declares the source.
func (gongjiyun) About() About {
	return About{
		Provider: market.Provider{ID: "gongjiyun", Name: "共绩算力", Kind: market.Neocloud, Country: "CN",
			Homepage: "https://www.gongjiyun.com", Schedule: "51 * * * *"},
		Base: "https://openapi.suanli.cn", Spacing: 2 * time.Second, KeyName: "GONGJIYUN_TOKEN",
		Unit: "device-second, CNY", Evidence: DocumentedShape, Parser: 1,
	}
}

// gongjiyunMarkets are how the kinds of task are sold.
var gongjiyunMarkets = map[string]market.Market{"Deployment": market.OnDemand, "Job": market.Spot}

// Sheets are the two kinds of task. The token alone is enough where the account has set no key for signing.
func (g gongjiyun) Sheets(s Settings) []Sheet {
	ask := func(task string) Request {
		r := Get(g.About().base(s) + "/api/deployment/resource/search?task_type=" + task + "&device_type=GpuDevice")
		r.Header, r.Timestamp = http.Header{"Token": {s.Key}, "Version": {"1.0.0"}}, "Timestamp"
		return r
	}
	return []Sheet{{"deployment", ask("Deployment")}, {"job", ask("Job")}}
}

// gongjiyunAnswer is the list of devices.
type gongjiyunAnswer struct {
	Code    *string `json:"code"`
	Message string  `json:"message"`
	Data    *struct {
		Count   *int              `json:"count"`
		Results []json.RawMessage `json:"results"`
	} `json:"data"`
}

// gongjiyunDevice is one device.
type gongjiyunDevice struct {
	Name     string            `json:"device_name"`
	Gpu      string            `json:"gpu_name"`
	Count    int               `json:"gpu_count"`
	MemoryMB float64           `json:"gpu_memory"` // of all its cards
	RAMMB    float64           `json:"memory"`
	Cores    *int              `json:"cpu_cores"`
	Regions  []json.RawMessage `json:"regions"`
}

// gongjiyunRegion is a device in one region. Prices are null where it is not sold.
type gongjiyunRegion struct {
	Region string `json:"region"`
	Mark   struct {
		Resource json.RawMessage `json:"resource"`
	} `json:"mark"`
	Price     *json.Number `json:"price"`
	Discount  *json.Number `json:"discount_price"`
	Inventory int          `json:"inventory"` // devices
}

// gongjiyunResource is what a task in the region would get: the same device once more.
type gongjiyunResource struct {
	Region string  `json:"region"`
	Gpu    *string `json:"gpu_name"`
	Count  int     `json:"gpu_count"`
}

// Parse reads the whole list: how it would go on is not documented.
func (g gongjiyun) Parse(d Document) (Page, error) {
	var answer gongjiyunAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if err := answer.check(); err != nil {
		return Page{}, err
	}
	sold, err := gongjiyunMarket(d.URL)
	if err != nil {
		return Page{}, err
	}
	devices, err := rows[gongjiyunDevice](answer.Data.Results, "results", "device_name", "gpu_name", "gpu_count", "gpu_memory", "regions")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for i, device := range devices {
		listings, err := device.listings(sold)
		if err != nil {
			return Page{}, fmt.Errorf("results[%d]: %w", i, err)
		}
		page.Listings = append(page.Listings, listings...)
	}
	return page, nil
}

func (a gongjiyunAnswer) check() error {
	switch {
	case a.Code == nil:
		return errors.New("the answer has no code")
	case *a.Code != "0000":
		return fmt.Errorf("the answer's code is %q: %s", abbreviate(*a.Code), abbreviate(a.Message))
	case a.Data == nil || a.Data.Count == nil || a.Data.Results == nil:
		return errors.New("the answer has no data with count and results")
	case *a.Data.Count > len(a.Data.Results):
		return fmt.Errorf("the answer has %d of %d devices, and how to ask for the rest is not documented", len(a.Data.Results), *a.Data.Count)
	}
	return nil
}

// gongjiyunMarket is how the task that the address asks for is sold.
func gongjiyunMarket(address string) (market.Market, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("address: %w", err)
	}
	sold, known := gongjiyunMarkets[u.Query().Get("task_type")]
	if !known {
		return "", errors.New("the address asks for no known task_type")
	}
	return sold, nil
}

func (v gongjiyunDevice) listings(sold market.Market) ([]market.Listing, error) {
	regions, err := rows[gongjiyunRegion](v.Regions, "regions", "region", "mark", "price", "discount_price", "inventory")
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for i, region := range regions {
		what := fmt.Sprintf("regions[%d].mark.resource", i)
		resource, err := rows[gongjiyunResource]([]json.RawMessage{region.Mark.Resource}, what, "region", "gpu_name", "gpu_count")
		if err != nil {
			return nil, err
		}
		l := v.listing(region)
		l.Market, l.Refusal = sold, v.refusal(region, resource[0])
		listings = append(listings, l)
	}
	return listings, nil
}

func (v gongjiyunDevice) listing(r gongjiyunRegion) market.Listing {
	free := v.free(r.Inventory)
	l := market.Listing{
		SKU: v.Gpu, Variant: v.Name, GpuName: v.Gpu, Count: cardsOf(v.Count), VCPUs: v.Cores, Region: r.Region, Country: "CN", Area: market.China,
		Currency: market.CNY, Per: market.PerInstance, Period: market.PerSecond, Stock: stockOf(free), GpusAvailable: free,
	}
	l.Price, l.Tier = r.paid()
	if v.Count > 0 {
		l.CardMemoryGB = v.MemoryMB / 1024 / float64(v.Count)
	}
	if v.RAMMB > 0 {
		memory := v.RAMMB / 1024
		l.MemoryGB = &memory
	}
	return l
}

// paid is the price after the discount where there is one, and then what the list says.
func (r gongjiyunRegion) paid() (price, tier string) {
	list, discounted := shiftPoint(offered(r.Price), 6), shiftPoint(offered(r.Discount), 6)
	switch {
	case discounted == "" || discounted == list:
		return list, ""
	case list == "":
		return discounted, "discounted price"
	}
	return discounted, "discounted price; list price " + list + " 元/秒"
}

// free counts cards; a number of devices that cannot be one is unknown.
func (v gongjiyunDevice) free(devices int) *int {
	if devices < 0 || devices > 1_000_000 || v.Count < 0 || v.Count > 1000 {
		return nil
	}
	cards := devices * v.Count
	return &cards
}

// refusal is why a device is no GPU, or where it and what a task would get differ.
func (v gongjiyunDevice) refusal(r gongjiyunRegion, got gongjiyunResource) string {
	switch {
	case v.Count == 0:
		return "not a GPU: no cards"
	case got.Count != v.Count:
		return fmt.Sprintf("the device has %d cards, its mark %d", v.Count, got.Count)
	case got.Gpu != nil && *got.Gpu != v.Gpu:
		return fmt.Sprintf("the device has %q, its mark %q", abbreviate(v.Gpu), abbreviate(*got.Gpu))
	case got.Region != r.Region:
		return fmt.Sprintf("the device is in %q, its mark in %q", abbreviate(r.Region), abbreviate(got.Region))
	}
	return ""
}
