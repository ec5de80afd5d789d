package scrapers

import (
	"strings"

	"gpuhour/market"
)

// formOf is the form factor that an interconnect's name stands for, as in "SXM5" or "pcie". Where the card's own name states its form
// the interconnect adds nothing: an H100 NVL sits in a PCIe slot.
func formOf(provider, gpuName, interconnect string) string {
	word := strings.ToLower(interconnect)
	switch {
	case market.Identify(provider, gpuName).FormFactor != "":
		return ""
	case strings.HasPrefix(word, "sxm"):
		return "SXM"
	case word == "pcie":
		return "PCIe"
	}
	return ""
}
