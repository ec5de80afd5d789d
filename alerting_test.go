package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// received is one webhook as the receiver in another language saw it.
type received struct {
	ID       string
	Attempt  int
	Failing  bool
	Verified bool
	Body     struct {
		Type string
		Data struct {
			Number int
			Rule   struct{ ID string }
			Kind   string
		}
	}
}

// receiver is a program that takes webhooks.
type receiver struct {
	url     string
	secrets string
	guard   sync.Mutex
	got     []received
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{secrets: filepath.Join(t.TempDir(), "secrets")}
	write(t, r.secrets, "")
	port := make(chan string, 1)
	runClient(t, func(line []byte) {
		if line[0] != '{' {
			port <- string(line)
			return
		}
		r.hear(t, line)
	}, "receive.mjs", r.secrets)
	r.url = "http://127.0.0.1:" + <-port + "/hook"
	return r
}

func (r *receiver) hear(t *testing.T, line []byte) {
	var got received
	if err := json.Unmarshal(line, &got); err != nil {
		t.Errorf("the receiver says %s: %v", line, err)
	}
	r.guard.Lock()
	defer r.guard.Unlock()
	r.got = append(r.got, got)
}

func (r *receiver) all() []received {
	r.guard.Lock()
	defer r.guard.Unlock()
	return slices.Clone(r.got)
}

// taken are the ids of what was taken, by how often.
func (r *receiver) taken() map[string]int {
	out := map[string]int{}
	for _, got := range r.all() {
		if !got.Failing {
			out[got.ID]++
		}
	}
	return out
}

// rule makes a rule that tells the receiver, and gives it the secret.
func (r *receiver) rule(t *testing.T, s running, input string) (id string) {
	t.Helper()
	var made struct {
		CreateAlertRule struct{ ID, WebhookSecret string }
	}
	s.ask(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, notify: [%q]}) { id webhookSecret } }`, input, r.url), &made)
	known, err := os.ReadFile(r.secrets)
	if err != nil {
		t.Fatal(err)
	}
	replaceFile(t, r.secrets, string(known)+made.CreateAlertRule.WebhookSecret+"\n")
	return made.CreateAlertRule.ID
}

// told is an event as the API has it.
type told struct {
	ID         string
	Number     int
	Kind       string
	Value      *string
	Previous   *string
	ObservedAt string
	Offer      *struct{ ID string }
	Deliveries []delivery
}

// delivery is what became of an event at one of its targets, as the API has it.
type delivery struct {
	ID            string
	Channel       string
	Status        string
	Attempts      int
	LastError     *string
	NextAttemptAt *time.Time
	DeliveredAt   *time.Time
}

// deliveryFields are all of them.
const deliveryFields = `id channel status attempts lastError nextAttemptAt deliveredAt`

// events are all events of a rule.
func (s running) events(t *testing.T, rule string) (out []told) {
	t.Helper()
	for after := "null"; ; {
		var page struct {
			AlertRule struct {
				Events struct {
					Nodes    []told
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		if err := s.tryAsk(t, fmt.Sprintf(`{ alertRule(id: %q) { events(first: 100, after: %s) { nodes { id number kind value previous observedAt offer { id } deliveries { %s } }
			pageInfo { hasNextPage endCursor } } } }`, rule, after, deliveryFields), &page); err != nil {
			t.Log(err)
			return nil
		}
		out = append(out, page.AlertRule.Events.Nodes...)
		if !page.AlertRule.Events.PageInfo.HasNextPage {
			return out
		}
		after = fmt.Sprintf("%q", page.AlertRule.Events.PageInfo.EndCursor)
	}
}

// set turns the price of a source: eight cards for 48 dollars an hour, or for 24.
func (p priced) set(cheap bool) {
	p.t.Helper()
	p.print(map[bool]string{false: "$48.00", true: "$24.00"}[cheap], "GPU Count")
}

// print writes the page with another price of the eight cards, and with another name for the column that counts them.
func (p priced) print(price, count string) {
	p.t.Helper()
	page, err := os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))
	if err != nil {
		p.t.Fatal(err)
	}
	replaceFile(p.t, filepath.Join(p.dir, "page.html"), strings.NewReplacer("$48.00", price, "GPU Count", count).Replace(string(page)))
}

func (s running) scrape(t *testing.T, provider string) {
	t.Helper()
	eventually(t, provider+" is read", func() bool {
		var run struct{ Scrape struct{ Error *string } }
		return s.tryAsk(t, fmt.Sprintf(`mutation { scrape(provider: %q) { error } }`, provider), &run) == nil && run.Scrape.Error == nil
	})
}

// TestAlertsAreTold follows rules from the page to a receiver in another language, and to clients that others have written and that are cut
// off in the midst; then tries the same rules out over the history that came of it.
func TestAlertsAreTold(t *testing.T) {
	hook, pages, dir := newReceiver(t), newPriced(t), t.TempDir()
	pages.set(false)
	server := serve(t, dir, "--replay", pages.dir, "--sources", "coreweave", "--allow-private-targets")
	server.scrape(t, "coreweave")
	const each = `filter: {gpus: ["H100"], providers: ["coreweave"], markets: [ON_DEMAND]}, subject: OFFER, condition: BELOW, threshold: 4`
	const cheapest = `filter: {gpus: ["H100"], markets: [ON_DEMAND, SPOT]}, condition: DROPS, percent: 10, window: "P1D"`
	rules := map[string]string{each: hook.rule(t, server, `name: "each", `+each), cheapest: hook.rule(t, server, `name: "cheapest", `+cheapest)}
	followers := map[string]*follower{}
	first := server.test(t, rules[each])
	for _, client := range []string{"graphql-ws", "graphql-sse"} {
		followers[client] = follow(t, client, server, `subscription($after: ID) { alertFired(after: $after) { id kind number } }`, "alertFired.id", first)
	}
	from := server.newest(t, "coreweave")
	for round := range 8 {
		second := time.Now().Unix()
		eventually(t, "another second begins, since histories are told by the second", func() bool { return time.Now().Unix() > second })
		pages.set(round%2 == 0)
		server.scrape(t, "coreweave")
		server.settled(t, rules[each], round+2)
		for client, f := range followers {
			eventually(t, fmt.Sprintf("%s is there in round %d, after it was told %s", client, round, f.last()), func() bool { return len(f.all()) > 0 && f.through.count() > 0 })
			f.through.breakAll(server.address)
		}
	}
	var want []string
	for _, rule := range rules {
		for i, e := range server.events(t, rule) {
			if e.Number != i+1 {
				t.Errorf("%s: event %d has the number %d", rule, i+1, e.Number)
			}
			want = append(want, e.ID)
		}
	}
	slices.Sort(want)
	if want[0] != first || len(want) < 20 {
		t.Fatalf("%d events, the first of them %s", len(want), want[0])
	}
	eventually(t, "the receiver has been told everything", func() bool { return len(hook.taken()) == len(want) })
	for client, f := range followers {
		eventually(t, client+" has been told everything", func() bool { return len(f.all()) >= len(want)-1 })
		if diff := cmp.Diff(want[1:], idsTold(t, f)); diff != "" {
			t.Errorf("%s (-kept +told): %s", client, diff)
		}
	}
	for _, got := range hook.all() {
		if !got.Verified {
			t.Errorf("%s does not verify", got.ID)
		}
	}
	for input, rule := range rules {
		server.agrees(t, input, rule, from)
	}
}

// test has a rule say a sample, which must be delivered, and gives its id.
func (s running) test(t *testing.T, rule string) string {
	t.Helper()
	var answer struct {
		TestAlertRule []struct {
			Status string
			Event  struct{ ID, Kind string }
		}
	}
	s.ask(t, fmt.Sprintf(`mutation { testAlertRule(id: %q) { status event { id kind } } }`, rule), &answer)
	if d := answer.TestAlertRule; len(d) != 1 || d[0].Status != "DELIVERED" || d[0].Event.Kind != "TEST" {
		t.Fatalf("a sample came back as %+v", d)
	}
	return answer.TestAlertRule[0].Event.ID
}

// last is what a client was told last.
func (f *follower) last() string {
	all := f.all()
	if len(all) == 0 {
		return "nothing"
	}
	return string(all[len(all)-1])
}

func idsTold(t *testing.T, f *follower) (out []string) {
	t.Helper()
	for _, text := range f.all() {
		var e struct{ AlertFired struct{ ID string } }
		if err := json.Unmarshal(text, &e); err != nil || e.AlertFired.ID == "" {
			t.Fatalf("a client was told %s, %v", text, err)
		}
		out = append(out, e.AlertFired.ID)
	}
	return out
}

// settled waits until the engine has judged so many turns of the price.
func (s running) settled(t *testing.T, rule string, turns int) {
	t.Helper()
	var kinds []string
	defer func() {
		if t.Failed() && len(kinds) != turns {
			t.Logf("%s said %v, and not %d kinds in turn", rule, kinds, turns)
		}
	}()
	eventually(t, "the rule has spoken", func() bool {
		kinds = nil
		for _, e := range s.events(t, rule) {
			if len(kinds) == 0 || kinds[len(kinds)-1] != e.Kind {
				kinds = append(kinds, e.Kind)
			}
		}
		return len(kinds) == turns
	})
}

func (s running) newest(t *testing.T, provider string) string {
	t.Helper()
	var answer struct {
		Provider struct{ LastSuccessAt string }
	}
	s.ask(t, fmt.Sprintf(`{ provider(id: %q) { lastSuccessAt } }`, provider), &answer)
	return answer.Provider.LastSuccessAt
}

// agrees compares what a rule said with what it would have said.
func (s running) agrees(t *testing.T, input, rule, from string) {
	t.Helper()
	var answer struct {
		Backtest struct {
			Fired  int
			Events []told
		}
	}
	s.ask(t, fmt.Sprintf(`{ backtest(rule: {name: "x", notify: [], %s}, from: %q) { fired events { kind value previous observedAt offer { id } } } }`, input, from), &answer)
	live := slices.DeleteFunc(s.events(t, rule), func(e told) bool { return e.Kind == "TEST" })
	for i := range live {
		live[i].ID, live[i].Number, live[i].Deliveries = "", 0, nil
	}
	if diff := cmp.Diff(live, answer.Backtest.Events); diff != "" {
		t.Errorf("%s (-live +backtest): %s", input, diff)
	}
	if answer.Backtest.Fired < 4 {
		t.Errorf("%s fired %d times", input, answer.Backtest.Fired)
	}
}
