package alerts

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gpuhour/market"
)

// attemptLimit is how long one attempt may take.
const attemptLimit = 15 * time.Second

// SenderOptions are what a Sender is made of.
type SenderOptions struct {
	Guard Guard
	// Version stands in the User-Agent.
	Version string
	// Now is the clock.
	Now func() time.Time
	// Limit is how long one attempt may take; zero means 15 s.
	Limit time.Duration
	// TLS are the settings of every connection; nil means Go's own.
	TLS *tls.Config
}

// Sender makes single attempts at telling a target. It is safe for concurrent use and keeps nothing between two attempts.
type Sender struct {
	options SenderOptions
	guard   Guard
	client  *http.Client
}

// NewSender makes a Sender.
func NewSender(options SenderOptions) *Sender {
	if options.Limit == 0 {
		options.Limit = attemptLimit
	}
	return &Sender{options: options, guard: options.Guard, client: newClient(options.Guard, options.TLS)}
}

// Attempt tells the target of an event, once, and says what came of it.
func (s *Sender) Attempt(ctx context.Context, target, secret string, e market.Event) Outcome {
	ctx, cancel := context.WithTimeout(ctx, s.options.Limit)
	defer cancel()
	out := s.attempt(ctx, target, secret, e)
	if out.Err != nil && !errors.Is(out.Err, context.Canceled) {
		out.Err = errors.New(clip(scrub(out.Err.Error(), target), longestError)) // in this order: half a secret is not found
	}
	return out
}

func (s *Sender) attempt(ctx context.Context, target, secret string, e market.Event) Outcome {
	if err := ParseTarget(target, s.guard.AllowPrivate); err != nil {
		return failure(err) // it was right once: the operator may have changed what is allowed
	}
	u, err := url.Parse(target)
	if err != nil {
		return failure(errForm)
	}
	var p post
	now := s.options.Now()
	switch u.Scheme {
	case mailScheme:
		return s.mail(ctx, u, messageOf(e, now))
	case "https", "http":
		p, err = webhook(target, secret, e, now)
	default:
		p, err = services[u.Scheme].request(u, messageOf(e, now))
	}
	if err != nil {
		return failure(err)
	}
	return s.send(ctx, p)
}

// ended is a delivery after its last attempt.
func ended(d market.Delivery, out Outcome, now time.Time) market.Delivery {
	d.NextAt, d.LastError = time.Time{}, ""
	if out.Err == nil {
		d.Status, d.DeliveredAt = market.Delivered, now
		return d
	}
	d.Status, d.LastError = market.DeliveryFailed, out.Err.Error()
	return d
}

// after is a delivery after an attempt that need not be the last.
func after(d market.Delivery, out Outcome, now time.Time, spread func() float64) market.Delivery {
	d = ended(d, out, now)
	delay, more := Backoff(d.Attempts, spread)
	if out.Err == nil || out.Gone || out.Final || !more {
		return d
	}
	d.Status, d.NextAt = market.DeliveryRetrying, now.Add(max(delay, out.RetryAfter))
	return d
}
