//go:build linux && cgo

package fleet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// card0 and card1 are two idle cards with the values of an H200.
const (
	idle  = ` total=143771 reserved=614 used=0 util=0 temp=28 power=77000 recovery=0 remap=0 remapfailed=0 ecc=0 reasons=1 width=16 widthmax=16 fabric=3 fabricstatus=0 fabrichealth=426 mig=0 migpending=0` + "\n"
	card0 = `gpu 0 name="NVIDIA H200" uuid=GPU-aaaa bus=00000000:18:00.0` + idle
	card1 = `gpu 1 name="NVIDIA H200" uuid=GPU-bbbb bus=00000000:2A:00.0` + idle
	two   = "driver 580.159.03\n" + card0 + card1
)

// idleCard is card0 as a report has it.
func idleCard() market.ReportedCard {
	return market.ReportedCard{UUID: "GPU-aaaa", Name: "NVIDIA H200", BusID: "00000000:18:00.0", MemoryTotalMiB: ptr(143771), MemoryReservedMiB: ptr(614),
		MemoryUsedMiB: ptr(0), UtilizationPercent: ptr(0), TemperatureC: ptr(28), PowerMilliwatts: ptr(int64(77000)), ComputeProcesses: ptr(0), GraphicsProcesses: ptr(0),
		MPSProcesses: ptr(0), RecoveryAction: ptr(0), RemapPending: ptr(false), RemapFailed: ptr(false), UncorrectedECC: ptr(int64(0)), ClockReasons: ptr(uint64(1)),
		PCIeWidth: ptr(16), PCIeWidthMax: ptr(16), FabricState: ptr(3), FabricStatus: ptr(0), FabricHealth: ptr(uint32(0)), MIGCurrent: ptr(false), MIGPending: ptr(false)}
}

// TestCard reads one card through the real dlopen, as it differs from one that is idle and well.
func TestCard(t *testing.T) {
	for _, c := range []struct {
		name, library, script string
		want                  func(*market.ReportedCard)
	}{
		{"nothing runs", "new.so", "", func(*market.ReportedCard) {}},
		{"a tenant: memory without what is reserved, and more processes than there was room for at first", "new.so", "gpu 0 used=70000 util=97 power=628000 reasons=0\nproc 0 compute 3\n",
			func(c *market.ReportedCard) {
				c.MemoryUsedMiB, c.UtilizationPercent, c.PowerMilliwatts, c.ClockReasons, c.ComputeProcesses = ptr(70000), ptr(97), ptr(int64(628000)), ptr(uint64(0)), ptr(3)
			}},
		{"a screen and an MPS server", "new.so", "proc 0 graphics 1\nproc 0 mps 2\n", func(c *market.ReportedCard) { c.GraphicsProcesses, c.MPSProcesses = ptr(1), ptr(2) }},
		{"the handle cannot be had: nothing but the code is known", "new.so", "gpu 0 state=15\n", func(c *market.ReportedCard) {
			*c = market.ReportedCard{Code: 15, Call: "nvmlDeviceGetHandleByIndex"}
		}},
		{"999 on this card alone", "new.so", "gpu 0 state=999\n", func(c *market.ReportedCard) { *c = market.ReportedCard{Code: 999, Call: "nvmlDeviceGetHandleByIndex"} }},
		{"it falls off the bus while it is read: the rest is not asked", "new.so", "ret nvmlDeviceGetUtilizationRates#0 15\n", func(c *market.ReportedCard) {
			*c = market.ReportedCard{UUID: c.UUID, Name: c.Name, BusID: c.BusID, MemoryTotalMiB: c.MemoryTotalMiB, MemoryReservedMiB: c.MemoryReservedMiB,
				MemoryUsedMiB: c.MemoryUsedMiB, Code: 15, Call: "nvmlDeviceGetUtilizationRates"}
		}},
		{"a reset is required, and the field says so too", "new.so", "ret nvmlDeviceGetTemperature#0 16\ngpu 0 recovery=1\n", func(c *market.ReportedCard) {
			c.TemperatureC, c.RecoveryAction, c.Code, c.Call = nil, ptr(1), 16, "nvmlDeviceGetTemperature"
		}},
		{"rows wait to be remapped, and others could not be", "new.so", "gpu 0 remap=1 remapfailed=1\n", func(c *market.ReportedCard) { c.RemapPending, c.RemapFailed = ptr(true), ptr(true) }},
		{"uncorrectable errors, a slowdown, a lane gone", "new.so", "gpu 0 ecc=2 reasons=8 width=8\n", func(c *market.ReportedCard) {
			c.UncorrectedECC, c.ClockReasons, c.PCIeWidth = ptr(int64(2)), ptr(uint64(8)), ptr(8)
		}},
		{"what a card does not support is unknown and no fault", "new.so", "gpu 0 total=na util=na power=na ecc=na remap=na recovery=na fabric=na mig=na width=na widthmax=na\n",
			func(c *market.ReportedCard) {
				*c = market.ReportedCard{UUID: c.UUID, Name: c.Name, BusID: c.BusID, TemperatureC: c.TemperatureC, ComputeProcesses: c.ComputeProcesses,
					GraphicsProcesses: c.GraphicsProcesses, MPSProcesses: c.MPSProcesses, ClockReasons: c.ClockReasons}
			}},
		{"what may not be read is unknown and no fault", "new.so", "ret nvmlDeviceGetComputeRunningProcesses_v3 4\n", func(c *market.ReportedCard) { c.ComputeProcesses = nil }},
		{"bandwidth of the fabric degraded, no partition", "new.so", "gpu 0 fabric=2 fabricstatus=27 fabrichealth=1193\n", func(c *market.ReportedCard) {
			c.FabricState, c.FabricStatus, c.FabricHealth = ptr(2), ptr(27), ptr(uint32(0x401)) // 1193 is 0x4a9
		}},
		{"MIG will be on after a reset", "new.so", "gpu 0 migpending=1\n", func(c *market.ReportedCard) { c.MIGPending = ptr(true) }},
		{"driver 470 lacks the young calls: they are not made", "old.so", "gpu 0 used=1\nproc 0 compute 2\nproc 0 mps 1\n", func(c *market.ReportedCard) {
			c.MemoryUsedMiB, c.MemoryReservedMiB, c.UsedIncludesReserved = ptr(615), nil, true
			c.FabricState, c.FabricStatus, c.FabricHealth, c.ComputeProcesses, c.MPSProcesses = nil, nil, nil, ptr(2), ptr(1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newFake(t, c.library, two+c.script).probe(ProcessOptions{}).Sweep(t.Context())
			if s.NVML.State != market.NVMLReady || len(s.Cards) != 2 {
				t.Fatalf("got %+v", s)
			}
			want := idleCard()
			c.want(&want)
			if diff := cmp.Diff(want, s.Cards[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s.Cards[1].UUID != "GPU-bbbb" || s.Cards[1].Code != 0 || s.Cards[1].Index != 1 {
				t.Errorf("the card beside it: %+v", s.Cards[1])
			}
		})
	}
}

// TestHost is what concerns all cards.
func TestHost(t *testing.T) {
	ready := market.ReportedNVML{State: market.NVMLReady, Driver: "580.159.03", Library: "13.580.159.03", CUDA: "13.1"}
	for _, c := range []struct {
		name, library, script string
		state                 market.NVMLState
		code, cards           int
	}{
		{"well", "new.so", two, market.NVMLReady, 0, 2},
		{"no cards at all", "new.so", "driver 580.159.03\n", market.NVMLReady, 0, 0},
		{"no library", "none.so", two, market.NVMLLibraryMissing, 12, 0},
		{"no driver", "new.so", "init 9\n" + two, market.NVMLNotLoaded, 9, 0},
		{"an upgrade without a restart", "new.so", "init 18\n" + two, market.NVMLMismatch, 18, 0},
		{"no permission to begin with", "new.so", "init 4\n" + two, market.NVMLNoPermission, 4, 0},
		{"not ready at boot", "new.so", "init 27\n" + two, market.NVMLFailed, 27, 0},
		{"no permission for any card", "new.so", two + "gpu 0 state=4\ngpu 1 state=4\n", market.NVMLNoPermission, 4, 2},
		{"999 on all cards is the host", "new.so", two + "gpu 0 state=999\ngpu 1 state=999\n", market.NVMLFailed, 999, 2},
		{"999 on the only card may be the card", "new.so", "driver 580.159.03\n" + card0 + "gpu 0 state=999\n", market.NVMLReady, 0, 1},
		{"all cards lost are lost cards", "new.so", two + "gpu 0 state=15\ngpu 1 state=15\n", market.NVMLReady, 0, 2},
		{"the cards cannot be counted", "new.so", two + "ret nvmlDeviceGetCount_v2 999\n", market.NVMLFailed, 999, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newFake(t, c.library, c.script).probe(ProcessOptions{}).Sweep(t.Context())
			if s.NVML.State != c.state || s.NVML.Code != c.code || len(s.Cards) != c.cards || (s.NVML.Problem == "") != (c.code == 0) {
				t.Errorf("got %+v", s)
			}
			if diff := cmp.Diff(ready, s.NVML); c.state == market.NVMLReady && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTenantComesAndGoes follows a card over sweeps of one probe.
func TestTenantComesAndGoes(t *testing.T) {
	p := newFake(t, "new.so", two+"at 2 proc 0 compute 1\nat 2 gpu 0 used=70000\nat 3 proc 0 compute 0\nat 3 gpu 0 used=0\nat 4 gpu 0 state=15\n").probe(ProcessOptions{})
	var got []string
	for range 4 {
		c := p.Sweep(t.Context()).Cards[0]
		if c.Code != 0 {
			got = append(got, fmt.Sprintf("%s code %d", c.UUID, c.Code)) // the UUID is remembered
			continue
		}
		got = append(got, fmt.Sprintf("%d processes, %d MiB", *c.ComputeProcesses, *c.MemoryUsedMiB))
	}
	if diff := cmp.Diff([]string{"0 processes, 0 MiB", "1 processes, 70000 MiB", "0 processes, 0 MiB", "GPU-aaaa code 15"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestScriptIsReadAnew holds that a test can drive a running probe.
func TestScriptIsReadAnew(t *testing.T) {
	f := newFake(t, "new.so", two)
	p := f.probe(ProcessOptions{})
	if s := p.Sweep(t.Context()); len(s.Cards) != 2 {
		t.Fatalf("got %+v", s)
	}
	f.play("driver 580.159.03\n" + card0)
	if s := p.Sweep(t.Context()); len(s.Cards) != 1 {
		t.Errorf("got %+v", s)
	}
}

// TestMIG reads a card in pieces: two instances that share the memory of one GPU instance, one of the smallest, one with media extensions.
func TestMIG(t *testing.T) {
	s := newFake(t, "new.so", two+`gpu 0 mig=1 migpending=1 util=na remap=na
mig 0 0 uuid=MIG-a gi=2 ci=0 gislices=3 slices=1 mem=71424 used=9000 procs=1
mig 0 1 uuid=MIG-b gi=2 ci=1 gislices=3 slices=2 mem=71424 used=9000 procs=2
mig 0 3 uuid=MIG-c gi=9 ci=0 gislices=1 slices=1 mem=16384
mig 0 4 uuid=MIG-d gi=10 ci=0 gislices=1 slices=1 mem=16384 ofa=1
`).probe(ProcessOptions{}).Sweep(t.Context())
	want := []market.ReportedMIG{
		{UUID: "MIG-a", GPUInstance: 2, ComputeInstance: 0, Profile: "1c.3g.71gb", MemoryMiB: 71424, MemoryUsedMiB: ptr(9000), Processes: ptr(1)},
		{UUID: "MIG-b", GPUInstance: 2, ComputeInstance: 1, Profile: "2c.3g.71gb", MemoryMiB: 71424, MemoryUsedMiB: ptr(9000), Processes: ptr(2)},
		{UUID: "MIG-c", GPUInstance: 9, Profile: "1g.18gb", MemoryMiB: 16384, MemoryUsedMiB: ptr(0), Processes: ptr(0)},
		{UUID: "MIG-d", GPUInstance: 10, Profile: "1g.18gb+me", MemoryMiB: 16384, MemoryUsedMiB: ptr(0), Processes: ptr(0)},
	}
	if diff := cmp.Diff(want, s.Cards[0].MIG); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := s.Cards[0]; c.ComputeProcesses == nil || *c.ComputeProcesses != 3 || c.UtilizationPercent != nil || !*c.MIGCurrent || c.Code != 0 {
		t.Errorf("got %+v", c)
	}
}

// TestXids waits for two errors that happen during sweeps: each is told once, with an id of its own.
func TestXids(t *testing.T) {
	p := newFake(t, "new.so", two+"at 2 xid 1 79\nat 2 xid 0 13\n").probe(ProcessOptions{})
	ids, got := map[string]bool{}, map[string]int{}
	eventually(t, "both Xids are told", func() bool {
		for _, x := range p.Sweep(t.Context()).Xids {
			got[x.UUID], ids[x.ID] = x.Xid, true
		}
		return len(got) == 2
	})
	if diff := cmp.Diff(map[string]int{"GPU-bbbb": 79, "GPU-aaaa": 13}, got); diff != "" || len(ids) != 2 {
		t.Errorf("ids %v (-want +got):\n%s", ids, diff)
	}
	if again := p.Sweep(t.Context()).Xids; again != nil {
		t.Errorf("told again: %v", again)
	}
}

// TestOneCardHangs lets a call about one card hang: the sweep goes on without it, does not wait for it again, and takes it in when it returns.
func TestOneCardHangs(t *testing.T) {
	f := newFake(t, "new.so", two+"delay nvmlDeviceGetPowerUsage#0 600000\n")
	p := f.probe(ProcessOptions{AnswerWait: 20 * time.Second})
	first, again := p.Sweep(t.Context()), p.Sweep(t.Context())
	if c := first.Cards[0]; !c.Hung || c.Call != "nvmlDeviceGetPowerUsage" || c.UUID != "GPU-aaaa" || c.Code != 0 || first.Cards[1].Hung {
		t.Errorf("at first %+v", first)
	}
	if c := again.Cards[0]; !c.Hung || c.Call != "nvmlDeviceGetHandleByIndex" || c.UUID != "GPU-aaaa" || again.Cards[1].Hung || again.NVML.State != market.NVMLReady {
		t.Errorf("again %+v", again)
	}
}

// TestSlowCardComesBack lets the first call about a card return after its deadline.
func TestSlowCardComesBack(t *testing.T) {
	f := newFake(t, "new.so", two+"delay nvmlDeviceGetName#0 500\n")
	p := f.probe(ProcessOptions{Command: f.command("50ms"), AnswerWait: 20 * time.Second})
	if c := p.Sweep(t.Context()).Cards[0]; !c.Hung {
		t.Fatalf("got %+v", c)
	}
	f.play(two)
	eventually(t, "the card is read again", func() bool { return !p.Sweep(t.Context()).Cards[0].Hung })
}

// TestInitHangs lets the opening of the driver hang: the parent says so, kills the probe, and starts another, which finds a driver that is well.
func TestInitHangs(t *testing.T) {
	f := newFake(t, "new.so", two+"delay nvmlInit 600000\n")
	p := f.probe(ProcessOptions{AnswerWait: 50 * time.Millisecond, KillAfter: 100 * time.Millisecond, RestartWait: time.Millisecond})
	for range 3 { // until it is killed, and while there is none
		if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLHung || s.At.IsZero() || len(s.Cards) != 0 {
			t.Errorf("got %+v", s)
		}
	}
	f.play(two)
	p.o.AnswerWait, p.o.KillAfter = 20*time.Second, time.Minute
	eventually(t, "another probe answers", func() bool { return p.Sweep(t.Context()).NVML.State == market.NVMLReady })
}

// TestProbeIsKilled kills a probe: the next sweep says so, and the one after the pause is well.
func TestProbeIsKilled(t *testing.T) {
	now := time.Now()
	f := newFake(t, "new.so", two)
	p := f.probe(ProcessOptions{Now: func() time.Time { return now }})
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLReady {
		t.Fatalf("got %+v", s)
	}
	if err := p.current.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.current.ended
	for range 2 {
		if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLProbeDied || !strings.Contains(s.NVML.Problem, "killed") {
			t.Errorf("got %+v", s)
		}
	}
	now = now.Add(restartWait)
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLReady {
		t.Errorf("after the pause: %+v", s)
	}
}

// TestDriverIsInstalledLater starts before there is a driver, and after one whose library does not fit.
func TestDriverIsInstalledLater(t *testing.T) {
	f := newFake(t, "new.so", "init 18\n"+two)
	p := f.probe(ProcessOptions{RestartWait: time.Nanosecond, RestartLimit: time.Nanosecond})
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLMismatch {
		t.Fatalf("got %+v", s)
	}
	f.play(two)
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLReady {
		t.Errorf("got %+v", s)
	}
}

// TestLeaks sweeps for long and looks at the process: memory, files and threads stay as they are.
func TestLeaks(t *testing.T) {
	sweeps := 500
	if os.Getenv("GPUHOUR_SOAK") != "" {
		sweeps = 10_000
	}
	f := newFake(t, "new.so", two+"gpu 1 mig=1\nmig 1 0 uuid=MIG-a gi=2 ci=0 gislices=1 slices=1 mem=16384\nproc 0 compute 3\n")
	plain := withoutRaceDetector(t)
	p := f.probe(ProcessOptions{AnswerWait: time.Minute, Command: func() *exec.Cmd {
		c := f.command("5s")()
		c.Path = plain
		return c
	}})
	var before usage
	for i := range sweeps {
		if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLReady {
			t.Fatalf("got %+v", s)
		}
		if i == sweeps/5 {
			before = used(t, p.current.cmd.Process.Pid)
		}
	}
	after := used(t, p.current.cmd.Process.Pid)
	if after.files > before.files || after.threads > before.threads+4 || after.kilobytes > before.kilobytes+8<<10 {
		t.Errorf("after %d sweeps %+v, before %+v", sweeps, after, before)
	}
	t.Logf("%d sweeps: %+v, before %+v", sweeps, after, before)
}

// withoutRaceDetector is the test binary built plainly: the race detector's own memory grows with every goroutine that ever was.
func withoutRaceDetector(t *testing.T) string {
	t.Helper()
	if !raceDetector {
		return os.Args[0]
	}
	path := filepath.Join(t.TempDir(), "plain.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

type usage struct{ kilobytes, threads, files int }

func used(t *testing.T, pid int) usage {
	t.Helper()
	var u usage
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &u.kilobytes) // each line is one of them, or neither
		_, _ = fmt.Sscanf(line, "Threads: %d", &u.threads)
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil || u.kilobytes == 0 || u.threads == 0 {
		t.Fatalf("%v in %s", err, status)
	}
	u.files = len(files)
	return u
}
