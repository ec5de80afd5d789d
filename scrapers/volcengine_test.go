package scrapers

import (
	"os"
	"path/filepath"
	"testing"
)

// TestVolcengineCapture reads the hand-made table. It has no machine with cards, so that no offer can come of it.
func TestVolcengineCapture(t *testing.T) {
	body, err := os.ReadFile(filepath.Join(captures, "domestic", "handmade", "volcengine-GetTable.json"))
	if err != nil {
		t.Skip("no recorded answers beside the repository")
	}
	page, err := volcengine{}.Parse(Document{Body: body})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Listings) != 2 {
		t.Fatalf("%d listings, want 2", len(page.Listings))
	}
	for i, name := range []string{"ecs.g3i.large", "ecs.c3a.large"} {
		if l := page.Listings[i]; l.SKU != name || l.Refusal != "not a GPU" {
			t.Errorf("%s is refused as %q, want %s as no GPU", l.SKU, l.Refusal, name)
		}
	}
}

// TestVolcengineKnowsProcessors holds which families have no cards; a family that is not documented is not one of them.
func TestVolcengineKnowsProcessors(t *testing.T) {
	for family, want := range map[string]bool{
		"g1": true, "g3i": true, "c3a": true, "c3al": true, "r4i": true, "hfg2": true, "hfc2": true, "ebmr3i": true, "s3": true, "t3": true,
		"i3s": true, "d3c": true, "hpcc3i": true,
		"g1v": false, "g1ve": false, "g1ie": false, "gni2": false, "pni2": false, "hpcpni3ln": false, "ini2": false, "vgn2i": false, "hpcg3ib": false, "": false,
	} {
		if got := volcengineCPU.MatchString(family); got != want {
			t.Errorf("%q has processors only: %v, want %v", family, got, want)
		}
	}
}
