package scrapers

import (
	"testing"

	"gpuhour/market"
)

// TestShadeformCapture checks the recorded rows, eight types in seventeen regions, against what they print. Their envelope is not the
// provider's own.
func TestShadeformCapture(t *testing.T) {
	offers := checkCaptured(t, "shadeform", 17, map[string]wanted{
		"shadeform/gpu_8x_a6000%20imwt/desmoines-usa-2/on-demand":                                  {"392 cents are for all eight cards", "3.92 USD INSTANCE PT1H", "0.49", "8"},
		"shadeform/rtx4090x8%20boostrun%20baremetal/raleigh-usa-1/on-demand":                       {"the whole machine is another thing than a virtual one", "3.92 USD INSTANCE PT1H", "0.49", "8"},
		"shadeform/l4-1-24g%20scaleway/paris-france-5/on-demand":                                   {"95 cents for one card", "0.95 USD INSTANCE PT1H", "0.95", "1"},
		"shadeform/l4-1-24g%20scaleway/paris-france-1/on-demand":                                   {"stock is a region's, not a city's", "0.95 USD INSTANCE PT1H", "0.95", "1"},
		"shadeform/gpu-h200-sxm%7C8gpu-128vcpu-1600gb%20excesssupply/helsinki-finland-4/on-demand": {"3613 cents do not divide by eight", "36.13 USD INSTANCE PT1H", "4.51625", "8"},
		"shadeform/n3-h100-sxm5x8%20hyperstack/montreal-canada-2/on-demand":                        {"", "25.6 USD INSTANCE PT1H", "3.2", "8"},
		"shadeform/n3-h100-sxm5x8%20hyperstack/canada-2/on-demand":                                 {"a display name that is no place", "25.6 USD INSTANCE PT1H", "3.2", "8"},
		"shadeform/n2-a100x8-nvlink-v2%20hyperstack/montreal-canada-2/on-demand":                   {"bridged cards are PCIe cards", "11.2 USD INSTANCE PT1H", "1.4", "8"},
		"shadeform/a100_40gb_sxm_8x%20denvr/calgary-canada-1/on-demand":                            {"40 GB, not 80", "11.2 USD INSTANCE PT1H", "1.4", "8"},
	})
	said := map[string]struct {
		gpu, country string
		stock        market.Stock
	}{
		"shadeform/gpu_8x_a6000%20imwt/desmoines-usa-2/on-demand":                                  {"nvidia/rtx-a6000-pcie-48gb", "US", market.SoldOut},
		"shadeform/rtx4090x8%20boostrun%20baremetal/raleigh-usa-1/on-demand":                       {"nvidia/rtx-4090-pcie-24gb", "US", market.SoldOut},
		"shadeform/l4-1-24g%20scaleway/paris-france-5/on-demand":                                   {"nvidia/l4-pcie-24gb", "FR", market.Available},
		"shadeform/l4-1-24g%20scaleway/paris-france-1/on-demand":                                   {"nvidia/l4-pcie-24gb", "FR", market.SoldOut},
		"shadeform/gpu-h200-sxm%7C8gpu-128vcpu-1600gb%20excesssupply/helsinki-finland-4/on-demand": {"nvidia/h200-sxm-141gb", "FI", market.SoldOut},
		"shadeform/n3-h100-sxm5x8%20hyperstack/montreal-canada-2/on-demand":                        {"nvidia/h100-sxm-80gb", "CA", market.Available},
		"shadeform/n3-h100-sxm5x8%20hyperstack/canada-2/on-demand":                                 {"nvidia/h100-sxm-80gb", "", market.SoldOut},
		"shadeform/n2-a100x8-nvlink-v2%20hyperstack/montreal-canada-2/on-demand":                   {"nvidia/a100-pcie-80gb", "CA", market.SoldOut},
		"shadeform/a100_40gb_sxm_8x%20denvr/calgary-canada-1/on-demand":                            {"nvidia/a100-sxm-40gb", "CA", market.Available},
	}
	for id, want := range said {
		if o := offers[id]; o.GpuID != want.gpu || o.Country != want.country || o.Stock != want.stock || o.Kind != market.Aggregator {
			t.Errorf("%s: got %q in %q, %s, of a %s, want %q in %q, %s", id, o.GpuID, o.Country, o.Stock, o.Kind, want.gpu, want.country, want.stock)
		}
	}
}

// TestShadeformKey sends the key in a header, and none where there is none.
func TestShadeformKey(t *testing.T) {
	for key, want := range map[string]string{"": "", "not-a-real-key": "not-a-real-key"} {
		first := shadeform{}.Sheets(Settings{Key: key})[0].First
		if got := first.Header.Get("X-Api-Key"); got != want || first.URL != "https://api.shadeform.ai/v1/instances/types" {
			t.Errorf("with the key %q: header %q, address %s", key, got, first.URL)
		}
	}
}
