package model

import (
	"cmp"
	"context"
	"slices"

	"gpuhour/market"
)

// FleetHostConnection is a part of the list of hosts.
type FleetHostConnection struct {
	hosts          []FleetHost
	more, previous bool
	total          int
}

// Hosts lists hosts, by id. An *market.InvalidError names the argument that cannot be understood.
func (f Fleet) Hosts(ctx context.Context, first *int, after *string) (*FleetHostConnection, error) {
	n, err := PageLength(first)
	if err != nil {
		return nil, err
	}
	from, is := market.HostName(text(after))
	if text(after) != "" && !is {
		return nil, &market.InvalidError{Field: "after", Reason: "expected a cursor from an earlier answer, or an id such as \"host/rack-1\""}
	}
	hosts, err := f.env.Fleet.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	hosts = slices.SortedFunc(slices.Values(hosts), func(a, b market.Host) int { return cmp.Compare(a.ID, b.ID) })
	behind := slices.IndexFunc(hosts, func(h market.Host) bool { return h.ID > from })
	if behind < 0 {
		behind = len(hosts)
	}
	c := FleetHostConnection{more: behind+n < len(hosts), previous: behind > 0, total: len(hosts)}
	for _, h := range hosts[behind:min(behind+n, len(hosts))] {
		c.hosts = append(c.hosts, *NewFleetHost(f.env, h))
	}
	return &c, nil
}

// Nodes are the hosts.
func (c FleetHostConnection) Nodes() []FleetHost { return append([]FleetHost{}, c.hosts...) }

// Edges are the hosts with their cursors.
func (c FleetHostConnection) Edges() []FleetHostEdge {
	out := make([]FleetHostEdge, len(c.hosts))
	for i, host := range c.hosts {
		out[i] = FleetHostEdge{Cursor: host.ID(), Node: host}
	}
	return out
}

// PageInfo is what lies around.
func (c FleetHostConnection) PageInfo() PageInfo {
	info := PageInfo{HasNextPage: c.more, HasPreviousPage: c.previous}
	if n := len(c.hosts); n > 0 {
		info.StartCursor, info.EndCursor = new(c.hosts[0].ID()), new(c.hosts[n-1].ID())
	}
	return info
}

// TotalCount is how many hosts there are.
func (c FleetHostConnection) TotalCount() int { return c.total }

// FleetHostEdge is a host in a list.
type FleetHostEdge struct {
	Cursor string
	Node   FleetHost
}
