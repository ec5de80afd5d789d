package market

import (
	"fmt"
	"math"
	"time"

	"github.com/govalues/decimal"
)

// Training is a training run on cards of one kind.
type Training struct {
	// PflopsDays is its compute: one PFLOPS for one day.
	PflopsDays Decimal
	// Petaflops are those of one card.
	Petaflops Decimal
	// Utilization is the share of them that the run makes use of, above 0 and up to 1.
	Utilization Decimal
}

// TrainingNeed is how many cards a training run takes.
type TrainingNeed struct {
	// GpuHours are card-hours, rounded once to six decimals.
	GpuHours Decimal
	// GpusForOneDay and GpusFor30Days are whole cards, none too few.
	GpusForOneDay, GpusFor30Days int
}

var (
	hoursOfDay    = decimal.MustNew(24, 0)
	hoursOf30Days = decimal.MustNew(hoursPerMonth, 0)
)

// hours are the card-hours of the run.
func (t Training) hours() fraction {
	return exactly(t.PflopsDays).times(ratio(24, 1)).over(exactly(t.Petaflops)).over(exactly(t.Utilization))
}

// Need is how many cards the run takes. An *InvalidError says that it is too large to count.
func (t Training) Need() (TrainingNeed, error) {
	hours, err := t.hours().round(DerivedScale)
	if err != nil {
		return TrainingNeed{}, tooMuchTraining()
	}
	day, fitsDay := cards(hours, hoursOfDay)
	month, fitsMonth := cards(hours, hoursOf30Days)
	if !fitsDay || !fitsMonth {
		return TrainingNeed{}, tooMuchTraining()
	}
	return TrainingNeed{hours, day, month}, nil
}

func tooMuchTraining() error {
	return &InvalidError{"pflopsDays", fmt.Sprintf("so many that they take more than %d cards for a day, or more than 19 digits", math.MaxInt32)}
}

// cards is how many cards do some card-hours in the hours that each of them has.
func cards(work, each Decimal) (n int, fits bool) {
	whole, rest, err := work.QuoRem(each)
	if err != nil {
		return 0, false
	}
	count, _, known := whole.Int64(0)
	if rest.IsPos() || count == 0 {
		count++
	}
	return int(count), known && count <= math.MaxInt32
}

// CostIn is what the run costs at an offer's price in another currency, rounded once to six decimals. An *InvalidError says that it
// does not fit.
func (t Training) CostIn(o Offer, rate Rate) (Decimal, error) {
	price, err := o.Listed.perGpuHour(o.GpuCount)
	if err != nil {
		return Decimal{}, err
	}
	cost, err := t.hours().times(price).times(rate.exact).round(DerivedScale)
	if err != nil {
		return Decimal{}, tooMuchTraining()
	}
	return cost, nil
}

// Cheapest is the offer with the cheapest card-hour of those that a filter asks for; nil where there is none with a known price.
func (v *View) Cheapest(f Filter, now time.Time, cadence func(provider string) time.Duration) (*Entry, error) {
	page, err := v.Ask(Question{Filter: f, Order: DefaultOrder, Window: Window{First: new(1)}, Now: now, Cadence: cadence})
	if err != nil || len(page.Entries) == 0 || page.Entries[0].usdPerGpuHour < 0 {
		return nil, err
	}
	return page.Entries[0], nil
}
