package scrapers

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func testClient(transport http.RoundTripper, archive Recorder) *Client {
	return NewClient(ClientOptions{Transport: transport, Contact: "https://example.com/contact", Version: "1", Archive: archive, Now: time.Now, Unhurried: true})
}

// served is a provider's host that answers everything but robots.txt with one handler.
func served(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/robots.txt", http.NotFound)
	mux.HandleFunc("/", handle)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

func TestFetch(t *testing.T) {
	gbk, _ := simplifiedchinese.GBK.NewEncoder().String("按需价格")
	big := strings.Repeat("x", largestAnswer+1)
	tests := map[string]struct {
		reason string
		handle http.HandlerFunc
		body   string
		err    error
		says   string
	}{
		"a page": {
			reason: "the body arrives as it is",
			handle: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<p>8</p>") },
			body:   "<p>8</p>",
		},
		"it names itself": {
			reason: "hosts refuse the default names of libraries, and want somebody to complain to",
			handle: func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.UserAgent()) },
			body:   "gpuhour/1 (+https://example.com/contact)",
		},
		"gzip": {
			reason: "compression is undone",
			handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(gzipped("prices"))
			},
			body: "prices",
		},
		"a gzip bomb": {
			reason: "what a small answer unpacks to is bounded too",
			handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(gzipped(big))
			},
			err: ErrTooLarge,
		},
		"GBK": {
			reason: "older domestic pages are not UTF-8",
			handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=gbk")
				fmt.Fprint(w, gbk)
			},
			body: "按需价格",
		},
		"a redirect": {
			reason: "apex domains redirect to www",
			handle: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/new" {
					http.Redirect(w, r, "/new", http.StatusMovedPermanently)
					return
				}
				fmt.Fprint(w, "moved")
			},
			body: "moved",
		},
		"redirects in a circle": {
			reason: "they end",
			handle: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) },
			says:   "redirects",
		},
		"a redirect to a login": {
			reason: "a login page is no price page, whatever its status",
			handle: func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, "/user/login") {
					http.Redirect(w, r, "/user/login?next=x", http.StatusFound)
				}
			},
			err: ErrBlocked,
		},
		"a Cloudflare challenge": {
			reason: "it is known by its header, before the body",
			handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cf-Mitigated", "challenge")
				w.WriteHeader(http.StatusForbidden)
			},
			err: ErrBlocked,
		},
		"an ordinary page with a captcha in its form": {
			reason: "a contact form is not a challenge",
			handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<title>Pricing</title><form><div class="g-recaptcha"></div></form>`)
			},
			body: `<title>Pricing</title><form><div class="g-recaptcha"></div></form>`,
		},
		"500": {
			reason: "the status is named",
			handle: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			says:   "answered 500",
		},
		"too large": {
			reason: "32 MiB are enough for anybody",
			handle: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, big) },
			err:    ErrTooLarge,
		},
		"a broken end": {
			reason: "half a page is none",
			handle: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				fmt.Fprint(w, "half")
			},
			says: "EOF",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			client := testClient(http.DefaultTransport, discard{})
			f, err := client.Fetch(t.Context(), Get(served(t, tt.handle)), Manners{}, Validators{})
			switch {
			case tt.err != nil && !errors.Is(err, tt.err), tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%s: got %v", tt.reason, err)
			case tt.err == nil && tt.says == "" && (err != nil || string(f.Body) != tt.body):
				t.Errorf("%s: got %q, %v", tt.reason, f.Body, err)
			}
		})
	}
}

// answers is a transport that says one thing after another, without a network, so that time can be a test's.
type answers struct {
	guard sync.Mutex
	next  []func(*http.Request) (*http.Response, error)
	asked []time.Time
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/robots.txt" {
		return reply(404, nil, "")(r)
	}
	a.guard.Lock()
	defer a.guard.Unlock()
	a.asked = append(a.asked, time.Now())
	next := a.next[0]
	if len(a.next) > 1 {
		a.next = a.next[1:]
	}
	return next(r)
}

func reply(status int, header http.Header, body string) func(*http.Request) (*http.Response, error) {
	if header == nil {
		header = http.Header{}
	}
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: statusLine(status), Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r, Proto: "HTTP/1.1"}, nil
	}
}

func TestFetchIsPatient(t *testing.T) {
	tests := map[string]struct {
		reason string
		first  func(*http.Request) (*http.Response, error)
		waits  time.Duration
		fails  bool
	}{
		"Retry-After in seconds":   {"the host says how long", reply(429, http.Header{"Retry-After": {"20"}}, ""), 20 * time.Second, false},
		"Retry-After as a date":    {"the header has two forms", reply(503, http.Header{"Retry-After": {"Sat, 01 Jan 2000 00:00:30 GMT"}}, ""), 30 * time.Second, false},
		"429 without a word":       {"three seconds are the least", reply(429, nil, ""), 3 * time.Second, false},
		"a wait that is too long":  {"the run is given up, and says how long the host wants", reply(429, http.Header{"Retry-After": {"3600"}}, ""), 0, true},
		"403 is not a busy signal": {"asking again would be rude", reply(403, nil, ""), 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				host := &answers{next: []func(*http.Request) (*http.Response, error){tt.first, reply(200, nil, "ok")}}
				client := NewClient(ClientOptions{Transport: host, Archive: discard{}, Now: time.Now})
				started := time.Now()
				_, err := client.Fetch(t.Context(), Get("https://example.com/"), Manners{}, Validators{})
				if (err != nil) != tt.fails || time.Since(started) != tt.waits {
					t.Errorf("%s: waited %s, %v", tt.reason, time.Since(started), err)
				}
			})
		})
	}
}

// TestFetchKeepsItsDistance asks one host from many sides: one at a time, spaced; another host does not wait for it.
func TestFetchKeepsItsDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy, other := &answers{next: []func(*http.Request) (*http.Response, error){reply(200, nil, "ok")}}, &answers{next: []func(*http.Request) (*http.Response, error){reply(200, nil, "ok")}}
		client := NewClient(ClientOptions{Archive: discard{}, Now: time.Now, Transport: byHost{"busy.example": busy, "other.example": other}})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := client.Fetch(t.Context(), Get("https://busy.example/x"), Manners{Spacing: 5 * time.Second, IgnoreRobots: true}, Validators{}); err != nil {
					t.Error(err)
				}
			})
		}
		started := time.Now()
		if _, err := client.Fetch(t.Context(), Get("https://other.example/"), Manners{IgnoreRobots: true}, Validators{}); err != nil || time.Since(started) != 0 {
			t.Errorf("another host waited %s, %v", time.Since(started), err)
		}
		all.Wait()
		for i := 1; i < len(busy.asked); i++ {
			if gap := busy.asked[i].Sub(busy.asked[i-1]); gap < 5*time.Second {
				t.Errorf("two requests %s apart", gap)
			}
		}
	})
}

type byHost map[string]http.RoundTripper

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) { return b[r.URL.Host].RoundTrip(r) }

func TestRobots(t *testing.T) {
	tests := map[string]struct {
		reason string
		status int
		file   string
		ignore bool
		err    error
		fails  bool
	}{
		"allowed":                   {reason: "other paths are forbidden, ours is not", status: 200, file: "User-agent: *\nDisallow: /admin\n"},
		"forbidden to all":          {reason: "it is honoured", status: 200, file: "User-agent: *\nDisallow: /\n", err: ErrRobots, fails: true},
		"forbidden to us":           {reason: "by our name", status: 200, file: "User-agent: gpuhour\nDisallow: /pricing\n\nUser-agent: *\nAllow: /\n", err: ErrRobots, fails: true},
		"absent":                    {reason: "no file, no rule", status: 404},
		"broken":                    {reason: "a host in trouble is left alone", status: 500, fails: true},
		"forbidden, but one's own":  {reason: "the operator may say so of pages of his own", status: 200, file: "User-agent: *\nDisallow: /\n", ignore: true},
		"a page where rules should": {reason: "a site that answers everything with a page has no rules", status: 200, file: "<html><title>Shop</title></html>"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					w.WriteHeader(tt.status)
					fmt.Fprint(w, tt.file)
				}
			}))
			t.Cleanup(server.Close)
			_, err := testClient(http.DefaultTransport, discard{}).Fetch(t.Context(), Get(server.URL+"/pricing"), Manners{IgnoreRobots: tt.ignore}, Validators{})
			if (err != nil) != tt.fails || tt.err != nil && !errors.Is(err, tt.err) {
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
}

// TestFetchEndsWithItsContext hangs and is cut off.
func TestFetchEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	address := served(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := testClient(http.DefaultTransport, discard{}).Fetch(ctx, Get(address), Manners{IgnoreRobots: true}, Validators{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestArchiveComesFirst makes the archive fail, and expects that nothing is believed that could not be kept.
func TestArchiveComesFirst(t *testing.T) {
	_, err := testClient(http.DefaultTransport, fullDisk{}).Fetch(t.Context(), Get(served(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "8") })), Manners{IgnoreRobots: true}, Validators{})
	if !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("no space left on device")

type fullDisk struct{}

func (fullDisk) Record(Exchange) error { return errFull }

// TestSecretsStayHome looks for keys in everything that is kept or shown.
// TestKeysAreNotRedirected sends a key to a host that sends us on to another.
func TestKeysAreNotRedirected(t *testing.T) {
	names := []string{"Authorization", "X-Api-Key", "Token", "X-Goog-Api-Key"}
	got := make(chan http.Header, 1)
	other := served(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header })
	first := served(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other+"/", http.StatusFound) })
	request := Get(first + "/")
	request.Header = http.Header{"Accept-Language": {"en"}}
	for _, name := range names {
		request.Header.Set(name, "s3cret")
	}
	if _, err := testClient(http.DefaultTransport, discard{}).Fetch(t.Context(), request, Manners{IgnoreRobots: true}, Validators{}); err != nil {
		t.Fatal(err)
	}
	header := <-got
	for _, name := range names {
		if header.Get(name) != "" {
			t.Errorf("the other host got %s", name)
		}
	}
	if header.Get("Accept-Language") != "en" {
		t.Error("what is no secret was lost")
	}
}

func TestSecretsStayHome(t *testing.T) {
	var asked atomic.Int32
	address := served(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Query().Get("key") != "s3cret" || r.Header.Get("Authorization") != "Bearer s3cret" {
			t.Error("the host did not get the key")
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	dir := t.TempDir()
	archive := NewArchive(dir, "test", time.Now)
	request := Get(strings.Replace(address, "http://", "http://user:s3cret@", 1) + "/?key=s3cret&page=1")
	request.Header = http.Header{"Authorization": {"Bearer s3cret"}}
	_, err := testClient(http.DefaultTransport, archive).Fetch(t.Context(), request, Manners{IgnoreRobots: true}, Validators{})
	if err == nil || strings.Contains(err.Error(), "s3cret") || asked.Load() == 0 {
		t.Errorf("got %v after %d requests", err, asked.Load())
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if kept := unpackedArchive(t, dir); strings.Contains(kept, "s3cret") || !strings.Contains(kept, "page=1") {
		t.Errorf("the archive holds %q", kept)
	}
}
