package scrapers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestTablesAreBoundByHeader swaps every pair of neighbouring columns with their headers, and takes every header away, in the
// pages that have tables.
func TestTablesAreBoundByHeader(t *testing.T) {
	tests := map[string]struct {
		page    string
		needed  []string
		ignored []string
	}{
		"lambda": {"lambda/prices/page.html", []string{"Plan", "VRAM/GPU", "vCPUs", "RAM", "PRICE/GPU/HR*"}, []string{"STORAGE"}},
		"ctyun":  {"ctyun/prices/page.html", []string{"规格名称", "vCPU", "内存", "显存", "显卡数", "显卡类型", "按需价格（元/小时）", "价格（元/月）"}, nil},
	}
	for id, tt := range tests {
		html := readFixture(t, tt.page)
		before := listedBy(t, registry[id], html)
		for column := range 7 {
			if after := listedBy(t, registry[id], swapped(t, html, column)); !slices.Equal(before, after) {
				t.Errorf("%s: columns %d and %d swapped: got %q, want %q", id, column, column+1, after, before)
			}
		}
		for _, header := range tt.needed {
			if _, err := registry[id].Parse(Document{Body: []byte(withoutHeader(html, header))}); err == nil || !strings.Contains(err.Error(), "has no column") {
				t.Errorf("%s without %q: got %v, want an error that names the column", id, header, err)
			}
		}
		for _, header := range tt.ignored {
			if after := listedBy(t, registry[id], withoutHeader(html, header)); !slices.Equal(before, after) {
				t.Errorf("%s without %q, which nobody reads: got %q", id, header, after)
			}
		}
	}
}

func withoutHeader(html, header string) string {
	return strings.ReplaceAll(strings.ReplaceAll(html, ">"+header+"</td>", ">Other</td>"), ">"+header+"</th>", ">Other</th>")
}

func listedBy(t *testing.T, s Scraper, html string) []string {
	t.Helper()
	page, err := s.Parse(Document{Body: []byte(html)})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range page.Listings {
		out = append(out, fmt.Sprintf("%s %s %s %s %s %s %v", l.SKU, l.Variant, l.GpuName, l.Count, l.Market, l.Price, l.CardMemoryGB))
	}
	return out
}

// swapped exchanges a column with the next in every table without spans; in a row with fewer cells nothing moves.
func swapped(t *testing.T, html string, column int) string {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("table").Each(func(_ int, table *goquery.Selection) {
		if table.Find("[rowspan]").Length() > 0 {
			return
		}
		table.Find("tr").Each(func(_ int, tr *goquery.Selection) {
			cells := tr.ChildrenFiltered("td,th")
			if cells.Length() <= column+1 {
				return
			}
			a, _ := goquery.OuterHtml(cells.Eq(column))
			b, _ := goquery.OuterHtml(cells.Eq(column + 1))
			cells.Eq(column).ReplaceWithHtml(b)
			cells.Eq(column + 1).ReplaceWithHtml(a)
		})
	})
	out, err := doc.Html()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGrid(t *testing.T) {
	tests := map[string]struct{ reason, html, want string }{
		"plain":           {"cells by row", "<tr><td>a<td>b<tr><td>c<td>d", "a b/c d"},
		"a cell down":     {"it stands in both rows", "<tr><td rowspan=2>a<td>b<tr><td>c", "a b/a c"},
		"a cell across":   {"it stands in both columns", "<tr><td colspan=2>a<tr><td>b<td>c", "a a/b c"},
		"both":            {"it fills a square", "<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c", "a a b/a a c"},
		"the last column": {"a cell that hangs at the end", "<tr><td>a<td rowspan=2>b<tr><td>c", "a b/c b"},
		"nonsense":        {"spans of nothing are one", "<tr><td rowspan=0 colspan=-3>a<td rowspan=x>b", "a b"},
		"without end":     {"a page cannot make a table as large as it likes", "<tr><td rowspan=999999999>a", "a"},
	}
	for name, tt := range tests {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader("<table>" + tt.html + "</table>"))
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, row := range grid(doc.Find("table")) {
			rows = append(rows, strings.Join(row, " "))
		}
		if got := strings.Join(rows, "/"); got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", name, tt.reason, got, tt.want)
		}
	}
}
