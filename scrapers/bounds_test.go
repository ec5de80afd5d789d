package scrapers

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestPagesBeyondBounds refuses what no real page is, before a tree is built or, for its text, before it is read.
func TestPagesBeyondBounds(t *testing.T) {
	tests := map[string]struct{ reason, page, says string }{
		"large":             {"more than any page has", strings.Repeat("a", largestPage+1), "larger than any real one"},
		"elements":          {"each is a node", strings.Repeat("<p>", mostTags+1), "more elements"},
		"left open":         {"each paragraph opens all of them again: this page of 1 MiB would take 16 GB", leftOpen(300) + strings.Repeat("<p>1", 1<<18), "more elements"},
		"left open with":    {"their attributes are copied too", "<b" + attributes(4000) + ">" + strings.Repeat("<p>1", 3000), "more elements"},
		"left open, hidden": {"the parser sees tags in the title of a drawing", "<svg><title>" + leftOpen(300) + "</title></svg>" + strings.Repeat("<p>1", 1<<18), "more elements"},
		"attributes":        {"every tag after it would clear the table of their names", "<p" + attributes(mostAttributes+1) + ">", "attributes"},
		"beginnings":        {"each is merged with all before", strings.Repeat("<body a>", mostRoots+1), "begins more than"},
		"without end":       {"each reads on to the end of the page", strings.Repeat("<a/x=", 1<<18), "without end"},
		"deep text":         {"each table around it would be asked for all of it", strings.Repeat("<table><tr><td>", 100) + strings.Repeat("a ", 1<<20), "more elements or text"},
		"deep":              {"the parser's own bound", strings.Repeat("<div>", 1000), "exceeds 512"},
		"empty":             {"what a broken server sends", " \n", "empty"},
		"a page with all":   {"ordinary formatting is no reason", strings.Repeat(`<p><b class="x">a <span>b</span></b> <i>c <em>d</em></i><td>`, 5000), ""},
		"styles of its own": {"elements that surely end weigh nothing", strings.Repeat("<p>", 9) + manyStyles(3000), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseHTML(Document{Body: []byte(tt.page)})
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%s: got %v, want %q", tt.reason, err, tt.says)
			}
		})
	}
}

// TestValuesBeyondBounds refuses a JSON document of more values than any real one has: each would take ten times its length.
func TestValuesBeyondBounds(t *testing.T) {
	var list []json.RawMessage
	err := decodeJSON(Document{Body: []byte("[" + strings.Repeat("0,", mostCommas+1) + "0]")}, &list)
	if err == nil || !strings.Contains(err.Error(), "more values") {
		t.Errorf("got %v, want that it has more values than any real one", err)
	}
}

// manyStyles are formatting elements that differ and that end.
func manyStyles(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<p><b style="%d">a<span>b</span></b>`, i)
	}
	return b.String()
}

// TestWeightHoldsTheTree makes pages of tags at random, many of them left open, and holds that no tree has more nodes than the page
// was weighed at: comments, scripts, foreign elements and elements that end the scope of others hide nothing.
func TestWeightHoldsTheTree(t *testing.T) {
	words := []string{
		"<b>", "<b x>", "<b y>", `<i z="1">`, `<i z="<b>">`, "<font color=red>", "<font color='>'>", "<nobr>", "<nobr a>", "<a>", "<a href=x>", "<u>", "<em q>", "<strong>", "<B x>", "<b/x>",
		"</b>", "</i>", "</font>", "</nobr>", "</a>", "</u>", "</em>", "</strong>", "<b x>text</b>", "<i z>text</b>", "<b y><span>text</span></b>", "<u r><span>x</u>", "<b s><span><span></b>", "<span>", "</span>",
		"<p>", "<p>x", "</p>", "<div>", "</div>", "<li>", "<ul>", "</ul>", "<h1>", "<button>", "</button>", "<br>", "</br>", "<hr>", "x", "text ",
		"<table>", "</table>", "<tr>", "<td>", "</td>", "<th>", "<caption>", "<col>", "<tbody>", "<select>", "</select>", "<option>", "<object>", "</object>", "<marquee>",
		"<template>", "</template>", "<svg>", "</svg>", "<title>", "</title>", "<desc>", "<foreignObject>", "<math>", "<mi>", "<style>", "</style>", "<script>", "</script>",
		"<noscript>", "</noscript>", "<!--", "-->", "<![CDATA[", "]]>", "<form>", "</form>", "<body a>", "<html b>", "<head>", "<frameset>", "<textarea>", "</textarea>", "<plaintext", "\x00",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		few := make([]string, 2+random.IntN(10))
		for i := range few {
			few[i] = words[random.IntN(len(words))]
		}
		var page strings.Builder
		for range 20 + random.IntN(400) {
			page.WriteString(few[random.IntN(len(few))])
		}
		checkWeight(t, page.String())
	}
}

func checkWeight(t *testing.T, page string) {
	t.Helper()
	w, err := weigh([]byte(page))
	if err != nil {
		return // refused
	}
	tree, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return // too deep
	}
	nodes := 0
	for range tree.Descendants() {
		nodes++
	}
	if most := w.nodes + 4; nodes > most { // html, head, body and a text before the first tag are always there
		t.Fatalf("a tree of %d nodes was weighed at %d:\n%s", nodes, most, page)
	}
}
