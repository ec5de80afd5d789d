package alerts

import (
	"errors"
	"time"
)

// Outcome is what came of one attempt. The zero Outcome is a success.
type Outcome struct {
	// Err says why it failed, fit to be shown to people: no secrets.
	Err error
	// Gone says that the target wants nothing more.
	Gone bool
	// Final says that no other attempt can do better.
	Final bool
	// RetryAfter is how long the target asked to be left alone; zero where it did not.
	RetryAfter time.Duration
	// Silent says that the target did not answer at all, so that others who wait for it may as well try later.
	Silent bool
}

// errTimeout is an attempt that took too long.
var errTimeout = errors.New("no answer in time")

func failure(err error) Outcome { return Outcome{Err: err} }
