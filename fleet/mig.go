package fleet

import (
	"fmt"
	"math"

	"gpuhour/market"
)

// instances reads the MIG instances, whose handles die with them and are therefore fetched anew each time.
func (r *reading) instances(d device) {
	mode := get(r, "nvmlDeviceGetMigMode", d.MIGMode)
	if mode == nil {
		return
	}
	r.card.MIGCurrent, r.card.MIGPending = &mode.current, &mode.pending
	if !mode.current {
		return
	}
	most := get(r, "nvmlDeviceGetMaxMigDeviceCount", d.MostInstances)
	for number := 0; most != nil && number < *most; number++ {
		if i := get(r, "nvmlDeviceGetMigDeviceHandleByIndex", func() (device, int) { return d.Instance(number) }); i != nil {
			r.instance(*i)
		}
	}
	r.card.ComputeProcesses = withInstances(r.card.ComputeProcesses, r.card.MIG)
}

func (r *reading) instance(d device) {
	uuid, s := get(r, "nvmlDeviceGetUUID", d.UUID), get(r, "nvmlDeviceGetAttributes", d.Shape)
	if uuid == nil || s == nil {
		return // destroyed while it was read
	}
	m := market.ReportedMIG{UUID: *uuid, GPUInstance: s.gpuInstance, ComputeInstance: s.computeInstance, MemoryMiB: s.memoryMiB}
	if r.card.MemoryTotalMiB != nil {
		m.Profile = profile(*s, *r.card.MemoryTotalMiB)
	}
	if used := get(r, "nvmlDeviceGetMemoryInfo", d.Memory); used != nil {
		m.MemoryUsedMiB = &used.used
	}
	m.Processes = get(r, "nvmlDeviceGetComputeRunningProcesses", d.ComputeProcesses)
	r.card.MIG = append(r.card.MIG, m)
}

// withInstances counts the processes of a card with those of its instances. The card itself tells of them only to those who may know, and of an
// instance that does not tell nothing is guessed.
func withInstances(card *int, instances []market.ReportedMIG) *int {
	sum := 0
	for _, i := range instances {
		if i.Processes == nil {
			return card
		}
		sum += *i.Processes
	}
	if card != nil {
		sum = max(sum, *card)
	}
	return &sum
}

// profile is the name of an instance's profile, as nvidia-smi writes it: 1c.3g.71gb. NVML says it in no call that old drivers have; memory goes
// by eighths of the card.
func profile(s shape, totalMiB int) string {
	eighths := math.Ceil(float64(s.memoryMiB) / float64(totalMiB) * 8)
	name := fmt.Sprintf("%dg.%.0fgb", s.gpuSlices, math.Round(eighths/8*math.Ceil(float64(totalMiB)/1024)))
	if s.slices != s.gpuSlices {
		name = fmt.Sprintf("%dc.%s", s.slices, name)
	}
	if s.gpuSlices == 1 && s.ofa > 0 {
		name += "+me" // of the smallest instances, only those with the media extensions have an optical flow accelerator
	}
	return name
}
