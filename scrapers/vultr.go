package scrapers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// vultr reads the plans of the public API, virtual machines and bare metal in two lists. A price is for the whole plan, which may
// have a twentieth of a card. The monthly cost is only the most that the hours of a month add up to (730 hours of a GPU plan, 672
// of a bare metal), not a price for a commitment: it is not listed.
type vultr struct{}

var _ = register(vultr{})

// About declares the source.
func (vultr) About() About {
	return About{
		Provider: market.Provider{ID: "vultr", Name: "Vultr", Kind: market.Hyperscaler, Country: "US",
			Homepage: "https://www.vultr.com", Schedule: "51 * * * *"},
		Base: "https://api.vultr.com", Spacing: time.Second,
		Unit: "instance-hour, USD", Evidence: DocumentedShape, Parser: 1,
	}
}

// Sheets are the two lists.
func (v vultr) Sheets(s Settings) []Sheet {
	base := v.About().base(s)
	return []Sheet{{"plans", Get(base + "/v2/plans?type=all&per_page=500")}, {"plans-metal", Get(base + "/v2/plans-metal?per_page=500")}}
}

// vultrAnswer is one page of either list.
type vultrAnswer struct {
	Plans []json.RawMessage `json:"plans"`
	Metal []json.RawMessage `json:"plans_metal"`
	Meta  struct {
		Links struct {
			Next string `json:"next"`
		} `json:"links"`
	} `json:"meta"`
}

// vultrPlan is one plan. Dedicated machines (type vdm) have a maker of their cards, but neither their type nor their number.
type vultrPlan struct {
	vultrCost
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	VCPUs     *int     `json:"vcpu_count"`
	Threads   *int     `json:"cpu_threads"` // of a bare metal
	RAM       float64  `json:"ram"`         // MB
	Locations []string `json:"locations"`
	GpuBrand  string   `json:"gpu_brand"`
	GpuType   string   `json:"gpu_type"`
	GpuCount  any      `json:"gpu_count"`   // 8 or "1/8"
	GpuMemory float64  `json:"gpu_vram_gb"` // of all cards, or of the slice
	// ByLocation are prices that hold in one location instead: an object, or an empty list where there are none.
	ByLocation    json.RawMessage `json:"location_cost"`
	OnDemand      *bool           `json:"deploy_ondemand"`
	Interruptible *bool           `json:"deploy_preemptible"`
}

// vultrCost are the prices of a plan, or of a plan in one location.
type vultrCost struct {
	Hourly      *json.Number `json:"hourly_cost"`
	Preemptible *json.Number `json:"hourly_cost_preemptible"`
}

// Parse reads one page of plans.
func (vultr) Parse(d Document) (Page, error) {
	var answer vultrAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Plans == nil && answer.Metal == nil {
		return Page{}, errors.New("the answer has neither plans nor plans_metal")
	}
	plans, err := rows[vultrPlan](slices.Concat(answer.Plans, answer.Metal), "plans", "id", "type", "ram", "hourly_cost", "locations")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, p := range plans {
		listings, err := p.listings()
		if err != nil {
			return Page{}, fmt.Errorf("plan %q: %w", abbreviate(p.ID), err)
		}
		page.Listings = append(page.Listings, listings...)
	}
	page.Next, err = vultrNext(d.URL, answer.Meta.Links.Next)
	return page, err
}

// vultrNext is the request for the page at a cursor; empty is the end.
func vultrNext(address, cursor string) (*Request, error) {
	if cursor == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	query := u.Query()
	query.Set("cursor", cursor)
	u.RawQuery = query.Encode()
	next := Get(u.String())
	return &next, nil
}

// listings are two in each location: on demand, and preemptible where the plan has such a price.
func (p vultrPlan) listings() ([]market.Listing, error) {
	if !p.hasGpu() {
		return []market.Listing{{SKU: p.ID, Refusal: "not a GPU"}}, nil
	}
	special, err := p.special()
	if err != nil {
		return nil, err
	}
	var listings []market.Listing
	for _, l := range p.places() {
		cost, found := special[l.Region]
		if !found {
			cost = p.vultrCost
		}
		listings = append(listings, p.priced(l, market.OnDemand, cost.Hourly, p.OnDemand))
		if p.Preemptible != nil {
			listings = append(listings, p.priced(l, market.Spot, cost.Preemptible, p.Interruptible))
		}
	}
	return listings, nil
}

// hasGpu says whether anything tells of a card. A plan of a bare metal that has some tells it by its name alone.
func (p vultrPlan) hasGpu() bool {
	brand := p.GpuBrand != "" && p.GpuBrand != "none"
	return brand || p.GpuType != "" || p.Type == "vcg" || p.Type == "vdm" || strings.Contains(p.ID, "-gpu")
}

// special are the prices by location.
func (p vultrPlan) special() (map[string]vultrCost, error) {
	var costs map[string]vultrCost
	if raw := bytes.TrimSpace(p.ByLocation); len(raw) > 0 && !bytes.Equal(raw, []byte("[]")) {
		if err := json.Unmarshal(raw, &costs); err != nil {
			return nil, fmt.Errorf("location_cost: %w", err)
		}
	}
	return costs, nil
}

// places are the plan in each location it is valid for, which says nothing of stock: what can be had now is told only to
// customers. A plan that is valid nowhere cannot be had, except that the public list keeps quiet about dedicated machines.
func (p vultrPlan) places() []market.Listing {
	base := p.base()
	if len(p.Locations) == 0 && p.Type != "vdm" {
		base.Stock = market.SoldOut
	}
	if len(p.Locations) == 0 {
		return []market.Listing{base}
	}
	var out []market.Listing
	for _, location := range p.Locations {
		l := base
		l.Region = location
		if location == "" && l.Refusal == "" {
			l.Refusal = "a location without a name"
		}
		locate(&l, vultrPlaces)
		out = append(out, l)
	}
	return out
}

// base is what all listings of the plan share. Where it prints no number of cards, its name says their type and number.
func (p vultrPlan) base() market.Listing {
	l := market.Listing{SKU: p.ID, VCPUs: p.VCPUs, Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, Refusal: p.refusal()}
	if l.VCPUs == nil {
		l.VCPUs = p.Threads
	}
	if p.RAM > 0 {
		memory := p.RAM / 1024
		l.MemoryGB = &memory
	}
	if p.GpuType == "" || p.GpuCount == nil {
		return l
	}
	l.GpuName, l.Count = p.GpuType, fmt.Sprint(p.GpuCount)
	if count, err := market.ParseCount(l.Count); err == nil {
		l.CardMemoryGB = p.GpuMemory / count.Float()
	}
	return l
}

func (p vultrPlan) refusal() string {
	if strings.HasSuffix(p.GpuType, "_A16") || strings.HasPrefix(p.ID, "vcg-a16-") {
		return "an A16 card holds four GPUs, and the plan counts those, not cards"
	}
	return ""
}

// priced takes one of the plan's prices. A plan has both, also where it is rented out in one way only.
func (p vultrPlan) priced(l market.Listing, m market.Market, price *json.Number, sold *bool) market.Listing {
	l.Market, l.Price = m, offered(price)
	if l.Refusal == "" && sold != nil && !*sold {
		l.Refusal = map[market.Market]string{market.OnDemand: "not rented out on demand", market.Spot: "not rented out as preemptible"}[m]
	}
	return l
}

// vultrPlaces are the documented locations.
var vultrPlaces = map[string]place{
	"atl": {"US", market.NorthAmerica}, "dfw": {"US", market.NorthAmerica}, "ewr": {"US", market.NorthAmerica}, "hnl": {"US", market.NorthAmerica},
	"lax": {"US", market.NorthAmerica}, "mia": {"US", market.NorthAmerica}, "ord": {"US", market.NorthAmerica}, "sea": {"US", market.NorthAmerica},
	"sjc": {"US", market.NorthAmerica}, "yto": {"CA", market.NorthAmerica}, "mex": {"MX", market.NorthAmerica},
	"sao": {"BR", market.SouthAmerica}, "scl": {"CL", market.SouthAmerica},
	"ams": {"NL", market.Europe}, "cdg": {"FR", market.Europe}, "fra": {"DE", market.Europe}, "lhr": {"GB", market.Europe}, "mad": {"ES", market.Europe},
	"man": {"GB", market.Europe}, "mxp": {"IT", market.Europe}, "sto": {"SE", market.Europe}, "waw": {"PL", market.Europe},
	"blr": {"IN", market.AsiaPacific}, "bom": {"IN", market.AsiaPacific}, "del": {"IN", market.AsiaPacific}, "icn": {"KR", market.AsiaPacific},
	"itm": {"JP", market.AsiaPacific}, "nrt": {"JP", market.AsiaPacific}, "sgp": {"SG", market.AsiaPacific}, "mel": {"AU", market.AsiaPacific},
	"syd": {"AU", market.AsiaPacific}, "tlv": {"IL", market.MiddleEast}, "jnb": {"ZA", market.Africa},
}
