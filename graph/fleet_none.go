package graph

import (
	"context"
	"time"

	"gpuhour/market"
)

// fleet is our own cards; a server that no agent reports to has none.
func (r *Resolver) fleet() Fleet {
	if r.Fleet == nil {
		return noFleet{}
	}
	return r.Fleet
}

// noFleet has no hosts, and never will have.
type noFleet struct{}

func (noFleet) Hosts(context.Context) ([]market.Host, error) { return nil, nil }

func (noFleet) Capacities(context.Context) ([]market.Capacity, error) { return nil, nil }

func (noFleet) CapacityHistory(context.Context, string, time.Time, time.Time) ([]market.CapacityPoint, error) {
	return nil, nil
}

func (noFleet) SetHold(context.Context, string, string) (market.Host, error) {
	return market.Host{}, ErrNoHost
}

func (noFleet) SetPrice(context.Context, string, *market.Money) (market.Capacity, error) {
	return market.Capacity{}, ErrNoCards
}

func (noFleet) Follow(context.Context) (FleetChanges, error) { return noFleet{}, nil }

func (noFleet) Next(ctx context.Context) (market.FleetChange, error) {
	<-ctx.Done()
	return market.FleetChange{}, ctx.Err()
}

func (noFleet) Waiting() int { return 0 }

func (noFleet) Cursor() string { return "" }
