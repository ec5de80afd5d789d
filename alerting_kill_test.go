package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// killable is a process that is killed and started again.
type killable struct {
	start func() *exec.Cmd
	up    func() bool
	cmd   *exec.Cmd
}

func newKillable(t *testing.T, start func() *exec.Cmd, up func() bool) *killable {
	k := &killable{start: start, up: up}
	k.run(t)
	t.Cleanup(k.kill)
	return k
}

func (k *killable) run(t *testing.T) {
	t.Helper()
	k.cmd = k.start()
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (k *killable) kill() {
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait()
}

// turmoil is a server on a Redis, both of which are killed at random.
type turmoil struct {
	server, redis *killable
	api           running
}

func newTurmoil(t *testing.T, pages string) *turmoil {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("redis-server is not installed; make test installs it")
	}
	redisAt, listen, dir, data := freeAddress(t), freeAddress(t), t.TempDir(), t.TempDir()
	_, port, _ := net.SplitHostPort(redisAt)
	out := &turmoil{api: running{address: listen}}
	out.redis = newKillable(t, func() *exec.Cmd {
		return exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", "redis.log")
	}, func() bool {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", redisAt)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	eventually(t, "redis-server answers", out.redis.up)
	out.server = newServerProcess(t, listen, "--data-dir", data, "--redis", "redis://"+redisAt, "--replay", pages, "--sources", "coreweave", "--allow-private-targets")
	return out
}

// newServerProcess serves in a process of its own.
func newServerProcess(t *testing.T, listen string, args ...string) *killable {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the server at %s said: %s", listen, text[max(0, len(text)-4000):])
		}
	})
	server := newKillable(t, func() *exec.Cmd {
		child := exec.Command(os.Args[0], append([]string{"serve", "--listen", listen}, args...)...)
		child.Env = append(os.Environ(), "GPUHOUR_TEST_PROGRAM=1")
		child.Stderr = log
		return child
	}, func() bool {
		answer, err := http.Get("http://" + listen + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	eventually(t, "the server is ready", server.up)
	return server
}

// strike kills one of the two after a random moment, and starts it again.
func (s *turmoil) strike(t *testing.T, what int) {
	t.Helper()
	victim := s.server
	if what%3 == 2 {
		victim = s.redis
	}
	time.Sleep(time.Duration(rand.IntN(600)) * time.Millisecond) // the moment is what the test is about
	victim.kill()
	victim.run(t)
	eventually(t, "what was killed is back", victim.up)
	eventually(t, "the server is ready", s.server.up)
}

// TestAlertsSurvive kills the server and its Redis at random while prices turn and webhooks are delivered, some of which the receiver
// refuses at first: every event is kept once, numbered without a hole, and arrives under its one id, verified by a library in another
// language. GPUHOUR_KILLS says how often; `make soak` does it 200 times.
func TestAlertsSurvive(t *testing.T) {
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("GPUHOUR_KILLS")); err == nil {
		kills = n
	}
	hook, pages := newReceiver(t), newPriced(t)
	pages.set(false)
	s := newTurmoil(t, pages.dir)
	s.api.scrape(t, "coreweave")
	const input = `name: "r", filter: {gpus: ["H100"], providers: ["coreweave"], markets: [ON_DEMAND]}, condition: BELOW, threshold: 4`
	rules := []string{hook.rule(t, s.api, input), hook.rule(t, s.api, input+", subject: OFFER")}
	for n := range kills {
		pages.set(n%2 == 0)
		done := make(chan struct{})
		go func() { // a scrape that may be cut off
			defer close(done)
			_ = s.api.tryAsk(t, `mutation { scrape(provider: "coreweave") { error } }`, new(any))
		}()
		s.strike(t, n)
		<-done
		s.api.scrape(t, "coreweave")
		for _, rule := range rules {
			s.api.settled(t, rule, n+1)
		}
	}
	s.checkTold(t, hook, rules, kills)
}

func (s *turmoil) checkTold(t *testing.T, hook *receiver, rules []string, turns int) {
	t.Helper()
	kept := map[string]string{} // id: rule and number
	for i, rule := range rules {
		events := s.api.events(t, rule)
		if want := turns * (i + 1); len(events) != want {
			t.Errorf("%s has %d events, want %d", rule, len(events), want)
		}
		for n, e := range events {
			want := []string{"FIRED", "RESOLVED"}[n/(i+1)%2]
			if e.Number != n+1 || e.Kind != want || kept[e.ID] != "" {
				t.Errorf("%s: event %d is %s, number %d, kind %s, want %s", rule, n+1, e.ID, e.Number, e.Kind, want)
			}
			kept[e.ID] = fmt.Sprintf("%s %d", rule, e.Number)
		}
	}
	s.awaitTold(t, hook, len(kept))
	told := map[string]bool{}
	for _, got := range hook.all() {
		if is := fmt.Sprintf("%s %d", got.Body.Data.Rule.ID, got.Body.Data.Number); !got.Verified || kept[got.ID] != is {
			t.Errorf("%s was told as %s, verified %v; it is kept as %q", got.ID, is, got.Verified, kept[got.ID])
		}
		told[got.ID] = told[got.ID] || !got.Failing
	}
	for id := range kept {
		if !told[id] {
			t.Errorf("%s was not told", id)
		}
	}
	for _, rule := range rules {
		for _, e := range s.api.events(t, rule) {
			if slices.ContainsFunc(e.Deliveries, func(d delivery) bool { return d.Status != "DELIVERED" }) {
				t.Errorf("%s: %+v", e.ID, e.Deliveries)
			}
		}
	}
	t.Logf("%d events, %d webhooks", len(kept), len(hook.all()))
}

// awaitTold waits for the last retries: those of a courier that was killed come when its claims are over.
func (s *turmoil) awaitTold(t *testing.T, hook *receiver, events int) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if len(hook.taken()) < events {
			continue
		}
		var waiting struct {
			AlertRules struct{ Nodes []struct{ ID string } }
		}
		if s.api.tryAsk(t, `{ alertRules { nodes { id } } }`, &waiting) == nil && s.finished(t, waiting.AlertRules.Nodes[0].ID) && s.finished(t, waiting.AlertRules.Nodes[1].ID) {
			return
		}
	}
	t.Errorf("%d of %d events were told in three minutes", len(hook.taken()), events)
}

func (s *turmoil) finished(t *testing.T, rule string) bool {
	t.Helper()
	for _, e := range s.api.events(t, rule) {
		for _, d := range e.Deliveries {
			if d.Status != "DELIVERED" {
				return false
			}
		}
	}
	return true
}
