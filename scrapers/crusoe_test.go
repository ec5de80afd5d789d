package scrapers

import "testing"

// TestCrusoeCapture checks the recorded page against what its rows print.
func TestCrusoeCapture(t *testing.T) {
	offers := checkCaptured(t, "crusoe", 6, map[string]wanted{
		"crusoe/nvidia%20h100%2080gb%20hgx/-/on-demand":  {"the unit is printed in the cell", "3.90 USD GPU PT1H", "3.9", "1"},
		"crusoe/nvidia%20h200%20141gb%20hgx/-/on-demand": {"", "4.29 USD GPU PT1H", "4.29", "1"},
		"crusoe/nvidia%20a100%2080gb%20sxm/-/on-demand":  {"one name twice, told apart by its tags", "2.30 USD GPU PT1H", "2.3", "1"},
		"crusoe/nvidia%20a100%2080gb%20pcie/-/on-demand": {"the other of the two", "2.00 USD GPU PT1H", "2", "1"},
		"crusoe/nvidia%20l40s%2048gb/-/on-demand":        {"an empty tag says nothing", "1.50 USD GPU PT1H", "1.5", "1"},
		"crusoe/amd%20mi300x%20192gb/-/on-demand":        {"", "3.45 USD GPU PT1H", "3.45", "1"},
	})
	checkAbsent(t, offers, "crusoe/nvidia%20h100%2080gb%20hgx/-/spot", "crusoe/nvidia%20b200%20180gb%20hgx/-/on-demand")
	cards := map[string]string{
		"crusoe/nvidia%20a100%2080gb%20sxm/-/on-demand":  "nvidia/a100-sxm-80gb",
		"crusoe/nvidia%20a100%2080gb%20pcie/-/on-demand": "nvidia/a100-pcie-80gb",
		"crusoe/nvidia%20h100%2080gb%20hgx/-/on-demand":  "nvidia/h100-sxm-80gb",
	}
	for id, want := range cards {
		if got := offers[id].GpuID; got != want {
			t.Errorf("%s is a %s, want %s: its tags say so", id, got, want)
		}
	}
}
