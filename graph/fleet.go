package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// Fleet is our own cards. All questions are answered from memory.
type Fleet interface {
	model.FleetReader
	// SetHold holds a card, by its UUID, or a whole host, by the id that the operator gave it, out of what is free, and gives the host as it stands
	// then; an empty reason releases. ErrNoHost where there is neither.
	SetHold(ctx context.Context, target, reason string) (market.Host, error)
	// SetPrice offers the idle cards of a GPU, by its catalogue id, at a price of a card-hour, and gives their capacity; nil stops offering, and is no
	// error where nothing is offered. ErrNoCards where a price is set and no host has such a card.
	SetPrice(ctx context.Context, gpu string, price *market.Money) (market.Capacity, error)
	// Follow reads the changes of all hosts from now on.
	Follow(ctx context.Context) (FleetChanges, error)
}

// FleetChanges are read by one subscription. They have no cursors: nobody can go on behind a change, and nobody needs to, because a host is
// always as it was reported last.
type FleetChanges = Source[market.FleetChange]

// ErrNoHost says that there is no host and no card of an id.
var ErrNoHost = errors.New("none of our hosts and cards has that id; query fleet lists them")

// ErrNoCards says that none of our hosts has a card of a GPU.
var ErrNoCards = errors.New("none of our hosts has a card of that GPU; query fleet lists the capacity")

// fleetHost finds a host by the operator's id; nil where there is none.
func (r *Resolver) fleetHost(ctx context.Context, env *model.Env, id string) (*model.FleetHost, error) {
	hosts, err := env.Fleet.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		if h.ID == id {
			return model.NewFleetHost(env, h), nil
		}
	}
	return nil, nil
}

// longestHold bounds what is said of a hold.
const longestHold = 200

// setHold holds a card or a host back; nil releases it.
func (r *Resolver) setHold(ctx context.Context, target string, reason *string) (*model.FleetHost, error) {
	why := ""
	if reason != nil {
		why = strings.TrimSpace(*reason)
		if n := utf8.RuneCountInString(why); n == 0 || n > longestHold || strings.ContainsFunc(why, unicode.IsControl) {
			return nil, &market.InvalidError{Field: "reason", Reason: fmt.Sprintf("expected 1 to %d characters in one line, got %d; null releases", longestHold, n)}
		}
	}
	if host, is := market.HostName(target); is {
		target = host
	}
	host, err := r.fleet().SetHold(ctx, target, why)
	return model.NewFleetHost(r.env(ctx), host), err
}

// setFleetPrice offers idle cards at a price; nil stops that.
func (r *Resolver) setFleetPrice(ctx context.Context, gpu string, price *market.Decimal, currency *market.Currency) (*model.Capacity, error) {
	if _, found := market.GpuByID(gpu); !found {
		return nil, &market.InvalidError{Field: "gpu", Reason: fmt.Sprintf("expected a catalogue id such as \"nvidia/h100-sxm-80gb\", got %.60q; query gpus lists them", gpu)}
	}
	money, err := fleetPrice(gpu, price, currency)
	if err != nil {
		return nil, err
	}
	capacity, err := r.fleet().SetPrice(ctx, gpu, money)
	return model.NewCapacity(r.env(ctx), capacity), err
}

// fleetPrice refuses a price that no offer can be made of.
func fleetPrice(gpu string, price *market.Decimal, currency *market.Currency) (*market.Money, error) {
	if price == nil {
		return nil, nil
	}
	money := market.Money{Amount: *price, Currency: market.USD}
	if currency != nil {
		money.Currency = *currency
	}
	if _, err := market.OwnOffer(market.Capacity{GpuID: gpu}, money); err != nil {
		return nil, &market.InvalidError{Field: "price", Reason: fmt.Sprintf("expected an amount above zero of at most %d decimals, got %s", market.ListedScale, price)}
	}
	return &money, nil
}

// fleetChanged follows our own hosts.
func (r *Resolver) fleetChanged(ctx context.Context) (<-chan *model.FleetChange, error) {
	changes, err := r.fleet().Follow(ctx)
	if err != nil {
		return nil, err
	}
	show := func(c market.FleetChange) *model.FleetChange { return model.NewFleetChange(r.current(), c) }
	return stream(ctx, r.Patience.withDefaults().Lag, changes, show), nil
}
