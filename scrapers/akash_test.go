package scrapers

import "testing"

// TestAkashCapture checks the recorded answer, one kind of card, against what it prints.
func TestAkashCapture(t *testing.T) {
	offers := checkCaptured(t, "akash", 1, map[string]wanted{
		"akash/h100%2080gi%20sxm5/-/on-demand": {"the least bid, not an average", "2.04 USD GPU PT1H, cheapest bid", "2.04", "1"},
	})
	o := offers["akash/h100%2080gi%20sxm5/-/on-demand"]
	if o.GpusAvailable == nil || *o.GpusAvailable != 15 || o.GpuID != "nvidia/h100-sxm-80gb" {
		t.Errorf("got %v cards of %q free, want 15 of 68 H100 SXM", o.GpusAvailable, o.GpuID)
	}
}
