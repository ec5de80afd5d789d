package market

import "fmt"

// Market is how a GPU-hour is sold.
type Market string

// The markets. UNKNOWN occurs only in imported history whose source did not say.
const (
	OnDemand      Market = "ON_DEMAND"
	Spot          Market = "SPOT"
	Reserved      Market = "RESERVED"
	MarketUnknown Market = "UNKNOWN"
)

// Area is a part of the world, as far as a provider's region says.
type Area string

// The areas; the empty area is one that the region does not say.
const (
	NorthAmerica Area = "NORTH_AMERICA"
	SouthAmerica Area = "SOUTH_AMERICA"
	Europe       Area = "EUROPE"
	China        Area = "CHINA"
	AsiaPacific  Area = "ASIA_PACIFIC"
	MiddleEast   Area = "MIDDLE_EAST"
	Africa       Area = "AFRICA"
)

// Stock says whether an offer can be rented now, as far as its provider says.
type Stock string

// The stock levels.
const (
	Available    Stock = "AVAILABLE"
	Limited      Stock = "LIMITED"
	SoldOut      Stock = "SOLD_OUT"
	StockUnknown Stock = "UNKNOWN"
)

// ProviderKind is the kind of a seller. Kinds are never blended into one number.
type ProviderKind string

// The kinds of seller.
const (
	Hyperscaler ProviderKind = "HYPERSCALER"
	Neocloud    ProviderKind = "NEOCLOUD"
	Marketplace ProviderKind = "MARKETPLACE"
	Aggregator  ProviderKind = "AGGREGATOR"
	OwnFleet    ProviderKind = "OWN_FLEET"
)

// PriceBasis is what a listed amount pays for.
type PriceBasis string

// The bases of a price.
const (
	// PerGPU is one card with its share of the machine.
	PerGPU PriceBasis = "GPU"
	// PerInstance is the whole machine with all its cards.
	PerInstance PriceBasis = "INSTANCE"
	// PerComponent is a bare card: the processors and the memory it needs are charged on top, so it is compared with nothing else.
	PerComponent PriceBasis = "COMPONENT"
)

// Tax says whether a listed amount includes tax. Empty is what a source does not say.
type Tax string

// The two that a source may print.
const (
	TaxIncluded Tax = "INCLUDED"
	TaxExcluded Tax = "EXCLUDED"
)

// PflopsBasis is how a PFLOPS is counted.
type PflopsBasis string

// The bases of a PFLOPS.
const (
	Fp16Dense  PflopsBasis = "FP16_DENSE"
	Fp16Sparse PflopsBasis = "FP16_SPARSE"
)

// ProviderStatus says how far a provider's offers can be believed now.
type ProviderStatus string

// The states of a provider.
const (
	Fresh       ProviderStatus = "FRESH"
	Stale       ProviderStatus = "STALE"
	Failing     ProviderStatus = "FAILING"
	Quarantined ProviderStatus = "QUARANTINED"
	Disabled    ProviderStatus = "DISABLED"
	NeverRun    ProviderStatus = "NEVER_RUN"
)

// OrderField is what a list of offers is ordered by.
type OrderField string

// The orders of a list of offers.
const (
	ByPricePerGpuHour    OrderField = "PRICE_PER_GPU_HOUR"
	ByPricePerPflopsHour OrderField = "PRICE_PER_PFLOPS_HOUR"
	ByPrice              OrderField = "PRICE"
	ByObservedAt         OrderField = "OBSERVED_AT"
	ByChangedAt          OrderField = "CHANGED_AT"
	ByGpu                OrderField = "GPU"
	ByProvider           OrderField = "PROVIDER"
)

// Direction is the way an order runs. Nulls come last in both.
type Direction string

// The directions of an order.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// terms are looked up for every row that is read.
var terms = Terms()

// Terms lists the values of every closed vocabulary by its name in the GraphQL schema, so that a test can hold the two together.
func Terms() map[string][]string {
	return map[string][]string{
		"Market":          words(OnDemand, Spot, Reserved, MarketUnknown),
		"Area":            words(NorthAmerica, SouthAmerica, Europe, China, AsiaPacific, MiddleEast, Africa),
		"Stock":           words(Available, Limited, SoldOut, StockUnknown),
		"ProviderKind":    words(Hyperscaler, Neocloud, Marketplace, Aggregator, OwnFleet),
		"PriceBasis":      words(PerGPU, PerInstance, PerComponent),
		"Tax":             words(TaxIncluded, TaxExcluded),
		"PflopsBasis":     words(Fp16Dense, Fp16Sparse),
		"ProviderStatus":  words(Fresh, Stale, Failing, Quarantined, Disabled, NeverRun),
		"OfferOrderField": words(ByPricePerGpuHour, ByPricePerPflopsHour, ByPrice, ByObservedAt, ByChangedAt, ByGpu, ByProvider),
		"DisclosureKind":  words(Capex, RentalContract, AnnouncedPrice, Margin, Plan),
		"DisclosureBasis": words(InTotal, PerCard, PerMachine, PerPetaflop),
		"OrderDirection":  words(Ascending, Descending),
		"AlertCondition":  words(Below, Above, Drops, Rises, NewLow, InStock, OutOfStock, BelowIndex, AboveIndex),
		"AlertSubject":    words(EachOffer, Cheapest, OfIndex),
		"AlertState":      words(AlertOK, AlertPending, AlertFiring, AlertRecovering, AlertNoData, AlertSourceError, AlertSilenced),
		"AlertEventKind":  words(Fired, Further, Resolved, NoData, SourceError, TestEvent),
		"GpuState":        words(GpuIdle, GpuBusy, GpuReserved, GpuDegraded, GpuLost, GpuUnknown),
		"DeliveryStatus":  words(DeliveryPending, Delivered, DeliveryRetrying, DeliveryFailed),
	}
}

func words[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// known reports an error when word is not a value of the vocabulary, as named in the GraphQL schema.
func known(vocabulary, word string) error {
	for _, w := range terms[vocabulary] {
		if w == word {
			return nil
		}
	}
	return fmt.Errorf("%q is not a %s", word, vocabulary)
}
