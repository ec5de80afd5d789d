package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// mostWaiting is how many items may wait for a client that does not read.
const mostWaiting = 1000

// Source is what a subscription reads. It is for one goroutine.
type Source[T any] interface {
	// Next waits for the next item.
	Next(ctx context.Context) (T, error)
	// Waiting is how many items wait behind it.
	Waiting() int
	// Cursor is the place behind the item that Next gave last; empty where nobody can go on there.
	Cursor() string
}

// LaggedError ends a subscription whose client does not read.
type LaggedError struct {
	// Cursor is where to go on.
	Cursor string
}

// Error says what to do.
func (*LaggedError) Error() string {
	return "the client reads too slowly: subscribe again, after the cursor in the extensions"
}

// stream is what a resolver gives gqlgen of a source, each item as it is shown at its moment. Nothing runs for it: an item is put into the
// channel when the connection is ready for it. A subscriber would cost a goroutine more otherwise.
func stream[T, M any](ctx context.Context, patience time.Duration, from Source[T], show func(T) M) <-chan M {
	to := make(chan M, 1)
	var given time.Time
	follow(ctx, func(ctx context.Context) error {
		if !given.IsZero() && time.Since(given) > patience && from.Waiting() > mostWaiting {
			return &LaggedError{from.Cursor()}
		}
		item, err := from.Next(ctx)
		if err != nil {
			return err
		}
		to <- show(item)
		given = time.Now()
		return nil
	})
	return to
}

// following is a subscription: how it comes by its next item, and where in the answer that stands.
type following struct {
	pull func(context.Context) error
	path ast.Path
}

type followingKey struct{}

// withFollowing is a context in which a resolver can say that it is of a subscription.
func withFollowing(ctx context.Context) (context.Context, *following) {
	f := &following{}
	return context.WithValue(ctx, followingKey{}, f), f
}

// follow says how a subscription comes by its next item.
func follow(ctx context.Context, pull func(context.Context) error) {
	if f, is := ctx.Value(followingKey{}).(*following); is {
		f.pull, f.path = pull, graphql.GetPath(ctx)
	}
}
