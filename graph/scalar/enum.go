package scalar

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"gpuhour/market"
)

// word reads a value of a closed vocabulary, by its name in market.Terms. The validation before it lets variables of any
// case pass, which would then match nothing.
func word[T ~string](vocabulary string, v any) (T, error) {
	text, _ := v.(string)
	words := market.Terms()[vocabulary]
	if !slices.Contains(words, text) {
		return "", expected("one of "+strings.Join(words, ", "), v)
	}
	return T(text), nil
}

// MarshalMarket writes a market.
func MarshalMarket(v market.Market) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalMarket reads a market.
func UnmarshalMarket(v any) (market.Market, error) { return word[market.Market]("Market", v) }

// MarshalArea writes a part of the world.
func MarshalArea(v market.Area) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalArea reads a part of the world.
func UnmarshalArea(v any) (market.Area, error) { return word[market.Area]("Area", v) }

// MarshalStock writes a level of stock.
func MarshalStock(v market.Stock) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalStock reads a level of stock.
func UnmarshalStock(v any) (market.Stock, error) { return word[market.Stock]("Stock", v) }

// MarshalProviderKind writes a kind of seller.
func MarshalProviderKind(v market.ProviderKind) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalProviderKind reads a kind of seller.
func UnmarshalProviderKind(v any) (market.ProviderKind, error) {
	return word[market.ProviderKind]("ProviderKind", v)
}

// MarshalPriceBasis writes what a price pays for.
func MarshalPriceBasis(v market.PriceBasis) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalPriceBasis reads what a price pays for.
func UnmarshalPriceBasis(v any) (market.PriceBasis, error) {
	return word[market.PriceBasis]("PriceBasis", v)
}

// MarshalPflopsBasis writes how a PFLOPS is counted.
func MarshalPflopsBasis(v market.PflopsBasis) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalPflopsBasis reads how a PFLOPS is counted.
func UnmarshalPflopsBasis(v any) (market.PflopsBasis, error) {
	return word[market.PflopsBasis]("PflopsBasis", v)
}

// MarshalProviderStatus writes the state of a provider.
func MarshalProviderStatus(v market.ProviderStatus) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalProviderStatus reads the state of a provider.
func UnmarshalProviderStatus(v any) (market.ProviderStatus, error) {
	return word[market.ProviderStatus]("ProviderStatus", v)
}

// MarshalOrderField writes what a list is sorted by.
func MarshalOrderField(v market.OrderField) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalOrderField reads what a list is sorted by.
func UnmarshalOrderField(v any) (market.OrderField, error) {
	return word[market.OrderField]("OfferOrderField", v)
}

// MarshalDirection writes which way a list is sorted.
func MarshalDirection(v market.Direction) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalDirection reads which way a list is sorted.
func UnmarshalDirection(v any) (market.Direction, error) {
	return word[market.Direction]("OrderDirection", v)
}

// MarshalTax writes whether tax is included.
func MarshalTax(v market.Tax) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalTax reads whether tax is included.
func UnmarshalTax(v any) (market.Tax, error) { return word[market.Tax]("Tax", v) }

// MarshalDisclosureKind writes a kind of stated figure.
func MarshalDisclosureKind(v market.DisclosureKind) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalDisclosureKind reads a kind of stated figure.
func UnmarshalDisclosureKind(v any) (market.DisclosureKind, error) {
	return word[market.DisclosureKind]("DisclosureKind", v)
}

// MarshalDisclosureBasis writes what a stated amount pays for.
func MarshalDisclosureBasis(v market.DisclosureBasis) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalDisclosureBasis reads what a stated amount pays for.
func UnmarshalDisclosureBasis(v any) (market.DisclosureBasis, error) {
	return word[market.DisclosureBasis]("DisclosureBasis", v)
}

// MarshalAlertCondition writes what a rule waits for.
func MarshalAlertCondition(v market.AlertCondition) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalAlertCondition reads what a rule waits for.
func UnmarshalAlertCondition(v any) (market.AlertCondition, error) {
	return word[market.AlertCondition]("AlertCondition", v)
}

// MarshalAlertSubject writes what a rule looks at.
func MarshalAlertSubject(v market.AlertSubject) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalAlertSubject reads what a rule looks at.
func UnmarshalAlertSubject(v any) (market.AlertSubject, error) {
	return word[market.AlertSubject]("AlertSubject", v)
}

// MarshalAlertState writes how a rule stands.
func MarshalAlertState(v market.AlertState) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalAlertState reads how a rule stands.
func UnmarshalAlertState(v any) (market.AlertState, error) {
	return word[market.AlertState]("AlertState", v)
}

// MarshalAlertEventKind writes what an event says.
func MarshalAlertEventKind(v market.AlertEventKind) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalAlertEventKind reads what an event says.
func UnmarshalAlertEventKind(v any) (market.AlertEventKind, error) {
	return word[market.AlertEventKind]("AlertEventKind", v)
}

// MarshalDeliveryStatus writes how far a delivery is.
func MarshalDeliveryStatus(v market.DeliveryStatus) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalDeliveryStatus reads how far a delivery is.
func UnmarshalDeliveryStatus(v any) (market.DeliveryStatus, error) {
	return word[market.DeliveryStatus]("DeliveryStatus", v)
}

// MarshalGpuState writes how a card stands.
func MarshalGpuState(v market.GpuState) graphql.Marshaler { return quoted(string(v)) }

// UnmarshalGpuState reads how a card stands.
func UnmarshalGpuState(v any) (market.GpuState, error) { return word[market.GpuState]("GpuState", v) }
