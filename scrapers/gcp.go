package scrapers

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"gpuhour/market"
)

// gcp reads the SKUs of Compute Engine from the Cloud Billing Catalog API, thousands a page, of every kind of thing that is charged.
// Only those of the group GPU are looked at: processors and memory, which most cards are charged beside, disks, networks and TPUs have
// groups of their own.
type gcp struct{}

var _ = register(gcp{})

// About declares the source.
func (gcp) About() About {
	return About{
		Provider: market.Provider{ID: "gcp", Name: "Google Cloud", Kind: market.Hyperscaler, Country: "US",
			Homepage: "https://cloud.google.com", Schedule: "27 */6 * * *"},
		Base: "https://cloudbilling.googleapis.com", Spacing: time.Second, KeyName: "GCP_API_KEY",
		Unit: "bare card-hour; A4 card-hour, the currency stated", Evidence: DocumentedShape, Parser: 1,
	}
}

// Sheets is the list of one service: 6F81-5844-456A is Compute Engine.
func (g gcp) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", GetWithKey(g.About().base(s)+"/v1/services/6F81-5844-456A/skus?pageSize=5000", "X-Goog-Api-Key", s.Key)}}
}

// gcpSKU is one thing that is charged.
type gcpSKU struct {
	ID          string `json:"skuId"`
	Description string `json:"description"`
	Category    struct {
		Group string `json:"resourceGroup"`
		Usage string `json:"usageType"`
	} `json:"category"`
	Regions []string     `json:"serviceRegions"`
	Pricing []gcpPricing `json:"pricingInfo"`
}

// gcpPricing is the price since a moment; without a period asked for, the API tells the latest.
type gcpPricing struct {
	Expression struct {
		Unit  string    `json:"usageUnit"`
		Rates []gcpRate `json:"tieredRates"`
	} `json:"pricingExpression"`
}

// gcpRate is the price from an amount of use on. An amount of money is whole units and billionths.
type gcpRate struct {
	From  json.Number `json:"startUsageAmount"`
	Price struct {
		Currency string      `json:"currencyCode"`
		Units    *string     `json:"units"`
		Nanos    json.Number `json:"nanos"`
	} `json:"unitPrice"`
}

// Parse reads one page. A list without SKUs is what the API answers about a service that it does not know.
func (gcp) Parse(d Document) (Page, error) {
	var answer struct {
		SKUs  []json.RawMessage `json:"skus"`
		Token string            `json:"nextPageToken"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if len(answer.SKUs) == 0 {
		return Page{}, errors.New("the answer has no skus: is it another service?")
	}
	skus, err := rows[gcpSKU](answer.SKUs, "skus", "skuId", "description", "category", "serviceRegions", "pricingInfo")
	if err != nil {
		return Page{}, err
	}
	page, grouped := Page{}, false
	for _, sku := range skus {
		grouped = grouped || sku.Category.Group != ""
		if sku.Category.Group == "GPU" {
			page.Listings = append(page.Listings, sku.listings()...)
		}
	}
	if !grouped {
		return Page{}, errors.New("no SKU has a field \"category.resourceGroup\"")
	}
	page.Next, err = gcpNext(d.URL, answer.Token)
	return page, err
}

func gcpNext(address, token string) (*Request, error) {
	if token == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	query := u.Query()
	query.Set("pageToken", token)
	u.RawQuery = query.Encode()
	next := Get(u.String())
	return &next, nil
}

// gcpDescription is how a card that can be rented is described. Everything else that cards are charged for has other words.
var gcpDescription = regexp.MustCompile(`^(Spot Preemptible )?(.+?)( attached to Spot Preemptible VMs)? running in .`)

// listings are the SKU in each of its regions.
func (s gcpSKU) listings() []market.Listing {
	words := gcpDescription.FindStringSubmatch(s.Description)
	l := market.Listing{SKU: s.Description, Variant: s.ID, Count: "1", Market: market.OnDemand, Per: market.PerComponent, Period: market.PerHour,
		Refusal: s.refusal(words)}
	if words != nil {
		l.SKU, _, _ = strings.Cut(s.Description, " running in ")
		l.GpuName = words[2]
	}
	if s.Category.Usage == "Preemptible" || words != nil && words[1]+words[3] != "" { // A4's spot SKUs say OnDemand
		l.Market = market.Spot
	}
	// A4 machines have no SKUs for processors and memory: a slice is an eighth of the machine, and costs an eighth of it.
	if strings.HasSuffix(l.GpuName, "(1 gpu slice)") {
		l.Per = market.PerGPU
	}
	amount, currency, uncertain := s.price()
	l.Price, l.Currency, l.Refusal = amount, currency, cmp.Or(l.Refusal, uncertain)
	return gcpInRegions(l, s.Regions)
}

func gcpInRegions(l market.Listing, regions []string) []market.Listing {
	if len(regions) == 0 {
		l.Refusal = cmp.Or(l.Refusal, "sold in no region")
		return []market.Listing{l}
	}
	listings := make([]market.Listing, len(regions))
	for i, region := range regions {
		listings[i] = l
		listings[i].Region = region
		locate(&listings[i], gcpPlaces)
	}
	return listings
}

// gcpRefusals are the words by which SKUs of cards are known that nobody rents by the hour alone.
var gcpRefusals = []struct{ word, reason string }{
	{"commitment", "a commitment for years, charged whether used or not"},
	{"dws", "Dynamic Workload Scheduler: queued or booked ahead, for a fixed time"},
	{"calendar mode", "Dynamic Workload Scheduler: queued or booked ahead, for a fixed time"},
	{"sole tenancy", "on a node of one's own (sole tenancy), which is charged on top"},
	{"reserved", "reserved capacity, not the price of its use"},
	{"workstation", "a virtual workstation, which includes a licence"},
	{"vgpu", "a share of a card (vGPU), which is not stated"},
}

func (s gcpSKU) refusal(words []string) string {
	said := strings.ToLower(s.Description)
	for _, r := range gcpRefusals {
		if strings.Contains(said, r.word) {
			return r.reason
		}
	}
	switch {
	case strings.HasPrefix(s.Category.Usage, "Commit"):
		return gcpRefusals[0].reason
	case s.Category.Usage != "OnDemand" && s.Category.Usage != "Preemptible":
		return fmt.Sprintf("unknown usage type %q", s.Category.Usage)
	case words == nil || strings.Contains(words[2], " attached to "):
		return "an unknown form of description: what is charged is not certain"
	}
	return ""
}

// price is what one hour costs, or why that is not certain.
func (s gcpSKU) price() (amount string, currency market.Currency, refusal string) {
	if len(s.Pricing) != 1 {
		return "", "", fmt.Sprintf("%d prices over time, of which none is the one", len(s.Pricing))
	}
	expression := s.Pricing[0].Expression
	switch {
	case expression.Unit != "h":
		return "", "", fmt.Sprintf("unknown unit %q", expression.Unit)
	case len(expression.Rates) != 1:
		return "", "", fmt.Sprintf("a price in %d tiers of use", len(expression.Rates))
	}
	rate := expression.Rates[0]
	if from, err := rate.From.Float64(); err != nil || from != 0 {
		return "", "", fmt.Sprintf("a price from a use of %q on, not from the first hour", rate.From)
	}
	amount, refusal = rate.amount()
	return amount, market.Currency(rate.Price.Currency), refusal
}

// gcpDigits are what units and nanos are printed with: nine digits of billionths are less than one unit.
var gcpDigits = regexp.MustCompile(`^\d{1,9}$`)

// amount puts units and billionths together, digit by digit. Both are printed, so that one that is missing is no zero.
func (r gcpRate) amount() (amount, refusal string) {
	units, nanos := r.Price.Units, r.Price.Nanos.String()
	switch {
	case units == nil || nanos == "":
		return "", "a price without units or without nanos"
	case !gcpDigits.MatchString(*units) || !gcpDigits.MatchString(nanos):
		return "", fmt.Sprintf("a price of units %q and nanos %q, which is no amount", abbreviate(*units), abbreviate(nanos))
	}
	return shiftPoint(*units+strings.Repeat("0", 9-len(nanos))+nanos, 9), ""
}
