package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"gpuhour/market"
)

// server is the other side: it gives epochs, keeps reports, and answers as a test wants.
type server struct {
	guard   sync.Mutex
	epoch   int64
	reports []market.Report
	status  int // of the next reports; 0 is to accept them
	refuse  bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.guard.Lock()
	defer s.guard.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer secret":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/v1/agents/h1/hello":
		s.epoch++
		fmt.Fprintf(w, `{"epoch": %d}`, s.epoch)
	case s.status != 0:
		w.WriteHeader(s.status)
	default:
		var report market.Report
		_ = json.NewDecoder(r.Body).Decode(&report) // one that cannot be read has no host
		if n := len(s.reports); n > 0 && report.Epoch == s.epoch && report.Epoch == s.reports[n-1].Epoch && report.Seq <= s.reports[n-1].Seq {
			fmt.Fprint(w, `{"accepted": false}`) // given up by a stop, and overtaken by the last report
			return
		}
		s.reports = append(s.reports, report)
		fmt.Fprintf(w, `{"accepted": %v}`, !s.refuse && report.Epoch == s.epoch && report.Host == "h1")
	}
}

func (s *server) set(change func()) { s.guard.Lock(); defer s.guard.Unlock(); change() }

func (s *server) seen() []market.Report {
	s.guard.Lock()
	defer s.guard.Unlock()
	return slices.Clone(s.reports)
}

// against makes a reporter for a server.
func against(t *testing.T, s http.Handler) (*reporter, Options) {
	t.Helper()
	at := httptest.NewServer(s)
	t.Cleanup(at.Close)
	u, err := ParseServer(at.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Server: u, Token: func() (string, error) { return "secret", nil }, About: About{Host: "h1"}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	return newReporter(o), o
}

// TestDeliver follows what becomes of reports: only the newest goes out, under rising numbers, and Xids stay until they were taken.
func TestDeliver(t *testing.T) {
	s := &server{}
	r, _ := against(t, s)
	sweep := func(name, xid string) Sweep {
		return Sweep{At: time.Now(), Cards: []market.ReportedCard{{Name: name}}, Xids: []market.ReportedXid{{ID: xid, Xid: 79}}}
	}
	s.set(func() { s.status = http.StatusBadGateway })
	r.put(sweep("old", "1"))
	if err := r.deliver(t.Context()); err == nil || r.epoch != 1 {
		t.Fatalf("%v in epoch %d", err, r.epoch)
	}
	s.set(func() { s.status = 0 })
	r.put(sweep("new", "2"))
	if err := r.deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.seen(); len(got) != 1 || got[0].Cards[0].Name != "new" || len(got[0].Xids) != 2 || got[0].Seq != 2 || got[0].Epoch != 1 {
		t.Errorf("got %+v", got)
	}
	if err := r.deliver(t.Context()); err != nil || len(s.seen()) != 1 || len(r.xids) != 0 {
		t.Errorf("sent again: %v, %v", err, s.seen())
	}
	for _, refusal := range []func(){func() { s.epoch++ }, func() { s.status = http.StatusConflict }} {
		s.set(refusal)
		r.put(sweep("next", "3"))
		if err := r.deliver(t.Context()); err == nil || r.epoch != 0 {
			t.Errorf("an epoch that is over: %v, %d", err, r.epoch)
		}
		s.set(func() { s.status = 0 })
		if err := r.deliver(t.Context()); err != nil || r.epoch != s.epoch || r.seq != 1 {
			t.Errorf("after another hello: %v, epoch %d, number %d", err, r.epoch, r.seq)
		}
	}
}

// TestPause holds how long is waited after which failure, but for a tenth.
func TestPause(t *testing.T) {
	r := &reporter{}
	for _, c := range []struct {
		err  error
		want time.Duration
	}{{errOutdated, time.Second}, {errOutdated, 2 * time.Second}, {fmt.Errorf("hello: %w", errRefused), refusedWait}, {&statusError{after: 9 * time.Second}, 9 * time.Second}} {
		if got := r.pause(c.err); got < c.want*9/10 || got > c.want*11/10 {
			t.Errorf("after %v: %s", c.err, got)
		}
	}
}

// TestRun reports a demonstration until it is stopped; the last report says so.
func TestRun(t *testing.T) {
	s := &server{}
	_, o := against(t, s)
	demo, err := NewDemo(DemoDGXH200, "h1", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	o.Source, o.Interval = demo, time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { Run(ctx, o); close(ended) }()
	eventually(t, "three reports came", func() bool { return len(s.seen()) >= 3 })
	stop()
	<-ended
	got := s.seen()
	for i, r := range got {
		if r.Seq < 1 || i > 0 && r.Seq <= got[i-1].Seq || len(r.Cards) != 8 || r.Final && i != len(got)-1 {
			t.Errorf("report %d: epoch %d, number %d, final %v", i, r.Epoch, r.Seq, r.Final)
		}
	}
	if !got[len(got)-1].Final {
		t.Error("the last report does not say so")
	}
}

// TestParseServer holds that a token never goes over the network unencrypted.
func TestParseServer(t *testing.T) {
	for address, fine := range map[string]bool{"https://x.example": true, "http://127.0.0.1:1": true, "http://[::1]:1": true, "http://localhost": true,
		"http://x.example": false, "http://127.0.0.1.x.example": false, "https://a:b@x.example": false, "ftp://localhost": false, "": false} {
		if _, err := ParseServer(address); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}
