// Package scalar spells the schema's scalars. Every one refuses what it cannot read exactly, with what it expected.
package scalar

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/govalues/decimal"

	"gpuhour/market"
)

// timeLayout is RFC 3339 to the millisecond.
const timeLayout = "2006-01-02T15:04:05.000Z"

// MarshalTime writes an instant in UTC.
func MarshalTime(t time.Time) graphql.Marshaler { return quoted(t.UTC().Format(timeLayout)) }

// UnmarshalTime reads an instant of any zone.
func UnmarshalTime(v any) (time.Time, error) {
	text, isText := v.(string)
	t, err := time.Parse(time.RFC3339, text)
	if !isText || err != nil {
		return time.Time{}, fmt.Errorf("expected a time such as \"2026-11-01T12:00:00Z\", got %s", shown(v))
	}
	return t.UTC(), nil
}

// MarshalDecimal writes a number as a string, so that no client rounds it.
func MarshalDecimal(d market.Decimal) graphql.Marshaler { return quoted(d.String()) }

// UnmarshalDecimal reads a number exactly as it is written, as a string or a number.
func UnmarshalDecimal(v any) (market.Decimal, error) {
	text, known := numberText(v)
	if !known || !plain(text) {
		return market.Decimal{}, fmt.Errorf("expected a decimal number such as \"2.39\", of at most 19 digits, got %s", shown(v))
	}
	d, err := decimal.Parse(text)
	if err != nil {
		return market.Decimal{}, fmt.Errorf("expected a decimal number such as \"2.39\", got %s", shown(v))
	}
	return d, nil
}

// plain says whether a text is digits with an optional minus and point, few enough to be kept exactly.
func plain(text string) bool {
	whole, part, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && strings.Trim(whole+part, "0123456789") == "" && len(whole)+len(part) <= 19 && !strings.HasSuffix(text, ".")
}

func numberText(v any) (string, bool) {
	switch n := v.(type) {
	case string:
		return n, true
	case json.Number:
		return n.String(), true
	case int64:
		return strconv.FormatInt(n, 10), true
	case int:
		return strconv.Itoa(n), true
	case float64: // from a literal in the query: the shortest text that means it
		return strconv.FormatFloat(n, 'f', -1, 64), true
	}
	return "", false
}

// MarshalPeriod writes the period of a price.
func MarshalPeriod(p market.Period) graphql.Marshaler { return quoted(string(p)) }

// UnmarshalPeriod reads the period of a price.
func UnmarshalPeriod(v any) (market.Period, error) {
	text, _ := v.(string)
	if _, err := market.Period(text).Seconds(); err != nil {
		return "", err
	}
	return market.Period(text), nil
}

// MarshalDuration writes a length of time in seconds: "PT1.234S".
func MarshalDuration(d time.Duration) graphql.Marshaler {
	return quoted("PT" + strconv.FormatFloat(d.Round(time.Millisecond).Seconds(), 'f', -1, 64) + "S")
}

// UnmarshalDuration reads a length of time; none of the arguments has one yet.
func UnmarshalDuration(v any) (time.Duration, error) {
	return 0, fmt.Errorf("expected no duration here, got %s", shown(v))
}

// MarshalCurrency writes a currency code.
func MarshalCurrency(c market.Currency) graphql.Marshaler { return quoted(string(c)) }

// UnmarshalCurrency reads a currency code.
func UnmarshalCurrency(v any) (market.Currency, error) {
	text, isText := v.(string)
	if !isText {
		return "", fmt.Errorf("expected a currency code such as \"USD\", got %s", shown(v))
	}
	return market.ParseCurrency(text)
}

func quoted(text string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(text)) })
}

func shown(v any) string {
	text := fmt.Sprintf("%v", v)
	return strconv.Quote(text[:min(len(text), 60)])
}
