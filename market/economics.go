package market

import (
	"errors"
	"math/big"
)

// The hours that income is counted over, as those of listed prices are: a year is not twelve months.
const (
	hoursPerMonth = 720
	hoursPerYear  = 8760
)

// UsualUtilization is the share of hours that is taken as paid where nobody says another, and no fleet has measured one.
const UsualUtilization = 0.75

// UsualDepreciationYears is how long a card is written off where nobody says another.
const UsualDepreciationYears = 5

// Rental is the business of renting out one card: everything that decides what it earns, in one currency. docs/economics.md says how.
type Rental struct {
	// PricePerGpuHour is the income of a paid card-hour.
	PricePerGpuHour Decimal
	// Utilization is the share of hours that are paid, 0 to 1.
	Utilization Decimal
	// CapexPerGpu is the purchase price of one card with its share of the server.
	CapexPerGpu Decimal
	// OpexPerGpuHour is the running cost of a card-hour, paid or not.
	OpexPerGpuHour Decimal
	// DepreciationYears is how long the purchase price is written off, in equal parts; above zero.
	DepreciationYears Decimal
}

// Returns is what a rental earns. Amounts are rounded once to six decimals; shares and years are exact up to the last float.
type Returns struct {
	RevenuePerGpuMonth, RevenuePerGpuYear Decimal
	// RevenuePerPflopsYear is nil where the card's compute is unknown.
	RevenuePerPflopsYear *Decimal
	// GrossMargin is the share of income that running cost and depreciation leave; nil without income.
	GrossMargin *float64
	// PaybackYears is nil where the card never pays itself back.
	PaybackYears *float64
	// BreakEvenUtilization is where the margin is zero; nil where no utilisation reaches that.
	BreakEvenUtilization *float64
	// Sensitivity is in the order of price and utilisation.
	Sensitivity []Sensitivity
}

// Sensitivity is what becomes of margin and payback at another price and utilisation.
type Sensitivity struct {
	PricePerGpuHour           Decimal
	Utilization               float64
	GrossMargin, PaybackYears *float64
}

// Returns computes what the rental earns; petaflops are those of the card, nil where they are unknown. An *InvalidError names the
// amount that is below zero or too large.
func (r Rental) Returns(petaflops *Decimal) (Returns, error) {
	if err := r.check(); err != nil {
		return Returns{}, err
	}
	out := Returns{GrossMargin: r.grossMargin(), PaybackYears: r.paybackYears(), BreakEvenUtilization: r.breakEven()}
	month, inMonth := r.revenue(hoursPerMonth).round(DerivedScale)
	year, inYear := r.revenue(hoursPerYear).round(DerivedScale)
	perPflops, inPflops := r.revenuePerPflops(petaflops)
	rows, inRows := r.sensitivity()
	if err := errors.Join(inMonth, inYear, inPflops, inRows); err != nil {
		return Returns{}, &InvalidError{"input.pricePerGpuHour", "so large that the income does not fit 19 digits"}
	}
	out.RevenuePerGpuMonth, out.RevenuePerGpuYear, out.RevenuePerPflopsYear, out.Sensitivity = month, year, perPflops, rows
	return out, nil
}

func (r Rental) check() error {
	for _, amount := range []struct {
		field string
		value Decimal
	}{{"input.pricePerGpuHour", r.PricePerGpuHour}, {"input.capexPerGpu", r.CapexPerGpu}, {"input.opexPerGpuHour", r.OpexPerGpuHour}} {
		if amount.value.IsNeg() {
			return &InvalidError{amount.field, "expected an amount of zero or more"}
		}
	}
	return nil
}

func (r Rental) revenue(hours int64) fraction {
	return exactly(r.PricePerGpuHour).times(exactly(r.Utilization)).times(ratio(hours, 1))
}

func (r Rental) revenuePerPflops(petaflops *Decimal) (*Decimal, error) {
	if petaflops == nil {
		return nil, nil
	}
	d, err := r.revenue(hoursPerYear).over(exactly(*petaflops)).round(DerivedScale)
	return &d, err
}

// income is what an hour brings on average, paid or not.
func (r Rental) income() *big.Rat {
	return product(rational(r.PricePerGpuHour), rational(r.Utilization))
}

// cost is what an hour takes, paid or not: running cost, and the purchase price in equal parts.
func (r Rental) cost() *big.Rat {
	life := product(rational(r.DepreciationYears), big.NewRat(hoursPerYear, 1))
	return new(big.Rat).Add(rational(r.OpexPerGpuHour), new(big.Rat).Quo(rational(r.CapexPerGpu), life))
}

func (r Rental) grossMargin() *float64 {
	income := r.income()
	if income.Sign() == 0 {
		return nil
	}
	left := new(big.Rat).Sub(income, r.cost())
	return float(left.Quo(left, income))
}

func (r Rental) paybackYears() *float64 {
	left := new(big.Rat).Sub(r.income(), rational(r.OpexPerGpuHour))
	if left.Sign() <= 0 {
		return nil
	}
	return float(new(big.Rat).Quo(rational(r.CapexPerGpu), product(left, big.NewRat(hoursPerYear, 1))))
}

func (r Rental) breakEven() *float64 {
	if r.PricePerGpuHour.IsZero() {
		return nil
	}
	share := new(big.Rat).Quo(r.cost(), rational(r.PricePerGpuHour))
	if share.Cmp(big.NewRat(1, 1)) > 0 {
		return nil
	}
	return float(share)
}

// The prices and utilisations of the sensitivity, in hundredths.
var (
	sensitivePrices       = []int64{60, 80, 100, 120, 140}
	sensitiveUtilizations = []int64{25, 50, 75, 100}
)

// sensitivity computes each row from the price that it shows.
func (r Rental) sensitivity() ([]Sensitivity, error) {
	var out []Sensitivity
	for _, percent := range sensitivePrices {
		price, err := exactly(r.PricePerGpuHour).times(ratio(percent, 100)).round(DerivedScale)
		if err != nil {
			return nil, err
		}
		for _, paid := range sensitiveUtilizations {
			at := r
			at.PricePerGpuHour = price
			if at.Utilization, err = toDecimal(paid, 2); err != nil {
				return nil, err
			}
			out = append(out, Sensitivity{price, float64(paid) / 100, at.grossMargin(), at.paybackYears()})
		}
	}
	return out, nil
}

func rational(d Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(d.String()) // a decimal is always a number
	return r
}

func product(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func float(r *big.Rat) *float64 {
	f, _ := r.Float64()
	return &f
}
