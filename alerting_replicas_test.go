package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// replica is one of several servers on a Redis, a process of its own.
type replica struct {
	running
	process *killable
}

// signal stops a process where it stands, or lets it go on.
func (r replica) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.process.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// cluster is servers that read the same pages and share a Redis.
type cluster struct {
	t     *testing.T
	pages priced
	at    string
	redis *redis.Client
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, pages: newPriced(t), at: startRedis(t, t.TempDir())}
	options, err := redis.ParseURL(c.at)
	if err != nil {
		t.Fatal(err)
	}
	c.redis = redis.NewClient(options)
	t.Cleanup(func() { _ = c.redis.Close() })
	c.pages.set(false)
	return c
}

func (c *cluster) start() replica { return c.startOn(c.at) }

// startOn starts a replica that finds the Redis at another address.
func (c *cluster) startOn(redis string) replica {
	c.t.Helper()
	listen := freeAddress(c.t)
	return replica{running{address: listen}, newServerProcess(c.t, listen, "--data-dir", c.t.TempDir(), "--redis", redis, "--replay", c.pages.dir, "--sources", "coreweave", "--allow-private-targets")}
}

// judges is how often a process has taken the place from which rules are judged: as long as that does not change, it is the same one.
func (c *cluster) judges() int { return c.number("{alerts}:meta", "fence") }

func (c *cluster) number(key, field string) int {
	n, _ := strconv.Atoi(c.redis.HGet(c.t.Context(), key, field).Val()) // none is zero
	return n
}

// turn turns the price, and has a replica read it.
func (c *cluster) turn(cheap bool, by replica) {
	c.t.Helper()
	c.pages.set(cheap)
	by.scrape(c.t, "coreweave")
}

// commit turns the price and has a replica read it, and comes back the moment that the prices are kept: what else comes of it may not have
// happened yet. Done waits for the answer, where there is one.
func (c *cluster) commit(cheap bool, by replica) (done func()) {
	c.t.Helper()
	c.pages.set(cheap)
	before := c.number("{coreweave}:meta", "seq")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		by.cutOff(`mutation { scrape(provider: "coreweave") { error } }`)
	}()
	eventually(c.t, "the prices are kept", func() bool { return c.number("{coreweave}:meta", "seq") > before })
	return func() { <-ended }
}

// cutOff asks a server that may not answer any more.
func (s running) cutOff(query string) {
	body, _ := json.Marshal(map[string]string{"query": query})
	if answer, err := http.Post("http://"+s.address+"/graphql", "application/json", bytes.NewReader(body)); err == nil {
		_ = answer.Body.Close()
	}
}

func inAnHour() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) }

// TestReplicasShareAlerts runs two servers on one Redis: one judges, whoever reads the prices and makes the rules, until it is killed; the
// other goes on where it was.
func TestReplicasShareAlerts(t *testing.T) {
	c, hook := newCluster(t), newReceiver(t)
	one := c.start()
	eventually(t, "the first judges", func() bool { return c.judges() == 1 })
	other := c.start()
	one.scrape(t, "coreweave")
	rules := []string{hook.rule(t, one.running, cheapH100), hook.rule(t, one.running, cheapH100+", subject: OFFER")}
	first := other.test(t, rules[0])
	told := follow(t, "graphql-ws", other.running, `subscription($after: ID) { alertFired(after: $after) { id } }`, "alertFired.id", first)

	turns := 0
	for range 5 {
		c.turn(turns%2 == 0, []replica{one, other}[turns%2])
		turns++
		other.settled(t, rules[0], turns+1)
		one.settled(t, rules[1], turns)
	}
	turns = c.editThroughTheOther(other, rules[1], turns)
	if n := c.judges(); n != 1 {
		t.Errorf("%d processes have judged, one after another", n)
	}

	eventually(t, "nothing is on its way", func() bool { return other.arrived(t, rules) })
	one.signal(t, syscall.SIGSTOP)
	c.turn(turns%2 == 0, other)
	turns++
	one.process.kill()
	other.settled(t, rules[1], turns)
	if n := c.judges(); n != 2 {
		t.Errorf("%d processes have judged, one after another", n)
	}
	one = c.start()
	c.turn(turns%2 == 0, one)
	turns++
	one.settled(t, rules[0], turns+1)
	one.settled(t, rules[1], turns)
	eventually(t, "all is told", func() bool { return other.arrived(t, rules) })
	c.checkTold(hook, told, one, rules, turns)
}

// arrived says whether everything that rules have said was delivered.
func (s running) arrived(t *testing.T, rules []string) bool {
	t.Helper()
	for _, rule := range rules {
		for _, e := range s.events(t, rule) {
			if slices.ContainsFunc(e.Deliveries, func(d delivery) bool { return d.Status != "DELIVERED" }) {
				return false
			}
		}
	}
	return true
}

// editThroughTheOther silences, edits and deletes rules through the replica that does not judge.
func (c *cluster) editThroughTheOther(other replica, known string, turns int) int {
	t := c.t
	t.Helper()
	rules := map[string]string{}
	for _, name := range []string{"silenced", "edited", "deleted"} {
		var made struct{ CreateAlertRule struct{ ID string } }
		other.ask(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, notify: []}) { id } }`, cheapH100), &made)
		rules[name] = made.CreateAlertRule.ID
	}
	said := func(name string) int { return len(other.events(t, rules[name])) }
	for name := range rules {
		eventually(t, "what holds already fires at once", func() bool { return said(name) == 1 })
	}
	other.ask(t, fmt.Sprintf(`mutation { silenceAlertRule(id: %q, until: "%s") { id } }`, rules["silenced"], inAnHour()), new(any))
	other.ask(t, fmt.Sprintf(`mutation { updateAlertRule(id: %q, input: {%s, notify: [], enabled: false}) { id } }`, rules["edited"], cheapH100), new(any))
	other.ask(t, fmt.Sprintf(`mutation { deleteAlertRule(id: %q) }`, rules["deleted"]), new(any))
	for range 2 {
		c.turn(turns%2 == 0, other)
		turns++
		other.settled(t, known, turns)
	}
	for name := range rules {
		if name != "deleted" && said(name) != 1 {
			t.Errorf("the %s rule said %d things", name, said(name))
		}
	}
	other.ask(t, fmt.Sprintf(`mutation { silenceAlertRule(id: %q, until: null) { id } }`, rules["silenced"]), new(any))
	c.turn(turns%2 == 0, other)
	turns++
	other.settled(t, known, turns)
	eventually(t, "the silence has an end", func() bool { return said("silenced") == 2 })
	return turns
}

// checkTold holds that each event is kept once, numbered without a hole, and told once to the receiver and to the client.
func (c *cluster) checkTold(hook *receiver, client *follower, s replica, rules []string, turns int) {
	t := c.t
	t.Helper()
	want := map[string]int{}
	for i, rule := range rules {
		events := s.events(t, rule)
		if n := []int{turns + 1, 2 * turns}[i]; len(events) != n {
			t.Errorf("%s has %d events, want %d", rule, len(events), n)
		}
		for n, e := range events {
			if e.Number != n+1 {
				t.Errorf("%s: event %d has the number %d", rule, n+1, e.Number)
			}
			want[e.ID] = 1
		}
	}
	if diff := cmp.Diff(want, hook.taken()); diff != "" {
		t.Errorf("the receiver (-kept +taken): %s", diff)
	}
	last := c.number("{alerts}:meta", "events")
	eventually(t, "the client is told everything", func() bool { return len(client.all()) >= last-1 })
	for n, id := range idsTold(t, client) {
		if want := fmt.Sprintf("event/%012d", n+2); id != want {
			t.Errorf("the client was told %s, want %s", id, want)
		}
	}
}

// TestStoppedReplicaSaysNothingTwice stops the process that judges the moment that prices are kept, for longer than it may be away: the
// other takes over, and when the first goes on nobody wants to hear it. The last time it is killed.
func TestStoppedReplicaSaysNothingTwice(t *testing.T) {
	c := newCluster(t)
	judge := c.start()
	eventually(t, "the first judges", func() bool { return c.judges() == 1 })
	other := c.start()
	judge.scrape(t, "coreweave")
	var rules []string
	for _, subject := range []string{"CHEAPEST", "OFFER"} {
		var made struct{ CreateAlertRule struct{ ID string } }
		judge.ask(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, subject: %s, notify: []}) { id } }`, cheapH100, subject), &made)
		rules = append(rules, made.CreateAlertRule.ID)
	}
	const rounds = 3
	for round := range rounds {
		done := c.commit(round%2 == 0, judge)
		judge.signal(t, syscall.SIGSTOP)
		eventually(t, "the other judges", func() bool { return c.judges() == round+2 })
		for _, rule := range rules {
			other.settled(t, rule, round+1)
		}
		if round == rounds-1 {
			judge.process.kill()
			done()
			break
		}
		judge.signal(t, syscall.SIGCONT)
		done()
		judge, other = other, judge
	}
	for i, rule := range rules {
		var kinds []string
		for n, e := range other.events(t, rule) {
			if e.Number != n+1 {
				t.Errorf("%s: event %d has the number %d", rule, n+1, e.Number)
			}
			kinds = append(kinds, e.Kind)
		}
		want := [][]string{{"FIRED", "RESOLVED", "FIRED"}, {"FIRED", "FIRED", "RESOLVED", "RESOLVED", "FIRED", "FIRED"}}[i]
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("%s (-want +said): %s", rule, diff)
		}
	}
}
