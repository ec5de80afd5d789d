package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"gpuhour/market"
)

// MarshalCurrency writes a currency code.
func MarshalCurrency(c market.Currency) graphql.Marshaler { return quoted(string(c)) }

// UnmarshalCurrency reads a currency code.
func UnmarshalCurrency(v any) (market.Currency, error) {
	text, _ := v.(string)
	c, err := market.ParseCurrency(text)
	if err != nil {
		return "", expected(`a currency code of three capital letters such as "USD"`, v)
	}
	return c, nil
}
