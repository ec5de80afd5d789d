package market

import (
	"fmt"
	"strconv"

	"github.com/govalues/decimal"
)

// decimalOf is the number that a float is written as, in the fewest digits; false where no exact decimal is read back as that float.
func decimalOf(f float64) (Decimal, bool) {
	d, err := decimal.Parse(strconv.FormatFloat(f, 'f', -1, 64))
	if err != nil {
		return Decimal{}, false
	}
	back, err := strconv.ParseFloat(d.String(), 64)
	return d, err == nil && back == f
}

// ShareOf reads a share from 0 to 1 exactly as it is written. An *InvalidError names the field.
func ShareOf(field string, f float64) (Decimal, error) {
	d, exact := decimalOf(f)
	if !exact || f < 0 || f > 1 {
		return Decimal{}, &InvalidError{field, fmt.Sprintf("expected a share from 0 to 1 of at most 19 decimals, got %v", f)}
	}
	return d, nil
}

// PositiveOf reads a number above zero exactly as it is written. An *InvalidError names the field.
func PositiveOf(field string, f float64) (Decimal, error) {
	d, exact := decimalOf(f)
	if !exact || f <= 0 {
		return Decimal{}, &InvalidError{field, fmt.Sprintf("expected a number above zero of at most 19 digits, got %v", f)}
	}
	return d, nil
}

// percentScale is the most decimals of a percentage.
const percentScale = 2

// PercentOf reads a percentage from 0 to most exactly as it is written. An *InvalidError names the field.
func PercentOf(field string, f float64, most int) (Decimal, error) {
	d, exact := decimalOf(f)
	if !exact || f < 0 || f > float64(most) || d.MinScale() > percentScale {
		return Decimal{}, &InvalidError{field, fmt.Sprintf("expected a percentage from 0 to %d of at most %d decimals, got %v", most, percentScale, f)}
	}
	return d, nil
}
