package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gpuhour/market"
)

// ovhcloud reads the order catalogues of the public cloud: that of France, and that of the separate company in the United States, which
// has other types, other prices and another currency. One instance type is an addon for every way to pay for it. Prices are for the
// whole instance and hold in all regions of the catalogue, but for those that the code of the addon names.
type ovhcloud struct{}

var _ = register(ovhcloud{})

// About declares the source.
func (ovhcloud) About() About {
	return About{
		Provider: market.Provider{ID: "ovhcloud", Name: "OVHcloud", Kind: market.Hyperscaler, Country: "FR",
			Homepage: "https://www.ovhcloud.com", Schedule: "57 */6 * * *"},
		Base: "https://api.ovh.com", Spacing: 2 * time.Second,
		Unit: "instance-hour and instance-month, EUR and USD, before tax", Evidence: ClientDerived, Parser: 1,
	}
}

// Sheets are the two catalogues.
func (o ovhcloud) Sheets(s Settings) []Sheet {
	american := o.About()
	american.Base = "https://api.us.ovhcloud.com"
	const path = "/1.0/order/catalog/public/cloud?ovhSubsidiary="
	return []Sheet{{"FR", Get(o.About().base(s) + path + "FR")}, {"US", Get(american.base(s) + path + "US")}}
}

// ovhAnswer is a catalogue. The plans that it has too say how addons are put together.
type ovhAnswer struct {
	Locale struct {
		Currency   string `json:"currencyCode"`
		Subsidiary string `json:"subsidiary"`
	} `json:"locale"`
	Addons []json.RawMessage `json:"addons"`
}

// ovhAddon is something to be paid for in one way: an instance type, a disk, a network.
type ovhAddon struct {
	Code    string            `json:"planCode"`
	Product string            `json:"product"`
	Prices  []json.RawMessage `json:"pricings"`
	Blobs   struct {
		Commercial struct {
			Brick string `json:"brick"`
		} `json:"commercial"`
		Technical ovhTechnical `json:"technical"`
		Tags      []string     `json:"tags"`
	} `json:"blobs"`
}

type ovhTechnical struct {
	Gpu *struct {
		Model  string      `json:"model"`
		Number json.Number `json:"number"`
		Memory struct {
			GB float64 `json:"size"` // of one card
		} `json:"memory"`
	} `json:"gpu"`
	CPU struct {
		Cores *int `json:"cores"`
	} `json:"cpu"`
	Memory struct {
		GB *float64 `json:"size"`
	} `json:"memory"`
	OS struct {
		Family string `json:"family"`
	} `json:"os"`
}

// ovhPrice is an amount in hundred-millionths, for an interval. The catalogue of the United States prints "none" for the unit.
type ovhPrice struct {
	Price    json.Number  `json:"price"`
	Tax      *json.Number `json:"tax"` // beside the price, not in it
	Interval json.Number  `json:"interval"`
	Unit     string       `json:"intervalUnit"`
}

// Parse reads the addons that are instances, and those that have a card and are none. Disks, networks and all else are not rows.
func (ovhcloud) Parse(d Document) (Page, error) {
	var answer ovhAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	switch {
	case answer.Addons == nil:
		return Page{}, errors.New("the answer has no addons")
	case answer.Locale.Currency == "" || answer.Locale.Subsidiary == "":
		return Page{}, errors.New("the answer has no locale.currencyCode or no locale.subsidiary")
	}
	addons, err := rows[ovhAddon](answer.Addons, "addons", "planCode", "product", "pricings")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, addon := range addons {
		if !addon.isRow() {
			continue
		}
		prices, err := rows[ovhPrice](addon.Prices, addon.Code+".pricings", "price", "interval", "intervalUnit")
		if err != nil {
			return Page{}, err
		}
		l := addon.listing(prices)
		l.Variant, l.Currency = tidy(answer.Locale.Subsidiary+" "+l.Variant), market.Currency(answer.Locale.Currency)
		page.Listings = append(page.Listings, l)
	}
	return page, nil
}

func (a ovhAddon) isRow() bool {
	return a.Product == "publiccloud-instance" || a.Blobs.Commercial.Brick == "gpu" || a.Blobs.Technical.Gpu != nil
}

// ovhCode takes the code of an addon apart: the type, how it is paid for, and where it is something else than in the common regions
// ("3AZ", "LZ.EU"). Names of types may have points.
var ovhCode = regexp.MustCompile(`^(.+?)\.(consumption|monthly\.postpaid|monthly_instance\.postpaid)(?:\.(.+))?$`)

// listing reads an addon. A month is a commitment: each month begun is paid in full.
func (a ovhAddon) listing(prices []ovhPrice) market.Listing {
	t := a.Blobs.Technical
	l := market.Listing{SKU: a.Code, VCPUs: t.CPU.Cores, MemoryGB: t.Memory.GB, Market: market.OnDemand, Per: market.PerInstance, Period: market.PerHour}
	if t.Gpu != nil {
		l.GpuName, l.Count, l.CardMemoryGB = t.Gpu.Model, t.Gpu.Number.String(), t.Gpu.Memory.GB
	}
	code := ovhCode.FindStringSubmatch(a.Code)
	if code != nil {
		l.SKU, l.Variant = code[1], code[3]
	}
	if code != nil && code[2] != "consumption" {
		l.Market, l.Months, l.Period = market.Reserved, 1, market.PerMonth
	}
	if code != nil && code[2] == "monthly_instance.postpaid" {
		l.Variant = "monthly_instance " + code[3]
	}
	if len(prices) == 1 {
		l.Price = shiftPoint(offered(&prices[0].Price), 8)
	}
	if len(prices) == 1 && prices[0].Tax != nil {
		l.Tax = market.TaxExcluded
	}
	l.Refusal = a.refusal(code, prices)
	return l
}

// refusal is why an addon is not a card that can be rented by the hour or the month.
func (a ovhAddon) refusal(code []string, prices []ovhPrice) string {
	switch gpu := a.Blobs.Technical.Gpu; {
	case strings.HasPrefix(a.Code, "ai-"), a.Product != "publiccloud-instance" && a.Blobs.Commercial.Brick != "gpu":
		return "a managed AI service, by the minute, not an instance"
	case gpu == nil && a.Blobs.Commercial.Brick != "gpu":
		return "not a GPU"
	case gpu == nil || gpu.Model == "":
		return "a GPU instance without the name of its card in blobs.technical.gpu.model"
	case strings.HasPrefix(a.Code, "win-"), a.Blobs.Technical.OS.Family == "windows":
		return "includes a Windows licence"
	case slices.Contains(a.Blobs.Tags, "coming_soon"):
		return "announced as coming soon, not sold yet"
	case code == nil:
		return "paid for in an unknown way: neither consumption nor monthly"
	case len(prices) != 1:
		return fmt.Sprintf("%d prices, of which none is the one", len(prices))
	}
	return prices[0].refusal(code[2])
}

// ovhUnits are the units that each way to pay may print.
var ovhUnits = map[string][]string{"consumption": {"hour", "none"}, "monthly.postpaid": {"month", "none"}, "monthly_instance.postpaid": {"month", "none"}}

func (p ovhPrice) refusal(billing string) string {
	switch {
	case !slices.Contains(ovhUnits[billing], p.Unit):
		return fmt.Sprintf("unknown unit %q of a price by %s", p.Unit, billing)
	case p.Interval != "0" && p.Interval != "1":
		return fmt.Sprintf("a price for an interval of %s", p.Interval)
	}
	return ""
}
