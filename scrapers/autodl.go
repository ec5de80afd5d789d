package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// autodl reads AutoDL, which rents the cards of many machines at prices that it sets itself. With a key it reads the market: a machine
// a row, with its price a card-hour in 厘 (thousandths of a 元) and its free cards. Without one it reads the list prices of the home page.
type autodl struct{}

var _ = register(autodl{})

// About declares the source. Neither answer has been seen: the market is known from its clients, the home page from notes.
func (autodl) About() About {
	return About{
		Provider: market.Provider{ID: "autodl", Name: "AutoDL", Kind: market.Neocloud, Country: "CN",
			Homepage: "https://www.autodl.com", Schedule: "9 */2 * * *"},
		Base: "https://www.autodl.com", Spacing: 2 * time.Second, KeyName: "AUTODL_TOKEN", KeyOptional: true,
		Unit: "GPU-hour, CNY", Evidence: ClientDerived, Parser: 1,
	}
}

// autodlSearch is the market's address; autodlPage is how many machines a page has, the most there can be.
const (
	autodlSearch = "/api/v1/machine/search"
	autodlPage   = 100
)

// Sheets is the market where there is a key, else the home page. The key goes into the header as it is: with "Bearer" before it the
// market answers that the login has expired.
func (a autodl) Sheets(s Settings) []Sheet {
	base := a.About().base(s)
	if s.Key == "" {
		return []Sheet{{"home", Get(base + "/home")}}
	}
	first := autodlAsk(base+autodlSearch, 1)
	first.Header.Set("Authorization", s.Key)
	return []Sheet{{"market", first}}
}

// autodlAsk asks for a page of the machines that are rented by the hour, those without a free card too.
func autodlAsk(address string, page int) Request {
	body := fmt.Sprintf(`{"charge_type":"payg","region_sign_list":[],"gpu_type_name":[],"gpu_idle_num":0,"mount_net_disk":false,`+
		`"default_order":true,"page_index":%d,"page_size":%d}`, page, autodlPage)
	return PostJSON(address+"#page="+strconv.Itoa(page), body)
}

// Parse reads a page of the market, the home page or its bundle.
func (a autodl) Parse(d Document) (Page, error) {
	u, err := url.Parse(d.URL)
	switch {
	case err != nil:
		return Page{}, fmt.Errorf("address: %w", err)
	case strings.HasSuffix(u.Path, autodlSearch):
		return a.market(d, u)
	case strings.HasSuffix(u.Path, ".js"):
		return a.bundle(d)
	}
	return a.home(d, u)
}

// autodlAnswer is one page of machines.
type autodlAnswer struct {
	Code    *string `json:"code"`
	Message string  `json:"msg"`
	Data    *struct {
		List  []json.RawMessage `json:"list"`
		Total *int              `json:"result_total"`
		Pages *int              `json:"max_page"`
	} `json:"data"`
}

// market reads one page. Pages past the last repeat it, so it is max_page that ends the list.
func (autodl) market(d Document, u *url.URL) (Page, error) {
	var answer autodlAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if err := answer.check(); err != nil {
		return Page{}, err
	}
	listings, err := listed[autodlMachine](answer.Data.List, "list", "machine_id", "region_sign", "gpu_name", "gpu_memory", "gpu_idle_num", "chip_corp", "payg_price")
	if err != nil {
		return Page{}, err
	}
	page, err := strconv.Atoi(strings.TrimPrefix(u.Fragment, "page="))
	if err != nil {
		return Page{}, errors.New("the address does not say which page it is")
	}
	out := Page{Listings: listings}
	if page < *answer.Data.Pages {
		u.Fragment = ""
		next := autodlAsk(u.String(), page+1)
		out.Next = &next
	}
	return out, nil
}

func (a autodlAnswer) check() error {
	switch {
	case a.Code == nil:
		return errors.New("the answer has no code")
	case *a.Code != "Success":
		return fmt.Errorf("the answer's code is %q: %s", abbreviate(*a.Code), abbreviate(a.Message))
	case a.Data == nil || a.Data.List == nil || a.Data.Total == nil || a.Data.Pages == nil:
		return errors.New("the answer has no data with list, result_total and max_page")
	case *a.Data.Total > 0 && *a.Data.Pages < (*a.Data.Total-1)/autodlPage+1:
		return fmt.Errorf("%d machines are not on %d pages of %d", *a.Data.Total, *a.Data.Pages, autodlPage)
	}
	return nil
}

// autodlMachine is one machine. Members pay less, which is in level_config and not listed.
type autodlMachine struct {
	ID     string       `json:"machine_id"`
	Region string       `json:"region_sign"`
	Gpu    string       `json:"gpu_name"`
	Memory float64      `json:"gpu_memory"` // bytes of one card
	Idle   int          `json:"gpu_idle_num"`
	Corp   string       `json:"chip_corp"`
	Payg   *json.Number `json:"payg_price"`
	SKUs   []struct {
		Type    string       `json:"type"`
		Current *json.Number `json:"current_price"`
	} `json:"machine_sku_info"`
}

func (m autodlMachine) listing() market.Listing {
	l := market.Listing{
		SKU: m.Gpu, GpuName: m.Gpu, Count: "1", Pool: m.Region, Ask: m.ID, Region: m.Region, Country: "CN", Area: market.China, Market: market.OnDemand,
		Currency: market.CNY, Per: market.PerGPU, Period: market.PerHour,
	}
	l.Price, l.Refusal = m.price()
	if why := autodlNoCard(m.Gpu, m.Corp); why != "" {
		l.Refusal = why
	}
	if m.ID == "" || m.Region == "" {
		l.Refusal = "a machine without its number or its region"
	}
	if m.Memory > 0 {
		l.CardMemoryGB = m.Memory / bytesPerGB
		l.Variant = strconv.FormatFloat(l.CardMemoryGB, 'f', -1, 64) + " GB"
	}
	if m.Idle >= 0 {
		l.GpusAvailable = &m.Idle
	}
	l.Stock = stockOf(l.GpusAvailable)
	return l
}

// price is the current one for pay-as-you-go where the machine has a list of its prices, else the machine's only one.
func (m autodlMachine) price() (price, refusal string) {
	price = shiftPoint(offered(m.Payg), 3)
	found := 0
	for _, sku := range m.SKUs {
		if sku.Type == "payg" {
			price = shiftPoint(offered(sku.Current), 3)
			found++
		}
	}
	if found > 1 {
		return price, "several prices for pay-as-you-go"
	}
	return price, ""
}

// autodlNoCard is why a name is not that of a card.
func autodlNoCard(name, corp string) string {
	upper := strings.ToUpper(name)
	switch {
	case strings.EqualFold(corp, "cpu") || strings.HasPrefix(upper, "CPU"):
		return "not a GPU"
	case strings.HasPrefix(upper, "VGPU"):
		return "a slice of a card, whose share of it is not stated"
	}
	return ""
}
