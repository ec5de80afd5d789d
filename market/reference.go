package market

import "time"

// ReferenceQuestion asks for the reference price of a GPU at a moment: its index of on-demand prices at neoclouds, of the day (UTC)
// that the moment lies in. Of a day that is not over yet it is the price so far.
func ReferenceQuestion(gpu string, c Currency, at, now time.Time, cadence func(provider string) time.Duration) IndexQuestion {
	return IndexQuestion{Gpu: gpu, Filter: Filter{ProviderKinds: []ProviderKind{Neocloud}, Markets: []Market{OnDemand}},
		From: at, To: at.Add(time.Second), Step: 24 * time.Hour, Currency: c, Now: now, Cadence: cadence}
}

// Reference is the day in the answer to a ReferenceQuestion, whose median is the reference price; false where nothing was observed.
func Reference(indices []Index) (IndexPoint, bool) {
	for _, index := range indices {
		for _, p := range index.Points {
			if p.Spread != nil {
				return p, true
			}
		}
	}
	return IndexPoint{}, false
}
