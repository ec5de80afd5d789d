package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	graphqlBlock = regexp.MustCompile("(?s)```graphql\n(.*?)```")
	curlBody     = regexp.MustCompile(`(?s)-d '(\{.*?\})'`)
	jsonBlock    = regexp.MustCompile("(?s)```json\n(.*?)```")
)

// TestReadmeQueriesRun asks what README.md tells its readers to ask, and compares the answer it shows, but for the time of reading.
func TestReadmeQueriesRun(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	scrapeTable(t, samples, dir)
	server := serve(t, dir, "--replay", samples)
	for _, block := range graphqlBlock.FindAllStringSubmatch(string(text), -1) {
		for _, query := range strings.Split(strings.TrimSpace(block[1]), "\n\n") {
			var answer json.RawMessage
			server.ask(t, query, &answer)
		}
	}
	var first struct{ Query string }
	if err := json.Unmarshal([]byte(strings.ReplaceAll(curlBody.FindStringSubmatch(string(text))[1], "\n", "")), &first); err != nil {
		t.Fatal(err)
	}
	var got, shown any
	server.ask(t, first.Query, &got)
	if err := json.Unmarshal([]byte(jsonBlock.FindStringSubmatch(string(text))[1]), &shown); err != nil {
		t.Fatal(err)
	}
	if a, b := timeless(t, map[string]any{"data": got}), timeless(t, shown); a != b {
		t.Errorf("README.md shows\n%s\nthe answer is\n%s", b, a)
	}
}

var observedAt = regexp.MustCompile(`"observedAt":"[^"]*"`)

func timeless(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return observedAt.ReplaceAllString(string(text), "")
}
