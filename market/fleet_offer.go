package market

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// OwnProvider is the provider of our own cards, and OwnSheet the one list of them.
const (
	OwnProvider = "own-fleet"
	OwnSheet    = "idle"
)

// OwnOffers are our own idle cards at the prices of a card-hour that the operator has set, by catalogue id. Cards whose name does not say which
// entry they are cannot have one.
func OwnOffers(capacities []Capacity, prices map[string]Money) ([]Offer, error) {
	of := map[string]Capacity{}
	for _, c := range capacities {
		if _, priced := prices[c.GpuID]; priced && c.GpuID != "" {
			of[c.GpuID] = of[c.GpuID].plus(c)
		}
	}
	var out []Offer
	for _, id := range slices.Sorted(maps.Keys(of)) {
		offer, err := OwnOffer(of[id], prices[id])
		if err != nil {
			return nil, fmt.Errorf("own cards %s: %w", id, err)
		}
		out = append(out, offer)
	}
	return out, nil
}

// OwnOffer is the offer of our own cards of one kind. An error says what is wrong with the price.
func OwnOffer(c Capacity, perGpuHour Money) (Offer, error) {
	if _, found := GpuByID(c.GpuID); !found {
		return Offer{}, errors.New("only cards that the catalogue has are offered")
	}
	stock, free := c.stock()
	offer, err := Normalise(Origin{Provider: OwnProvider, Kind: OwnFleet, Sheet: OwnSheet, Sample: c.Sample}, Listing{SKU: c.GpuID, Count: "1",
		Market: OnDemand, Price: perGpuHour.Amount.String(), Currency: perGpuHour.Currency, Per: PerGPU, Period: PerHour, Stock: stock, GpusAvailable: free})
	offer.GpuName = cmp.Or(c.GpuName, offer.GpuName)
	return offer, err
}

// stock is whether a card could be rented, and how many. Where none is idle and of some nothing is known, neither is.
func (c Capacity) stock() (Stock, *int) {
	switch {
	case c.Idle > 0:
		return Available, &c.Idle
	case c.Unknown > 0:
		return StockUnknown, nil
	}
	return SoldOut, &c.Idle
}

// plus is two capacities as one, without their lots.
func (c Capacity) plus(d Capacity) Capacity {
	return Capacity{GpuID: d.GpuID, GpuName: cmp.Or(c.GpuName, d.GpuName), Total: c.Total + d.Total, Idle: c.Idle + d.Idle, Busy: c.Busy + d.Busy,
		Reserved: c.Reserved + d.Reserved, Degraded: c.Degraded + d.Degraded, Lost: c.Lost + d.Lost, Unknown: c.Unknown + d.Unknown, Sample: c.Sample || d.Sample}
}
