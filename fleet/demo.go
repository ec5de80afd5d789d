package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"gpuhour/market"
)

// Demo is a machine that does not exist, with the values of a real one. What happens on it follows from the time alone.
type Demo struct {
	host string
	now  func() time.Time
}

// DemoDGXH200 names the only demonstration there is: eight cards, of which tenants come and go on seven, and one needs a reset.
const DemoDGXH200 = "dgx-h200"

// NewDemo makes the demonstration of that name. The UUIDs of its cards follow from the host's id, so that two such machines have none in common.
func NewDemo(name, host string, now func() time.Time) (*Demo, error) {
	if name != DemoDGXH200 {
		return nil, fmt.Errorf("--demo: there is no machine %q; there is %s", name, DemoDGXH200)
	}
	return &Demo{host, now}, nil
}

// demoBuses are where the cards of a DGX H200 are.
var demoBuses = []string{"1B", "43", "52", "61", "9D", "C3", "D1", "DF"}

const (
	demoDegraded = 5
	// demoTenancy is how long a tenant stays at least.
	demoTenancy = 10 * time.Minute
)

// Sweep is the machine at this moment.
func (d *Demo) Sweep(context.Context) Sweep {
	now := d.now()
	s := Sweep{At: now, NVML: market.ReportedNVML{State: market.NVMLReady, Driver: "590.48.01", Library: "13.590.48.01", CUDA: "13.1"}}
	for i := range demoBuses {
		s.Cards = append(s.Cards, d.card(i, now))
	}
	return s
}

// Close ends nothing.
func (d *Demo) Close() {}

// card has the values that were measured on an H200, idle and under load.
func (d *Demo) card(index int, now time.Time) market.ReportedCard {
	c := market.ReportedCard{UUID: d.uuid(index), Index: index, Name: "NVIDIA H200", BusID: "00000000:" + demoBuses[index] + ":00.0",
		MemoryTotalMiB: new(143771), MemoryReservedMiB: new(614), MemoryUsedMiB: new(0), UtilizationPercent: new(0), TemperatureC: new(28 + index%3),
		PowerMilliwatts: new(int64(77_000 + 300*index)), ComputeProcesses: new(0), GraphicsProcesses: new(0), MPSProcesses: new(0),
		RecoveryAction: new(0), RemapPending: new(false), RemapFailed: new(false), UncorrectedECC: new(int64(0)), ClockReasons: new(uint64(1)),
		PCIeWidth: new(16), PCIeWidthMax: new(16), FabricState: new(3), FabricStatus: new(0), FabricHealth: new(uint32(0)),
		MIGCurrent: new(false), MIGPending: new(false)}
	switch {
	case index == demoDegraded:
		c.RemapPending, c.RecoveryAction = new(true), new(1)
	case d.busy(index, now):
		c.MemoryUsedMiB, c.UtilizationPercent, c.TemperatureC, c.PowerMilliwatts = new(131_072+64*index), new(100), new(50+index%4), new(int64(628_000-1_500*index))
		c.ComputeProcesses, c.ClockReasons = new(1), new(uint64(0))
	}
	return c
}

// busy says whether a card has a tenant: three of five times of demoTenancy, each card by itself.
func (d *Demo) busy(index int, now time.Time) bool {
	slot := now.Unix() / int64(demoTenancy.Seconds())
	return binary.BigEndian.Uint16(d.hash(fmt.Sprintf("%d %d", index, slot)))%5 < 3
}

func (d *Demo) uuid(index int) string {
	h := d.hash(fmt.Sprint(index))
	return fmt.Sprintf("GPU-%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func (d *Demo) hash(what string) []byte {
	sum := sha256.Sum256([]byte(d.host + " " + what))
	return sum[:]
}
