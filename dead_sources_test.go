package main

import (
	"crypto/rand"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"gpuhour/scrapers"
)

// sampleHost is a local server that answers as one provider's hosts do, from its sample.
func sampleHost(t *testing.T, id string) string {
	t.Helper()
	replay, err := scrapers.NewReplay(samples)
	if err != nil {
		t.Fatal(err)
	}
	hosts := hostsOf(t, id)
	return hostAnswering(t, func(w http.ResponseWriter, r *http.Request) {
		for _, host := range hosts {
			asked, err := http.NewRequestWithContext(r.Context(), r.Method, host+r.URL.RequestURI(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			answer, err := replay.RoundTrip(asked)
			if err != nil {
				continue // another of its hosts
			}
			w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
			w.WriteHeader(answer.StatusCode)
			_, _ = io.Copy(w, answer.Body)
			return
		}
		http.NotFound(w, r)
	})
}

func hostAnswering(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

// hostsOf are the hosts of a provider that the samples have answers of.
func hostsOf(t *testing.T, id string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(samples, "index.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, row := range rows[1:] {
		u, err := url.Parse(strings.TrimSuffix(row[0], "*"))
		if err == nil && strings.HasPrefix(row[2], id+"/") {
			hosts = append(hosts, u.Scheme+"://"+u.Host)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// leftOut are the providers whose answers lead to a host that cannot be put elsewhere, are told apart by what is asked for in a body,
// or are dozens with a second between two.
var leftOut = []string{"aliyun", "autodl", "tencent", "vastai"}

// TestThirtySourcesFiveDown serves thirty sources and more from hosts of their own, five of which are down, hang, or answer junk, an
// error and a challenge. The healthy ones are read while one still hangs, and GraphQL names the five with their reasons.
func TestThirtySourcesFiveDown(t *testing.T) {
	junk := make([]byte, 1<<20)
	_, _ = rand.Read(junk) // never fails
	released := make(chan struct{})
	ill := map[string]struct {
		says   string
		answer http.HandlerFunc
	}{
		"coreweave": {"no answer within 30s", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-released:
			}
		}},
		"oci": {"json: ", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(junk) }},
		"runpod": {"answered 503 and asks to wait 1h0m0s", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(503)
		}},
		"ctyun": {"a challenge page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<title>安全验证</title>")
		}},
	}
	settings := map[string]scrapers.Settings{"azure": {BaseURL: "http://" + freeAddress(t)}}
	says := map[string]string{"azure": "connection refused"}
	var healthy []string
	for _, id := range ids() {
		illness, isIll := ill[id]
		switch {
		case id == "azure" || slices.Contains(leftOut, id):
		case isIll:
			settings[id] = scrapers.Settings{BaseURL: hostAnswering(t, illness.answer), IgnoreRobots: true}
			says[id] = illness.says
		default:
			settings[id] = sampleSettings(t, id)
			healthy = append(healthy, id)
		}
	}
	t.Cleanup(func() { close(released) })
	if len(settings) < 30 {
		t.Fatalf("only %d sources", len(settings))
	}
	dead := scrapers.Settings{BaseURL: hostAnswering(t, http.NotFound)}
	server := serveSources(t, settings, dead)
	late := map[string]state{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("not read: %v", late)
		}
	})
	eventually(t, "all healthy sources are read while one hangs", func() bool {
		states := server.states(t)
		late = map[string]state{}
		for _, id := range healthy {
			if states[id].Status != "FRESH" || states[id].OfferCount == 0 {
				late[id] = states[id]
			}
		}
		return len(late) == 0 && states["coreweave"].Status == "NEVER_RUN"
	})
	eventually(t, "the five are named with their reasons", func() bool {
		states := server.states(t)
		for id, words := range says {
			if states[id].Status != "FAILING" || !strings.Contains(states[id].Problem, words) {
				return false
			}
		}
		return true
	})
}

// sampleSettings send a provider to a local host of its own.
func sampleSettings(t *testing.T, id string) scrapers.Settings {
	t.Helper()
	var s scrapers.Settings
	if text, err := os.ReadFile(filepath.Join(samples, id, "prices", "settings.yaml")); err == nil {
		if err := yaml.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
	}
	s.BaseURL = sampleHost(t, id)
	return s
}

// serveSources runs the program over sources, and without exchange rates.
func serveSources(t *testing.T, settings map[string]scrapers.Settings, rates scrapers.Settings) running {
	t.Helper()
	var chosen []string
	for id := range settings {
		chosen = append(chosen, id)
	}
	settings["cfets"], settings["ecb"] = rates, rates
	text, err := yaml.Marshal(map[string]any{"providers": settings})
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, filepath.Join(t.TempDir(), "gpuhour.yaml"), string(text))
	return serve(t, t.TempDir(), "--config", file, "--sources", strings.Join(chosen, ","))
}

type state struct {
	Status, Problem string
	OfferCount      int
}

// states are what GraphQL says of the providers.
func (s running) states(t *testing.T) map[string]state {
	t.Helper()
	var answer struct {
		Providers []struct {
			ID string
			state
		}
	}
	s.ask(t, `{ providers { id status problem offerCount } }`, &answer)
	states := map[string]state{}
	for _, p := range answer.Providers {
		states[p.ID] = p.state
	}
	return states
}
