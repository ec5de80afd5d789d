package main

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEconomicsOverAYear reads a page three times within a year, and asks what a card earns today and what it earned then.
func TestEconomicsOverAYear(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))
	if err != nil {
		t.Fatal(err)
	}
	pages, today := t.TempDir(), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	now := today
	write(t, filepath.Join(pages, "index.csv"), "url,method,file,content_type\nhttps://www.coreweave.com/pricing,GET,page.html,text/html\n")
	write(t, filepath.Join(pages, "page.html"), "")
	a, err := newApp(t.Context(), &session{config: Config{DataDir: t.TempDir(), Replay: pages}, errs: io.Discard, log: slog.New(slog.DiscardHandler),
		now: func() time.Time { return now }}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.close() }()
	for _, read := range []struct {
		daysAgo int
		price   string
	}{{365, "$64.00"}, {30, "$56.00"}, {0, "$48.00"}} {
		now = today.AddDate(0, 0, -read.daysAgo)
		write(t, filepath.Join(pages, "page.html"), strings.ReplaceAll(string(page), "$48.00", read.price))
		if _, err := a.scrapeOnce(t.Context(), a.chosen([]string{"coreweave"})); err != nil {
			t.Fatal(err)
		}
	}
	host := httptest.NewServer(routesOf(t, a))
	defer host.Close()
	server := running{address: strings.TrimPrefix(host.URL, "http://")}
	type earned struct {
		PricePerGpuHour, RevenuePerGpuMonth string
	}
	var got struct {
		Now struct {
			earned
			Month, Year earned
			Gap         *earned
		}
		Then earned
	}
	const fields = `pricePerGpuHour revenuePerGpuMonth`
	server.ask(t, `{ now: economics(input: {gpu: "nvidia/h100-sxm-80gb", utilization: 1, capexPerGpu: 1, opexPerGpuHour: 0}) { `+fields+`
			month: before(days: 30) { `+fields+` } year: before(days: 365) { `+fields+` } gap: before(days: 100) { `+fields+` } }
		then: economics(input: {gpu: "nvidia/h100-sxm-80gb", utilization: 1, capexPerGpu: 1, opexPerGpuHour: 0, at: "2025-11-24T00:00:00Z"}) { `+fields+` } }`, &got)
	want := got
	want.Now.earned, want.Now.Month, want.Now.Year, want.Now.Gap, want.Then = earned{"6", "4320"}, earned{"7", "5040"}, earned{"8", "5760"}, nil, earned{"8", "5760"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(want.Now)); diff != "" {
		t.Errorf("(-priced +told):\n%s", diff)
	}
}
