package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// akash reads what providers of a marketplace have bid for one card of each kind, in the last month: the least of their best bids. Of
// the rest there are only statistics (the most, averages, the median), neither quartiles nor a count, so that the depth is not known.
type akash struct{}

var _ = register(akash{})

// About declares the source.
func (akash) About() About {
	return About{
		Provider: market.Provider{ID: "akash", Name: "Akash Network", Kind: market.Marketplace, Country: "US",
			Homepage: "https://akash.network", Schedule: "27 * * * *"},
		Base: "https://console-api.akash.network", Spacing: 2 * time.Second,
		Unit: "GPU-hour, the currency stated", Evidence: RealCapture, Parser: 1,
	}
}

// Sheets is one answer with every kind of card.
func (a akash) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(a.About().base(s) + "/v1/gpu-prices")}}
}

// akashModel is one kind of card; its price is null where nobody has bid.
type akashModel struct {
	Vendor       string          `json:"vendor"`
	Model        string          `json:"model"`
	RAM          string          `json:"ram"`
	Interface    string          `json:"interface"`
	Availability json.RawMessage `json:"availability"`
	Price        json.RawMessage `json:"price"`
}

// akashAvailability sums up all hosts. One that has leased more than it has now makes the sum useless: it can be below zero.
type akashAvailability struct {
	Available *int `json:"available"`
}

type akashPrice struct {
	Currency string       `json:"currency"`
	Min      *json.Number `json:"min"`
}

// Parse reads the kinds of cards.
func (akash) Parse(d Document) (Page, error) {
	var answer struct {
		Models []json.RawMessage `json:"models"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Models == nil {
		return Page{}, errors.New("the answer has no models")
	}
	models, err := rows[akashModel](answer.Models, "models", "vendor", "model", "ram", "interface", "availability", "price")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for i, m := range models {
		l, err := m.listing(fmt.Sprintf("models[%d]", i))
		if err != nil {
			return Page{}, err
		}
		page.Listings = append(page.Listings, l)
	}
	return page, nil
}

func (m akashModel) listing(where string) (market.Listing, error) {
	stock, err := rows[akashAvailability]([]json.RawMessage{m.Availability}, where+".availability", "total", "available")
	if err != nil {
		return market.Listing{}, err
	}
	l := market.Listing{
		SKU: m.Model, Variant: strings.TrimSpace(m.RAM + " " + m.Interface), GpuName: strings.TrimSpace(m.Vendor + " " + m.Model), Count: "1",
		CardMemoryGB: akashMemory(m.RAM), Market: market.OnDemand, Per: market.PerGPU, Period: market.PerHour, Tier: "cheapest bid",
		Stock: stockOf(stock[0].Available), GpusAvailable: stock[0].Available,
	}
	l.FormFactor = formOf("akash", l.GpuName, m.Interface)
	if m.Price == nil || string(m.Price) == "null" {
		return l, nil
	}
	price, err := rows[akashPrice]([]json.RawMessage{m.Price}, where+".price", "currency", "min")
	if err != nil {
		return market.Listing{}, err
	}
	l.Price, l.Currency = offered(price[0].Min), market.Currency(price[0].Currency)
	if l.Currency != market.USD {
		l.Refusal = fmt.Sprintf("the bid is in %q, expected USD", abbreviate(price[0].Currency))
	}
	return l, nil
}

var akashGiB = regexp.MustCompile(`^(\d{1,4})Gi$`)

// akashMemory is the memory of a card such as "80Gi"; zero where the kind does not say.
func akashMemory(ram string) float64 {
	found := akashGiB.FindStringSubmatch(ram)
	if found == nil {
		return 0
	}
	gb, _ := strconv.ParseFloat(found[1], 64) // the pattern has only digits
	return gb
}
