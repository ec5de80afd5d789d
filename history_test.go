package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHistoryIsServed reads a page that changes from run to run, and asks what became of one offer.
func TestHistoryIsServed(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))
	if err != nil {
		t.Fatal(err)
	}
	pages, dir := t.TempDir(), t.TempDir()
	write(t, filepath.Join(pages, "index.csv"), "url,method,file,content_type\nhttps://www.coreweave.com/pricing,GET,page.html,text/html\n")
	for _, price := range []string{"$18.40", "$18.40", "$17.60", "N/A", "$17.90"} {
		write(t, filepath.Join(pages, "page.html"), strings.ReplaceAll(string(page), "$18.40", price))
		scrapeTable(t, pages, dir, "coreweave")
	}
	var answer struct {
		Offer struct {
			History []struct {
				Price     struct{ Amount string }
				Withdrawn bool
			}
		}
	}
	serve(t, dir, "--replay", pages).ask(t, `{ offer(id: "coreweave/nvidia%20hgx%20h100/north%20america/spot") { history { at price { amount } withdrawn } } }`, &answer)
	var got []string
	for _, p := range answer.Offer.History {
		got = append(got, p.Price.Amount+map[bool]string{true: " withdrawn"}[p.Withdrawn])
	}
	if diff := cmp.Diff([]string{"18.4", "17.6", "17.6 withdrawn", "17.9"}, got); diff != "" {
		t.Errorf("(-happened +told):\n%s", diff)
	}
}
