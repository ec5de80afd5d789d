package market

import (
	"errors"
	"fmt"
	"strings"

	"github.com/govalues/decimal"
)

// Currency is an ISO 4217 code, as in "USD".
type Currency string

// The currencies that prices are most often asked in.
const (
	USD Currency = "USD"
	CNY Currency = "CNY"
	EUR Currency = "EUR"
)

// ParseCurrency reads an ISO 4217 code of three capital letters.
func ParseCurrency(text string) (Currency, error) {
	if len(text) != 3 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fmt.Errorf("%q is not a currency code of three capital letters, as in \"USD\"", text)
	}
	return Currency(text), nil
}

// Money is an exact amount of one currency.
type Money struct {
	Amount   Decimal
	Currency Currency
}

// ErrNoPrice says that a provider prints no price where one could stand: a dash, "N/A", "Contact sales", nothing.
var ErrNoPrice = errors.New("no price printed")

// noPrice holds the ways providers print that there is no price, in lower case.
var noPrice = map[string]bool{
	"": true, "-": true, "--": true, "–": true, "––": true, "—": true, "——": true, "/": true,
	"n/a": true, "na": true, "null": true, "none": true, "tbd": true, "contact sales": true, "contact us": true,
	"talk to our team": true, "暂无": true, "无": true, "咨询": true, "联系我们": true, "售罄": true,
}

// currencyMarks are what may stand around an amount, with the currency each one states.
// A bare "$" states no currency by itself: several countries print it. The listing says which.
var currencyMarks = []struct {
	mark     string
	currency Currency
}{
	{"USD", USD}, {"US$", USD}, {"$", ""}, {"CNY", CNY}, {"RMB", CNY}, {"¥", ""}, {"￥", ""}, {"元", CNY}, {"EUR", EUR}, {"€", EUR},
}

// ParseAmount reads a printed price such as "$1,234.50", "¥2.39" or "49.24" exactly, up to nine decimals, and refuses
// everything that it would have to guess about. It returns ErrNoPrice where the provider prints that there is none, and an
// error when a currency mark in the text contradicts currency.
func ParseAmount(text string, currency Currency) (Decimal, error) {
	bare := strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
	if noPrice[strings.ToLower(bare)] {
		return Decimal{}, ErrNoPrice
	}
	digits, err := stripMarks(bare, currency)
	if err != nil {
		return Decimal{}, err
	}
	amount, err := parsePlain(digits)
	if err != nil {
		return Decimal{}, fmt.Errorf("price %q: %w", abbreviate(text), err)
	}
	return amount, nil
}

func stripMarks(text string, currency Currency) (string, error) {
	for _, m := range currencyMarks {
		rest, found := cutMark(text, m.mark)
		if !found {
			continue
		}
		if m.currency != "" && m.currency != currency {
			return "", fmt.Errorf("price %q is marked %s, expected %s", abbreviate(text), m.currency, currency)
		}
		return strings.TrimSpace(rest), nil
	}
	return text, nil
}

func cutMark(text, mark string) (string, bool) {
	if rest, found := strings.CutPrefix(text, mark); found {
		return rest, true
	}
	return strings.CutSuffix(text, mark)
}

// parsePlain reads digits with one optional point and English thousands separators.
func parsePlain(text string) (Decimal, error) {
	whole, part, _ := strings.Cut(text, ".")
	whole, err := joinThousands(whole)
	if err != nil {
		return Decimal{}, err
	}
	if whole == "" || strings.Trim(whole+part, "0123456789") != "" || strings.HasSuffix(text, ".") {
		return Decimal{}, errors.New("not a number")
	}
	if len(part) > ListedScale {
		return Decimal{}, fmt.Errorf("more than %d decimals", ListedScale)
	}
	if len(strings.TrimLeft(whole, "0"))+len(part) > decimal.MaxPrec {
		return Decimal{}, errTooLarge // the library would round
	}
	return decimal.Parse(strings.TrimSuffix(whole+"."+part, "."))
}

func joinThousands(whole string) (string, error) {
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3)) {
			return "", errors.New("thousands separators out of place")
		}
	}
	return strings.Join(groups, ""), nil
}

// RoundBinary turns a number that a source printed from a binary float, as in "0.30000000000000004" or "1e-05", into at
// most nine decimals, once. Text that is no such number is returned as it is, for ParseAmount to refuse.
func RoundBinary(text string) string {
	d, err := decimal.Parse(text)
	if err != nil || d.Scale() <= ListedScale && !strings.ContainsAny(text, "eE") {
		return text
	}
	return d.Round(ListedScale).Trim(0).String()
}

func abbreviate(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
