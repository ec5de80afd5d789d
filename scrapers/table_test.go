package scrapers

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestGrid(t *testing.T) {
	tests := map[string]struct{ reason, html, want string }{
		"plain":           {"cells by row", "<tr><td>a<td>b<tr><td>c<td>d", "a b/c d"},
		"a cell down":     {"it stands in both rows", "<tr><td rowspan=2>a<td>b<tr><td>c", "a b/a c"},
		"a cell across":   {"it stands in both columns", "<tr><td colspan=2>a<tr><td>b<td>c", "a a/b c"},
		"both":            {"it fills a square", "<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c", "a a b/a a c"},
		"the last column": {"a cell that hangs at the end", "<tr><td>a<td rowspan=2>b<tr><td>c", "a b/c b"},
		"nonsense":        {"spans of nothing are one", "<tr><td rowspan=0 colspan=-3>a<td rowspan=x>b", "a b"},
		"a table within":  {"its rows are not the outer table's", "<tr><td>a<td><table><tr><td>b</table><tr><td>c<td>d", "a b/c d"},
		"without end":     {"a page cannot make a table as large as it likes", "<tr><td rowspan=999999999>a", "a"},
	}
	for name, tt := range tests {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader("<table>" + tt.html + "</table>"))
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, row := range grid(doc.Find("table").First()) {
			rows = append(rows, strings.Join(row, " "))
		}
		if got := strings.Join(rows, "/"); got != tt.want {
			t.Errorf("%s: %s: got %s, want %s", name, tt.reason, got, tt.want)
		}
	}
}
