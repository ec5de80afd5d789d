package model

import (
	"cmp"
	"context"
	"slices"

	"gpuhour/market"
)

// FleetHostConnection is a part of the list of hosts.
type FleetHostConnection struct{ connection[FleetHost] }

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
	c := connection[FleetHost]{more: behind+n < len(hosts), previous: behind > 0, total: len(hosts)}
	for _, h := range hosts[behind:min(behind+n, len(hosts))] {
		c.nodes = append(c.nodes, *NewFleetHost(f.env, h))
	}
	return &FleetHostConnection{c}, nil
}

// Edges are the hosts with their cursors.
func (c FleetHostConnection) Edges() []FleetHostEdge {
	return edges(c.connection, func(cursor string, h FleetHost) FleetHostEdge { return FleetHostEdge{cursor, h} })
}

// FleetHostEdge is a host in a list.
type FleetHostEdge struct {
	Cursor string
	Node   FleetHost
}
