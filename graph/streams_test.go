package graph_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"gpuhour/graph"
)

// TestClientsVanish has hundreds of clients whose connections break in the midst of a stream: nothing is left of them.
func TestClientsVanish(t *testing.T) {
	before := goleak.IgnoreCurrent()
	h := newHost(t, graph.Patience{})
	var clients sync.WaitGroup
	ctx, enough := context.WithCancel(t.Context())
	var moving sync.WaitGroup
	moving.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			h.moves(fmt.Sprint(1 + i%9))
		}
	})
	for i := range 300 {
		clients.Go(func() {
			if i%2 == 0 {
				conn := h.stuck(postEvents(everyChange))
				_, _ = conn.Read(make([]byte, 2048))
				_ = conn.Close()
				return
			}
			conn, _, err := websocket.Dial(t.Context(), h.url, &websocket.DialOptions{Subprotocols: spoken, HTTPClient: reading})
			if err != nil {
				t.Error(err)
				return
			}
			for _, text := range []string{`{"type":"connection_init"}`, subscribed("1"), subscribed("2")} {
				if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
					t.Error(err)
				}
			}
			for range i % 5 {
				_, _, _ = conn.Read(t.Context())
			}
			_ = conn.CloseNow()
		})
	}
	clients.Wait()
	enough()
	moving.Wait()
	h.stop()
	h.handler.Wait()
	h.server.Close()
	goleak.VerifyNone(t, before)
}

// TestStopping stops the server in the midst of streams: WebSockets are closed with a reason to come again, events end without that of completion.
func TestStopping(t *testing.T) {
	h := newHost(t, graph.Patience{Close: 50 * time.Millisecond})
	h.moves("10")
	socket, silent := h.dial(), h.dial()
	for _, c := range []*socketClient{socket, silent} {
		c.subscribe("1", everyChange, map[string]any{"after": beginning})
		c.hears(`"amount":"10"`)
	}
	events := h.events(everyChange, map[string]any{"after": beginning})
	events.hears("next", `"amount":"10"`)
	h.stop()
	if code := socket.closed(); code != websocket.StatusGoingAway {
		t.Errorf("closed with %d", code)
	}
	for text, more := events.line(); more; text, more = events.line() {
		if strings.HasPrefix(text, "event:") {
			t.Errorf("heard %q", text)
		}
	}
	h.handler.Wait() // for the silent one, too
	if err := h.server.Config.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSlowReader stops reading while thousands of changes come: it is told where to go on, once it reads again.
func TestSlowReader(t *testing.T) {
	h := newHost(t, graph.Patience{Lag: 50 * time.Millisecond, KeepAlive: time.Hour, Write: time.Hour})
	slow := h.dial()
	slow.subscribe("1", everyChange, map[string]any{"after": beginning})
	fast := h.dial()
	fast.subscribe("1", everyChange, map[string]any{"after": beginning})
	const n = 4000 // more than all buffers between the two take
	for i := range n {
		h.moves(fmt.Sprint(1 + i%9))
		fast.hear()
	}
	read, last := 0, ""
	for {
		text := slow.hear()
		if strings.Contains(text, `"type":"error"`) {
			if !strings.Contains(text, `"code":"LAGGED"`) || cursorOf(t, text) != last {
				t.Errorf("heard %s after %s", text, last)
			}
			break
		}
		read, last = read+1, cursorOf(t, text)
	}
	if read == 0 || read >= n {
		t.Errorf("%d of %d were read", read, n)
	}
	slow.subscribe("2", everyChange, map[string]any{"after": last})
	for range n - read {
		slow.hears(`"type":"next"`)
	}
}

// tally is a source of numbers without an end.
type tally struct {
	next, waiting int
}

func (s *tally) Next(context.Context) (int, error) { s.next++; return s.next, nil }
func (s *tally) Waiting() int                      { return s.waiting }
func (s *tally) Cursor() string                    { return fmt.Sprint(s.next) }

// TestPatience holds when a client that does not read is given up.
func TestPatience(t *testing.T) {
	cases := map[string]struct {
		reason  string
		waiting int
		pause   time.Duration
		lagged  bool
	}{
		"few wait":         {"a client may take its time while there is little to do", 1000, time.Hour, false},
		"many wait a bit":  {"or while it is not for long", 100_000, 29 * time.Second, false},
		"many wait longer": {"not both", 1001, 31 * time.Second, true},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				items, pull := graph.Stream(t.Context(), 30*time.Second, &tally{waiting: tt.waiting})
				for want := 1; want < 4; want++ {
					if err := pull(); err != nil || <-items != want {
						t.Fatalf("item %d: %v", want, err)
					}
				}
				time.Sleep(tt.pause)
				err := pull()
				var lagged *graph.LaggedError
				if errors.As(err, &lagged) != tt.lagged || tt.lagged && lagged.Cursor != "3" || !tt.lagged && (err != nil || <-items != 4) {
					t.Errorf("%s: %v", tt.reason, err)
				}
			})
		})
	}
}
