package scrapers

import (
	"crypto/rand"
	"errors"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// weather answers from the samples, each host after a time of its own, but for hosts that are ill.
type weather struct {
	*Replay
	ill map[string]http.RoundTripper
}

func (w weather) RoundTrip(r *http.Request) (*http.Response, error) {
	if ill := w.ill[r.URL.Hostname()]; ill != nil {
		return ill.RoundTrip(r)
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(r.URL.Host)) // never fails
	if err := wait(r.Context(), time.Duration(100+hash.Sum32()%1900)*time.Millisecond); err != nil {
		return nil, err
	}
	return w.Replay.RoundTrip(r)
}

// page answers robots.txt as absent, and everything else in one way.
func page(answer roundTrip) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/robots.txt" {
			return reply(404, nil, "")(r)
		}
		return answer(r)
	}
}

// illnesses are five ways in which a source is down, each with the words that its provider must be shown with.
var illnesses = map[string]struct {
	says string
	is   roundTrip
}{
	"azure":     {"connection refused", func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }},
	"coreweave": {"no answer within 30s", page(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })},
	"oci": {"json:", page(func(r *http.Request) (*http.Response, error) {
		junk := make([]byte, 1<<20)
		_, _ = rand.Read(junk) // never fails
		return reply(200, http.Header{"Content-Type": {"application/json"}}, string(junk))(r)
	})},
	"runpod": {"answered 503 and asks to wait 1h0m0s", page(reply(503, http.Header{"Retry-After": {"3600"}}, ""))},
	"ctyun":  {"a challenge page", page(reply(200, http.Header{"Content-Type": {"text/html"}}, "<title>安全验证</title>"))},
}

// TestDeadSourcesDelayNobody reads all providers at once while five are down, hang or answer junk: the others are read in the
// time that they take without those five, and each of the five says why it was not.
func TestDeadSourcesDelayNobody(t *testing.T) {
	var healthy, all []Scraper
	for _, s := range All() {
		all = append(all, s)
		if _, ill := illnesses[s.About().ID]; !ill {
			healthy = append(healthy, s)
		}
	}
	alone, _ := readTogether(t, healthy)
	together, problems := readTogether(t, all)
	if together != alone {
		t.Errorf("the healthy ones took %s beside five that are ill, and %s without", together, alone)
	}
	for id, illness := range illnesses {
		if !strings.Contains(problems[id], illness.says) {
			t.Errorf("%s says %q, want %q", id, problems[id], illness.says)
		}
	}
	if len(problems) != len(illnesses) {
		t.Errorf("of %d providers these have problems: %q", len(all), problems)
	}
}

// readTogether reads providers as the program does, all at the same time, on a clock of their own. It says when the last
// healthy one was done, and which ones have a problem.
func readTogether(t *testing.T, providers []Scraper) (healthy time.Duration, problems map[string]string) {
	answers, err := NewReplay("testdata")
	if err != nil {
		t.Fatal(err)
	}
	problems = map[string]string{}
	synctest.Test(t, func(t *testing.T) {
		runner, _ := newTestRunner(t, weather{answers, illHosts(t)})
		runner.Settings = settingsOfSamples(t)
		started := time.Now()
		var guard sync.Mutex
		var running sync.WaitGroup
		for _, s := range providers {
			running.Go(func() {
				problem := problemOf(runner.Scrape(t.Context(), s, time.Time{}))
				guard.Lock()
				defer guard.Unlock()
				if problem != "" {
					problems[s.About().ID] = problem
				} else {
					healthy = max(healthy, time.Since(started))
				}
			})
		}
		running.Wait()
	})
	return healthy, problems
}

func problemOf(r Result) string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.NotRecorded:
		return "not recorded"
	}
	var said []string
	for _, run := range r.Runs {
		if run.Error != "" {
			said = append(said, run.Error)
		}
	}
	return strings.Join(said, "; ")
}

func illHosts(t *testing.T) map[string]http.RoundTripper {
	t.Helper()
	hosts := map[string]http.RoundTripper{}
	for id, illness := range illnesses {
		base, err := url.Parse(registry[id].About().Base)
		if err != nil {
			t.Fatal(err)
		}
		hosts[base.Hostname()] = illness.is
	}
	return hosts
}

// settingsOfSamples are those of the cases "prices".
func settingsOfSamples(t *testing.T) map[string]Settings {
	t.Helper()
	settings := map[string]Settings{}
	for _, s := range All() {
		settings[s.About().ID] = caseSettings(t, s, "prices")
	}
	return settings
}
