package scrapers

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"time"

	"gpuhour/market"
)

// gitee reads the compute market of 模力方舟 (Gitee AI). An item is a machine; its price is for the whole machine, although the
// site's own cards show it divided. The machine is in the id: one model stands on several, each with its own price.
type gitee struct{}

var _ = register(gitee{})

// giteePage is how many items a full page has.
const giteePage = 10

// About declares the source.
func (gitee) About() About {
	return About{
		Provider: market.Provider{ID: "gitee-ai", Name: "模力方舟 Gitee AI", Kind: market.Neocloud, Country: "CN",
			Homepage: "https://ai.gitee.com", Schedule: "29 * * * *"},
		Base: "https://ai.gitee.com", Spacing: 2 * time.Second,
		Unit: "instance-hour, CNY", Evidence: ClientDerived, Parser: 2,
	}
}

// Sheets is the list of machines, ten a page.
func (g gitee) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(g.About().base(s) + "/api/base/market/products?page=1")}}
}

// giteeItem is one machine.
type giteeItem struct {
	Name      string       `json:"name"`
	GpuModel  string       `json:"gpu_model"`
	GpuNum    json.Number  `json:"gpu_num"`
	HourPrice *json.Number `json:"hour_price"`
	GpuIdle   *int         `json:"gpu_idle"`
	Idle      *int         `json:"idle"`
}

// Parse reads one page; a page that is not full is the last.
func (gitee) Parse(d Document) (Page, error) {
	var answer struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Items == nil {
		return Page{}, errors.New("the answer has no items")
	}
	listings, err := listed[giteeItem](answer.Items, "items", "name", "gpu_model", "gpu_num", "hour_price")
	if err != nil {
		return Page{}, err
	}
	page := Page{Listings: listings}
	if len(listings) >= giteePage {
		page.Next, err = nextPage(d.URL, "page", math.MaxInt)
	}
	return page, err
}

func (i giteeItem) listing() market.Listing {
	idle := i.GpuIdle
	if idle == nil {
		idle = i.Idle
	}
	return market.Listing{
		SKU: i.GpuModel, Variant: i.Name, GpuName: i.GpuModel, Count: i.GpuNum.String(), Country: "CN", Area: market.China,
		Market: market.OnDemand, Price: offered(i.HourPrice), Currency: market.CNY, Per: market.PerInstance, Period: market.PerHour,
		Stock: stockOf(idle), GpusAvailable: idle, Refusal: i.refusal(),
	}
}

// giteeSliced are the models of which one machine has whole cards and another slices of 16 or 32 GB, at a fraction of the price.
var giteeSliced = regexp.MustCompile(`(?i)\bC500\b`)

func (i giteeItem) refusal() string {
	if giteeSliced.MatchString(i.GpuModel) {
		return "sold whole and in slices of its memory, and the answer does not say which of them this is"
	}
	return ""
}
