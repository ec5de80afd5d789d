package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gpuhour/store"
)

// TestRatesOfThePast asks a server for the rates of days when the program did not run yet.
func TestRatesOfThePast(t *testing.T) {
	dir := t.TempDir()
	scrapeTable(t, samples, dir)
	type rate struct {
		Rate, Source string
		Date         time.Time
		AgeDays      int
	}
	var answer struct{ Then, Later, First, Rupees, Before *rate }
	serve(t, dir, "--replay", samples).ask(t, `fragment f on ExchangeRate { rate source date ageDays }
	{ then: exchangeRate(base: "USD", quote: "CNY", at: "2026-10-29T23:00:00Z") { ...f } later: exchangeRate(base: "USD", quote: "CNY", at: "2026-10-01T00:00:00Z") { ...f }
		first: exchangeRate(base: "EUR", quote: "USD", at: "1999-01-04T12:00:00Z") { ...f } rupees: exchangeRate(base: "USD", quote: "INR", at: "2026-10-29T12:00:00Z") { ...f }
		before: exchangeRate(base: "EUR", quote: "USD", at: "1998-12-31T12:00:00Z") { ...f } }`, &answer)
	tests := map[string]struct {
		reason string
		got    *rate
		want   rate
	}{
		"then":   {"the fixing of that day", answer.Then, rate{"7.02", "CFETS", time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC), 0}},
		"later":  {"a rate of eleven months ago is not shown as one of the day", answer.Later, rate{"7.15", "CFETS", time.Date(2025, 10, 31, 0, 0, 0, 0, time.UTC), 335}},
		"first":  {"the ECB's first day", answer.First, rate{"1.15", "ECB", time.Date(1999, 1, 4, 0, 0, 0, 0, time.UTC), 0}},
		"rupees": {"a currency that the day's table lacks", answer.Rupees, rate{"82.5", "ECB", time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC), 0}},
	}
	for name, tt := range tests {
		if tt.got == nil || *tt.got != tt.want {
			t.Errorf("%s: %s: got %+v, want %+v", name, tt.reason, tt.got, tt.want)
		}
	}
	if answer.Before != nil {
		t.Errorf("before any rate: got %+v", answer.Before)
	}
}

// TestHistoryOfRatesFails reads the day's rates while their history cannot be had: they are kept, and the history is asked for again.
func TestHistoryOfRatesFails(t *testing.T) {
	dir, pages := t.TempDir(), t.TempDir()
	index, err := os.ReadFile(filepath.Join(samples, "rates/index.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(pages, "rates"), os.DirFS(filepath.Join(samples, "rates"))); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(index)), "\n")
	steps := []struct {
		reason, history string // what becomes of a line about the history
		logged          bool
		days            int
	}{
		{"what was not recorded is no failure", "", false, 2},
		{"a failure is logged, and keeps no rate of the day from being kept", "500", true, 2},
		{"the next time it is read", "200", false, 7},
	}
	for _, step := range steps {
		text := "url,method,file,content_type,status\n"
		for _, line := range lines[1:] {
			switch past := strings.Contains(strings.ToLower(line), "his"); {
			case past && step.history != "":
				text += line + "," + step.history + "\n"
			case !past:
				text += line + ",\n"
			}
		}
		write(t, filepath.Join(pages, "rates", "index.csv"), text)
		code, out, errs := runCommand(t, "scrape", "coreweave", "--replay", filepath.Join(pages, "rates"), "--data-dir", dir)
		table := readTable(t, out)
		if code != 0 || table["cfets-rates"].offers != 4 || table["ecb-rates"].offers != 4 {
			t.Errorf("%s: exit code %d, %+v: %s", step.reason, code, table, errs)
		}
		if got := strings.Count(errs, "rates of the past are missing"); got != 2 && step.logged || got != 0 && !step.logged {
			t.Errorf("%s: logged %d times: %s", step.reason, got, errs)
		}
		if got := daysKept(t, dir); got != step.days {
			t.Errorf("%s: %d days are kept, want %d", step.reason, got, step.days)
		}
	}
}

// daysKept is how many days' rates a store holds.
func daysKept(t *testing.T, dir string) int {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DataDir: dir, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.RateDays(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}
