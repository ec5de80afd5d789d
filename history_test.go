package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type pricePoint struct {
	At        time.Time
	Price     struct{ Amount string }
	Withdrawn bool
}

// TestHistoryIsServed reads a page that changes from hour to hour, and asks what became of one offer, and how the market stood at
// each of its changes.
func TestHistoryIsServed(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))
	if err != nil {
		t.Fatal(err)
	}
	pages, now := t.TempDir(), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	write(t, filepath.Join(pages, "index.csv"), "url,method,file,content_type\nhttps://www.coreweave.com/pricing,GET,page.html,text/html\n")
	write(t, filepath.Join(pages, "page.html"), "")
	a, err := newApp(t.Context(), &session{config: Config{DataDir: t.TempDir(), Replay: pages}, errs: io.Discard, log: slog.New(slog.DiscardHandler),
		now: func() time.Time { return now }}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.close() }()
	for _, price := range []string{"$18.40", "$18.40", "$17.60", "N/A", "$17.90"} {
		write(t, filepath.Join(pages, "page.html"), strings.ReplaceAll(string(page), "$18.40", price))
		if _, err := a.scrapeOnce(t.Context(), a.chosen([]string{"coreweave"})); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	host := httptest.NewServer(routesOf(t, a))
	defer host.Close()
	server := running{address: strings.TrimPrefix(host.URL, "http://")}
	var answer struct {
		Offer struct{ History []pricePoint }
	}
	server.ask(t, `{ offer(id: "coreweave/nvidia%20hgx%20h100/north%20america/spot") { history { at price { amount } withdrawn } } }`, &answer)
	var got []string
	for _, p := range answer.Offer.History {
		got = append(got, fmt.Sprintf("%s %s%s", p.At.Format("15:04"), p.Price.Amount, map[bool]string{true: " withdrawn"}[p.Withdrawn]))
		server.checkAsOf(t, p)
	}
	if diff := cmp.Diff([]string{"12:00 18.4", "14:00 17.6", "15:00 17.6 withdrawn", "16:00 17.9"}, got); diff != "" {
		t.Errorf("(-happened +told):\n%s", diff)
	}
}

// checkAsOf asks for the market at a point of an offer's history: it stands there at that price with its source, or not at all.
func (s running) checkAsOf(t *testing.T, p pricePoint) {
	t.Helper()
	var answer struct {
		Offers struct {
			Nodes []struct {
				Price  struct{ Amount string }
				Source struct{ Digest string }
				Stale  bool
			}
		}
	}
	s.ask(t, fmt.Sprintf(`{ offers(asOf: %q, filter: { search: "HGX H100", markets: [SPOT], areas: [NORTH_AMERICA] }) { nodes { price { amount } source { digest } stale } } }`,
		p.At.Format(time.RFC3339)), &answer)
	switch nodes := answer.Offers.Nodes; {
	case p.Withdrawn && len(nodes) > 0, !p.Withdrawn && len(nodes) != 1:
		t.Errorf("at %s, with %+v: %+v", p.At, p, nodes)
	case !p.Withdrawn && (nodes[0].Price != p.Price || nodes[0].Source.Digest == "" || nodes[0].Stale):
		t.Errorf("at %s, with %+v: %+v", p.At, p, nodes[0])
	}
}

// routesOf are all routes of a program that runs within the test.
func routesOf(t *testing.T, a *app) http.Handler {
	routes, _ := a.handler(t.Context())
	return routes
}
