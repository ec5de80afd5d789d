package market

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// cardUUID is the UUID of the n-th card of a test.
func cardUUID(n int) string { return fmt.Sprintf("GPU-%08x-0000-4000-8000-000000000000", n) }

func instanceUUID(n int) string { return fmt.Sprintf("MIG-%08x-0000-5000-8000-000000000000", n) }

// freeCard is an H200 as it reports when nobody uses it.
func freeCard(n int) ReportedCard {
	return ReportedCard{UUID: cardUUID(n), Index: n, Name: "NVIDIA H200", BusID: fmt.Sprintf("00000000:%02X:00.0", n),
		MemoryTotalMiB: new(143771), MemoryReservedMiB: new(614), MemoryUsedMiB: new(0), UtilizationPercent: new(0), TemperatureC: new(31),
		PowerMilliwatts: new(int64(76_000)), ComputeProcesses: new(0), GraphicsProcesses: new(0), MPSProcesses: new(0), RecoveryAction: new(0),
		RemapPending: new(false), RemapFailed: new(false), UncorrectedECC: new(int64(0)), ClockReasons: new(uint64(1)), PCIeWidth: new(16),
		PCIeWidthMax: new(16), FabricState: new(3), FabricStatus: new(0), FabricHealth: new(uint32(0x1aa)), MIGCurrent: new(false), MIGPending: new(false)}
}

// reportOf is a report of some cards, the n-th of its epoch.
func reportOf(seq int64, cards ...ReportedCard) Report {
	return Report{Schema: ReportSchema, Host: "gpu-01", Epoch: 7, Seq: seq, BootID: "boot-1", AgentVersion: "test", SampleAgeMs: 20, IntervalMs: 15_000,
		Hostname: "gpu-01.example", NVML: ReportedNVML{State: NVMLReady, Driver: "580.159.03"}, Cards: cards}
}

func TestReportCheck(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*Report)
		field  string
	}{
		"as it should be":   {"a host with two free cards", func(*Report) {}, ""},
		"schema":            {"another contract may mean other things by the same names", func(r *Report) { r.Schema = 2 }, "schema"},
		"host":              {"it is part of a path", func(r *Report) { r.Host = "a/b" }, "host"},
		"epoch":             {"hello begins with 1", func(r *Report) { r.Epoch = 0 }, "epoch"},
		"seq":               {"they begin with 1", func(r *Report) { r.Seq = -1 }, "seq"},
		"boot":              {"LOST holds for a boot", func(r *Report) { r.BootID = "" }, "bootId"},
		"sample age":        {"nothing is sampled after it was sent", func(r *Report) { r.SampleAgeMs = -1 }, "sampleAgeMs"},
		"state":             {"an unknown state says nothing", func(r *Report) { r.NVML.State = "FINE" }, "nvml.state"},
		"cards":             {"no machine has so many", func(r *Report) { r.Cards = make([]ReportedCard, MostCards+1) }, "cards"},
		"xids":              {"bounded", func(r *Report) { r.Xids = make([]ReportedXid, MostXids+1) }, "xids"},
		"long text":         {"bounded", func(r *Report) { r.Hostname = strings.Repeat("a", 257) }, "hostname"},
		"control character": {"it would be printed", func(r *Report) { r.Cards[1].Name = "H200\x1b[2J" }, "cards[1].name"},
		"label":             {"bounded", func(r *Report) { r.Labels = map[string]string{"rack": strings.Repeat("a", 300)} }, "labels.rack"},
		"no UUID":           {"a card that answers has one", func(r *Report) { r.Cards[0].UUID = "" }, "cards[0].uuid"},
		"no UUID, unwell":   {"of a card whose handle is refused it may not be known", func(r *Report) { r.Cards[0] = ReportedCard{Index: 0, Code: 999} }, ""},
		"foreign UUID":      {"NVML's begin with GPU-", func(r *Report) { r.Cards[0].UUID = strings.TrimPrefix(cardUUID(0), "GPU-") }, "cards[0].uuid"},
		"UUID twice": {"a card is counted once", func(r *Report) {
			r.Cards[1].UUID = strings.ToUpper(cardUUID(0)[4:])
			r.Cards[1].UUID = "GPU-" + r.Cards[1].UUID
		}, "cards[1].uuid"},
		"index twice":         {"the same", func(r *Report) { r.Cards[1].Index = 0 }, "cards[1].index"},
		"negative memory":     {"absurd", func(r *Report) { r.Cards[0].MemoryUsedMiB = new(-1) }, "cards[0].memoryUsedMiB"},
		"utilisation":         {"a share", func(r *Report) { r.Cards[0].UtilizationPercent = new(101) }, "cards[0].utilizationPercent"},
		"power":               {"no card takes so much", func(r *Report) { r.Cards[0].PowerMilliwatts = new(int64(1e12)) }, "cards[0].powerMilliwatts"},
		"more than there is":  {"used and reserved are parts of the total", func(r *Report) { r.Cards[0].MemoryUsedMiB = new(143_200) }, "cards[0].memoryUsedMiB"},
		"full, rounded":       {"the parts are rounded each", func(r *Report) { r.Cards[0].MemoryUsedMiB = new(143_158) }, ""},
		"full, with reserved": {"an old driver counts it as used", func(r *Report) { r.Cards[0].MemoryUsedMiB, r.Cards[0].UsedIncludesReserved = new(143_700), true }, ""},
		"memory of another":   {"an H200 of 80 GB is none", func(r *Report) { r.Cards[0].MemoryTotalMiB = new(81559) }, "cards[0].memoryTotalMiB"},
		"name of another":     {"so is an L40S of 141 GB", func(r *Report) { r.Cards[0].Name = "NVIDIA L40S" }, "cards[0].memoryTotalMiB"},
		"unknown name":        {"accepted, and never priced", func(r *Report) { r.Cards[0].Name = "NVIDIA Z900" }, ""},
		"virtual card":        {"a slice has the memory it was given", func(r *Report) { r.Cards[0].Name = "NVIDIA H200-70C" }, ""},
		"process count":       {"absurd", func(r *Report) { r.Cards[0].ComputeProcesses = new(-3) }, "cards[0].computeProcesses"},
		"instance's UUID":     {"NVML's begin with MIG-", func(r *Report) { r.Cards[0].MIG = []ReportedMIG{{UUID: cardUUID(9)}} }, "cards[0].mig[0].uuid"},
		"instance of old":     {"before driver 470", func(r *Report) { r.Cards[0].MIG = []ReportedMIG{{UUID: "MIG-" + cardUUID(0) + "/7/0"}} }, ""},
		"instances share":     {"two compute instances of one GPU instance have its memory once", func(r *Report) { r.Cards[0].MIG = halves(2, 2) }, ""},
		"instances do not":    {"three GPU instances of half a card are too many", func(r *Report) { r.Cards[0].MIG = halves(1, 2, 3) }, "cards[0].mig"},
		"xid of nobody":       {"it could not be held against any card", func(r *Report) { r.Xids = []ReportedXid{{ID: "a", Xid: 79}} }, "xids[0].uuid"},
		"xid without id":      {"it could not be counted once", func(r *Report) { r.Xids = []ReportedXid{{UUID: cardUUID(0), Xid: 79}} }, "xids[0].id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := reportOf(1, freeCard(0), freeCard(1))
			c.change(&r)
			err := r.Check()
			invalid, _ := errors.AsType[*InvalidError](err)
			if c.field == "" && err != nil || c.field != "" && (invalid == nil || invalid.Field != c.field) {
				t.Errorf("%s: got %v, want an error of %q", c.reason, err, c.field)
			}
		})
	}
}

// halves are compute instances of half an H200 in these GPU instances.
func halves(gpuInstances ...int) []ReportedMIG {
	var out []ReportedMIG
	for i, gi := range gpuInstances {
		out = append(out, ReportedMIG{UUID: instanceUUID(i), GPUInstance: gi, ComputeInstance: i, Profile: "3g.71gb", MemoryMiB: 71424, Processes: new(0), MemoryUsedMiB: new(0)})
	}
	return out
}

func TestReadReport(t *testing.T) {
	good, err := json.Marshal(reportOf(1, freeCard(0)))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ reason, text, field string }{
		"written here":    {"it comes back", string(good), ""},
		"a newer agent":   {"may tell more under the same schema", strings.Replace(string(good), `{`, `{"colour":"green",`, 1), ""},
		"white space":     {"is nothing", string(good) + "\n", ""},
		"trailing junk":   {"two reports in one are none", string(good) + string(good), "report"},
		"cut off":         {"half a report is none", string(good[:len(good)/2]), "report"},
		"not an object":   {"null is no report", "null", "schema"},
		"wrong type":      {"the field is named", strings.Replace(string(good), `"memoryTotalMiB":143771`, `"memoryTotalMiB":"much"`, 1), "cards.memoryTotalMiB"},
		"too long":        {"bounded before it is read", strings.Repeat(" ", LargestReport) + "{}", "report"},
		"a fraction":      {"there are no half processes", strings.Replace(string(good), `"computeProcesses":0`, `"computeProcesses":0.5`, 1), "cards.computeProcesses"},
		"wrong in itself": {"it is checked", strings.Replace(string(good), `"epoch":7`, `"epoch":-7`, 1), "epoch"},
	}
	for name, c := range cases {
		_, err := ReadReport([]byte(c.text))
		invalid, _ := errors.AsType[*InvalidError](err)
		if c.field == "" && err != nil || c.field != "" && (invalid == nil || invalid.Field != c.field) {
			t.Errorf("%s: %s: got %v, want an error of %q", name, c.reason, err, c.field)
		}
	}
}

// TestDriverNames holds what drivers were seen to show against the catalogue.
func TestDriverNames(t *testing.T) {
	cases := []struct {
		name string
		mib  int
		want string
	}{
		{"NVIDIA H200", 143771, "nvidia/h200-sxm-141gb"},
		{"NVIDIA H200 NVL", 143771, "nvidia/h200-nvl-141gb"},
		{"NVIDIA H100 80GB HBM3", 81559, "nvidia/h100-sxm-80gb"},
		{"NVIDIA H100 PCIe", 81559, "nvidia/h100-pcie-80gb"},
		{"NVIDIA A100-SXM4-80GB", 81920, "nvidia/a100-sxm-80gb"},
		{"NVIDIA A100-SXM4-80GB", 81252, "nvidia/a100-sxm-80gb"}, // driver 450
		{"NVIDIA A100-SXM4-40GB", 40960, "nvidia/a100-sxm-40gb"},
		{"NVIDIA A100-SXM4-40GB", 40536, "nvidia/a100-sxm-40gb"},
		{"NVIDIA L40S", 46068, "nvidia/l40s-pcie-48gb"}, // ECC takes a sixteenth
		{"NVIDIA GeForce RTX 4090", 24564, "nvidia/rtx-4090-pcie-24gb"},
		{"Tesla T4", 15360, "nvidia/t4-pcie-16gb"},
		{"NVIDIA B200", 183359, "nvidia/b200-sxm-180gb"},
		{"NVIDIA H20", 97871, "nvidia/h20-sxm-96gb"},
		{"NVIDIA GH200 480GB", 97871, "nvidia/gh200-sxm-96gb"},
		{"NVIDIA A16", 15356, "nvidia/a16-pcie-64gb"}, // a quarter of the board
		{"NVIDIA H100 80GB HBM3", 40960, ""},
		{"NVIDIA H200-70C", 71885, ""},
		{"GRID A100-10C", 10240, ""},
		{"NVIDIA Z900", 1000, ""},
	}
	for _, c := range cases {
		if got := driverGpuID(c.name, &c.mib); got != c.want {
			t.Errorf("%s with %d MiB: %q, want %q", c.name, c.mib, got, c.want)
		}
		card := ReportedCard{UUID: cardUUID(0), Name: c.name, MemoryTotalMiB: &c.mib}
		if err := reportOf(1, card).Check(); c.want != "" && err != nil {
			t.Errorf("%s with %d MiB: %v", c.name, c.mib, err)
		}
	}
}

func FuzzReadReport(f *testing.F) {
	good, err := json.Marshal(reportOf(1, freeCard(0), freeCard(1)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"schema":1,"cards":[{"mig":[{}]}]}`))
	now := time.Unix(1_790_000_000, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadReport(data)
		if err != nil {
			return
		}
		h := Host{ID: r.Host}.Take(r, now)
		h = h.Take(r, now.Add(15*time.Second))
		for _, c := range h.Cards {
			if c.State == "" || c.Reason == "" {
				t.Errorf("a card without a state or a reason: %+v", c)
			}
		}
		Capacities([]Host{h}, now)
	})
}
