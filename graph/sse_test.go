package graph_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gpuhour/graph"
)

func TestEvents(t *testing.T) {
	h := newHost(t, graph.Patience{})
	h.moves("10", "11")
	c := h.events(everyChange, map[string]any{"after": beginning})
	if got := c.response.Header.Get("Content-Type"); got != "text/event-stream" || c.response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", c.response.StatusCode, got)
	}
	cursor := cursorOf(t, c.hears("next", `data: {"data":{"offerChanged":`, `"amount":"10"`))
	c.hears("next", `"amount":"11"`)
	h.moves("12")
	c.hears("next", `"amount":"12"`)
	again := h.events(everyChange, map[string]any{"after": cursor})
	again.hears("next", `"amount":"11"`)
	query := h.events(`{ offers(first: 1) { totalCount } }`, nil)
	query.hears("next", `{"data":{"offers":{"totalCount":11}}}`)
	query.hears("complete")
	if text, more := query.line(); more {
		t.Errorf("after completion: %s", text)
	}
}

// TestEventErrors holds what is refused as a request, and what is an event because a client of streams would not see it otherwise.
func TestEventErrors(t *testing.T) {
	cases := map[string]struct {
		reason, method, target, body string
		status                       int
		says                         []string
	}{
		"validation":         {"an event, then the end", "POST", "/", `{"query": "subscription { nothing }"}`, 200, []string{"event: next\ndata: {\"errors\":[", "GRAPHQL_VALIDATION_FAILED", "event: complete\ndata:\n\n"}},
		"a filter":           {"so is what the stream cannot begin with", "POST", "/", `{"query": "subscription { offerChanged(filter: {gpus: [\"Z9\"]}) { at } }"}`, 200, []string{"event: next\ndata: {\"errors\":[", "BAD_USER_INPUT", "event: complete\ndata:\n\n"}},
		"a cursor":           {"too old is said, never silence", "POST", "/", `{"query": "subscription { offerChanged(after: \"AQVhbHBoYQk\") { at } }"}`, 200, []string{"CURSOR_EXPIRED", "event: complete\ndata:\n\n"}},
		"no GraphQL":         {"a request that cannot be read", "POST", "/", `{"query": "subscription {"}`, 400, []string{"GRAPHQL_PARSE_FAILED"}},
		"no JSON":            {"a request that cannot be read", "POST", "/", `{`, 400, []string{"expected a JSON object"}},
		"nothing":            {"a document must be there", "POST", "/", `{}`, 400, []string{"query: expected"}},
		"too large":          {"no request is that long", "POST", "/", `{"query": "` + strings.Repeat(" ", 1<<20) + `"}`, 413, []string{"larger than"}},
		"a link that writes": {"a link must not change anything", "GET", "/?query=mutation{scrape(provider:\"alpha\"){error}}", "", 405, []string{"a mutation must be sent by POST"}},
		"a link that asks":   {"EventSource reads addresses", "GET", "/?query={__typename}", "", 200, []string{`{"data":{"__typename":"Query"}}`, "event: complete\ndata:\n\n"}},
	}
	h := newHost(t, graph.Patience{})
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, h.url+tt.target, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", "text/event-stream")
			r.Header.Set("Content-Type", "application/json")
			response, err := reading.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range tt.says {
				if response.StatusCode != tt.status || !strings.Contains(string(text), part) {
					t.Errorf("%s: %d %.400s, want %d %s", tt.reason, response.StatusCode, text, tt.status, part)
				}
			}
		})
	}
}

// TestSubscriptionsNeedAStream sends one as a plain request, which says where to go.
func TestSubscriptionsNeedAStream(t *testing.T) {
	a, response := newWorld(t).send(`subscription { offerChanged { at } }`, nil)
	if response.StatusCode != http.StatusNotAcceptable || len(a.Errors) != 1 || !strings.Contains(a.Errors[0].Message, "text/event-stream") {
		t.Errorf("%d %+v", response.StatusCode, a)
	}
}

// TestEventsKeepAlive leaves while the server says again and again that it lives, many times at once: the ready-made transport crashes of that.
func TestEventsKeepAlive(t *testing.T) {
	h := newHost(t, graph.Patience{KeepAlive: 50 * time.Microsecond})
	leaving := make(chan struct{})
	for range 16 {
		go func() {
			defer func() { leaving <- struct{}{} }()
			for range 20 {
				conn := h.stuck(postEvents(`subscription { offerChanged { at } }`))
				buffer := make([]byte, 512)
				for range 3 {
					_, _ = conn.Read(buffer)
				}
				_ = conn.Close()
			}
		}()
	}
	for range 16 {
		<-leaving
	}
	c := h.events(everyChange, map[string]any{"after": beginning})
	for range 5 {
		if text, _ := c.line(); text != ":" {
			t.Errorf("heard %q, want a comment", text)
		}
	}
	h.moves("10")
	c.hears("next", `"amount":"10"`)
}

// TestStuckEventsAreEnded has a client that never reads.
func TestStuckEventsAreEnded(t *testing.T) {
	h := newHost(t, graph.Patience{Write: 20 * time.Millisecond})
	h.stuck(postEvents(everyChange))
	eventually(t, "the request has come in", func() bool { return h.busy.Load() == 1 })
	eventually(t, "the handler has returned", func() bool {
		h.moves("10")
		return h.busy.Load() == 0
	})
}
