package scrapers

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeListsEveryProvider keeps the table equal to the code.
func TestReadmeListsEveryProvider(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- providers: written by `go test ./scrapers -update` -->\n", "<!-- /providers -->"
	before, rest, foundBegin := strings.Cut(string(text), begin)
	_, after, foundEnd := strings.Cut(rest, end)
	if !foundBegin || !foundEnd {
		t.Fatal("README.md has no place for the table")
	}
	want := before + begin + providerTable() + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("the table of providers is not what the code declares; go test ./scrapers -update writes it")
	}
}

func providerTable() string {
	var b strings.Builder
	b.WriteString("| id | name | kind | country | unit | key | read (UTC) | evidence |\n|---|---|---|---|---|---|---|---|\n")
	for _, s := range All() {
		a := s.About()
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | `%s` | %s |\n", a.ID, a.Name, a.Kind, a.Country, a.Unit, keyOf(a), a.Schedule, a.Evidence)
	}
	return b.String()
}

func keyOf(a About) string {
	if a.KeyOptional {
		return a.KeyName + ", optional"
	}
	return cmp.Or(a.KeyName, "none")
}

// TestSampleIndex keeps testdata/index.csv, which `make demo` reads, the sum of the cases "prices" (and "prices-home" and the like,
// where a provider is read in several ways) and the exchange rates.
func TestSampleIndex(t *testing.T) {
	rows := [][]string{{"url", "method", "file", "content_type", "status"}}
	cases, err := filepath.Glob("testdata/*/prices*/index.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range append(cases, "testdata/rates/index.csv") {
		rows = append(rows, sampleRows(t, index)...)
	}
	var want bytes.Buffer
	if err := csv.NewWriter(&want).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/index.csv"
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want.String() {
		t.Errorf("%s is not the sum of the cases (%v); go test ./scrapers -update writes it", path, err)
	}
}

// sampleRows are the lines of a case's index as seen from testdata.
func sampleRows(t *testing.T, index string) [][]string {
	t.Helper()
	file, err := os.Open(index)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", index, err)
	}
	at, err := indexColumns(rows)
	if err != nil {
		t.Fatalf("%s: %v", index, err)
	}
	var out [][]string
	for _, row := range rows[1:] {
		status := ""
		if at["status"] >= 0 {
			status = row[at["status"]]
		}
		out = append(out, []string{row[at["url"]], row[at["method"]], strings.TrimPrefix(filepath.Dir(index), "testdata/") + "/" + row[at["file"]], row[at["content_type"]], status})
	}
	return out
}
