package model

import (
	"context"
	"fmt"
	"time"

	"gpuhour/market"
)

// usualCapacityStep is the length of a step where none is asked for.
const usualCapacityStep = time.Hour

// CapacityHistory is what there was of one kind.
func (f Fleet) CapacityHistory(ctx context.Context, gpu string, from time.Time, to *time.Time, step *time.Duration) ([]market.CapacityPoint, error) {
	end, length := valueOr(to, f.env.Now), valueOr(step, usualCapacityStep)
	if _, err := market.CapacitySteps(nil, from, end, length, f.env.Now); err != nil {
		return nil, err
	}
	if err := f.knows(ctx, gpu); err != nil {
		return nil, err
	}
	points, err := f.env.Fleet.CapacityHistory(ctx, gpu, from, end)
	if err != nil {
		return nil, err
	}
	steps, err := market.CapacitySteps(points, from, end, length, f.env.Now)
	return append([]market.CapacityPoint{}, steps...), err
}

func valueOr[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

// knows refuses a GPU that neither the catalogue nor the fleet has, because it is misspelt.
func (f Fleet) knows(ctx context.Context, gpu string) error {
	if _, found := market.GpuByID(gpu); found {
		return nil
	}
	capacities, err := f.env.Fleet.Capacities(ctx)
	if err != nil {
		return err
	}
	for _, c := range capacities {
		if c.GpuID == "" && c.GpuName == gpu {
			return nil
		}
	}
	return &market.InvalidError{Field: "gpu", Reason: fmt.Sprintf("expected a catalogue id such as \"nvidia/h100-sxm-80gb\", or the gpuName of a capacity, got %.60q", gpu)}
}

// Capacity is the cards of one kind.
type Capacity struct {
	market.Capacity
	env *Env
}

// NewCapacity is the cards of one kind.
func NewCapacity(env *Env, c market.Capacity) *Capacity { return &Capacity{c, env} }

// NewCapacities are the cards of several kinds.
func NewCapacities(env *Env, capacities []market.Capacity) []Capacity {
	out := make([]Capacity, len(capacities))
	for i, c := range capacities {
		out[i] = *NewCapacity(env, c)
	}
	return out
}

// Gpu is the catalogue entry, where the name says which.
func (c Capacity) Gpu() *Gpu { return gpuByID(c.env, c.GpuID) }

func gpuByID(env *Env, id string) *Gpu {
	g, found := market.GpuByID(id)
	if !found {
		return nil
	}
	return NewGpu(env, g)
}

// Lots are the idle cards by hosts.
func (c Capacity) Lots() []market.Lot { return append([]market.Lot{}, c.Capacity.Lots...) }

// MarketPricePerGpuHour is the reference price of today.
func (c Capacity) MarketPricePerGpuHour(ctx context.Context, currency *market.Currency) (*market.Decimal, error) {
	if c.GpuID == "" {
		return nil, nil
	}
	return c.env.References.price(ctx, c.env, c.GpuID, currencyOf(currency))
}

// IdleValuePerHour is what the idle cards would bring.
func (c Capacity) IdleValuePerHour(ctx context.Context, currency *market.Currency) (*market.Decimal, error) {
	price, err := c.MarketPricePerGpuHour(ctx, currency)
	if err != nil || price == nil {
		return nil, err
	}
	value, err := c.IdleValue(*price)
	return &value, err
}
