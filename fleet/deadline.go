package fleet

import (
	"sync/atomic"
	"time"
)

// caller makes the calls about one card, each with a deadline. A call that does not return keeps its goroutine and its thread, for there is no
// way to end it; so while one is out, the card is asked nothing else, and a card never holds more than one.
type caller struct {
	deadline time.Duration
	out      atomic.Bool
}

// ask makes one call. Its code is codeHung where the call, or one before it, has not returned.
func ask[T any](c *caller, call func() (T, int)) (T, int) {
	type answer struct {
		value T
		code  int
	}
	if !c.out.CompareAndSwap(false, true) {
		return *new(T), codeHung
	}
	answered := make(chan answer, 1)
	go func() {
		value, code := call()
		c.out.Store(false)
		answered <- answer{value, code}
	}()
	timer := time.NewTimer(c.deadline)
	defer timer.Stop()
	select {
	case a := <-answered:
		return a.value, a.code
	case <-timer.C:
		return *new(T), codeHung
	}
}
