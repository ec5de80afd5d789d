package fleet

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Options are what an agent is told.
type Options struct {
	// Server is where to report to, see ParseServer; Host is the id of this machine there, and Token reads its token.
	Server *url.URL
	Token  func() (string, error)
	About  About
	Source Source
	// Interval is the time between two sweeps; a tenth of it is left to chance, so that a fleet does not report all at once.
	Interval time.Duration
	// Transport is the network; nil is the usual one.
	Transport http.RoundTripper
	Log       *slog.Logger
	Now       func() time.Time
}

// Run sweeps and reports until the context ends; then it says that it stops in good order.
func Run(ctx context.Context, o Options) {
	defer o.Source.Close()
	r := newReporter(o)
	var sending sync.WaitGroup
	sending.Go(func() { r.run(ctx) })
	for ctx.Err() == nil {
		s := o.Source.Sweep(ctx)
		if ctx.Err() == nil {
			r.put(s)
		}
		wait(ctx, jitter(o.Interval))
	}
	sending.Wait()
	r.final(context.WithoutCancel(ctx))
}

// jitter is a time with a tenth of it left to chance.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}
