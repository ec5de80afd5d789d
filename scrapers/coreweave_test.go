package scrapers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// TestCoreWeaveCapture checks the recorded page against what its rows print.
func TestCoreWeaveCapture(t *testing.T) {
	offers := capturedOffers(t, "coreweave")
	if len(offers) != 32 {
		t.Errorf("%d offers, want 32", len(offers))
	}
	tests := map[string]struct{ reason, listed, perGpuHour, cards string }{
		"coreweave/nvidia%20hgx%20h100/north%20america/on-demand": {
			"the price is for eight cards; its row has a class of its own", "49.24", "6.155", "8"},
		"coreweave/nvidia%20hgx%20h100/europe/on-demand":             {"on-demand costs the same in both regions", "49.24", "6.155", "8"},
		"coreweave/nvidia%20hgx%20h100/north%20america/spot":         {"spot differs by region", "19.71", "2.46375", "8"},
		"coreweave/nvidia%20hgx%20h100/europe/spot":                  {"the last amount of a European row is spot, not inference", "19.51", "2.43875", "8"},
		"coreweave/nvidia%20gb200%20nvl72/europe/on-demand":          {"4^1 is four cards and a footnote", "42.00", "10.5", "4"},
		"coreweave/nvidia%20gh200/north%20america/on-demand":         {"one card", "6.50", "6.5", "1"},
		"coreweave/nvidia%20hgx%20b300/north%20america/spot":         {"offered as spot only", "35.84", "4.48", "8"},
		"coreweave/nvidia%20a100/europe/spot":                        {"a name that leaves the form open is still an offer", "9.51", "1.18875", "8"},
		"coreweave/nvidia%20l40/north%20america/on-demand":           {"not L40S", "10.00", "1.25", "8"},
		"coreweave/nvidia%20l40s/north%20america/spot":               {"not L40", "7.88", "0.985", "8"},
		"coreweave/nvidia%20hgx%20b200/europe/on-demand":             {"trailing zeros are kept", "68.80", "8.6", "8"},
		"coreweave/nvidia%20hgx%20h200/north%20america/spot":         {"", "20.93", "2.61625", "8"},
		"coreweave/nvidia%20hgx%20h200/europe/on-demand":             {"", "50.44", "6.305", "8"},
		"coreweave/nvidia%20gb200%20nvl72/north%20america/on-demand": {"", "42.00", "10.5", "4"},
	}
	for id, want := range tests {
		o, listed := offers[id]
		if !listed {
			t.Errorf("%s is missing: %s", id, want.reason)
			continue
		}
		price, err := o.PricePerGpuHour()
		if err != nil || o.Listed.Amount.String() != want.listed || price.String() != want.perGpuHour || o.GpuCount.String() != want.cards {
			t.Errorf("%s: %s for %s cards, %s a card-hour, want %s, %s, %s: %s", id, o.Listed.Amount, o.GpuCount, price,
				want.listed, want.cards, want.perGpuHour, want.reason)
		}
	}
	for _, absent := range []string{"coreweave/nvidia%20gb300%20nvl72/europe/spot", "coreweave/nvidia%20gh200/europe/spot", "coreweave/nvidia%20hgx%20b300/europe/on-demand"} {
		if _, listed := offers[absent]; listed {
			t.Errorf("%s is an offer, but the page prints no price for it", absent)
		}
	}
}

// TestCoreWeaveFollowsThePage changes the page and expects the listings to follow.
func TestCoreWeaveFollowsThePage(t *testing.T) {
	html := readFixture(t, "coreweave/prices/page.html")
	before := parsed(t, html)
	tests := map[string]struct {
		reason string
		change func(string) string
		check  func(t *testing.T, after []string)
	}{
		"another price": {
			reason: "an amount that changes is another price",
			change: func(s string) string { return strings.ReplaceAll(s, "$18.40", "$17.60") },
			check: func(t *testing.T, after []string) {
				if !contains(after, "NVIDIA HGX H100 NORTH AMERICA SPOT 8 $17.60") {
					t.Errorf("the new price is not there: %q", after)
				}
			},
		},
		"swapped columns": {
			reason: "columns are known by their headers, wherever they stand",
			change: swapColumns,
			check: func(t *testing.T, after []string) {
				if strings.Join(after, "\n") != strings.Join(before, "\n") {
					t.Errorf("got %q, want %q", after, before)
				}
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { tt.check(t, parsed(t, tt.change(html))) })
	}
}

// TestCoreWeaveNeedsEveryHeader takes one header away at a time.
func TestCoreWeaveNeedsEveryHeader(t *testing.T) {
	html := readFixture(t, "coreweave/prices/page.html")
	for _, header := range []string{"GPU Model", "GPU Count", "VRAM", "vCPUs", "System RAM", "On-Demand Price", "Spot Price"} {
		_, err := coreweave{}.Parse(Document{Body: []byte(strings.ReplaceAll(html, ">"+header, ">Other"))})
		if err == nil || !strings.Contains(err.Error(), "has no column") {
			t.Errorf("without %q: got %v, want an error that names the column", header, err)
		}
	}
}

func parsed(t *testing.T, html string) []string {
	t.Helper()
	page, err := coreweave{}.Parse(Document{Body: []byte(html)})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range page.Listings {
		out = append(out, strings.Join([]string{l.SKU, l.Region, string(l.Market), l.Count, l.Price}, " "))
	}
	return out
}

// swapColumns exchanges the spot and the on-demand column with their headers.
func swapColumns(html string) string {
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		panic(err)
	}
	doc.Find(".table-v2-header .table-grid, .table-row-v2 .table-grid").Each(func(_ int, grid *goquery.Selection) {
		cells := grid.Find(".table-v2-cell")
		if cells.Length() < 8 {
			return
		}
		a, b := cells.Eq(6), cells.Eq(7)
		htmlA, _ := goquery.OuterHtml(a)
		htmlB, _ := goquery.OuterHtml(b)
		a.ReplaceWithHtml(htmlB)
		b.ReplaceWithHtml(htmlA)
	})
	out, err := doc.Html()
	if err != nil {
		panic(err)
	}
	return out
}

func readFixture(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func contains(lines []string, wanted string) bool {
	for _, l := range lines {
		if l == wanted {
			return true
		}
	}
	return false
}

// TestCoreWeaveBareCardsCapture reads the recorded list of 2023: prices of bare cards, marked as such.
func TestCoreWeaveBareCardsCapture(t *testing.T) {
	body, err := os.ReadFile(filepath.Join(captures, "international/coreweave/gpu-cloud-pricing-classic-2023-09-21.html"))
	if err != nil {
		t.Skip("no recorded answers beside the repository")
	}
	page, err := coreweave{}.Parse(Document{URL: "https://www.coreweave.com/gpu-cloud-pricing", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	var reading market.Reading
	reading.Read(market.Origin{Provider: "coreweave", Kind: market.Neocloud, Sheet: "prices"}, page.Listings)
	if len(reading.Offers) != 12 || len(reading.Rejected) != 1 {
		t.Errorf("%d offers and %d rejects, want 12 and 1: the page is cut within its 13th row", len(reading.Offers), len(reading.Rejected))
	}
	// A name that leaves the form or the memory open has no catalogue entry.
	want := map[string]string{
		"coreweave/nvidia%20hgx%20h100%20bare%20card/-/on-demand":  "4.76 COMPONENT ",
		"coreweave/nvidia%20h100%20pcie%20bare%20card/-/on-demand": "4.25 COMPONENT nvidia/h100-pcie-80gb",
		"coreweave/a100%2040gb%20nvlink%20bare%20card/-/on-demand": "2.06 COMPONENT ",
		"coreweave/quadro%20rtx%204000%20bare%20card/-/on-demand":  "0.24 COMPONENT nvidia/quadro-rtx-4000-pcie-8gb",
		"coreweave/a100%2080gb%20pcie%20bare%20card/-/on-demand":   "2.21 COMPONENT nvidia/a100-pcie-80gb",
		"coreweave/a100%2080gb%20nvlink%20bare%20card/-/on-demand": "2.21 COMPONENT ",
		"coreweave/quadro%20rtx%205000%20bare%20card/-/on-demand":  "0.57 COMPONENT nvidia/quadro-rtx-5000-pcie-16gb",
		"coreweave/rtx%20a6000%20bare%20card/-/on-demand":          "1.28 COMPONENT nvidia/rtx-a6000-pcie-48gb",
	}
	for _, o := range reading.Offers {
		if w, listed := want[o.ID]; listed && w != strings.Join([]string{o.Listed.Amount.String(), string(o.Listed.Per), o.GpuID}, " ") {
			t.Errorf("%s: %s %s %s, want %s", o.ID, o.Listed.Amount, o.Listed.Per, o.GpuID, w)
		}
		delete(want, o.ID)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}
