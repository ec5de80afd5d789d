package model

// connection is a part of a list whose cursors are the ids of what it lists.
type connection[T interface{ ID() string }] struct {
	nodes          []T
	more, previous bool
	total          int
}

// Nodes are what is listed.
func (c connection[T]) Nodes() []T { return append([]T{}, c.nodes...) }

// PageInfo is what lies around.
func (c connection[T]) PageInfo() PageInfo {
	info := PageInfo{HasNextPage: c.more, HasPreviousPage: c.previous}
	if n := len(c.nodes); n > 0 {
		info.StartCursor, info.EndCursor = new(c.nodes[0].ID()), new(c.nodes[n-1].ID())
	}
	return info
}

// TotalCount is how many there are in all.
func (c connection[T]) TotalCount() int { return c.total }

// edges are what is listed with its cursors.
func edges[E any, T interface{ ID() string }](c connection[T], edge func(cursor string, node T) E) []E {
	out := make([]E, len(c.nodes))
	for i, node := range c.nodes {
		out[i] = edge(node.ID(), node)
	}
	return out
}
