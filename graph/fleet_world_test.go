package graph_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/graph"
	"gpuhour/market"
)

// fakeFleet keeps hosts in memory, as they were judged.
type fakeFleet struct {
	hosts      []market.Host
	capacities []market.Capacity
	points     map[string][]market.CapacityPoint
	// asked are the questions for history, changes what is to be followed, prices and holds what was set.
	asked   []string
	changes []market.FleetChange
	prices  map[string]*market.Money
	holds   map[string]string
	broken  bool
	guard   sync.Mutex
}

func newFakeFleet() *fakeFleet {
	return &fakeFleet{points: map[string][]market.CapacityPoint{}, prices: map[string]*market.Money{}, holds: map[string]string{}}
}

func (f *fakeFleet) trouble() error {
	if f.broken {
		return errStore
	}
	return nil
}

func (f *fakeFleet) Hosts(context.Context) ([]market.Host, error) {
	return f.hosts, f.trouble()
}

func (f *fakeFleet) Capacities(context.Context) ([]market.Capacity, error) {
	return f.capacities, f.trouble()
}

func (f *fakeFleet) CapacityHistory(_ context.Context, gpu string, from, to time.Time) ([]market.CapacityPoint, error) {
	f.guard.Lock()
	defer f.guard.Unlock()
	f.asked = append(f.asked, fmt.Sprint(gpu, " ", from.Format(time.TimeOnly), " ", to.Format(time.TimeOnly)))
	return f.points[gpu], f.trouble()
}

func (f *fakeFleet) SetHold(_ context.Context, target, reason string) (market.Host, error) {
	i := slices.IndexFunc(f.hosts, func(h market.Host) bool {
		return h.ID == target || slices.ContainsFunc(h.Cards, func(c market.Card) bool { return c.UUID == target })
	})
	if i < 0 {
		return market.Host{}, fmt.Errorf("hold: %w", graph.ErrNoHost)
	}
	f.holds[target] = reason
	return f.hosts[i], f.trouble()
}

func (f *fakeFleet) SetPrice(_ context.Context, gpu string, price *market.Money) (market.Capacity, error) {
	i := slices.IndexFunc(f.capacities, func(c market.Capacity) bool { return c.GpuID == gpu })
	if i < 0 {
		return market.Capacity{}, fmt.Errorf("price: %w", graph.ErrNoCards)
	}
	f.prices[gpu] = price
	return f.capacities[i], f.trouble()
}

func (f *fakeFleet) Follow(context.Context) (graph.FleetChanges, error) {
	return &fakeChanges{f.changes}, f.trouble()
}

// fakeChanges are some changes; then nothing more happens.
type fakeChanges struct{ changes []market.FleetChange }

func (f *fakeChanges) Next(ctx context.Context) (market.FleetChange, error) {
	if len(f.changes) == 0 {
		<-ctx.Done()
		return market.FleetChange{}, ctx.Err()
	}
	c := f.changes[0]
	f.changes = f.changes[1:]
	return c, nil
}

func (f *fakeChanges) Waiting() int { return len(f.changes) }

func (*fakeChanges) Cursor() string { return "" }

// a800 is what the world has a reference price of.
const a800 = "nvidia/a800-sxm-80gb"

// fleetOf is a world with three hosts of our own: one well, with a card that is divided up, one that was heard last ten minutes ago, and a simulated
// one whose driver does not say much.
func fleetOf(w *world) *world {
	w.fleet.hosts = []market.Host{silentHost(), simulatedHost(), wellHost()} // in no order
	w.fleet.capacities = []market.Capacity{
		{GpuID: a800, GpuName: "NVIDIA A800-SXM4-80GB", Total: 4, Idle: 2, Busy: 1, Unknown: 1, Lots: []market.Lot{{Size: 2, Count: 1}}},
		{GpuID: "nvidia/l40s-pcie-48gb", GpuName: "NVIDIA L40S", Total: 1, Unknown: 1},
		{GpuName: "NVIDIA Graphics Device", Total: 1, Idle: 1, Lots: []market.Lot{{Size: 1, Count: 1}}, Sample: true},
	}
	w.sells("NVIDIA A800-SXM4-80GB", "7.20")
	return w
}

// sells lets a neocloud have sold a card for so many yuan an hour since yesterday.
func (w *world) sells(gpuName, yuan string) {
	w.t.Helper()
	row := cathayRows()[1]
	row.SKU, row.GpuName = gpuName, gpuName
	oneCard := market.PointTerms{Currency: market.CNY, Per: market.PerGPU, Period: market.PerHour, GpuCount: market.Cards(1)}
	sold, err := w.told("cathay", row, market.Point{PointTerms: oneCard, At: noon.AddDate(0, 0, -1), Amount: decimal.MustParse(yuan), Stock: market.StockUnknown})
	if err != nil {
		w.t.Fatal(err)
	}
	w.more = append(w.more, sold)
}

func wellHost() market.Host {
	reported := market.ReportedCard{UUID: "GPU-1", Index: 1, Name: "NVIDIA A800-SXM4-80GB", MemoryTotalMiB: in(81920), MemoryUsedMiB: in(0), UtilizationPercent: in(0), TemperatureC: in(31),
		PowerMilliwatts: in(int64(61250)), ComputeProcesses: in(0), GraphicsProcesses: in(0), MPSProcesses: in(0)}
	divided := market.ReportedCard{UUID: "GPU-0", Index: 0, Name: "NVIDIA A800-SXM4-80GB", MemoryTotalMiB: in(81920), ComputeProcesses: in(2), GraphicsProcesses: in(0), MPSProcesses: in(1),
		MIG: []market.ReportedMIG{{UUID: "MIG-a", Profile: "1g.10gb", MemoryMiB: 9856, Processes: in(3), MemoryUsedMiB: in(4000)},
			{UUID: "MIG-b", Profile: "1g.10gb", MemoryMiB: 9856, Processes: in(0), MemoryUsedMiB: in(12)}, {UUID: "MIG-c", Profile: "1g.10gb", MemoryMiB: 9856}}}
	return market.Host{ID: "rack 1", ReceivedAt: noon.Add(-5 * time.Second), Report: market.Report{Hostname: "rack-1.example", Labels: map[string]string{"zone": "b", "rack": "1"},
		NVML: market.ReportedNVML{State: market.NVMLReady, Driver: "590.48.01"}, IntervalMs: 10_000, Cards: []market.ReportedCard{reported, divided}},
		Cards: []market.Card{{UUID: "GPU-0", Index: 0, Name: divided.Name, GpuID: a800, State: market.GpuBusy, Reason: "3 processes"},
			{UUID: "GPU-1", Index: 1, Name: reported.Name, GpuID: a800, State: market.GpuIdle},
			{UUID: "GPU-gone", Index: -1, Name: reported.Name, GpuID: a800, State: market.GpuLost, Reason: "missing from the latest report"}}}
}

func silentHost() market.Host {
	reported := market.ReportedCard{UUID: "GPU-2", Index: 0, Name: "NVIDIA L40S", MemoryTotalMiB: in(46068), MemoryUsedMiB: in(7), UtilizationPercent: in(0), TemperatureC: in(30),
		PowerMilliwatts: in(int64(35000)), ComputeProcesses: in(0), GraphicsProcesses: in(0), MPSProcesses: in(0)}
	return market.Host{ID: "far", ReceivedAt: noon.Add(-10 * time.Minute), Report: market.Report{Hostname: "far.example", IntervalMs: 10_000, Cards: []market.ReportedCard{reported}},
		Cards: []market.Card{{UUID: "GPU-2", Name: "NVIDIA L40S", GpuID: "nvidia/l40s-pcie-48gb", State: market.GpuUnknown, Reason: "the host was heard last at 11:50:00"}}}
}

func simulatedHost() market.Host {
	return market.Host{ID: "zoo", ReceivedAt: noon, Report: market.Report{Hostname: "zoo", Simulated: true, IntervalMs: 10_000,
		Cards: []market.ReportedCard{{UUID: "GPU-3", Name: "NVIDIA Graphics Device", ComputeProcesses: in(0), GraphicsProcesses: in(0)}}},
		Cards: []market.Card{{UUID: "GPU-3", Name: "NVIDIA Graphics Device", State: market.GpuIdle}}}
}
