package scrapers

import (
	"fmt"
	"regexp"
	"strings"

	"gpuhour/market"
)

// leastPrice begins a price that is only the lowest of several.
var leastPrice = regexp.MustCompile(`(?i)^(from|starting|as low as)\b`)

// dollars says why a text in the place of a price is not one price in dollars; empty when it is.
func dollars(text string) (refusal string) {
	switch {
	case !strings.ContainsAny(text, "0123456789"):
		return market.ErrNoPrice.Error()
	case leastPrice.MatchString(text):
		return "the least price of several configurations"
	case !strings.Contains(text, "$"):
		return fmt.Sprintf("the price %q is not in \"$\"", abbreviate(text))
	}
	return ""
}

// inUnit takes the unit off a price in dollars, as in "$3.90/GPU-hr". A price in another unit, or in none, is refused; a text that
// is no price is kept as it is.
func inUnit(text, unit string) (price, refusal string) {
	if price, found := strings.CutSuffix(text, unit); found {
		return price, dollars(price)
	}
	if refusal := dollars(text); refusal != "" {
		return text, refusal
	}
	return text, fmt.Sprintf("the unit of the price %q is not %q", abbreviate(text), unit)
}
