package scrapers

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"gpuhour/market"
)

// scaleway reads the server types of the public API, a list a zone. Prices are in euros, without tax, for the whole machine.
// The answer has no field for the currency.
type scaleway struct{}

var _ = register(scaleway{})

// scalewayPage is how many types a full page has.
const scalewayPage = 100

// scalewayPlaces are the zones with accelerators.
var scalewayPlaces = map[string]place{"fr-par-1": {"FR", market.Europe}, "fr-par-2": {"FR", market.Europe}, "fr-par-3": {"FR", market.Europe},
	"nl-ams-1": {"NL", market.Europe}, "nl-ams-2": {"NL", market.Europe}, "nl-ams-3": {"NL", market.Europe},
	"pl-waw-1": {"PL", market.Europe}, "pl-waw-2": {"PL", market.Europe}, "pl-waw-3": {"PL", market.Europe}}

// About declares the source.
func (scaleway) About() About {
	return About{
		Provider: market.Provider{ID: "scaleway", Name: "Scaleway", Kind: market.Neocloud, Country: "FR",
			Homepage: "https://www.scaleway.com", Schedule: "47 * * * *"},
		Base: "https://api.scaleway.com", Spacing: time.Second,
		Unit: "instance-hour, EUR, before tax", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is a list for each zone that the operator names, or the two that are known to have accelerators.
func (c scaleway) Sheets(s Settings) []Sheet {
	zones := s.Regions
	if len(zones) == 0 {
		zones = []string{"fr-par-2", "pl-waw-2"}
	}
	var sheets []Sheet
	for _, zone := range zones {
		sheets = append(sheets, Sheet{zone, Get(c.About().base(s) + "/instance/v1/zones/" + zone + "/products/servers?page=1&per_page=100")})
	}
	return sheets
}

// scalewayServer is one server type; its name is its key in the answer.
type scalewayServer struct {
	Gpu     int `json:"gpu"`
	GpuInfo *struct {
		Name   string  `json:"gpu_name"`
		Memory float64 `json:"gpu_memory"` // bytes
	} `json:"gpu_info"`
	MIG    *string     `json:"mig_profile"`
	Hourly json.Number `json:"hourly_price"`
	NCPUs  *int        `json:"ncpus"`
	RAM    float64     `json:"ram"` // bytes
	Ending bool        `json:"end_of_service"`
}

const bytesPerGB = 1 << 30

// Parse reads one page of types.
func (scaleway) Parse(d Document) (Page, error) {
	var answer struct {
		Servers map[string]json.RawMessage `json:"servers"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	zone, known := segmentAfter(d.URL, "zones")
	if answer.Servers == nil || !known {
		return Page{}, errors.New("the answer has no servers, or its address no zone")
	}
	var page Page
	for _, name := range sortedNames(answer.Servers) {
		server, err := rows[scalewayServer]([]json.RawMessage{answer.Servers[name]}, "servers."+name,
			"gpu", "gpu_info.gpu_name", "gpu_info.gpu_memory", "mig_profile", "hourly_price", "end_of_service")
		if err != nil {
			return Page{}, err
		}
		page.Listings = append(page.Listings, server[0].listing(name, zone))
	}
	var err error
	if len(answer.Servers) >= scalewayPage {
		page.Next, err = nextPage(d.URL, "page", math.MaxInt)
	}
	return page, err
}

func (s scalewayServer) listing(name, zone string) market.Listing {
	l := market.Listing{
		SKU: name, Count: cardsOf(s.Gpu), VCPUs: s.NCPUs, Region: zone, Market: market.OnDemand, Price: offered(&s.Hourly), Currency: market.EUR,
		Per: market.PerInstance, Period: market.PerHour, Refusal: s.refusal(),
	}
	locate(&l, scalewayPlaces)
	if s.GpuInfo != nil {
		l.GpuName, l.CardMemoryGB = s.GpuInfo.Name, s.GpuInfo.Memory/bytesPerGB
	}
	if s.RAM > 0 {
		memory := s.RAM / bytesPerGB
		l.MemoryGB = &memory
	}
	return l
}

func (s scalewayServer) refusal() string {
	switch {
	case s.MIG != nil && *s.MIG != "":
		return "a MIG slice, whose share of the card is not stated"
	case s.Ending:
		return "at the end of its service, not sold any more"
	}
	return ""
}
