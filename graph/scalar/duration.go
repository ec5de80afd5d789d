package scalar

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"gpuhour/market"
)

// MarshalDuration writes a length of time to the millisecond, and whole days as days: "PT1H2.5S", "P30D".
func MarshalDuration(d time.Duration) graphql.Marshaler { return quoted(isoDuration(d)) }

func isoDuration(d time.Duration) string {
	d = d.Round(time.Millisecond)
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if days := d / (24 * time.Hour); days > 0 && d%(24*time.Hour) == 0 {
		return sign + "P" + strconv.FormatInt(int64(days), 10) + "D"
	}
	out := sign + "PT"
	if h := int64(d / time.Hour); h > 0 {
		out += strconv.FormatInt(h, 10) + "H"
	}
	if m := int64(d / time.Minute % 60); m > 0 {
		out += strconv.FormatInt(m, 10) + "M"
	}
	if s := d % time.Minute; s > 0 || d == 0 {
		out += strconv.FormatFloat(float64(s.Milliseconds())/1000, 'f', -1, 64) + "S"
	}
	return out
}

// isoPattern is ISO 8601 without years and months, whose length nobody knows, and with few enough digits to fit.
var isoPattern = regexp.MustCompile(`^P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,8}(?:\.\d{1,3})?)S)?)?$`)

var isoUnits = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}

// UnmarshalDuration reads a length of time. Years and months are refused, because they have none: a month is written "P30D".
func UnmarshalDuration(v any) (time.Duration, error) {
	text, _ := v.(string)
	parts := isoPattern.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, expected(`a length of time such as "PT15M", "P1D" or "P30D"`, v)
	}
	var total time.Duration
	for i, unit := range isoUnits {
		n, _ := strconv.ParseFloat(parts[i+1], 64) // absent is zero
		total += time.Duration(math.Round(n*1000)) * (unit / 1000)
	}
	return total, nil
}

// MarshalPeriod writes the period of a price.
func MarshalPeriod(p market.Period) graphql.Marshaler { return quoted(string(p)) }

// UnmarshalPeriod reads the period of a price.
func UnmarshalPeriod(v any) (market.Period, error) {
	text, _ := v.(string)
	if _, err := market.Period(text).Seconds(); err != nil {
		return "", expected(`a period that prices are listed for, such as "PT1H" or "P30D"`, v)
	}
	return market.Period(text), nil
}
