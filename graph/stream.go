package graph

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// mostWaiting is how many items may wait for a client that does not read.
const mostWaiting = 1000

// source is what a subscription reads. It is for one goroutine.
type source[T any] interface {
	// Next waits for the next item.
	Next(ctx context.Context) (T, error)
	// Waiting is how many items wait behind it.
	Waiting() int
	// Unread is the cursor before the item that Next gave last.
	Unread() string
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

// stream gives a client what a source has, as it is shown at that moment, until the context ends. Why it ends before that is said by end.
func stream[T, M any](ctx context.Context, patience time.Duration, from source[T], show func(T) M) <-chan M {
	to := make(chan M)
	go func() {
		defer close(to)
		if err := pump(ctx, patience, from, show, to); err != nil && ctx.Err() == nil {
			end(ctx, err)
		}
	}()
	return to
}

func pump[T, M any](ctx context.Context, patience time.Duration, from source[T], show func(T) M, to chan<- M) error {
	blocked := time.NewTimer(patience)
	defer blocked.Stop()
	for {
		item, err := from.Next(ctx)
		if err != nil {
			return err
		}
		blocked.Reset(patience)
		for sent := false; !sent; {
			select {
			case to <- show(item):
				sent = true
			case <-blocked.C:
				if from.Waiting() > mostWaiting {
					return &LaggedError{from.Unread()}
				}
				blocked.Reset(patience)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// ending is why a subscription ended: gqlgen knows only that its channel was closed.
type ending struct {
	guard sync.Mutex
	err   error
	path  ast.Path
}

type endingKey struct{}

// withEnding is a context in which a subscription can say why it ends.
func withEnding(ctx context.Context) (context.Context, *ending) {
	e := &ending{}
	return context.WithValue(ctx, endingKey{}, e), e
}

// end says why a subscription ends; the first reason holds.
func end(ctx context.Context, err error) {
	e, watched := ctx.Value(endingKey{}).(*ending)
	if !watched {
		return
	}
	e.guard.Lock()
	defer e.guard.Unlock()
	if e.err == nil {
		e.err, e.path = err, graphql.GetPath(ctx)
	}
}

func (e *ending) reason() (ast.Path, error) {
	e.guard.Lock()
	defer e.guard.Unlock()
	return e.path, e.err
}
