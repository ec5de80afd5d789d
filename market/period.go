package market

import "fmt"

// Period is a length of time that a price pays for, in the words of ISO 8601.
type Period string

// The periods that prices are listed for. A month is 720 hours, a year 8760 hours.
const (
	PerSecond Period = "PT1S"
	PerMinute Period = "PT1M"
	PerHour   Period = "PT1H"
	PerDay    Period = "P1D"
	PerWeek   Period = "P7D"
	PerMonth  Period = "P30D"
	PerYear   Period = "P365D"
	Per3Years Period = "P1095D"
)

// seconds is how long each period lasts.
var seconds = map[Period]int64{
	PerSecond: 1, PerMinute: 60, PerHour: 3600, PerDay: 86_400, PerWeek: 7 * 86_400,
	PerMonth: 720 * 3600, PerYear: 8760 * 3600, Per3Years: 3 * 8760 * 3600,
}

// Seconds is the length of the period; an error names a period that prices are not listed for.
func (p Period) Seconds() (int64, error) {
	s, ok := seconds[p]
	if !ok {
		return 0, fmt.Errorf("period %q is not one that prices are listed for", string(p))
	}
	return s, nil
}
