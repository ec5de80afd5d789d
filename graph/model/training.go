package model

import (
	"fmt"

	"gpuhour/market"
)

// TrainingCost is what a training run takes and costs, with what was assumed.
type TrainingCost struct {
	market.TrainingNeed
	Gpu                     *Gpu
	PflopsDays, Utilization float64
	Basis                   market.PflopsBasis
	PflopsPerGpu            market.Decimal
	Cheapest                *Offer
	Cost                    *market.Money
}

// TrainingInput is a question for the cost of a training run; a nil asks for the default.
type TrainingInput struct {
	PflopsDays  float64
	Gpu         string
	Utilization *float64
	Basis       *market.PflopsBasis
	Filter      *OfferFilter
	Currency    *market.Currency
}

// AskTrainingCost answers a question for the cost of a training run. An *market.InvalidError or an *market.AmbiguousError says what
// is wrong with it.
func AskTrainingCost(env *Env, input TrainingInput) (*TrainingCost, error) {
	compute, err := market.ComputeOf("gpu", input.Gpu, basisOf(input.Basis))
	if err != nil {
		return nil, err
	}
	training, err := input.training(compute)
	if err != nil {
		return nil, err
	}
	c := TrainingCost{Gpu: NewGpu(env, compute.Gpu), PflopsDays: input.PflopsDays, Utilization: numberOr(input.Utilization, 1), Basis: compute.Basis,
		PflopsPerGpu: training.Petaflops}
	if c.TrainingNeed, err = training.Need(); err != nil {
		return nil, err
	}
	return &c, c.price(env, training, input)
}

func (i TrainingInput) training(compute market.Compute) (t market.Training, err error) {
	if compute.Petaflops == nil {
		return t, &market.InvalidError{Field: "gpu", Reason: fmt.Sprintf("the catalogue has no %s figure of %s", compute.Basis, compute.Gpu.ID)}
	}
	t.Petaflops = *compute.Petaflops
	if t.PflopsDays, err = market.PositiveOf("pflopsDays", i.PflopsDays); err != nil {
		return t, err
	}
	if t.Utilization, err = market.ShareOf("utilization", numberOr(i.Utilization, 1)); err == nil && t.Utilization.IsZero() {
		err = &market.InvalidError{Field: "utilization", Reason: "expected a share above zero: a run that makes use of nothing never ends"}
	}
	return t, err
}

// price looks for the cheapest offer, and counts the run at its price.
func (c *TrainingCost) price(env *Env, training market.Training, input TrainingInput) error {
	entry, err := input.cheapest(env)
	if err != nil || entry == nil {
		return err
	}
	c.Cheapest = new(NewOffer(env, entry))
	rate, known := c.Cheapest.rate(input.Currency)
	if !known {
		return nil
	}
	cost, err := training.CostIn(entry.Offer, rate)
	c.Cost = &market.Money{Amount: cost, Currency: rate.Quote}
	return err
}

func (i TrainingInput) cheapest(env *Env) (*market.Entry, error) {
	if err := i.Filter.check(env); err != nil {
		return nil, err
	}
	filter := i.Filter.Asked()
	if len(filter.Gpus) > 0 {
		return nil, &market.InvalidError{Field: "filter.gpus", Reason: "the argument gpu says which"}
	}
	filter.Gpus = []string{i.Gpu}
	return env.View.Cheapest(filter, env.Now, env.Cadence)
}
