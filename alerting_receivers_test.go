package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// hooked is a webhook as a receiver got it.
type hooked struct {
	id, body string
	header   http.Header
	at       time.Time
}

// receivers are targets that behave as they are told to.
type receivers struct {
	guard sync.Mutex
	got   map[string][]hooked
}

// target is the address of a receiver of its own, at the host of a URL.
func (r *receivers) target(t *testing.T, name, host string, answer func(w http.ResponseWriter, q *http.Request, attempt int)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		attempt := r.take(name, hooked{q.Header.Get("webhook-id"), string(body), q.Header, time.Now()})
		answer(w, q, attempt)
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", host, 1) + "/" + pathSecret
}

// take notes a webhook, and gives how often it came.
func (r *receivers) take(name string, h hooked) (attempt int) {
	r.guard.Lock()
	defer r.guard.Unlock()
	r.got[name] = append(r.got[name], h)
	for _, other := range r.got[name] {
		if other.id == h.id {
			attempt++
		}
	}
	return attempt
}

func (r *receivers) all(name string) []hooked {
	r.guard.Lock()
	defer r.guard.Unlock()
	return slices.Clone(r.got[name])
}

// pathSecret is what a webhook's address keeps to itself.
const pathSecret = "T0K3N/of-the-webhook"

const cheapH100 = `name: "r", filter: {gpus: ["H100"], providers: ["coreweave"], markets: [ON_DEMAND]}, condition: BELOW, threshold: 4`

// told makes a rule about a cheap H100 that tells one target.
func (s running) told(t *testing.T, target string) (id, secret string) {
	t.Helper()
	var made struct {
		CreateAlertRule struct{ ID, WebhookSecret string }
	}
	s.ask(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, notify: [%q]}) { id webhookSecret } }`, cheapH100, target), &made)
	return made.CreateAlertRule.ID, made.CreateAlertRule.WebhookSecret
}

// delivered is what became of a rule's n-th event at its only target.
func (s running) delivered(t *testing.T, rule string, n int) delivery {
	t.Helper()
	if events := s.events(t, rule); len(events) >= n && len(events[n-1].Deliveries) == 1 {
		return events[n-1].Deliveries[0]
	}
	return delivery{}
}

// is says whether a delivery stands so, with an error that begins so.
func (d delivery) is(status string, attempts int, problem string) bool {
	says := ""
	if d.LastError != nil {
		says = *d.LastError
	}
	return d.Status == status && d.Attempts == attempts && strings.HasPrefix(says, problem) && (says == "") == (problem == "") &&
		(d.NextAttemptAt != nil) == (status == "RETRYING" || status == "PENDING") && (d.DeliveredAt != nil) == (status == "DELIVERED")
}

func (d delivery) String() string {
	text, _ := json.Marshal(d)
	return string(text)
}

// becomes waits until a delivery stands so.
func (s running) becomes(t *testing.T, rule string, n int, status string, attempts int, problem string) delivery {
	t.Helper()
	var d delivery
	reached := false
	defer func() {
		if !reached {
			t.Log(d)
		}
	}()
	eventually(t, fmt.Sprintf("event %d of %s is %s after %d attempts: %s", n, rule, status, attempts, problem), func() bool {
		d = s.delivered(t, rule, n)
		reached = d.is(status, attempts, problem)
		return reached
	})
	return d
}

// TestReceiversMisbehave follows webhooks to receivers that fail, hang, lead elsewhere, want nothing more or ask for time.
func TestReceiversMisbehave(t *testing.T) {
	r, pages := &receivers{got: map[string][]hooked{}}, newPriced(t)
	leadsTo := r.target(t, "led to", "127.0.0.1", func(http.ResponseWriter, *http.Request, int) {})
	var gone atomic.Bool
	gone.Store(true)
	targets := map[string]string{
		"fine": r.target(t, "fine", "127.0.0.1", func(http.ResponseWriter, *http.Request, int) {}),
		"failing": r.target(t, "failing", "127.0.0.1", func(w http.ResponseWriter, q *http.Request, attempt int) {
			if attempt == 1 {
				http.Error(w, "cannot do "+q.URL.Path, http.StatusInternalServerError)
			}
		}),
		"hanging": r.target(t, "hanging", "localhost", func(_ http.ResponseWriter, q *http.Request, _ int) { <-q.Context().Done() }),
		"elsewhere": r.target(t, "elsewhere", "127.0.0.1", func(w http.ResponseWriter, q *http.Request, _ int) {
			http.Redirect(w, q, leadsTo, http.StatusTemporaryRedirect)
		}),
		"gone": r.target(t, "gone", "127.0.0.1", func(w http.ResponseWriter, _ *http.Request, _ int) {
			if gone.Load() {
				w.WriteHeader(http.StatusGone)
			}
		}),
		"busy": r.target(t, "busy", "127.0.0.1", func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		}),
	}
	pages.set(false)
	s := serve(t, t.TempDir(), "--replay", pages.dir, "--sources", "coreweave", "--allow-private-targets")
	s.scrape(t, "coreweave")
	rules, secrets := map[string]string{}, map[string]string{}
	for name, target := range targets {
		rules[name], secrets[name] = s.told(t, target)
	}
	pages.set(true)
	s.scrape(t, "coreweave")

	s.becomes(t, rules["fine"], 1, "DELIVERED", 1, "")
	failed := s.becomes(t, rules["failing"], 1, "RETRYING", 1, "answered 500 Internal Server Error: cannot do ")
	if next := failed.NextAttemptAt.Sub(r.all("failing")[0].at); next < 3*time.Second || next > 10*time.Second {
		t.Errorf("after a failure the next attempt is %s later", next)
	}
	s.becomes(t, rules["elsewhere"], 1, "RETRYING", 1, "answered 307: redirects are not followed")
	s.becomes(t, rules["gone"], 1, "FAILED", 1, "answered 410 Gone")
	busy := s.becomes(t, rules["busy"], 1, "RETRYING", 1, "answered 503 Service Unavailable")
	if next := busy.NextAttemptAt.Sub(r.all("busy")[0].at.Truncate(time.Millisecond)); next < 120*time.Second || next > 130*time.Second {
		t.Errorf("asked for two minutes, the next attempt is %s later", next)
	}
	if d := s.delivered(t, rules["hanging"], 1); !d.is("PENDING", 1, "") {
		t.Errorf("while the others are done, the hanging one is %s", d)
	}

	pages.set(false)
	s.scrape(t, "coreweave")
	s.becomes(t, rules["fine"], 2, "DELIVERED", 1, "")
	off := s.becomes(t, rules["gone"], 2, "FAILED", 1, "the target answered 410 Gone: it is off until the rule is edited")
	if again := s.redeliver(t, off.ID); !again.is("FAILED", 2, "the target answered 410 Gone") || len(r.all("gone")) != 1 {
		t.Errorf("delivered again: %s; asked %d times", again, len(r.all("gone")))
	}
	gone.Store(false)
	s.ask(t, fmt.Sprintf(`mutation { updateAlertRule(id: %q, input: {%s, notify: [%q]}) { id } }`, rules["gone"], cheapH100, off.Channel), new(any))
	if again := s.redeliver(t, off.ID); !again.is("DELIVERED", 3, "") || len(r.all("gone")) != 2 {
		t.Errorf("delivered again after an edit: %s; asked %d times", again, len(r.all("gone")))
	}
	pages.set(true)
	s.scrape(t, "coreweave")
	s.becomes(t, rules["gone"], 3, "DELIVERED", 1, "")

	s.becomes(t, rules["failing"], 1, "DELIVERED", 2, "")
	s.checkRetry(t, r.all("failing"), secrets["failing"])
	s.becomes(t, rules["hanging"], 1, "RETRYING", 1, "no answer in time")
	s.checkSample(t, rules["busy"], "answered 503 Service Unavailable")
	if n := len(r.all("led to")); n != 0 {
		t.Errorf("where a redirect leads was asked %d times", n)
	}
	s.checkDead(t, rules)
}

func (s running) redeliver(t *testing.T, id string) delivery {
	t.Helper()
	var answer struct{ Redeliver delivery }
	s.ask(t, fmt.Sprintf(`mutation { redeliver(delivery: %q) { %s } }`, id, deliveryFields), &answer)
	return answer.Redeliver
}

// checkRetry holds that a second attempt says the same under the same id, signed anew.
func (running) checkRetry(t *testing.T, got []hooked, secret string) {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	bodies, times := map[string]string{}, map[string][]string{}
	for _, h := range got {
		if err := verifier.Verify([]byte(h.body), h.header); err != nil {
			t.Errorf("%s does not verify: %v", h.id, err)
		}
		if before, again := bodies[h.id]; again && before != h.body {
			t.Errorf("%s said %s, then %s", h.id, before, h.body)
		}
		bodies[h.id] = h.body
		times[h.id] = append(times[h.id], h.header.Get("webhook-timestamp"))
	}
	if first := times[got[0].id]; len(first) != 2 || first[0] == first[1] {
		t.Errorf("%s was tried at %v", got[0].id, first)
	}
}

// checkSample tries a target out that refuses, which ends at once; and once more.
func (s running) checkSample(t *testing.T, rule, problem string) {
	t.Helper()
	var answer struct{ TestAlertRule []delivery }
	s.ask(t, fmt.Sprintf(`mutation { testAlertRule(id: %q) { %s } }`, rule, deliveryFields), &answer)
	if len(answer.TestAlertRule) != 1 || !answer.TestAlertRule[0].is("FAILED", 1, problem) {
		t.Fatalf("a sample came back as %v", answer.TestAlertRule)
	}
	if again := s.redeliver(t, answer.TestAlertRule[0].ID); !again.is("FAILED", 2, problem) {
		t.Errorf("a sample came back again as %s", again)
	}
}

// checkDead holds that what was given up is listed, last first, and that no answer tells a secret.
func (s running) checkDead(t *testing.T, rules map[string]string) {
	t.Helper()
	var dead struct {
		DeadLetters []struct {
			delivery
			Event struct {
				Kind string
				Rule struct{ ID string }
			}
		}
	}
	s.ask(t, `{ deadLetters { `+deliveryFields+` event { kind rule { id } } } }`, &dead)
	var got []string
	for _, d := range dead.DeadLetters {
		got = append(got, d.Event.Rule.ID+" "+d.Event.Kind)
	}
	if want := []string{rules["busy"] + " TEST", rules["gone"] + " FIRED"}; !slices.Equal(got, want) {
		t.Errorf("dead letters %v, want %v", got, want)
	}
	texts := []string{fmt.Sprint(dead)}
	for _, rule := range rules {
		for _, e := range s.events(t, rule) {
			texts = append(texts, fmt.Sprint(e.Deliveries))
		}
	}
	for _, secret := range strings.Split(pathSecret, "/") {
		if all := strings.Join(texts, "\n"); strings.Contains(all, secret) {
			t.Errorf("%s is told: %s", secret, all)
		}
	}
}

// TestPrivateTargetsAreRefused holds that nothing within the operator's own network is connected to, by whatever name.
func TestPrivateTargetsAreRefused(t *testing.T) {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	connected := make(chan string, 100)
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connected <- conn.RemoteAddr().String()
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		listening.Wait()
	})
	s := serve(t, t.TempDir(), "--replay", newPriced(t).dir, "--sources", "coreweave")
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	for target, reason := range map[string]string{
		"https://localhost:PORT/x":                                   "the machine's own name",
		"https://LOCALHOST.:PORT/x":                                  "the same, as DNS writes it",
		"https://a.localhost:PORT/x":                                 "and what is below it",
		"https://127.0.0.1:PORT/x":                                   "loopback",
		"https://127.1:PORT/x":                                       "loopback, as C libraries read it",
		"https://0x7f.1:PORT/x":                                      "the same in another base",
		"https://0177.0.0.1:PORT/x":                                  "and in another",
		"https://2130706433:PORT/x":                                  "and as one number",
		"https://0:PORT/x":                                           "this host",
		"https://0.0.0.0:PORT/x":                                     "this host",
		"https://[::]:PORT/x":                                        "this host",
		"https://[::1]:PORT/x":                                       "loopback",
		"https://[::ffff:127.0.0.1]:PORT/x":                          "IPv4 within IPv6",
		"https://[::ffff:7f00:1]:PORT/x":                             "the same in hexadecimal",
		"https://[64:ff9b::7f00:1]:PORT/x":                           "IPv4 behind a translation",
		"https://169.254.169.254/x":                                  "a cloud's metadata",
		"https://10.0.0.1/x":                                         "a private network",
		"http://example.com/x":                                       "plain http is for one's own network",
		"https://user@127.0.0.1:PORT/x":                              "the host is behind the @",
		"smtp://127.0.0.1:PORT/?from=a@example.com&to=b@example.com": "mail servers are targets too",
		"gotify://127.0.0.1:PORT/AnAppToken12345":                    "and so are services with a host of one's own",
		"ntfy://localhost:PORT/topic":                                "another of them",
		"mattermost://localhost:PORT/token":                          "another of them",
		"bark://:devicekey@127.0.0.1:PORT":                           "another of them",
		"https://" + hostName(t) + ":PORT/x":                         "a name that leads to the machine, by its own table",
	} {
		target = strings.ReplaceAll(target, "PORT", port)
		t.Run(target, func(t *testing.T) {
			var made struct{ CreateAlertRule struct{ ID string } }
			err := s.tryAsk(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, notify: [%q]}) { id } }`, cheapH100, target), &made)
			if err != nil {
				if !strings.Contains(err.Error(), "input.notify[0]: ") || !strings.Contains(err.Error(), "not allowed here") {
					t.Errorf("%s: refused with %v", reason, err)
				}
				return
			}
			var tried struct{ TestAlertRule []delivery }
			s.ask(t, fmt.Sprintf(`mutation { testAlertRule(id: %q) { %s } }`, made.CreateAlertRule.ID, deliveryFields), &tried)
			if len(tried.TestAlertRule) != 1 || tried.TestAlertRule[0].Status != "FAILED" {
				t.Errorf("%s: %v", reason, tried.TestAlertRule)
			}
		})
	}
	select {
	case from := <-connected:
		t.Errorf("somebody has connected from %s", from)
	default:
	}
}

// hostName is the machine's own name, where that leads into its own network.
func hostName(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.LookupHost(name)
	public := func(text string) bool {
		ip := net.ParseIP(text)
		return ip == nil || !ip.IsLoopback() && !ip.IsPrivate()
	}
	if err != nil || slices.ContainsFunc(addresses, public) {
		return "localhost"
	}
	return name
}
