package scrapers

import "testing"

// TestDigitalOceanCapture checks the recorded page against what its rows print.
func TestDigitalOceanCapture(t *testing.T) {
	offers := checkCaptured(t, "digitalocean", 19, map[string]wanted{
		"digitalocean/nvidia%20h100/-/on-demand":                          {"a plain name is one card", "4.41 USD INSTANCE PT1H", "4.41", "1"},
		"digitalocean/nvidia%20h100%20%288x%29/-/on-demand":               {"the price is for all eight cards", "35.28 USD INSTANCE PT1H", "4.41", "8"},
		"digitalocean/amd%20mi325x%20%288x%29/-/on-demand":                {"", "30.40 USD INSTANCE PT1H", "3.8", "8"},
		"digitalocean/amd%20mi300x/-/on-demand":                           {"", "2.59 USD INSTANCE PT1H", "2.59", "1"},
		"digitalocean/nvidia%20l40s/-/on-demand":                          {"printed as L40s", "1.57 USD INSTANCE PT1H", "1.57", "1"},
		"digitalocean/nvidia%20rtx%206000/-/on-demand":                    {"a name of several generations is still an offer", "1.57 USD INSTANCE PT1H", "1.57", "1"},
		"digitalocean/nvidia%20b300%2C%20air-cooled/-/spot":               {"spot stands under its own heading", "11.19 USD INSTANCE PT1H", "11.19", "1"},
		"digitalocean/nvidia%20b300%2C%20liquid-cooled%20%288x%29/-/spot": {"cooling keeps the ids apart", "89.52 USD INSTANCE PT1H", "11.19", "8"},
		"digitalocean/amd%20mi350x%20%288x%29/-/spot":                     {"trailing zeros are kept", "32.00 USD INSTANCE PT1H", "4", "8"},
	})
	checkAbsent(t, offers, "digitalocean/amd%20mi350x/-/on-demand", "digitalocean/nvidia%20b300/-/on-demand")
	for id, want := range map[string]string{
		"digitalocean/nvidia%20rtx%206000/-/on-demand": "", "digitalocean/nvidia%20rtx%204000/-/on-demand": "",
		"digitalocean/nvidia%20l40s/-/on-demand": "nvidia/l40s-pcie-48gb",
	} {
		if got := offers[id].GpuID; got != want {
			t.Errorf("%s is taken for %q, want %q: RTX 4000 and 6000 do not say of which generation", id, got, want)
		}
	}
}
