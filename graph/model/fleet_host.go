package model

import (
	"maps"
	"slices"
	"time"

	"gpuhour/market"
)

// FleetHost is a machine of our own, as it stands at a moment.
type FleetHost struct {
	env    *Env
	host   market.Host
	moment time.Time
}

// NewFleetHost is a host as it stands now.
func NewFleetHost(env *Env, h market.Host) *FleetHost { return &FleetHost{env, h, env.Now} }

// IsNode says that it has an id.
func (FleetHost) IsNode() {}

// ID is the host's.
func (h FleetHost) ID() string { return market.HostID(h.host.ID) }

// Hostname is what it calls itself.
func (h FleetHost) Hostname() string { return h.host.Report.Hostname }

// Label is something that the operator says of a host.
type Label struct{ Key, Value string }

// Labels are what the operator says of it.
func (h FleetHost) Labels() []Label {
	out := []Label{}
	for _, key := range slices.Sorted(maps.Keys(h.host.Report.Labels)) {
		out = append(out, Label{key, h.host.Report.Labels[key]})
	}
	return out
}

// DriverVersion is null where it cannot be asked.
func (h FleetHost) DriverVersion() *string { return optional(h.host.Report.NVML.Driver) }

// Reachable says whether its latest report is believed.
func (h FleetHost) Reachable() bool { return h.host.Reachable(h.moment) }

// LastSeenAt is when that came.
func (h FleetHost) LastSeenAt() time.Time { return h.host.ReceivedAt }

// Sample says that it does not exist.
func (h FleetHost) Sample() bool { return h.host.Report.Simulated }

// Gpus are its cards. Of those of a host that is silent, what changes from moment to moment is not shown: it is not so any more.
func (h FleetHost) Gpus() []FleetGpu {
	out := make([]FleetGpu, len(h.host.Cards))
	for i, card := range h.host.Cards {
		out[i] = FleetGpu{env: h.env, card: card, Index: -1}
		if n := slices.IndexFunc(h.host.Report.Cards, func(r market.ReportedCard) bool { return r.UUID == card.UUID }); n >= 0 {
			out[i].reported, out[i].Index = h.host.Report.Cards[n], h.host.Report.Cards[n].Index
		}
		out[i].current = h.Reachable()
	}
	return out
}

// FleetGpu is one card of a host.
type FleetGpu struct {
	env  *Env
	card market.Card
	// reported is what the latest report has of it, if anything; current says that it is still so.
	reported market.ReportedCard
	current  bool
	Index    int
}

// UUID is the card's own.
func (g FleetGpu) UUID() string { return g.card.UUID }

// Name is as the driver writes it.
func (g FleetGpu) Name() string { return g.card.Name }

// Gpu is the catalogue entry, where the name says which.
func (g FleetGpu) Gpu() *Gpu { return gpuByID(g.env, g.card.GpuID) }

// State is whether it could be rented out.
func (g FleetGpu) State() market.GpuState { return g.card.State }

// Reason is why it is in that state.
func (g FleetGpu) Reason() *string { return optional(g.card.Reason) }

// MemoryTotalMiB is all its memory, which does not change.
func (g FleetGpu) MemoryTotalMiB() *int { return g.reported.MemoryTotalMiB }

// MemoryUsedMiB is what of it is in use.
func (g FleetGpu) MemoryUsedMiB() *int { return reading(g, g.reported.MemoryUsedMiB) }

// Utilization is in percent.
func (g FleetGpu) Utilization() *int { return reading(g, g.reported.UtilizationPercent) }

// TemperatureC is in degrees Celsius.
func (g FleetGpu) TemperatureC() *int { return reading(g, g.reported.TemperatureC) }

// PowerWatts is the power drawn.
func (g FleetGpu) PowerWatts() *float64 {
	milliwatts := reading(g, g.reported.PowerMilliwatts)
	if milliwatts == nil {
		return nil
	}
	return new(float64(*milliwatts) / 1000)
}

// Processes are of all kinds; null where not all can be counted.
func (g FleetGpu) Processes() *int {
	sum := 0
	for _, n := range []*int{g.reported.ComputeProcesses, g.reported.GraphicsProcesses, g.reported.MPSProcesses} {
		if n == nil {
			return nil
		}
		sum += *n
	}
	return reading(g, &sum)
}

// reading is what a report said, as long as it is so.
func reading[T any](g FleetGpu, v *T) *T {
	if !g.current {
		return nil
	}
	return v
}

// MigInstances are the parts that it is divided into.
func (g FleetGpu) MigInstances() []MigInstance {
	out := make([]MigInstance, len(g.reported.MIG))
	for i, m := range g.reported.MIG {
		out[i] = MigInstance{UUID: m.UUID, Profile: m.Profile, MemoryMiB: m.MemoryMiB, State: market.InstanceState(g.card.State, m)}
	}
	return out
}

// MigInstance is a part of a card.
type MigInstance struct {
	UUID, Profile string
	MemoryMiB     int
	State         market.GpuState
}
