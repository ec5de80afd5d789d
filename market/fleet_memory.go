package market

import (
	"math"
	"regexp"
	"slices"
)

// mibPerGB is how a card's memory is sold: its GB are 1024 MiB each.
const mibPerGB = 1024

// A driver shows a little less than the nominal memory, and of GDDR with ECC a sixteenth less: 46068 MiB of an L40S, 23034 of an L4.
const (
	driverTolerance = 0.015
	eccShare        = 15.0 / 16
)

// gpusOnBoard is how many GPUs a board of the catalogue is to its driver, where it is more than one.
var gpusOnBoard = map[string]float64{"A16": 4, "K80": 2, "M60": 2}

// virtualName is a driver's name for a slice of a card that a hypervisor gives to a guest, as in "NVIDIA A100-40C" or "GRID A100-2-10C".
var virtualName = regexp.MustCompile(`(?i)^GRID |\bMIG\b|-\d+[ABCQ](ME)?$`)

// driverEntries are the catalogue entries that a driver's name for a whole card can mean. Where a model comes in several forms, drivers name all but
// SXM: "NVIDIA H200" is one, "NVIDIA H200 NVL" is not.
func driverEntries(name string) []*Gpu {
	id := identifyName("", name)
	if id.Partition || virtualName.MatchString(name) {
		return nil
	}
	card := cardOf{model: id.Model, form: id.FormFactor, memoryGB: stated(id.MemoryGB, 0)}
	if id.Gpu != nil {
		return theCatalogue().only(id.Gpu.ID)
	}
	if id.MemoryGB != nil && isGraceMemory(id.Model, *id.MemoryGB) {
		card.memoryGB = 0
	}
	entries := card.fitting(theCatalogue().ofModel(id.Model))
	if sxm := (cardOf{form: "SXM"}).fitting(entries); id.FormFactor == "" && len(sxm) > 0 {
		return sxm
	}
	return entries
}

func (c *catalogue) only(id string) []*Gpu { return []*Gpu{c.byID[id]} }

// driverGpuID is the catalogue entry of a card by its driver's name and memory; empty where they do not say which.
func driverGpuID(name string, memoryMiB *int) string {
	entries := driverEntries(name)
	if memoryMiB != nil {
		entries = slices.DeleteFunc(slices.Clone(entries), func(g *Gpu) bool { return !showsMemory(g, *memoryMiB) })
	}
	if len(entries) != 1 {
		return ""
	}
	return entries[0].ID
}

// showsMemory says whether a driver may show so much memory of a card of this entry.
func showsMemory(g *Gpu, mib int) bool {
	if g.MemoryGB == nil {
		return true
	}
	gb := float64(mib) / mibPerGB * max(gpusOnBoard[g.Model], 1)
	for _, nominal := range append([]float64{*g.MemoryGB}, soldAs[g.Model]...) {
		if near(gb, nominal) || near(gb, nominal*eccShare) {
			return true
		}
	}
	return false
}

func near(gb, nominal float64) bool { return math.Abs(gb-nominal) <= nominal*driverTolerance }
