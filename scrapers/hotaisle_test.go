package scrapers

import "testing"

// TestHotAisleCapture checks the recorded page against what its cards print. The recording has the headlines only, without the plans.
func TestHotAisleCapture(t *testing.T) {
	offers := checkCaptured(t, "hotaisle", 4, map[string]wanted{
		"hotaisle/virtual%20machines%201x%20mi300x/-/on-demand": {"one sentence names three sizes", "2.99 USD GPU PT1H", "2.99", "1"},
		"hotaisle/virtual%20machines%202x%20mi300x/-/on-demand": {"the price is for one card, whatever the size", "2.99 USD GPU PT1H", "2.99", "2"},
		"hotaisle/virtual%20machines%204x%20mi300x/-/on-demand": {"the last of the three", "2.99 USD GPU PT1H", "2.99", "4"},
		"hotaisle/8x%20bare%20metal/-/reserved-1":               {"a minimum of a month is a commitment", "3.39 USD GPU PT1H", "3.39", "8"},
	})
	if got := offers["hotaisle/virtual%20machines%204x%20mi300x/-/on-demand"].GpuID; got != "amd/mi300x-oam-192gb" {
		t.Errorf("the machines are said to have a %q", got)
	}
	if got := offers["hotaisle/8x%20bare%20metal/-/reserved-1"].GpuID; got != "" {
		t.Errorf("bare metal is said to have a %q, but its card names none", got)
	}
	for id, o := range offers {
		if o.Listed.Amount.String() == "1.99" {
			t.Errorf("%s has the price of existing customers", id)
		}
	}
}
