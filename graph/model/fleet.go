package model

import (
	"context"
	"time"

	"gpuhour/market"
)

// FleetReader is where our own cards are known.
type FleetReader interface {
	// Hosts are all hosts as they stand now: judged by Host.At.
	Hosts(ctx context.Context) ([]market.Host, error)
	// Capacities are the cards of all hosts as they stand now, each kind once.
	Capacities(ctx context.Context) ([]market.Capacity, error)
	// CapacityHistory are the changes of a capacity from one moment on and before another, and the last one before them, in the order of time. The
	// capacity is named by its catalogue id, or by the driver's name where it has none. A point holds until the next: there is one with all cards
	// unknown from when on nobody watched.
	CapacityHistory(ctx context.Context, gpu string, from, to time.Time) ([]market.CapacityPoint, error)
}

// Fleet is our own cards.
type Fleet struct{ env *Env }

// NewFleet is our own cards as a request sees them.
func NewFleet(env *Env) *Fleet { return &Fleet{env} }

// Capacity is what there is of each kind.
func (f Fleet) Capacity(ctx context.Context) ([]Capacity, error) {
	capacities, err := f.env.Fleet.Capacities(ctx)
	return NewCapacities(f.env, capacities), err
}

// FleetChange is a host after a change.
type FleetChange struct {
	At       time.Time
	Host     FleetHost
	Capacity []Capacity
}

// NewFleetChange is a host after a change.
func NewFleetChange(env *Env, c market.FleetChange) *FleetChange {
	return &FleetChange{At: c.At, Host: FleetHost{env, c.Host, c.At}, Capacity: NewCapacities(env, c.Capacities)}
}
