package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gpuhour/market"
)

// matpool reads the machine pools of 矩池云. A price is for one unit (份), in thousandths of a 分; a unit is one card unless
// the pool says how its cards are divided.
type matpool struct{}

var _ = register(matpool{})

// About declares the source.
func (matpool) About() About {
	return About{
		Provider: market.Provider{ID: "matpool", Name: "矩池云", Kind: market.Neocloud, Country: "CN",
			Homepage: "https://matgo.cn", Schedule: "19 * * * *"},
		Base: "https://matgo.cn", Spacing: 2 * time.Second,
		Unit: "unit-hour (份), CNY", Evidence: ClientDerived, Parser: 2,
	}
}

// Sheets is the list of pools, a hundred a page.
func (m matpool) Sheets(s Settings) []Sheet {
	return []Sheet{{"prices", Get(m.About().base(s) + "/api/machine_pools?machine_category=0&page=1&per_page=100")}}
}

// matpoolAnswer is one page.
type matpoolAnswer struct {
	Pools      []json.RawMessage `json:"pools"`
	Pagination *struct {
		NumPages *int `json:"num_pages"`
	} `json:"pagination"`
}

// matpoolPool is machines of one kind in one zone.
type matpoolPool struct {
	GpuModel  string          `json:"gpu_model"`
	Domain    json.Number     `json:"domain"`
	PoolID    json.RawMessage `json:"resource_pool_id"`
	Available *int            `json:"max_available_units"`
	Machine   struct {
		Hardware matpoolHardware `json:"hardware"`
		Gpu      *matpoolTotal   `json:"gpu"`
		Unit     *matpoolTotal   `json:"unit"`
	} `json:"machine"`
}

// matpoolTotal counts the cards, or the units, of a machine.
type matpoolTotal struct {
	Total int64 `json:"total"`
}

type matpoolHardware struct {
	Gpu *struct {
		RAMMB float64 `json:"gpuRamMB"`
	} `json:"gpu"`
	Machine *struct {
		RAMMB float64 `json:"ramMB"`
	} `json:"machine"`
	Price *json.Number `json:"priceMillicent"`
	// Discount is left out where nothing is discounted.
	Discount *json.Number `json:"discountPriceMillicent"`
}

// Parse reads one page of pools.
func (m matpool) Parse(d Document) (Page, error) {
	var answer matpoolAnswer
	if err := decodeJSON(d, &answer); err != nil {
		return Page{}, err
	}
	if answer.Pools == nil || answer.Pagination == nil || answer.Pagination.NumPages == nil {
		return Page{}, errors.New("the answer has no pools or no pagination.num_pages")
	}
	pools, err := rows[matpoolPool](answer.Pools, "pools", "gpu_model", "domain", "resource_pool_id", "max_available_units",
		"machine.hardware.priceMillicent", "machine.hardware.gpu?.gpuRamMB", "machine.gpu?.total", "machine.unit?.total")
	if err != nil {
		return Page{}, err
	}
	var page Page
	for i, pool := range pools {
		if (pool.Machine.Gpu == nil) != (pool.Machine.Unit == nil) {
			return Page{}, fmt.Errorf("pools[%d].machine has only one of gpu.total and unit.total: how much of a card is a unit?", i)
		}
		page.Listings = append(page.Listings, pool.listing())
	}
	page.Next, err = nextPage(d.URL, "page", *answer.Pagination.NumPages)
	return page, err
}

func (p matpoolPool) listing() market.Listing {
	h := p.Machine.Hardware
	l := market.Listing{
		SKU: p.GpuModel, Variant: "pool " + plainID(p.PoolID), GpuName: p.GpuModel, Count: p.cards(), Region: "domain " + p.Domain.String(),
		Market: market.OnDemand, Price: h.yuan(), Currency: market.CNY, Per: market.PerInstance, Period: market.PerHour,
		Stock: stockOf(p.Available), GpusAvailable: p.free(),
	}
	locate(&l, matpoolPlaces)
	if h.Gpu != nil {
		l.CardMemoryGB = h.Gpu.RAMMB / 1024
	}
	if h.Machine != nil && h.Machine.RAMMB > 0 {
		memory := h.Machine.RAMMB / 1024
		l.MemoryGB = &memory
	}
	return l
}

// matpoolPlaces are the zones whose country is known; 11 is a zone abroad (亚太2区) that says no country.
var matpoolPlaces = map[string]place{
	"domain 0": {"CN", market.China}, "domain 11": {"", market.AsiaPacific}, "domain 13": {"CN", market.China},
	"domain 15": {"CN", market.China}, "domain 16": {"CN", market.China},
}

// cards is the share of cards in one unit, where the pool says how many cards and units a machine has.
func (p matpoolPool) cards() string {
	if p.Machine.Gpu == nil {
		return "1"
	}
	return fmt.Sprintf("%d/%d", p.Machine.Gpu.Total, p.Machine.Unit.Total)
}

// free counts cards, so it is known only where a unit is a card.
func (p matpoolPool) free() *int {
	if p.Machine.Gpu != nil && *p.Machine.Gpu != *p.Machine.Unit {
		return nil
	}
	return p.Available
}

// yuan is what is paid now: the discounted price where there is one. 100,000 thousandths of a 分 are one 元.
func (h matpoolHardware) yuan() string {
	if price := offered(h.Discount); price != "" {
		return shiftPoint(price, 5)
	}
	return shiftPoint(offered(h.Price), 5)
}

// plainID is an id that may be a number or text.
func plainID(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// stockOf is what a count of free cards or machines says; nothing when the source does not count, or says -1 because it does not know.
func stockOf(free *int) market.Stock {
	switch {
	case free == nil || *free < 0:
		return market.StockUnknown
	case *free > 0:
		return market.Available
	}
	return market.SoldOut
}
