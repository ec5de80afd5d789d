package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
	"gpuhour/web"
)

// fakeAgents keeps tokens and the epoch of one host.
type fakeAgents struct {
	tokens map[string][]string
	epoch  int64
	last   market.Report
	broken error
}

func (f *fakeAgents) HasAgentTokens(context.Context) (bool, error) {
	return len(f.tokens) > 0, f.broken
}

func (f *fakeAgents) AgentTokens(_ context.Context, host string) ([]string, error) {
	if errors.Is(f.broken, web.ErrTooManyHosts) {
		return f.tokens[host], nil
	}
	return f.tokens[host], f.broken
}

func (f *fakeAgents) AgentOf(_ context.Context, digest string) (string, error) {
	for host, tokens := range f.tokens {
		if strings.Contains(strings.Join(tokens, " "), digest) {
			return host, nil
		}
	}
	return "", f.broken
}

func (f *fakeAgents) Hello(context.Context, string) (int64, error) {
	f.epoch++
	return f.epoch, f.broken
}

func (f *fakeAgents) Report(_ context.Context, r market.Report, _ time.Time) (bool, error) {
	if r.Epoch > f.epoch {
		return false, fmt.Errorf("report: %w", web.ErrNoHello)
	}
	accepted := r.Epoch == f.epoch && r.Seq > f.last.Seq
	if accepted {
		f.last = r
	}
	return accepted, f.broken
}

func reportText(t *testing.T, host string, epoch, seq int64) string {
	t.Helper()
	text, err := json.Marshal(market.Report{Schema: market.ReportSchema, Host: host, Epoch: epoch, Seq: seq, BootID: "boot", NVML: market.ReportedNVML{State: market.NVMLReady}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAgents(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	tokens := map[string][]string{"a": {web.TokenDigest("new"), web.TokenDigest("old")}, "b": {web.TokenDigest("other")}}
	good := reportText(t, "a", 1, 1)
	cases := map[string]struct {
		reason, path, auth, media, body string
		tokens                          map[string][]string
		open                            bool
		broken                          error
		status                          int
		says                            string
	}{
		"hello":               {"gives an epoch, and the time", "a/hello", "Bearer new", "application/json", "{}", tokens, false, nil, 200, `{"epoch":2,"serverTime":"2026-11-01T12:00:00Z"}`},
		"report":              {"is accepted", "a/report", "Bearer new", "application/json", good, tokens, false, nil, 200, `{"accepted":true,"serverTime":"2026-11-01T12:00:00Z"}`},
		"older token":         {"two are valid at once", "a/report", "bearer old", "application/json; charset=utf-8", good, tokens, false, nil, 200, `"accepted":true`},
		"no token":            {"needed once there are any", "a/report", "", "application/json", good, tokens, true, nil, 401, "UNAUTHENTICATED"},
		"no token, not open":  {"needed beyond this machine", "a/report", "", "application/json", good, nil, false, nil, 401, "UNAUTHENTICATED"},
		"no token, open":      {"on this machine, until there is one", "a/report", "Bearer ", "application/json", good, nil, true, nil, 200, `"accepted":true`},
		"unknown token":       {"is nobody's, open or not", "a/report", "Bearer guess", "application/json", good, nil, true, nil, 401, "not known"},
		"another host's":      {"a token is bound to its host", "a/report", "Bearer other", "application/json", good, tokens, false, nil, 403, "another host"},
		"basic":               {"is not read", "a/report", "Basic new", "application/json", good, tokens, false, nil, 401, "Authorization: Bearer"},
		"address and report":  {"must agree", "a/report", "Bearer new", "application/json", reportText(t, "b", 1, 1), tokens, false, nil, 400, `"field":"host"`},
		"no such host":        {"an id that cannot be", "a%20b/report", "Bearer new", "application/json", good, tokens, false, nil, 400, `"field":"host"`},
		"form":                {"another site's page could send it", "a/hello", "Bearer new", "text/plain", "{}", tokens, false, nil, 415, "application/json"},
		"too large":           {"bounded", "a/report", "Bearer new", "application/json", strings.Repeat(" ", market.LargestReport+1), tokens, false, nil, 413, "TOO_LARGE"},
		"wrong field":         {"is named", "a/report", "Bearer new", "application/json", strings.Replace(good, `"seq":1`, `"seq":0`, 1), tokens, false, nil, 400, `"field":"seq"`},
		"no JSON":             {"is said", "a/report", "Bearer new", "application/json", "hello", tokens, false, nil, 400, "expected one JSON object"},
		"no hello":            {"the agent must begin anew", "a/report", "Bearer new", "application/json", reportText(t, "a", 5, 1), tokens, false, nil, 409, "say hello"},
		"too many":            {"bounded", "a/hello", "Bearer new", "application/json", "{}", tokens, false, fmt.Errorf("hello: %w", web.ErrTooManyHosts), 507, "TOO_MANY_HOSTS"},
		"the store is broken": {"nothing of it is told", "a/report", "Bearer new", "application/json", good, tokens, false, errors.New("secret address"), 503, "its log says why"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			told := 0
			store := &fakeAgents{tokens: c.tokens, epoch: 1, broken: c.broken}
			handler := web.Agents(web.AgentOptions{Store: store, Open: c.open, Reported: func(string) { told++ }, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
			r := httptest.NewRequest(http.MethodPost, "/v1/agents/"+c.path, strings.NewReader(c.body))
			r.Header.Set("Authorization", c.auth)
			r.Header.Set("Content-Type", c.media)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || strings.Contains(w.Body.String(), "secret") || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: %d %s, want %d with %s", c.reason, w.Code, w.Body, c.status, c.says)
			}
			if accepted := strings.Contains(w.Body.String(), `"accepted":true`); accepted != (told == 1) {
				t.Errorf("%s: told %d times", c.reason, told)
			}
		})
	}
}

func TestAgentsTakeOnlyPosts(t *testing.T) {
	handler := web.Agents(web.AgentOptions{Store: &fakeAgents{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if got := get(handler, "/v1/agents/a/report"); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d", got.Code)
	}
}
