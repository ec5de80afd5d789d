package scrapers

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// outcome is what a golden file holds: all that became of a provider's recorded answers.
type outcome struct {
	Errors   []string      `json:"errors,omitempty"`
	Offers   []outcomeRow  `json:"offers,omitempty"`
	Rejected []rejectedRow `json:"rejected,omitempty"`
}

type outcomeRow struct {
	ID         string `json:"id"`
	SKU        string `json:"sku"`
	Gpu        string `json:"gpu"`
	Cards      string `json:"cards"`
	Market     string `json:"market"`
	Listed     string `json:"listed"`
	PerGpuHour string `json:"per_gpu_hour"`
	Size       string `json:"size,omitempty"`
	Place      string `json:"place,omitempty"`
	Stock      string `json:"stock"`
	Depth      string `json:"depth,omitempty"`
}

type rejectedRow struct {
	SKU    string `json:"sku"`
	Text   string `json:"text"`
	Reason string `json:"reason"`
}

// TestProviders runs every case under testdata/<provider>/<case>: its index.csv is what the provider answers, its want.json
// what must become of it. Adding a case is adding a folder.
func TestProviders(t *testing.T) {
	for _, s := range All() {
		cases, err := filepath.Glob(filepath.Join("testdata", s.About().ID, "*", "index.csv"))
		if err != nil || len(cases) == 0 {
			t.Errorf("%s has no cases under testdata", s.About().ID)
		}
		for _, index := range cases {
			dir := filepath.Dir(index)
			t.Run(s.About().ID+"/"+filepath.Base(dir), func(t *testing.T) {
				compareGolden(t, filepath.Join(dir, "want.json"), replayed(t, s, dir))
			})
		}
	}
}

// TestProviderIDsAreTheirOwn holds the ids of providers apart from those of all else that has one: GPUs and offers have slashes, alert rules
// and events a number.
func TestProviderIDsAreTheirOwn(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z]+)*$`)
	for _, s := range All() {
		id := s.About().ID
		_, isRule := market.RuleNumber(id)
		_, isEvent := market.EventNumber(id)
		if !word.MatchString(id) || isRule || isEvent {
			t.Errorf("%q may be taken for the id of something else", id)
		}
	}
}

// TestProvidersHaveTheirErrorCases holds the three things that go wrong with every page.
func TestProvidersHaveTheirErrorCases(t *testing.T) {
	for _, s := range All() {
		for _, name := range []string{"prices", "empty", "changed-layout", "challenge"} {
			if _, err := os.Stat(filepath.Join("testdata", s.About().ID, name, "want.json")); err != nil {
				t.Errorf("%s has no case %q", s.About().ID, name)
			}
		}
	}
}

func replayed(t *testing.T, s Scraper, dir string) outcome {
	t.Helper()
	answers, err := NewReplay(dir)
	if err != nil {
		t.Fatal(err)
	}
	runner, store := newTestRunner(t, answers)
	runner.Settings = map[string]Settings{s.About().ID: caseSettings(t, s, filepath.Base(dir))}
	result := runner.Scrape(t.Context(), s, time.Time{})
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return summary(t, result, store)
}

// caseSettings are what a case runs with: testdata/<provider>/<case>/settings.yaml where there is one; else a key that is none, for
// a provider that cannot be read without.
func caseSettings(t *testing.T, s Scraper, name string) Settings {
	t.Helper()
	var settings Settings
	about := s.About()
	text, err := os.ReadFile(filepath.Join("testdata", about.ID, name, "settings.yaml"))
	switch {
	case err == nil:
		if err := yaml.UnmarshalWithOptions(text, &settings, yaml.Strict()); err != nil {
			t.Fatal(err)
		}
	case about.KeyName != "" && !about.KeyOptional:
		settings.Key = "a-key"
	}
	return settings
}

func summary(t *testing.T, result Result, store *memory) outcome {
	t.Helper()
	var out outcome
	for _, run := range result.Runs {
		if run.Error != "" {
			out.Errors = append(out.Errors, run.Error)
		}
	}
	for _, c := range store.commits {
		for _, o := range c.Upserts {
			out.Offers = append(out.Offers, row(t, o))
		}
		for _, r := range c.Rejected {
			out.Rejected = append(out.Rejected, rejectedRow{r.SKU, r.Text, r.Reason})
		}
	}
	slices.SortFunc(out.Offers, func(a, b outcomeRow) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func row(t *testing.T, o market.Offer) outcomeRow {
	t.Helper()
	price, err := o.PricePerGpuHour()
	if err != nil {
		t.Fatal(err)
	}
	terms := string(o.Market)
	if o.CommitmentMonths > 0 {
		terms += " " + market.Cards(int64(o.CommitmentMonths)).String() + " months"
	}
	stock := string(o.Stock)
	if o.GpusAvailable != nil {
		stock += " " + show(*o.GpusAvailable) + " free"
	}
	return outcomeRow{
		ID: o.ID, SKU: o.SKU, Gpu: strings.Join([]string{o.GpuName, o.GpuModel, o.GpuID}, " | "), Cards: o.GpuCount.String(), Market: terms,
		Listed:     strings.Join([]string{o.Listed.Amount.String(), string(o.Listed.Currency), string(o.Listed.Per), string(o.Listed.Period)}, " ") + printedTerms(o.Listed),
		PerGpuHour: price.String(), Size: size(o), Place: strings.Trim(strings.Join([]string{o.Region, o.Country, string(o.Area)}, " | "), " |"),
		Stock: stock + kindOf(o), Depth: o.Depth.String(),
	}
}

// printedTerms are the tax and the tier, where the source prints them.
func printedTerms(p market.ListedPrice) string {
	var out string
	if p.Tax != "" {
		out += ", tax " + string(p.Tax)
	}
	if p.Tier != "" {
		out += ", " + p.Tier
	}
	return out
}

func kindOf(o market.Offer) string {
	if o.Kind == registry[o.Provider].About().Kind {
		return ""
	}
	return " (" + string(o.Kind) + ")"
}

func size(o market.Offer) string {
	var parts []string
	if o.VCPUs != nil {
		parts = append(parts, show(*o.VCPUs)+" vCPU")
	}
	if o.MemoryGB != nil {
		parts = append(parts, show(*o.MemoryGB)+" GB")
	}
	return strings.Join(parts, ", ")
}

func show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// compareGolden compares with a golden file, or rewrites it with -update.
func compareGolden(t *testing.T, path string, got any) {
	t.Helper()
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, buffer.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), buffer.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
