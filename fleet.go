package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gpuhour/graph"
	"gpuhour/market"
	"gpuhour/store"
	"gpuhour/web"
)

// The pace of our own cards: how often what other replicas took in is looked for, and how often the capacity is kept.
const (
	fleetFollow = time.Second
	fleetKeep   = time.Minute
)

// agentsPath is where agents report.
const agentsPath = "/v1/agents/"

// ownCards is our own hosts as this process knows them: it follows the store.
type ownCards struct {
	store *store.Store
	app   *app
	// reading lets one goroutine at a time follow the store.
	reading sync.Mutex
	guard   sync.Mutex
	hosts   map[string]market.Host
	place   int64
	changes fleetLog
}

func newOwnCards(a *app) *ownCards {
	return &ownCards{store: a.store, app: a, hosts: map[string]market.Host{}, place: -1, changes: fleetLog{more: make(chan struct{})}}
}

// handler takes in what agents report.
func (c *ownCards) handler() http.Handler {
	return web.Agents(web.AgentOptions{Store: agentStore{c.store}, Open: true, Now: c.app.now, Log: c.app.log, Reported: func(string) {
		if err := c.follow(context.Background()); err != nil {
			c.app.log.Warn("a report is kept and not shown yet", "problem", err)
		}
	}})
}

// agentStore is the store as the agents' endpoint wants it.
type agentStore struct{ *store.Store }

// Hello gives an epoch.
func (s agentStore) Hello(ctx context.Context, host string) (int64, error) {
	epoch, err := s.Store.Hello(ctx, host)
	return epoch, inWords(err)
}

// Report takes a report in.
func (s agentStore) Report(ctx context.Context, r market.Report, now time.Time) (bool, error) {
	accepted, err := s.Store.Report(ctx, r, now)
	return accepted, inWords(err)
}

// inWords says the store's errors in the endpoint's words.
func inWords(err error) error {
	switch {
	case errors.Is(err, store.ErrNoHello):
		return web.ErrNoHello
	case errors.Is(err, store.ErrTooManyHosts):
		return web.ErrTooManyHosts
	}
	return err
}

// run follows the store, and keeps the capacity, until the context ends.
func (c *ownCards) run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { every(ctx, fleetFollow, func() { c.warn(ctx, c.follow(ctx)) }) })
	both.Go(func() { every(ctx, fleetKeep, func() { c.warn(ctx, c.keep(ctx)) }) })
	both.Wait()
}

func (c *ownCards) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		c.app.log.Warn("our own cards are not followed", "problem", err)
	}
}

// keep writes down the capacity of this minute.
func (c *ownCards) keep(ctx context.Context) error {
	all, err := c.Capacities(ctx)
	if err != nil {
		return err
	}
	now := c.app.now()
	return errors.Join(c.store.SaveCapacities(ctx, now, all), c.offer(ctx, now.Truncate(fleetKeep)))
}

// follow takes in what has been reported since the last time, and tells who follows it.
func (c *ownCards) follow(ctx context.Context) error {
	c.reading.Lock()
	defer c.reading.Unlock()
	hosts, place, found, err := c.store.HostsSince(ctx, c.place)
	if err == nil && !found {
		hosts, place, err = c.store.Hosts(ctx)
	}
	if err != nil || found && len(hosts) == 0 {
		return err
	}
	c.place = place
	c.take(hosts, !found)
	return nil
}

// take puts hosts in place of what was known of them; whole says that they are all there are.
func (c *ownCards) take(hosts []market.Host, whole bool) {
	c.guard.Lock()
	if whole {
		clear(c.hosts)
	}
	for _, h := range hosts {
		c.hosts[h.ID] = h
	}
	c.guard.Unlock()
	now, all := c.app.now(), c.all()
	capacities, all := market.Capacities(all, now), market.Cloned(all, now)
	for _, h := range hosts {
		if i := slices.IndexFunc(all, func(other market.Host) bool { return other.ID == h.ID }); i >= 0 {
			c.changes.add(market.FleetChange{At: now, Host: all[i].At(now), Capacities: capacities})
		}
	}
}

// all are the hosts by id, as their reports leave them.
func (c *ownCards) all() []market.Host {
	c.guard.Lock()
	defer c.guard.Unlock()
	var out []market.Host
	for _, id := range slices.Sorted(maps.Keys(c.hosts)) {
		out = append(out, c.hosts[id])
	}
	return out
}

// Hosts are all hosts as they stand now.
func (c *ownCards) Hosts(context.Context) ([]market.Host, error) {
	now := c.app.now()
	hosts := market.Cloned(c.all(), now)
	for i := range hosts {
		hosts[i] = hosts[i].At(now)
	}
	return hosts, nil
}

// Capacities are the cards of all hosts, each kind once.
func (c *ownCards) Capacities(context.Context) ([]market.Capacity, error) {
	return market.Capacities(c.all(), c.app.now()), nil
}

// CapacityHistory is how the capacity of a kind changed.
func (c *ownCards) CapacityHistory(ctx context.Context, gpu string, from, to time.Time) ([]market.CapacityPoint, error) {
	return c.store.CapacityHistory(ctx, gpu, from, to)
}

// SetHold holds a host or a card back.
func (c *ownCards) SetHold(ctx context.Context, target, reason string) (market.Host, error) {
	id, found := c.hostOf(target)
	if !found {
		return market.Host{}, graph.ErrNoHost
	}
	if err := c.store.SetHold(ctx, target, reason); err != nil {
		return market.Host{}, err
	}
	if err := c.follow(ctx); err != nil {
		return market.Host{}, err
	}
	hosts, err := c.Hosts(ctx)
	i := slices.IndexFunc(hosts, func(h market.Host) bool { return h.ID == id })
	if i < 0 {
		return market.Host{}, errors.Join(err, graph.ErrNoHost)
	}
	return hosts[i], err
}

// hostOf is the host that is meant, by its id or by a card of it.
func (c *ownCards) hostOf(target string) (string, bool) {
	for _, h := range c.all() {
		if h.ID == target || slices.ContainsFunc(h.Cards, func(card market.Card) bool { return strings.EqualFold(card.UUID, target) && target != "" }) {
			return h.ID, true
		}
	}
	return "", false
}

// SetPrice offers idle cards of a GPU at a price, or does so no longer.
func (c *ownCards) SetPrice(ctx context.Context, gpu string, price *market.Money) (market.Capacity, error) {
	all, err := c.Capacities(ctx)
	if err != nil {
		return market.Capacity{}, err
	}
	i := slices.IndexFunc(all, func(one market.Capacity) bool { return one.GpuID == gpu })
	if i < 0 && price != nil {
		return market.Capacity{}, graph.ErrNoCards
	}
	if err := c.store.SetFleetPrice(ctx, gpu, price); err != nil {
		return market.Capacity{}, err
	}
	if err := c.offer(ctx, time.Time{}); err != nil {
		return market.Capacity{}, err
	}
	if i < 0 {
		return market.Capacity{GpuID: gpu}, nil
	}
	return all[i], nil
}

// Follow reads the changes from now on.
func (c *ownCards) Follow(context.Context) (graph.FleetChanges, error) { return c.changes.read(), nil }
