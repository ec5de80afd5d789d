package scrapers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuhour/market"
)

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
