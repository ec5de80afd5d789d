package graph

import (
	"gpuhour/graph/model"
	"gpuhour/graph/scalar"
	"gpuhour/market"
)

// coordinate names a field of the schema.
type coordinate struct{ object, field string }

// lists says of every list how many items it may have, and what it costs to find them.
type lists map[coordinate]func(arguments map[string]any) (items, search int)

func (r *Resolver) lists() lists {
	return lists{
		{"Query", "offers"}: offersOf,
		{"Gpu", "offers"}:   offersOf,
		{"Query", "gpus"}:   gpusOf,
		{"Subscription", "offerChanged"}: func(a map[string]any) (int, int) {
			return changesUsual, weightOfSearch + weightOfValue*values(a["filter"])
		},
		{"Subscription", "alertFired"}: func(a map[string]any) (int, int) {
			rules, _ := a["rules"].([]any)
			return changesUsual, weightOfSearch * (1 + len(rules))
		},
		{"Offer", "history"}: func(a map[string]any) (int, int) {
			return asked(a["first"], model.UsualPoints, model.MostPoints), weightOfSearch
		},
		{"Query", "index"}:           func(map[string]any) (int, int) { return indicesUsual, 2 * weightOfPast },
		{"Query", "exportCount"}:     func(map[string]any) (int, int) { return 1, weightOfPast },
		{"Query", "economics"}:       func(a map[string]any) (int, int) { return 1, weightOfSearch + economicsOf(a["input"]) },
		{"Economics", "before"}:      func(map[string]any) (int, int) { return 1, weightOfPast },
		{"Economics", "sensitivity"}: func(map[string]any) (int, int) { return sensitivityRows, 1 },
		{"Query", "trainingCost"}:    func(a map[string]any) (int, int) { return 1, weightOfSearch + weightOfValue*values(a["filter"]) },
		{"PriceIndex", "points"}:     func(map[string]any) (int, int) { return pointsUsual, 1 },
		{"Query", "disclosures"}:     func(map[string]any) (int, int) { return len(market.Disclosures()), 1 },
		{"Query", "providers"}:       func(map[string]any) (int, int) { return len(r.Registry.Providers()), 1 },
		{"Provider", "runs"}: func(a map[string]any) (int, int) {
			return asked(a["last"], model.UsualRuns, model.MostRuns), weightOfSearch
		},
		{"Provider", "rejected"}: func(a map[string]any) (int, int) {
			return asked(a["first"], model.UsualRejected, model.MostRejected), weightOfSearch
		},
		{"Query", "node"}:                one(weightOfSearch),
		{"Query", "alertRule"}:           one(weightOfSearch),
		{"Query", "alertRules"}:          pageOf,
		{"Query", "deadLetters"}:         pageOf,
		{"Query", "backtest"}:            func(map[string]any) (int, int) { return model.MostTold, 5 * weightOfPast },
		{"AlertRule", "events"}:          pageOf,
		{"AlertEvent", "rule"}:           one(weightOfSearch),
		{"AlertEvent", "sources"}:        func(map[string]any) (int, int) { return sourcesUsual, 1 },
		{"AlertEvent", "deliveries"}:     func(map[string]any) (int, int) { return model.MostTargets, weightOfSearch },
		{"Delivery", "event"}:            one(weightOfSearch),
		{"Mutation", "createAlertRule"}:  one(weightOfSearch),
		{"Mutation", "updateAlertRule"}:  one(weightOfSearch),
		{"Mutation", "deleteAlertRule"}:  one(weightOfSearch),
		{"Mutation", "silenceAlertRule"}: one(weightOfSearch),
		{"Mutation", "redeliver"}:        one(weightOfSending),
		{"Mutation", "testAlertRule"}:    func(map[string]any) (int, int) { return model.MostTargets, model.MostTargets * weightOfSending },

		// Our own cards, which are in memory.
		{"Query", "fleet"}:                    one(weightOfSearch),
		{"Fleet", "hosts"}:                    pageOf,
		{"Fleet", "capacity"}:                 func(map[string]any) (int, int) { return kindsUsual, 1 },
		{"FleetChange", "capacity"}:           func(map[string]any) (int, int) { return kindsUsual, 1 },
		{"Fleet", "capacityHistory"}:          func(map[string]any) (int, int) { return pointsUsual, weightOfSearch },
		{"Capacity", "lots"}:                  func(map[string]any) (int, int) { return cardsUsual, 1 },
		{"Capacity", "marketPricePerGpuHour"}: one(weightOfReference),
		{"Capacity", "idleValuePerHour"}:      one(weightOfReference),
		{"FleetHost", "labels"}:               func(map[string]any) (int, int) { return labelsUsual, 1 },
		{"FleetHost", "gpus"}:                 func(map[string]any) (int, int) { return cardsUsual, 1 },
		{"FleetGpu", "migInstances"}:          func(map[string]any) (int, int) { return instancesUsual, 1 },
		{"Subscription", "fleetChanged"}:      func(map[string]any) (int, int) { return changesUsual, weightOfSearch },
		{"Mutation", "setHold"}:               one(weightOfSearch),
		{"Mutation", "setFleetPrice"}:         one(weightOfSearch),
	}
}

// one is something that must be looked for.
func one(search int) func(map[string]any) (int, int) {
	return func(map[string]any) (int, int) { return 1, search }
}

// pageOf is a list of rules, events or deliveries.
func pageOf(arguments map[string]any) (items, search int) {
	return asked(arguments["first"], market.DefaultPage, market.LargestPage), weightOfSearch
}

// sourcesUsual is how many documents an event is weighed with.
const sourcesUsual = 5

// changesUsual is how many changes a subscription is weighed with: each costs what it asks for, and they go on coming.
const changesUsual = 20

// What our own cards are weighed with: a host costs its cards times their fields. Hosts of more than eight cards, or divided up by MIG throughout, cost
// more than they weigh, but nobody can ask for other hosts than the operator has.
const (
	kindsUsual     = 4
	cardsUsual     = 8
	labelsUsual    = 4
	instancesUsual = 2
)

// What a question for an index is weighed with: an answer has a few indices, and bounds its points itself.
const (
	indicesUsual = 5
	pointsUsual  = 400
)

// sensitivityRows is five prices times four utilisations.
const sensitivityRows = 20

// economicsOf is what it costs to find the price, where none is named.
func economicsOf(input any) int {
	fields, _ := input.(map[string]any)
	if fields["pricePerGpuHour"] != nil {
		return 1
	}
	return weightOfPast
}

func offersOf(arguments map[string]any) (items, search int) {
	first := asked(arguments["first"], market.LargestPage, market.LargestPage)
	last := asked(arguments["last"], market.LargestPage, market.LargestPage)
	if arguments["first"] == nil && arguments["last"] == nil {
		first = market.DefaultPage
	}
	search = weightOfSearch + weightOfValue*values(arguments["filter"])
	if arguments["asOf"] != nil {
		search += weightOfPast
	}
	return min(first, last), search
}

// values is how many values the lists of a filter have.
func values(filter any) (n int) {
	fields, _ := filter.(map[string]any)
	for _, field := range fields {
		if list, isList := field.([]any); isList {
			n += len(list)
		}
	}
	return n
}

func gpusOf(arguments map[string]any) (items, search int) {
	models, named := arguments["models"].([]any)
	if !named {
		return len(market.Gpus()), 1
	}
	for _, m := range models {
		name, _ := m.(string)
		items += len(market.GpusOfModel(name))
	}
	return items, 1
}

// asked is how many items an argument asks for, as it stands in the query.
func asked(argument any, usual, most int) int {
	if argument == nil {
		return usual
	}
	n, err := scalar.UnmarshalInt(argument)
	if err != nil {
		return most
	}
	return max(0, min(n, most))
}
