package graph

import (
	"context"
	"time"
)

// Stream is a subscription's stream of a source, and why it ended.
func Stream(ctx context.Context, patience time.Duration, from source[int]) (<-chan int, func() error) {
	ctx, ending := withEnding(ctx)
	return stream(ctx, patience, from, func(n int) int { return n }), func() error { _, err := ending.reason(); return err }
}
