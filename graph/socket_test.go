package graph_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gpuhour/graph"
)

// TestSocketSubscription begins with what comes from now on.
func TestSocketSubscription(t *testing.T) {
	h := newHost(t, graph.Patience{})
	h.moves("48")
	c := h.dial()
	c.subscribe("1", everyChange, map[string]any{"filter": map[string]any{"gpus": []string{"H100"}, "maxPricePerGpuHour": 6.5}})
	heard := make(chan struct{})
	var moving sync.WaitGroup
	moving.Go(func() { // nothing says when the subscription has begun
		for open := true; open; {
			select {
			case <-heard:
				open = false
			case <-time.After(time.Millisecond):
				h.moves("80", "49.24")
			}
		}
	})
	c.hears(`"id":"1"`, `"type":"next"`, `"payload":{"data":{"offerChanged":{"cursor":"`, `"at":"2026-11-20T12:00:00.000Z"`, `"previousStock":"SOLD_OUT"`,
		`"price":{"amount":"49.24"}`, `"stale":false`, `"digest":"d1alpha"`, `"withdrawn":false`)
	close(heard)
	moving.Wait()
}

// beginning is the cursor before everything.
const beginning = "AQ"

func TestSocketReplays(t *testing.T) {
	h := newHost(t, graph.Patience{})
	h.moves("10", "11", "12")
	c := h.dial()
	c.subscribe("a", everyChange, map[string]any{"after": beginning})
	c.hears(`"amount":"10"`)
	cursor := cursorOf(t, c.hears(`"amount":"11"`))
	c.hears(`"amount":"12"`)
	h.moves("13")
	c.hears(`"amount":"13"`)
	c.say(`{"id":"a","type":"complete"}`)
	c.subscribe("a", everyChange, map[string]any{"after": cursor})
	c.hears(`"amount":"12"`)
	c.hears(`"amount":"13"`)
	c.say(`{"id":"a","type":"complete"}`)
	c.subscribe("b", everyChange, map[string]any{"after": beginning, "filter": map[string]any{"maxPricePerGpuHour": 1.4}})
	c.hears(`"amount":"10"`)
	c.hears(`"amount":"11"`) // 11 for eight cards is under 1.4, 12 is not
	h.moves("8")
	c.hears(`"amount":"8"`)
}

func TestSocketErrors(t *testing.T) {
	cases := map[string]struct {
		reason, query string
		variables     map[string]any
		want          []string
	}{
		"no cursor":           {"a cursor is ours", everyChange, map[string]any{"after": "x"}, []string{`"type":"error"`, `after: expected a cursor`, `"code":"BAD_USER_INPUT"`}},
		"a cursor of another": {"a place that was never reached", everyChange, map[string]any{"after": "AQVhbHBoYQk"}, []string{`"type":"error"`, `"code":"CURSOR_EXPIRED"`, "alpha"}},
		"unknown model":       {"as in offers", everyChange, map[string]any{"filter": map[string]any{"gpus": []string{"Z9"}}}, []string{`filter.gpus: no GPU model is called`, `BAD_USER_INPUT`}},
		"unknown provider":    {"as in offers", everyChange, map[string]any{"filter": map[string]any{"providers": []string{"z"}}}, []string{`filter.providers: there is no provider`}},
		"collections":         {"imported history does not change", everyChange, map[string]any{"filter": map[string]any{"collections": []string{"others"}}}, []string{`filter.collections: `}},
		"no field":            {"a document that is wrong", `subscription { nothing }`, nil, []string{`"type":"error"`, `GRAPHQL_VALIDATION_FAILED`}},
		"no document":         {"no GraphQL at all", `subscription {`, nil, []string{`"type":"error"`, `GRAPHQL_PARSE_FAILED`}},
		"itself":              {"a name is no stream, and must not crash", `subscription { __typename }`, nil, []string{`"type":"error"`, `GRAPHQL_VALIDATION_FAILED`}},
		"nothing":             {"a directive leaves the field out", `subscription($no: Boolean = false) { offerChanged @include(if: $no) { at } }`, nil, []string{`"type":"error"`, `GRAPHQL_VALIDATION_FAILED`}},
		"two streams":         {"one subscription has one field", `subscription { a: offerChanged { at } b: offerChanged { at } }`, nil, []string{`"type":"error"`, `GRAPHQL_VALIDATION_FAILED`}},
		"too heavy":           {"each change may cost something, not everything", `subscription { offerChanged { offer { gpu { offers(first: 200) { nodes { ` + allOfAnOffer + ` } } } } } }`, nil, []string{`"type":"error"`, `COMPLEXITY_LIMIT_EXCEEDED`}},
		"a heavy query":       {"queries obey the same limits here", `{ gpus { id offers { nodes { ` + allOfAnOffer + ` } } } }`, nil, []string{`"type":"error"`, `COMPLEXITY_LIMIT_EXCEEDED`}},
		"too many words":      {"and the same bound on the document", `{` + strings.Repeat(" a", 3000) + `}`, nil, []string{`"type":"error"`, `exceeded token limit`}},
		"a crash":             {"a resolver that crashes ends its field", `mutation { scrape(provider: "delta") { error } }`, nil, []string{`"code":"INTERNAL"`}},
		"exact decimals":      {"a decimal of 19 digits stays exact, so that one digit more is refused", everyChange, map[string]any{"filter": map[string]any{"maxPricePerGpuHour": literal("0.12345678901234567890")}}, []string{`filter.maxPricePerGpuHour: expected a decimal number of at most 19 digits`}},
		"large numbers":       {"a whole number is never a float, which would show it as 1e+22", `query($f: OfferFilter) { offers(filter: $f) { totalCount } }`, map[string]any{"f": map[string]any{"maxPricePerGpuHour": literal("10000000000000000000001")}}, []string{`filter.maxPricePerGpuHour: expected a decimal number of at most 19 digits`}},
	}
	h := newHost(t, graph.Patience{})
	c := h.dial()
	for name, tt := range cases {
		c.subscribe("1", tt.query, tt.variables)
		text := c.hears(append(tt.want, `"id":"1"`)...)
		if t.Failed() {
			t.Fatalf("%s: %s: %s", name, tt.reason, text)
		}
		if strings.Contains(text, `"type":"next"`) {
			c.hears(`{"id":"1","type":"complete"}`)
		}
	}
	c.subscribe("q", `query($x: Float, $p: Decimal) { offers(first: 1, filter: {minGpuCount: $x, maxPricePerGpuHour: $p}) { totalCount } }`, map[string]any{"x": 8, "p": literal("6.155")})
	c.hears(`{"id":"q","type":"next","payload":{"data":{"offers":{"totalCount":4}}}}`)
	c.hears(`{"id":"q","type":"complete"}`)
}

// literal is written as it stands.
type literal string

func (n literal) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// TestSocketProtocol holds the reasons for which graphql-transport-ws closes a connection.
func TestSocketProtocol(t *testing.T) {
	long := fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"query":"%s"}}`, strings.Repeat(" ", 1<<20))
	cases := map[string]struct {
		reason    string
		protocols []string
		say       []string
		want      websocket.StatusCode
	}{
		"no protocol":        {"what is spoken must be said", nil, nil, 4406},
		"Apollo's old one":   {"graphql-ws is the name of another protocol", []string{"graphql-ws"}, nil, 4406},
		"subscribed before":  {"nothing before the greeting", spoken, []string{`{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}`}, 4401},
		"greeted twice":      {"once is enough", spoken, []string{`{"type":"connection_init"}`, `{"type":"connection_init"}`}, 4429},
		"never greeted":      {"a connection that says nothing is closed", spoken, nil, 4408},
		"no JSON":            {"a message is JSON", spoken, []string{`hello`}, 4400},
		"no object":          {"a message is an object", spoken, []string{`[]`}, 4400},
		"unknown type":       {"a message is of the protocol", spoken, []string{`{"type":"start"}`}, 4400},
		"no id":              {"an operation has a name", spoken, []string{`{"type":"connection_init"}`, `{"type":"subscribe","payload":{"query":"{ __typename }"}}`}, 4400},
		"no payload":         {"an operation has a document", spoken, []string{`{"type":"connection_init"}`, `{"id":"1","type":"subscribe"}`}, 4400},
		"two of one name":    {"a name is one operation's", spoken, []string{`{"type":"connection_init"}`, subscribed("1"), subscribed("1")}, 4409},
		"longer than a post": {"a message is no longer than a request", spoken, []string{`{"type":"connection_init"}`, long}, websocket.StatusMessageTooBig},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			patience := graph.Patience{}
			if tt.want == 4408 {
				patience.Init = time.Millisecond
			}
			c := newHost(t, patience).dialRaw(nil, tt.protocols...)
			for _, text := range tt.say {
				c.say(text)
			}
			if got := c.closed(); got != tt.want {
				t.Errorf("%s: closed with %d, want %d", tt.reason, got, tt.want)
			}
		})
	}
}

// spoken is the protocol.
var spoken = []string{"graphql-transport-ws"}

func subscribed(id string) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":"subscription { offerChanged { at } }"}}`, id)
}

func TestSocketOperationsAreBounded(t *testing.T) {
	h := newHost(t, graph.Patience{})
	c := h.dial()
	for i := range 100 {
		c.say(subscribed(fmt.Sprint(i)))
	}
	c.say(subscribed("100"))
	c.hears(`"id":"100"`, `"type":"error"`, `TOO_MANY_SUBSCRIPTIONS`)
	c.say(`{"id":"0","type":"complete"}`)
	c.say(`{"id":"101","type":"subscribe","payload":{"query":"{ __typename }"}}`)
	c.hears(`"id":"101"`, `"type":"next"`)
}

// TestStreamsOfOtherSites opens streams as a browser does for a page of another site.
func TestStreamsOfOtherSites(t *testing.T) {
	h := newHost(t, graph.Patience{})
	upgrade := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "graphql-transport-ws"}
	events := map[string]string{"Accept": "text/event-stream"}
	cases := map[string]struct {
		reason string
		kind   map[string]string
		header map[string]string
		status int
	}{
		"another site":      {"browsers say where a page comes from", upgrade, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"another origin":    {"older ones say it so", upgrade, map[string]string{"Origin": "https://evil.example"}, 403},
		"another port":      {"another port is another origin", upgrade, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"no origin":         {"a file has none", upgrade, map[string]string{"Origin": "null"}, 403},
		"events":            {"server-sent events are streams too", events, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"events, an origin": {"older browsers", events, map[string]string{"Origin": "https://evil.example"}, 403},
		"our own":           {"a page of ours may", upgrade, map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": h.url}, 101},
		"no browser":        {"a program is no page", upgrade, nil, 101},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/?query=subscription{offerChanged{at}}", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, headers := range []map[string]string{tt.kind, tt.header} {
				for k, v := range headers {
					r.Header.Set(k, v)
				}
			}
			response, err := reading.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != tt.status {
				t.Errorf("%s: %d, want %d", tt.reason, response.StatusCode, tt.status)
			}
		})
	}
}

// TestDeadSocketIsEnded keeps a connection open at whose other end nobody answers, and another whose client does.
func TestDeadSocketIsEnded(t *testing.T) {
	h := newHost(t, graph.Patience{KeepAlive: time.Millisecond, Write: 20 * time.Millisecond})
	drain(t, h.stuck("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")) // which reads, and answers no ping
	alive := newHost(t, graph.Patience{KeepAlive: time.Millisecond}).dial()
	asked := time.Now()
	for time.Since(asked) < 50*time.Millisecond {
		alive.say(`{"type":"ping"}`)
		alive.hears(`"pong"`)
	}
}

// drain reads until the other side closes.
func drain(t *testing.T, conn net.Conn) {
	t.Helper()
	buffer := make([]byte, 4096)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(buffer); err != nil {
			if timeout, is := err.(net.Error); is && timeout.Timeout() { //nolint:errorlint // as it comes
				t.Fatal("the connection was kept open")
			}
			return
		}
	}
}
