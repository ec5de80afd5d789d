package market

import "time"

// FleetChange is a host after a report that changed something, with the capacities since then.
type FleetChange struct {
	At         time.Time
	Host       Host
	Capacities []Capacity
}

// IdleValue is what an hour of the idle cards is worth at a price of a card-hour. Cards of which nothing is known are not idle.
func (c Capacity) IdleValue(perGpuHour Decimal) (Decimal, error) {
	return exactly(perGpuHour).times(ratio(int64(c.Idle), 1)).round(DerivedScale)
}

// CapacitySteps are the capacities at the ends of the steps from one moment to another, each said to be at the step's beginning; of a step that
// is not over it is the capacity now. Points are changes in the order of time. A step before the first of them is left out: nothing was known.
// An *InvalidError names what cannot be understood.
func CapacitySteps(points []CapacityPoint, from, to time.Time, step time.Duration, now time.Time) ([]CapacityPoint, error) {
	spans, err := IndexQuestion{From: from, To: to, Step: step}.steps()
	if err != nil {
		return nil, err
	}
	var out []CapacityPoint
	next := 0
	for _, s := range spans {
		if s.from > now.Unix() {
			break
		}
		for next < len(points) && points[next].At.Unix() < s.to {
			next++
		}
		if next > 0 {
			p := points[next-1]
			p.At = time.Unix(s.from, 0).UTC()
			out = append(out, p)
		}
	}
	return out, nil
}

// Work is how long cards were at work, in card-seconds, of the time in which they could have been.
type Work struct{ busy, either int64 }

// Add counts what a capacity says of the time from one moment to another. Points are changes in the order of time. While a card could not be rented
// out, or nothing was known of it, it does not count.
func (w *Work) Add(points []CapacityPoint, from, to time.Time) {
	for i, p := range points {
		end := to.Unix()
		if i+1 < len(points) {
			end = min(end, points[i+1].At.Unix())
		}
		seconds := max(0, end-max(p.At.Unix(), from.Unix()))
		w.busy += int64(p.Busy) * seconds
		w.either += int64(p.Busy+p.Idle) * seconds
	}
}

// Share is the share of the time in which cards were busy or idle that they were busy, rounded to six decimals; false where they were neither.
func (w *Work) Share() (Decimal, bool) {
	share, err := ratio(w.busy, w.either).round(DerivedScale)
	return share, err == nil
}

// CardHours is how long cards were busy or idle, all of them together.
func (w *Work) CardHours() float64 { return float64(w.either) / 3600 }
