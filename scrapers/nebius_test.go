package scrapers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// TestNebiusCapture checks the recorded page against what its rows print.
func TestNebiusCapture(t *testing.T) {
	offers := checkCaptured(t, "nebius", 10, map[string]wanted{
		"nebius/nvidia%20hgx%20b300/-/spot":            {"preemptible comes first", "4.30 USD GPU PT1H", "4.3", "1"},
		"nebius/nvidia%20hgx%20b300/-/on-demand":       {"on-demand comes last", "7.85 USD GPU PT1H", "7.85", "1"},
		"nebius/nvidia%20hgx%20h100/-/on-demand":       {"a machine of eight is priced by the card", "3.85 USD GPU PT1H", "3.85", "1"},
		"nebius/nvidia%20hgx%20h200/-/spot":            {"", "2.45 USD GPU PT1H", "2.45", "1"},
		"nebius/nvidia%20rtx%20pro%206000/-/on-demand": {"trailing zeros are kept", "1.80 USD GPU PT1H", "1.8", "1"},
		"nebius/nvidia%20rtx%20pro%206000/-/spot":      {"less than a dollar", "0.95 USD GPU PT1H", "0.95", "1"},
		"nebius/nvidia%20hgx%20b200/-/on-demand":       {"", "7.15 USD GPU PT1H", "7.15", "1"},
		"nebius/nvidia%20hgx%20b200/-/spot":            {"", "3.95 USD GPU PT1H", "3.95", "1"},
	})
	checkAbsent(t, offers, "nebius/nvidia%20gb300%20nvl72/-/on-demand", "nebius/nvidia%20l40s%20with%20intel%20cpu/-/on-demand", "nebius/amd%20epyc%20genoa/-/on-demand")
}

// TestNebiusFollowsItsHeaders lets the columns of the tables and the fields of the blocks change places, and takes away one header
// after the other.
func TestNebiusFollowsItsHeaders(t *testing.T) {
	want := nebiusListings(t, nebiusBent(t, func([][]string) {}))
	for column := range 4 {
		swapped := nebiusBent(t, func(rows [][]string) {
			for _, row := range rows {
				if len(row) > column+1 {
					row[column], row[column+1] = row[column+1], row[column]
				}
			}
		})
		if diff := cmp.Diff(want, nebiusListings(t, swapped)); diff != "" {
			t.Errorf("with columns %d and %d in each other's place (-want +got):\n%s", column, column+1, diff)
		}
	}
	for column, header := range []string{"Item", "vCPUs", "RAM, GB", "Preemptible, GPU-hour", "On-demand, GPU-hour"} {
		without := nebiusBent(t, func(rows [][]string) { rows[0][min(column, len(rows[0])-1)] = "gone" })
		_, err := nebius{}.Parse(without)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("has no column %q", header)) {
			t.Errorf("without %q: got %v, want an error that names the column", header, err)
		}
	}
}

// TestNebiusJoinsThePieces cuts the page's data at every place: the pieces are only words together.
func TestNebiusJoinsThePieces(t *testing.T) {
	data, err := nebiusData(Document{Body: []byte(readFixture(t, "nebius/prices/page.html"))})
	if err != nil {
		t.Fatal(err)
	}
	want := nebiusListings(t, nebiusPage(data))
	for i := range data {
		if !utf8.RuneStart(data[i]) {
			continue
		}
		if got := nebiusListings(t, nebiusPage(data[:i], data[i:])); !slices.EqualFunc(got, want, samePrice) {
			t.Fatalf("cut at %d: got %v, want %v", i, got, want)
		}
	}
}

func samePrice(a, b market.Listing) bool {
	return a.SKU == b.SKU && a.Market == b.Market && a.Price == b.Price && a.Refusal == b.Refusal
}

func nebiusListings(t *testing.T, d Document) []market.Listing {
	t.Helper()
	page, err := nebius{}.Parse(d)
	if err != nil {
		t.Fatal(err)
	}
	return page.Listings
}

// nebiusPage is a page that hands over data in pieces.
func nebiusPage(pieces ...string) Document {
	var body strings.Builder
	for _, piece := range pieces {
		words, _ := json.Marshal(piece)
		fmt.Fprintf(&body, "<script>self.__next_f.push([1,%s])</script>\n", words)
	}
	return Document{Body: []byte(body.String())}
}

// nebiusBent is the case "prices" with its tables bent; the fields of their blocks come in the order of the alphabet.
func nebiusBent(t *testing.T, bend func(rows [][]string)) Document {
	t.Helper()
	data, err := nebiusData(Document{Body: []byte(readFixture(t, "nebius/prices/page.html"))})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := nebiusTables(data)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []map[string]any
	for _, table := range tables {
		var rows [][]string
		if err := json.Unmarshal(table.Table.Content, &rows); err != nil {
			t.Fatal(err)
		}
		bend(rows)
		blocks = append(blocks, map[string]any{"type": table.Type, "title": table.Title, "table": map[string]any{"content": rows}})
	}
	words, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return nebiusPage(string(words))
}
