package graph_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gpuhour/graph"
	"gpuhour/market"
)

// fakeRecord keeps every commit that the tape was told of, as the store does.
type fakeRecord struct {
	guard   sync.Mutex
	commits map[string][]market.Moves
}

func (f *fakeRecord) Moves(_ context.Context, provider string, after, upTo int64) ([]market.Moves, bool, error) {
	f.guard.Lock()
	defer f.guard.Unlock()
	if provider == "epsilon" {
		return nil, false, errStore
	}
	all := f.commits[provider]
	if upTo > int64(len(all)) || after < 0 {
		return nil, false, nil
	}
	return all[after:upTo], true, nil
}

func (f *fakeRecord) Follow(context.Context, string) error { return nil }

// moves commits changes of alpha's first offer: a price each.
func (w *world) moves(prices ...string) {
	w.t.Helper()
	for _, price := range prices {
		row := alphaRows()[0]
		row.Price = price
		w.commit("alpha", row)
	}
}

// commit tells the tape of a run that changed these offers of a provider.
func (w *world) commit(provider string, rows ...market.Listing) {
	w.t.Helper()
	w.record.guard.Lock()
	defer w.record.guard.Unlock()
	m := market.Moves{Seq: int64(len(w.record.commits[provider]) + 1)}
	for _, o := range w.offers(provider, rows...) {
		before := market.Money{Amount: o.Price, Currency: o.Listed.Currency}
		m.Moved = append(m.Moved, market.Moved{At: noon, Offer: o, Sheet: sheetOf(provider, noon), PreviousPrice: &before, PreviousStock: market.SoldOut})
	}
	w.record.commits[provider] = append(w.record.commits[provider], m)
	w.tape.Append(provider, []market.Moves{m}, m.Seq)
}

// host is a real server over a world.
type host struct {
	*world
	url     string
	server  *httptest.Server
	handler *graph.Handler
	stop    context.CancelFunc
	// busy is how many requests are being answered.
	busy atomic.Int32
}

// smallBuffer lets who does not read be felt soon.
const smallBuffer = 1 << 16

// reading is a client with small buffers.
var reading = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		err = conn.(*net.TCPConn).SetReadBuffer(smallBuffer)
	}
	return conn, err
}}}

func newHost(t testing.TB, patience graph.Patience) *host {
	t.Helper()
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	h := &host{world: w, handler: w.serve(ctx, patience), stop: stop}
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.busy.Add(1)
		defer h.busy.Add(-1)
		h.handler.ServeHTTP(w, r)
	}))
	h.server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		_ = conn.(*net.TCPConn).SetWriteBuffer(smallBuffer)
		return ctx
	}
	h.server.Start()
	h.url = h.server.URL
	t.Cleanup(func() {
		stop()
		h.handler.Wait()
		h.server.Close()
	})
	return h
}

// socketClient is a client of graphql-transport-ws, word by word.
type socketClient struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a WebSocket and greets.
func (h *host) dial() *socketClient {
	h.t.Helper()
	c := h.dialRaw(nil, "graphql-transport-ws")
	c.say(`{"type":"connection_init"}`)
	c.hears(`{"type":"connection_ack"}`)
	return c
}

func (h *host) dialRaw(header http.Header, protocols ...string) *socketClient {
	h.t.Helper()
	conn, response, err := websocket.Dial(h.t.Context(), h.url, &websocket.DialOptions{Subprotocols: protocols, HTTPHeader: header, HTTPClient: reading})
	if err != nil {
		h.t.Fatalf("%v %v", err, response)
	}
	conn.SetReadLimit(1 << 24)
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socketClient{h.t, conn}
}

func (c *socketClient) say(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// subscribe begins an operation.
func (c *socketClient) subscribe(id, query string, variables any) {
	c.t.Helper()
	text, err := json.Marshal(map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": query, "variables": variables}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.say(string(text))
}

func (c *socketClient) hear() string {
	c.t.Helper()
	_, text, err := c.conn.Read(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

func (c *socketClient) hears(parts ...string) string {
	c.t.Helper()
	text := c.hear()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			c.t.Errorf("heard %.600s, want %s", text, part)
		}
	}
	return text
}

// closed waits until the server has closed the connection, and says why.
func (c *socketClient) closed() websocket.StatusCode {
	c.t.Helper()
	for {
		if _, _, err := c.conn.Read(c.t.Context()); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// cursorOf is the cursor in a message.
func cursorOf(t testing.TB, text string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, `"cursor":"`)
	cursor, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no cursor in %s", text)
	}
	return cursor
}

// eventsClient reads server-sent events.
type eventsClient struct {
	t        testing.TB
	response *http.Response
	lines    *bufio.Scanner
	cancel   context.CancelFunc
}

func (h *host) events(query string, variables any) *eventsClient {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, strings.NewReader(string(body)))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	response, err := reading.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		cancel()
		_ = response.Body.Close()
	})
	return &eventsClient{h.t, response, bufio.NewScanner(response.Body), cancel}
}

// line is the next one that is not empty; false at the end.
func (c *eventsClient) line() (string, bool) {
	for c.lines.Scan() {
		if text := c.lines.Text(); text != "" {
			return text, true
		}
	}
	return "", false
}

// hears reads an event, passing over comments.
func (c *eventsClient) hears(event string, parts ...string) string {
	c.t.Helper()
	text, _ := c.line()
	for text == ":" {
		text, _ = c.line()
	}
	if text != "event: "+event {
		c.t.Errorf("heard %q, want event %s", text, event)
	}
	data, _ := c.line()
	for _, part := range parts {
		if !strings.Contains(data, part) {
			c.t.Errorf("heard %.600s, want %s", data, part)
		}
	}
	return data
}

const everyChange = `subscription($filter: OfferFilter, $after: String) { offerChanged(filter: $filter, after: $after) {
	cursor at withdrawn previousStock previousPrice { amount currency } offer { id stale observedAt price { amount } source { digest } provider { status } } } }`

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in 30 s it did not come about that %s", what)
		}
	}
}

// stuck is a client that sends some bytes and then reads nothing.
func (h *host) stuck(text string) net.Conn {
	h.t.Helper()
	conn, err := new(net.Dialer).DialContext(h.t.Context(), "tcp", h.server.Listener.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).SetReadBuffer(smallBuffer)
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func postEvents(query string) string {
	body, _ := json.Marshal(map[string]any{"query": query})
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
