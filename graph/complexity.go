package graph

import (
	"gpuhour/graph/generated"
	"gpuhour/graph/model"
	"gpuhour/market"
)

// weigh says what a field costs: a list as many times its items' fields as it may have items, everything else one. A full
// page of offers with all their fields is allowed; lists within lists soon are not.
func weigh(c *generated.ComplexityRoot) {
	c.Query.Offers = func(child int, _ *model.OfferFilter, _ *model.OfferOrder, first *int, _ *string, last *int, _ *string) int {
		return child * items(first, last)
	}
	c.Gpu.Offers = func(child int, _ *model.OfferFilter, _ *model.OfferOrder, first *int, _ *string) int {
		return child * items(first, nil)
	}
	c.Query.Gpus = func(child int, models []string) int { return child * max(20, 4*len(models)) }
	c.Query.Providers = func(child int, _ []market.ProviderKind) int { return child * weightOfList }
	c.Provider.Runs = func(child int, last *int) int { return child * items(nil, last) }
	c.Provider.Rejected = func(child int, first *int) int { return child * items(first, nil) }
}

// items is the longest that a list can become.
func items(first, last *int) int {
	n := listWithoutLength
	if first != nil {
		n = *first
	} else if last != nil {
		n = *last
	}
	return max(1, min(n, market.LargestPage))
}
