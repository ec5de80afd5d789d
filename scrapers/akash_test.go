package scrapers

import "testing"

// TestAkashCapture checks the recorded answer, one kind of card, against what it prints.
func TestAkashCapture(t *testing.T) {
	offers := capturedOffers(t, "akash")
	if len(offers) != 1 {
		t.Errorf("%d offers, want 1", len(offers))
	}
	o := offers["akash/h100%2080gi%20sxm5/-/on-demand"]
	price, err := o.PricePerGpuHour()
	if err != nil || o.Listed.Amount.String() != "2.04" || price.String() != "2.04" || o.GpuCount.String() != "1" {
		t.Errorf("got %s for %s cards, %s a card-hour (%v), want the least bid, 2.04 for one card, not an average", o.Listed.Amount, o.GpuCount, price, err)
	}
	if o.GpusAvailable == nil || *o.GpusAvailable != 15 || o.GpuID != "nvidia/h100-sxm-80gb" || o.Listed.Tier != "cheapest bid" {
		t.Errorf("got %v cards of %q free, tier %q, want 15 of 68 H100 SXM", o.GpusAvailable, o.GpuID, o.Listed.Tier)
	}
}
