package model

import (
	"context"
	"fmt"
	"time"

	"gpuhour/market"
)

// Economics is what renting out one card earns, with what was asked and assumed.
type Economics struct {
	market.Returns
	env       *Env
	input     EconomicsInput
	moment    time.Time
	rental    market.Rental
	compute   market.Compute
	reference *ReferencePrice
	measured  *MeasuredUtilization
}

// AskEconomics answers a question for economics. An *market.InvalidError or an *market.AmbiguousError says what is wrong with it.
func AskEconomics(ctx context.Context, env *Env, input EconomicsInput) (*Economics, error) {
	e, err := newEconomics(env, input)
	if err == nil && input.Utilization == nil {
		err = e.measure(ctx)
	}
	if err != nil {
		return nil, err
	}
	known, err := e.settlePrice(ctx)
	if err == nil && !known {
		err = e.unpriced()
	}
	if err != nil {
		return nil, err
	}
	return e.computed()
}

// newEconomics reads the question; a null asks for the default.
func newEconomics(env *Env, input EconomicsInput) (*Economics, error) {
	e := Economics{env: env, input: input.complete(), moment: env.Now}
	if input.At != nil {
		e.moment = *input.At
	}
	if e.moment.After(env.Now) {
		return nil, &market.InvalidError{Field: "input.at", Reason: "expected a moment that has been"}
	}
	var err error
	if e.compute, err = market.ComputeOf("input.gpu", input.Gpu, *e.input.Basis); err != nil {
		return nil, err
	}
	e.rental, err = e.input.rental()
	return &e, err
}

func (i EconomicsInput) complete() EconomicsInput {
	i.Currency = new(currencyOf(i.Currency))
	i.Basis = new(basisOf(i.Basis))
	i.Utilization = new(numberOr(i.Utilization, market.UsualUtilization))
	i.DepreciationYears = new(numberOr(i.DepreciationYears, market.UsualDepreciationYears))
	return i
}

func numberOr(n *float64, usual float64) float64 {
	if n == nil {
		return usual
	}
	return *n
}

// rental is all of the question but the price.
func (i EconomicsInput) rental() (market.Rental, error) {
	r := market.Rental{CapexPerGpu: i.CapexPerGpu, OpexPerGpuHour: i.OpexPerGpuHour}
	var err error
	if r.Utilization, err = market.ShareOf("input.utilization", *i.Utilization); err != nil {
		return r, err
	}
	r.DepreciationYears, err = market.PositiveOf("input.depreciationYears", *i.DepreciationYears)
	return r, err
}

// settlePrice takes the price that was named, or the reference price of the moment; known is false where there is none.
func (e *Economics) settlePrice(ctx context.Context) (known bool, err error) {
	if e.input.PricePerGpuHour != nil {
		e.rental.PricePerGpuHour = *e.input.PricePerGpuHour
		return true, nil
	}
	if e.moment.Unix() < 0 {
		return false, nil // no history is that old, and no index begins before 1970
	}
	indices, err := e.env.Past.Index(ctx, market.ReferenceQuestion(e.input.Gpu, e.Currency(), e.moment, e.env.Now, e.env.Cadence))
	if err != nil {
		return false, err
	}
	point, known := market.Reference(indices)
	if known {
		e.rental.PricePerGpuHour, e.reference = point.Spread.Median, &ReferencePrice{point, e.Currency(), e.env.View.Rates()}
	}
	return known, nil
}

// unpriced says why there is no reference price.
func (e *Economics) unpriced() error {
	reason := fmt.Sprintf("no neocloud's on-demand price of %.60s is known in %s on %s (UTC); name one", e.input.Gpu, e.Currency(), e.moment.Format(time.DateOnly))
	if _, known := e.env.View.Rates().Between(market.USD, e.Currency(), e.moment); !known {
		reason = fmt.Sprintf("no exchange rate from USD to %s is known on %s; name a price", e.Currency(), e.moment.Format(time.DateOnly))
	}
	return &market.InvalidError{Field: "input.pricePerGpuHour", Reason: reason}
}

func (e *Economics) computed() (*Economics, error) {
	var err error
	e.Returns, err = e.rental.Returns(e.compute.Petaflops)
	return e, err
}

// mostDays bounds how far back one compares.
const mostDays = 36_500

// Before is the answer to the same question so many days earlier.
func (e *Economics) Before(ctx context.Context, days int) (*Economics, error) {
	if days < 0 || days > mostDays {
		return nil, &market.InvalidError{Field: "days", Reason: fmt.Sprintf("expected 0 to %d", mostDays)}
	}
	then := *e
	then.moment, then.reference = e.moment.AddDate(0, 0, -days), nil
	known, err := then.settlePrice(ctx)
	if err != nil || !known {
		return nil, err
	}
	return then.computed()
}

// Gpu is what was asked about.
func (e *Economics) Gpu() string { return e.input.Gpu }

// Currency is that of all amounts.
func (e *Economics) Currency() market.Currency { return *e.input.Currency }

// PricePerGpuHour is the income of a paid card-hour.
func (e *Economics) PricePerGpuHour() market.Decimal { return e.rental.PricePerGpuHour }

// Reference is where the price comes from; nil where the question named it.
func (e *Economics) Reference() *ReferencePrice { return e.reference }

// Utilization is the share of hours that are paid.
func (e *Economics) Utilization() float64 { return *e.input.Utilization }

// Measured is where the share comes from; nil where the question named it, or nothing was measured.
func (e *Economics) Measured() *MeasuredUtilization { return e.measured }

// At is the moment whose prices are used.
func (e *Economics) At() time.Time { return e.moment }

// CapexPerGpu is the purchase price of a card.
func (e *Economics) CapexPerGpu() market.Decimal { return e.rental.CapexPerGpu }

// OpexPerGpuHour is the running cost of a card-hour.
func (e *Economics) OpexPerGpuHour() market.Decimal { return e.rental.OpexPerGpuHour }

// DepreciationYears is how long a card is written off.
func (e *Economics) DepreciationYears() float64 { return *e.input.DepreciationYears }

// Basis is how the PFLOPS are counted.
func (e *Economics) Basis() market.PflopsBasis { return e.compute.Basis }

// PflopsPerGpu are those of one card; nil where they are unknown.
func (e *Economics) PflopsPerGpu() *market.Decimal { return e.compute.Petaflops }

// ReferencePrice is the day of the index that a price is the median of.
type ReferencePrice struct {
	point    market.IndexPoint
	currency market.Currency
	rates    market.Rates
}

// At is when the day begins.
func (p ReferencePrice) At() time.Time { return p.point.At }

// Offers is how many it is the median of.
func (p ReferencePrice) Offers() int { return p.point.Offers }

// Providers is how many they are of.
func (p ReferencePrice) Providers() int { return p.point.Providers }

// Coverage is the share of the day in which their sources were fresh.
func (p ReferencePrice) Coverage() float64 { return p.point.Coverage }

// Methodology names the rules.
func (ReferencePrice) Methodology() string { return market.Methodology }

// Fx is the rate from dollars on that day.
func (p ReferencePrice) Fx() *ExchangeRate {
	rate, known := p.rates.Between(market.USD, p.currency, p.point.At)
	if !known || p.currency == market.USD {
		return nil
	}
	return NewExchangeRate(rate, p.point.At)
}
