package main

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// slowWay passes connections to a Redis on. While it holds, judgements do not arrive: their sender cannot tell what has become of them.
type slowWay struct {
	listener net.Listener
	to       string
	holding  atomic.Bool
	held     chan struct{} // a judgement is held
	released chan struct{}
	answered chan struct{} // the Redis has answered one that was held
	passing  sync.WaitGroup
}

// judgementMark is a key that judgements alone touch.
const judgementMark = "{alerts}:answers"

func newSlowWay(t *testing.T, to string) *slowWay {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &slowWay{listener: listener, to: u.Host, held: make(chan struct{}, 100), released: make(chan struct{}), answered: make(chan struct{}, 100)}
	w.passing.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.pass(conn)
		}
	})
	t.Cleanup(func() {
		w.release()
		_ = listener.Close()
		w.passing.Wait()
	})
	return w
}

func (w *slowWay) pass(from net.Conn) {
	to, err := net.Dial("tcp", w.to)
	if err != nil {
		_ = from.Close()
		return
	}
	var late atomic.Bool
	w.passing.Go(func() {
		w.forward(from, to, &late)
		_ = to.(*net.TCPConn).CloseWrite()
	})
	w.passing.Go(func() {
		w.back(from, to, &late)
		_, _ = from.Close(), to.Close()
	})
}

// forward holds a judgement even when who sent it has gone.
func (w *slowWay) forward(from, to net.Conn, late *atomic.Bool) {
	var seen []byte
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		seen = append(seen[max(0, len(seen)-len(judgementMark)):], buffer[:n]...)
		if w.holding.Load() && bytes.Contains(seen, []byte(judgementMark)) {
			w.held <- struct{}{}
			<-w.released
			late.Store(true)
		}
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

func (w *slowWay) back(from, to net.Conn, late *atomic.Bool) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := to.Read(buffer)
		if err != nil {
			return
		}
		_, _ = from.Write(buffer[:n])
		if late.Load() {
			w.answered <- struct{}{}
		}
	}
}

// release lets pass what is held, and everything from now on.
func (w *slowWay) release() {
	if w.holding.Swap(false) {
		close(w.released)
	}
}

// TestLateJudgementIsRefused holds a judgement back on its way to the Redis until another process has judged the same: it comes too late,
// whether who sent it is still there or was killed between keeping the prices and judging them.
func TestLateJudgementIsRefused(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed %t", killed), func(t *testing.T) { lateJudgement(t, killed) })
	}
}

func lateJudgement(t *testing.T, killed bool) {
	c := newCluster(t)
	way := newSlowWay(t, c.at)
	slow := c.startOn("redis://" + way.listener.Addr().String())
	eventually(t, "the first judges", func() bool { return c.judges() == 1 })
	other := c.start()
	slow.scrape(t, "coreweave")
	var made struct{ CreateAlertRule struct{ ID string } }
	slow.ask(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, notify: []}) { id } }`, cheapH100), &made)
	rule := made.CreateAlertRule.ID
	c.turn(true, slow)
	other.settled(t, rule, 1)

	way.holding.Store(true)
	c.turn(false, slow)
	<-way.held
	if n := len(other.events(t, rule)); n != 1 {
		t.Errorf("%d events, while the judgement is held", n)
	}
	if killed {
		slow.process.kill()
	}
	eventually(t, "the other judges", func() bool { return c.judges() == 2 })
	other.settled(t, rule, 2)
	way.release()
	<-way.answered
	c.turn(true, other)
	other.settled(t, rule, 3)
	events := other.events(t, rule)
	if len(events) != 3 {
		t.Fatalf("%d events, want 3", len(events))
	}
	for n, e := range events {
		if want := []string{"FIRED", "RESOLVED", "FIRED"}[n]; e.Number != n+1 || e.Kind != want {
			t.Errorf("event %d has the number %d and is %s, want %s", n+1, e.Number, e.Kind, want)
		}
	}
}
