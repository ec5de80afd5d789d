package scrapers

import "testing"

// TestVultrCapture checks the recorded lists against what their plans print.
func TestVultrCapture(t *testing.T) {
	checkCaptured(t, "vultr", 7, map[string]wanted{
		"vultr/vcg-a100-1c-6g-4vram/ewr/on-demand":         {"4 GB of 80 are a twentieth of a card: its price is not a card's", "0.123 USD INSTANCE PT1H", "2.46", "1/20"},
		"vultr/vcg-a100-12c-120g-80vram/ewr/on-demand":     {"a whole card; 1750 a month is a cap, not another price", "2.397 USD INSTANCE PT1H", "2.397", "1"},
		"vultr/vcg-a100-6c-60g-40vram/ewr/on-demand":       {"half a card", "1.397 USD INSTANCE PT1H", "2.794", "1/2"},
		"vultr/vbm-256c-2048gb-8-mi300x-gpu/ord/on-demand": {"the price is for eight cards", "17.52 USD INSTANCE PT1H", "2.19", "8"},
		"vultr/vbm-256c-2048gb-8-mi300x-gpu/ord/spot":      {"the preemptible price of the same machine", "14.72 USD INSTANCE PT1H", "1.84", "8"},
		"vultr/vbm-112c-2048gb-8-h100-gpu/sea/on-demand":   {"112 processors, eight cards", "23.92 USD INSTANCE PT1H", "2.99", "8"},
		"vultr/vbm-112c-2048gb-8-h100-gpu/sea/spot":        {"", "18.4 USD INSTANCE PT1H", "2.3", "8"},
	})
}
