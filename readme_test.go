package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	graphqlBlock = regexp.MustCompile("(?s)```graphql\n(.*?)```")
	curlBody     = regexp.MustCompile(`(?s)-d '(\{.*?\})'`)
	jsonBlock    = regexp.MustCompile("(?s)```json\n(.*?)```")
)

// shownAnswer is a query, with the answer that stands behind it where one does.
var shownAnswer = regexp.MustCompile("(?s)```graphql\n(.*?)```(?:\n+```json\n(.*?)```)?")

// TestDocsQueriesRun asks what the pages under docs/ tell their readers to ask, and compares the answers they show.
func TestDocsQueriesRun(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(err)
	}
	dir := t.TempDir()
	scrapeTable(t, samples, dir)
	server := serve(t, dir, "--replay", samples)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range shownAnswer.FindAllStringSubmatch(string(text), -1) {
			var got, want any
			server.ask(t, block[1], &got)
			if block[2] == "" {
				continue
			}
			if err := json.Unmarshal([]byte(block[2]), &want); err != nil {
				t.Fatalf("%s: %v", page, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-shown +answered):\n%s", page, diff)
			}
		}
	}
}

// TestDocsSpeakBothLanguages holds that a page and its translation show the same numbers and programs, name the same tests, and ask as many
// questions.
func TestDocsSpeakBothLanguages(t *testing.T) {
	for _, page := range []string{"economics", "alerts"} {
		english, err := os.ReadFile("docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		chinese, err := os.ReadFile("docs/" + page + ".zh-CN.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, same := range []*regexp.Regexp{regexp.MustCompile("(?m)^```(?:json5?|js|python|text|mermaid)\n[^`]*"), regexp.MustCompile("(?m)^```graphql"), regexp.MustCompile("(?m)^## "),
			regexp.MustCompile("(?m)^\\| `[^|]*\\|"), regexp.MustCompile(`said/[a-z0-9-]+|arXiv:[0-9.]+|\bTest[A-Z]\w+`)} {
			translated := strings.NewReplacer("`、`", "`, `", "（默认）", " (default)").Replace(string(chinese))
			if diff := cmp.Diff(same.FindAllString(string(english), -1), same.FindAllString(translated, -1)); diff != "" {
				t.Errorf("%s: %s (-English +Chinese):\n%s", page, same, diff)
			}
		}
	}
}

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
			if strings.HasPrefix(query, "subscription") {
				server.firstEvent(t, query)
				continue
			}
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

// firstEvent subscribes to everything that ever was, and wants to hear of something.
func (s running) firstEvent(t *testing.T, query string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"after": beginning}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if data, is := strings.CutPrefix(lines.Text(), "data: "); is {
			if !strings.HasPrefix(data, `{"data":`) {
				t.Errorf("%s\n%s", query, data)
			}
			return
		}
	}
	t.Errorf("nothing was heard of %s", query)
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
