package graph

import (
	"context"
	"time"
)

// Stream is a subscription's stream of a source, and what lets it have the next item.
func Stream(ctx context.Context, patience time.Duration, from Source[int]) (items <-chan int, pull func() error) {
	ctx, following := withFollowing(ctx)
	items = stream(ctx, patience, from, func(n int) int { return n })
	return items, func() error { return following.pull(ctx) }
}
