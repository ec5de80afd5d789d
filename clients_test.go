package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const clients = "testdata/clients"

// clientProgram finds node and the clients. Without them the test is left out on a laptop, and fails where all must run.
func clientProgram(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(clients, "node_modules")); errors.Is(missing, fs.ErrNotExist) {
		err = errors.Join(err, missing)
	}
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("node or the clients are not installed; make test installs them:", err)
	}
	if err != nil {
		t.Skip("node or the clients are not installed; make test installs them")
	}
	return path
}

// breaker passes connections on, until they are broken.
type breaker struct {
	listener net.Listener
	to       string
	guard    sync.Mutex
	open     []net.Conn
	passing  sync.WaitGroup
}

func newBreaker(t *testing.T, to string) *breaker {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &breaker{listener: listener, to: to}
	b.passing.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			b.pass(conn)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		b.breakAll("")
		b.passing.Wait()
	})
	return b
}

func (b *breaker) pass(from net.Conn) {
	b.guard.Lock()
	defer b.guard.Unlock()
	to, err := net.Dial("tcp", b.to)
	if err != nil {
		_ = from.Close()
		return
	}
	b.open = append(b.open, from, to)
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		b.passing.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_, _ = way[0].Close(), way[1].Close()
		})
	}
}

// breakAll cuts what is open, in the midst of whatever is said, and gives how many ends there were. What comes next is passed on elsewhere.
func (b *breaker) breakAll(to string) int {
	b.guard.Lock()
	defer b.guard.Unlock()
	b.to = to
	n := len(b.open)
	for _, conn := range b.open {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
	b.open = nil
	return n
}

// follower is a client that others have written, following a subscription.
type follower struct {
	through *breaker
	// broken is how many ends of connections were cut.
	broken int
	guard  sync.Mutex
	said   []json.RawMessage
}

// follow starts a client behind a breaker. The cursor stands at a path in the data, as in offerChanged.cursor.
func follow(t *testing.T, client string, server running, document, cursor, after string) *follower {
	t.Helper()
	f := &follower{through: newBreaker(t, server.address)}
	runClient(t, func(line []byte) {
		f.guard.Lock()
		defer f.guard.Unlock()
		f.said = append(f.said, json.RawMessage(slices.Clone(line)))
	}, "follow.mjs", client, "http://"+f.through.listener.Addr().String()+"/graphql", document, cursor, after)
	return f
}

// runClient runs a program of testdata/clients until the test ends, and gives every line that it prints to hear.
func runClient(t *testing.T, hear func(line []byte), program string, arguments ...string) {
	t.Helper()
	cmd := exec.Command(clientProgram(t), append([]string{filepath.Join(clients, program)}, arguments...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			hear(lines.Bytes())
		}
	})
	t.Cleanup(func() {
		_ = in.Close()
		reading.Wait()
		_ = cmd.Wait()
	})
}

// all is what the client has been given.
func (f *follower) all() []json.RawMessage {
	f.guard.Lock()
	defer f.guard.Unlock()
	return slices.Clone(f.said)
}

// priced are the pages of two sources, whose prices a test changes.
type priced struct {
	t   *testing.T
	dir string
}

func newPriced(t *testing.T) priced {
	p := priced{t, t.TempDir()}
	write(t, filepath.Join(p.dir, "index.csv"), "url,method,file,content_type\nhttps://www.coreweave.com/pricing,GET,page.html,text/html\nhttps://api.runpod.io/graphql,POST,answer.json,application/json\n")
	p.change(0)
	return p
}

// change writes the pages of a round: some prices of both move by cents, and one offer comes and goes.
func (p priced) change(round int) {
	p.t.Helper()
	page, err := os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := os.ReadFile(filepath.Join(samples, "runpod/prices/answer.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	replaceFile(p.t, filepath.Join(p.dir, "page.html"), strings.ReplaceAll(string(page), "$48.00", fmt.Sprintf("$48.%02d", round%100)))
	moved := strings.NewReplacer(`"securePrice": 3.19`, fmt.Sprintf(`"securePrice": 3.%02d`, 10+round%80), `"communityPrice": 0.77`, fmt.Sprintf(`"communityPrice": 0.7%d`, round%10))
	text := moved.Replace(string(answer))
	if round%3 == 2 {
		text = strings.Replace(text, `"securePrice": 6.5`, `"securePrice": 0`, 1) // not offered
	}
	replaceFile(p.t, filepath.Join(p.dir, "answer.json"), text)
}

// replaceFile puts a whole file in the place of another.
func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

const everyChange = `subscription($after: String) { offerChanged(filter: { providers: ["coreweave", "runpod"] }, after: $after) {
	cursor at withdrawn previousStock previousPrice { amount } offer { id provider { id } price { amount } } } }`

// change is a change of an offer as a client is told of it.
type change struct {
	OfferChanged struct {
		At            string
		Withdrawn     bool
		PreviousPrice *struct{ Amount string }
		Offer         struct {
			ID       string
			Provider struct{ ID string }
			Price    struct{ Amount string }
		}
	}
	Errors, Complete json.RawMessage
}

// changesOf are the changes that a client was told of, by provider.
func changesOf(t *testing.T, said []json.RawMessage) map[string][]string {
	t.Helper()
	byProvider := map[string][]string{}
	for _, text := range said {
		var c change
		if err := json.Unmarshal(text, &c); err != nil || c.Errors != nil || c.Complete != nil {
			t.Fatalf("a client was told %s, %v", text, err)
		}
		o := c.OfferChanged
		before := "-"
		if o.PreviousPrice != nil {
			before = o.PreviousPrice.Amount
		}
		byProvider[o.Offer.Provider.ID] = append(byProvider[o.Offer.Provider.ID], fmt.Sprintf("%s %s %s %s %v", o.At, o.Offer.ID, before, o.Offer.Price.Amount, o.Withdrawn))
	}
	return byProvider
}

// TestClientsMissNothing breaks the connections of clients that others have written, again and again while prices change, and restarts the
// server: each has seen every change once, in its order. What it has seen is what the server replays to one that was not there.
func TestClientsMissNothing(t *testing.T) {
	clientProgram(t)
	pages, dir, address := newPriced(t), t.TempDir(), freeAddress(t)
	start := func() running {
		return serveAt(t, address, dir, "--replay", pages.dir, "--sources", "coreweave,runpod")
	}
	server := start()
	followers := followAll(t, server)
	for round := 1; round <= 24; round++ {
		pages.change(round)
		server.scrapes(t, "coreweave", "runpod")
		if round%4 == 0 {
			followers.breakAll(t, server)
		}
		if round == 12 {
			server.stop()
			server = start()
		}
	}
	followers.haveSeenAll(t, server)
}

// TestClientsChangeReplicas lets clients come back to another replica each time, of which only one reads, and restarts the Redis that both share.
func TestClientsChangeReplicas(t *testing.T) {
	clientProgram(t)
	pages, redis := newPriced(t), runRedis(t, t.TempDir(), "--appendonly", "yes", "--appendfsync", "always")
	replica := func(args ...string) running {
		return serve(t, t.TempDir(), append(args, "--redis", redis.address, "--sources", "coreweave,runpod")...)
	}
	reads := replica("--replay", pages.dir)
	other := replica("--replay", pages.dir)
	followers := followAll(t, other)
	for round := 1; round <= 16; round++ {
		pages.change(round)
		reads.scrapes(t, "coreweave", "runpod")
		if round%4 == 0 {
			followers.breakAll(t, []running{reads, other}[round/4%2])
		}
		if round == 6 {
			redis.kill()
			redis.start()
		}
	}
	followers.haveSeenAll(t, other)
}

// audience are clients of every kind.
type audience map[string]*follower

func followAll(t *testing.T, server running) audience {
	all := audience{}
	for _, client := range []string{"graphql-ws", "graphql-sse"} {
		all[client] = follow(t, client, server, everyChange, "offerChanged.cursor", beginning)
	}
	return all
}

// breakAll cuts the connections of clients that have heard something; they come back to a server.
func (a audience) breakAll(t *testing.T, next running) {
	t.Helper()
	for client, f := range a {
		eventually(t, client+" has come back", func() bool { return len(f.all()) > 0 && f.through.count() > 0 })
		f.broken += f.through.breakAll(next.address)
	}
}

// haveSeenAll compares what each has seen with what the server replays, and counts that with the runs.
func (a audience) haveSeenAll(t *testing.T, server running) {
	t.Helper()
	whole := follow(t, "graphql-ws", server, everyChange, "offerChanged.cursor", beginning)
	expected := server.changed(t, "coreweave") + server.changed(t, "runpod")
	eventually(t, "a client that was not there is told of all", func() bool { return len(whole.all()) >= expected })
	want := changesOf(t, whole.all())
	if n := len(want["coreweave"]) + len(want["runpod"]); n != expected || expected < 80 {
		t.Errorf("%d changes were replayed, and the runs count %d", n, expected)
	}
	for client, f := range a {
		eventually(t, client+" has caught up", func() bool { return len(f.all()) >= expected })
		if diff := cmp.Diff(want, changesOf(t, f.all())); diff != "" {
			t.Errorf("%s (-all of them +seen):\n%.2000s", client, diff)
		}
		if f.broken < 6 {
			t.Errorf("%s was broken off %d times", client, f.broken/2)
		}
	}
}

// scrapes reads providers, as soon as nobody else does and the store answers.
func (s running) scrapes(t *testing.T, providers ...string) {
	t.Helper()
	for _, provider := range providers {
		eventually(t, provider+" is read", func() bool {
			var run struct{ Scrape struct{ Error *string } }
			return s.tryAsk(t, fmt.Sprintf(`mutation { scrape(provider: %q) { error } }`, provider), &run) == nil && run.Scrape.Error == nil
		})
	}
}

// beginning is the cursor before everything.
const beginning = "AQ"

func (b *breaker) count() int {
	b.guard.Lock()
	defer b.guard.Unlock()
	return len(b.open)
}

// changed is how many changes the runs of a provider say they have made.
func (s running) changed(t *testing.T, provider string) (n int) {
	t.Helper()
	var answer struct {
		Provider struct{ Runs []struct{ Changed int } }
	}
	s.ask(t, fmt.Sprintf(`{ provider(id: %q) { runs(last: 200) { changed } } }`, provider), &answer)
	for _, run := range answer.Provider.Runs {
		n += run.Changed
	}
	return n
}
