package scrapers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuhour/market"
)

// TestCompshareCapture checks the page's recorded Markdown, rendered as the site does, against what its rows print.
func TestCompshareCapture(t *testing.T) {
	source := capturedFile(t, "domestic/compshare/charge-bill-gpu-table-2026-06-26.md.txt")
	read := readDocument(t, "compshare", Document{URL: "https://www.compshare.cn/docs/operation/charge/bill", Body: []byte(rendered(source))})
	checkRead(t, read, 24, 12, map[string]wantOffer{
		"compshare/4090-24g%2024g/-/on-demand":  {"the price of an instance with one card is the card's", "1.66", "1.66", "1"},
		"compshare/4090-24g%2024g/-/reserved-1": {"a month is 720 hours", "1001.95", "1.391597", "1"},
		"compshare/4090-48g%2048g/-/on-demand":  {"another card than the one with 24 GB", "3.3", "3.3", "1"},
		"compshare/4090-48g%2048g/-/reserved-1": {"", "1980", "2.75", "1"},
		"compshare/2080%208g/-/reserved-1":      {"not 2080ti", "252", "0.35", "1"},
		"compshare/h20%2096g/-/reserved-1":      {"the price of a month, not of a day", "4500", "6.25", "1"},
		"compshare/v100s%2032g/-/on-demand":     {"the last row", "1.41", "1.41", "1"},
	})
}

// rendered makes the plain HTML of a page's Markdown: paragraphs, and tables of pipes.
func rendered(markdown string) string {
	var out strings.Builder
	open := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		cells, isRow := strings.CutPrefix(line, "|")
		switch {
		case isRow && !open:
			out.WriteString("<table>")
		case open && !isRow:
			out.WriteString("</table>")
		}
		open = isRow
		switch {
		case strings.HasPrefix(line, "| ---"):
		case isRow:
			out.WriteString("<tr><td>" + strings.ReplaceAll(strings.TrimSuffix(cells, "|"), "|", "</td><td>") + "</td></tr>")
		case line != "":
			out.WriteString("<p><strong>" + strings.ReplaceAll(line, "*", "") + "</strong></p>")
		}
	}
	return out.String()
}

// capturedFile is a recorded document that is not an answer as sent, so that it has no address; the test is skipped without it.
func capturedFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(captures, path))
	if err != nil {
		t.Skip("no recorded answers beside the repository")
	}
	return string(content)
}

// readDocument is what becomes of one document of a provider.
func readDocument(t *testing.T, provider string, d Document) market.Reading {
	t.Helper()
	page, err := registry[provider].Parse(d)
	if err != nil {
		t.Fatal(err)
	}
	var read market.Reading
	read.Read(market.Origin{Provider: provider, Kind: registry[provider].About().Kind, Sheet: "prices"}, page.Listings)
	read.Settle()
	return read
}

// wantOffer is an offer that a document must give, with the reason for looking at it.
type wantOffer struct{ reason, listed, perGpuHour, cards string }

func checkRead(t *testing.T, read market.Reading, offers, rejected int, want map[string]wantOffer) {
	t.Helper()
	if len(read.Offers) != offers || len(read.Rejected) != rejected {
		t.Errorf("%d offers and %d rejects, want %d and %d: %v", len(read.Offers), len(read.Rejected), offers, rejected, read.Rejected)
	}
	found := map[string]market.Offer{}
	for _, o := range read.Offers {
		found[o.ID] = o
	}
	for id, w := range want {
		o := found[id]
		price, err := o.PricePerGpuHour()
		if err != nil || o.Listed.Amount.String() != w.listed || price.String() != w.perGpuHour || o.GpuCount.String() != w.cards {
			t.Errorf("%s: %s for %s cards, %s a card-hour, want %s, %s, %s: %s", id, o.Listed.Amount, o.GpuCount, price, w.listed, w.cards, w.perGpuHour, w.reason)
		}
	}
}
