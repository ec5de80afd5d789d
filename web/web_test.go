package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"gpuhour/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var addresses = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestPagesNeedNoOtherHost(t *testing.T) {
	pages := map[string]http.Handler{"/graphiql": web.GraphiQL("/graphql"), "/graphiql/": web.GraphiQL("/graphql"), "/": web.Home()}
	for target, handler := range pages {
		got := get(handler, target)
		if got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
			t.Fatalf("%s: %d %s", target, got.Code, got.Header())
		}
		policy := got.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "http") {
			t.Errorf("%s: the policy lets scripts in: %s", target, policy)
		}
		for _, found := range addresses.FindAllStringSubmatch(got.Body.String(), -1) {
			if !strings.HasPrefix(found[1], "/") && !strings.HasPrefix(found[1], "data:") || strings.HasPrefix(found[1], "//") {
				t.Errorf("%s asks another host: %s", target, found[1])
			}
		}
	}
}

func TestGraphiQLAssetsAreServedForGood(t *testing.T) {
	handler := web.GraphiQL("/graphql")
	found := addresses.FindAllStringSubmatch(get(handler, "/graphiql").Body.String(), -1)
	served := 0
	for _, address := range found {
		if !strings.HasPrefix(address[1], "/graphiql/") {
			continue
		}
		served++
		packed := get(handler, address[1], "Accept-Encoding", "br, gzip;q=0.8")
		plain := get(handler, address[1], "Accept-Encoding", "gzip;q=0")
		if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" || unpacked(t, packed.Body) != plain.Body.String() {
			t.Errorf("%s is not the same packed and unpacked", address[1])
		}
		if cache := packed.Header().Get("Cache-Control"); !strings.Contains(cache, "immutable") {
			t.Errorf("%s: %s", address[1], cache)
		}
		if bare, _, _ := strings.Cut(address[1], "?"); strings.Contains(get(handler, bare).Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s without its version may change", bare)
		}
		if again := get(handler, address[1], "Accept-Encoding", "gzip", "If-None-Match", packed.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: %d", address[1], again.Code)
		}
		if other := get(handler, address[1], "If-None-Match", packed.Header().Get("ETag")); other.Code != http.StatusOK {
			t.Errorf("%s: unpacked it is another file than packed", address[1])
		}
	}
	if served != 5 {
		t.Errorf("%d assets", served)
	}
	if missing := get(handler, "/graphiql/other.js"); missing.Code != http.StatusNotFound {
		t.Errorf("%d", missing.Code)
	}
}

func unpacked(t *testing.T, from io.Reader) string {
	t.Helper()
	r, err := gzip.NewReader(from)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGraphiQLIsToldTheEndpoint(t *testing.T) {
	if body := get(web.GraphiQL(`/api"><script>`), "/graphiql").Body.String(); !strings.Contains(body, `data-endpoint="/api&#34;&gt;&lt;script&gt;"`) {
		t.Error(body)
	}
}

func TestHealthz(t *testing.T) {
	if got := get(web.Healthz(), "/healthz"); got.Code != http.StatusOK || strings.TrimSpace(got.Body.String()) != `{"status":"ok"}` {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestReadyz(t *testing.T) {
	type check = func(context.Context) error
	good := func(context.Context) error { return nil }
	cases := map[string]struct {
		reason string
		checks map[string]check
		status int
		want   map[string]string
	}{
		"nothing to check": {"then it is ready", nil, 200, map[string]string{}},
		"all well":         {"each check is named", map[string]check{"store": good, "book": good}, 200, map[string]string{"store": "ok", "book": "ok"}},
		"one fails":        {"which one, and why", map[string]check{"store": func(context.Context) error { return errors.New("not reachable") }, "book": good}, 503, map[string]string{"store": "not reachable", "book": "ok"}},
		"one heeds":        {"time is bounded", map[string]check{"store": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "book": good}, 503, map[string]string{"store": "context deadline exceeded", "book": "ok"}},
		"one hangs":        {"even for a check that does not heed its context", map[string]check{"store": func(context.Context) error { time.Sleep(time.Hour); return nil }, "book": good}, 503, map[string]string{"store": "did not answer in time", "book": "ok"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				got := get(web.Readyz(c.checks), "/readyz")
				var results map[string]string
				if err := json.Unmarshal(got.Body.Bytes(), &results); err != nil {
					t.Fatal(err)
				}
				for check, want := range c.want {
					slow := results[check] == "did not answer in time" && want == "context deadline exceeded"
					if results[check] != want && !slow {
						t.Errorf("%s: %s is %q, want %q", c.reason, check, results[check], want)
					}
				}
				if got.Code != c.status || len(results) != len(c.want) || time.Since(started) > 4*time.Second {
					t.Errorf("%s: %d %v after %s", c.reason, got.Code, results, time.Since(started))
				}
				time.Sleep(2 * time.Hour) // until the last check is over
			})
		})
	}
}

func TestLoopbackOnly(t *testing.T) {
	handler := web.LoopbackOnly(web.Healthz(), "gpus.example")
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST:8080": 200, "127.0.0.1:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "[::1]": 200, "gpus.example:443": 200,
		"evil.example": 421, "evil.example:8080": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:8080": 421, "10.0.0.1:8080": 421, "": 421, "[::]": 421, "0.0.0.0": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}
