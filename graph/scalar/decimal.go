package scalar

import (
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/govalues/decimal"

	"gpuhour/market"
)

// mostDigits is what a market.Decimal keeps exactly.
const mostDigits = 19

// MarshalDecimal writes a number as a string, so that no client rounds it.
func MarshalDecimal(d market.Decimal) graphql.Marshaler { return quoted(d.String()) }

// UnmarshalDecimal reads a number exactly as it is written, as text or as a number. A float is refused: nobody knows any more
// what was written.
func UnmarshalDecimal(v any) (market.Decimal, error) {
	var text string
	switch n := v.(type) {
	case string:
		text = n
	case json.Number:
		text = n.String()
	}
	d, err := decimal.Parse(text)
	if err != nil || !plain(text) {
		return market.Decimal{}, expected(`a decimal number of at most 19 digits such as "2.39"`, v)
	}
	return d, nil
}

// plain says whether a text is digits with an optional minus and point, few enough to be kept exactly.
func plain(text string) bool {
	whole, part, pointed := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	digits := whole + part
	return whole != "" && (part != "" || !pointed) && strings.Trim(digits, "0123456789") == "" && len(digits) <= mostDigits
}
