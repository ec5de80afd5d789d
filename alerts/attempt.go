package alerts

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gpuhour/market"
)

// Why a delivery ends without an attempt.
var (
	errClosed  = errors.New("the target answered 410 Gone: it is off until the rule is edited")
	errNoEvent = errors.New("the event is no longer kept")
	errQueue   = errors.New("the store did not answer")
)

// attempt tries a delivery once. An error of the queue is one more reason to try again.
func (c *Courier) attempt(ctx context.Context, d market.Delivery) Outcome {
	closed, err := c.options.Queue.TargetClosed(ctx, d)
	if err != nil {
		c.trouble(ctx, "looking a target up", err)
		return failure(errQueue)
	}
	if closed {
		return Outcome{Err: errClosed, Final: true}
	}
	e, found, err := c.options.Queue.Event(ctx, d.Event)
	if err != nil {
		c.trouble(ctx, "reading an event", err)
		return failure(errQueue)
	}
	if !found {
		return Outcome{Err: errNoEvent, Final: true}
	}
	out := c.options.Sender.Attempt(ctx, d.Target, d.Secret, e)
	if out.Gone {
		c.close(ctx, d)
	}
	if e.Kind == market.TestEvent && out.Err != nil {
		out.Final = true // somebody waits for what came back, and tries again himself
	}
	return out
}

// close turns a target off that wants nothing more. Where that cannot be kept, the next delivery will be told so again.
func (c *Courier) close(ctx context.Context, d market.Delivery) {
	if err := c.options.Queue.CloseTarget(ctx, d, c.options.Now()); err != nil {
		c.trouble(ctx, "closing a target", err)
	}
}

// deliver tries an errand and keeps what came of it. An attempt that the end cut short is left to its lease.
func (c *Courier) deliver(ctx context.Context, e errand) (silent bool) {
	out := c.attempt(ctx, e.delivery)
	if ctx.Err() != nil {
		return false
	}
	c.keep(ctx, e, out)
	return out.Silent
}

// keep writes down what came of an attempt, again and again until the store takes it or the lease is over; then another will try.
func (c *Courier) keep(ctx context.Context, e errand, out Outcome) {
	d := after(e.delivery, out, c.options.Now(), c.options.Spread)
	c.tell(ctx, d)
	for c.options.Now().Before(e.until) {
		kept, err := c.options.Queue.Finish(ctx, d)
		if err == nil {
			if !kept {
				c.options.Log.LogAttrs(ctx, slog.LevelWarn, "another courier took the delivery over", slog.String("delivery", d.ID))
			}
			return
		}
		c.trouble(ctx, "keeping what came of a delivery", err)
		if !wait(ctx, c.options.Poll) {
			return
		}
	}
}

// putOff gives a delivery back untried. Where that cannot be kept, its lease ends by itself.
func (c *Courier) putOff(ctx context.Context, d market.Delivery, until time.Time) {
	if _, err := c.options.Queue.PutOff(ctx, d, until); err != nil {
		c.trouble(ctx, "a delivery could not be given back", err)
	}
}

// tell logs an attempt.
func (c *Courier) tell(ctx context.Context, d market.Delivery) {
	attrs := []slog.Attr{slog.String("delivery", d.ID), slog.String("rule", d.RuleID), slog.String("channel", Channel(d.Target)), slog.Int("attempt", d.Attempts)}
	switch d.Status {
	case market.Delivered:
		c.options.Log.LogAttrs(ctx, slog.LevelInfo, "alert delivered", attrs...)
	case market.DeliveryRetrying:
		c.options.Log.LogAttrs(ctx, slog.LevelWarn, "alert not delivered, to be tried again", append(attrs, slog.String("error", d.LastError), slog.Time("next", d.NextAt))...)
	default:
		c.options.Log.LogAttrs(ctx, slog.LevelError, "alert not delivered, given up", append(attrs, slog.String("error", d.LastError))...)
	}
}
