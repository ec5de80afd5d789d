package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gpuhour/graph"
	"gpuhour/market"
)

const followed = `subscription($filter: OfferFilter) { offerChanged(filter: $filter, after: "AQ") { cursor at withdrawn previousPrice { amount } offer { id stock price { amount } pricePerGpuHour observedAt } } }`

// The benchmark's market: 1,000 changes in ten runs, each of one of 100 kinds of machine, and one change that everybody asked for.
const (
	kinds   = 100
	changes = 1000
	runs    = 10
)

// BenchmarkSubscribers has ten thousand clients follow a hundredth of a market each, by WebSocket and by server-sent events.
func BenchmarkSubscribers(b *testing.B) {
	for _, way := range []struct {
		name string
		open func(*crowd, int) []byte
	}{{"websocket", socketBytes}, {"events", eventsBytes}} {
		b.Run(way.name, func(b *testing.B) {
			for range b.N {
				newCrowd(b, 10_000, way.open, func(i int) string { return fmt.Sprintf("kind-%03d", i%kinds) }).run(changes/kinds + 1)
			}
		})
	}
}

// BenchmarkFanOut has a hundred clients follow all of the market.
func BenchmarkFanOut(b *testing.B) {
	for range b.N {
		newCrowd(b, 100, socketBytes, func(int) string { return "kind" }).run(changes + 1)
	}
}

// crowd is many clients of one server, which cost as little as can be: a connection each, and a few goroutines that read them all.
type crowd struct {
	*host
	b      *testing.B
	conns  []net.Conn
	search func(int) string
	// goroutines is how many there were before the first client.
	goroutines int
}

func newCrowd(b *testing.B, n int, open func(*crowd, int) []byte, search func(int) string) *crowd {
	b.Helper()
	c := &crowd{host: newHost(b, graph.Patience{}), b: b, search: search}
	n = min(n, (descriptors(b)-200)/2)
	c.everybodys("66.66") // which says that a subscription has begun
	before := inUse()
	c.goroutines = runtime.NumGoroutine()
	for i := range n {
		conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", c.server.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Write(open(c, i)); err != nil {
			b.Fatal(err)
		}
		c.conns = append(c.conns, conn)
	}
	c.hear(1)
	b.ReportMetric(float64(inUse()-before)/float64(n), "bytes/subscriber")
	b.ReportMetric(float64(runtime.NumGoroutine()-c.goroutines)/float64(n), "goroutines/subscriber")
	b.ReportMetric(float64(n), "subscribers")
	return c
}

// inUse is the memory of heap and stacks that is in use.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) //nolint:gosec // it fits
}

// descriptors is how many files may be open.
func descriptors(b *testing.B) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	return int(min(limit.Cur, 1<<20)) //nolint:gosec // it fits
}

// run makes the changes, and waits until every client has heard all of its own.
func (c *crowd) run(each int) {
	c.b.Helper()
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		c.hear(each)
	}()
	started := time.Now()
	for run := range runs {
		var rows []market.Listing
		for i := range changes / runs {
			rows = append(rows, c.row(fmt.Sprintf("kind-%03d", i%kinds), fmt.Sprintf("%d.%02d", 20+run, i%100)))
		}
		c.commit("alpha", rows...)
	}
	c.everybodys("77.77")
	<-reading
	took := time.Since(started)
	c.b.ReportMetric(float64(len(c.conns)*each)/took.Seconds(), "messages/s")
	c.b.ReportMetric(took.Seconds(), "s-until-all-served")
	c.end()
}

// everybodys is a change that everybody has asked for.
func (c *crowd) everybodys(price string) {
	var all []string
	for kind := range kinds {
		all = append(all, fmt.Sprintf("kind-%03d", kind))
	}
	c.commit("alpha", c.row(strings.Join(all, " "), price))
}

// hear waits until each client has heard so many changes more.
func (c *crowd) hear(each int) {
	const readers = 16
	var reading sync.WaitGroup
	for reader := range readers {
		reading.Go(func() { c.read(reader, readers, each) })
	}
	reading.Wait()
}

func (c *crowd) row(sku, price string) market.Listing {
	row := alphaRows()[0]
	row.SKU, row.Price = sku, price
	return row
}

// read reads every so-manieth client, until each has heard as much as it should.
func (c *crowd) read(first, step, each int) {
	buffer, mark := make([]byte, 1<<16), []byte(`"offerChanged":{`)
	for i := first; i < len(c.conns); i += step {
		for heard, kept := 0, 0; heard < each; {
			n, err := c.conns[i].Read(buffer[kept:])
			if err != nil {
				c.b.Errorf("client %d has heard %d of %d: %v", i, heard, each, err)
				return
			}
			text := buffer[:kept+n]
			found := bytes.Count(text, mark)
			heard += found
			if last := bytes.LastIndex(text, mark); last >= 0 {
				text = text[last+len(mark):]
			}
			kept = copy(buffer, text[max(0, len(text)-len(mark)+1):])
		}
	}
}

// end lets all clients go at once, and sees that nothing is left of them.
func (c *crowd) end() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.handler.Wait()
	eventually(c.b, "nothing is left of the clients", func() bool { return c.busy.Load() == 0 && runtime.NumGoroutine() <= c.goroutines })
}

// socketBytes is all that a client says by WebSocket.
func socketBytes(c *crowd, i int) []byte {
	text := "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nUser-Agent: a browser of usual length, as they come\r\n\r\n"
	payload, err := json.Marshal(map[string]any{"id": "1", "type": "subscribe", "payload": c.request(i)})
	if err != nil {
		c.b.Fatal(err)
	}
	return append(append([]byte(text), frame(`{"type":"connection_init"}`)...), frame(string(payload))...)
}

// frame is text as a client sends it, masked with noughts.
func frame(text string) []byte {
	head := []byte{0x81, 0x80 | byte(min(len(text), 126))}
	if len(text) >= 126 {
		head = append(head, byte(len(text)>>8), byte(len(text)))
	}
	return append(append(head, 0, 0, 0, 0), text...)
}

func eventsBytes(c *crowd, i int) []byte {
	body, err := json.Marshal(c.request(i))
	if err != nil {
		c.b.Fatal(err)
	}
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nUser-Agent: a browser of usual length, as they come\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func (c *crowd) request(i int) any {
	return map[string]any{"query": followed, "variables": map[string]any{"filter": map[string]any{"search": c.search(i)}}}
}
