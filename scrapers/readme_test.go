package scrapers

import (
	"cmp"
	"fmt"
	"os"
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
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | `%s` | %s |\n", a.ID, a.Name, a.Kind, a.Country, a.Unit, cmp.Or(a.KeyName, "none"), a.Schedule, a.Evidence)
	}
	return b.String()
}
