package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gpuhour/market"
)

// plain is a library whose cards are all well and know nothing, but for what a test makes of them.
type plain struct {
	cards  int
	handle func(index int) (device, int)
	watch  watch
}

func (p plain) Init() int                          { return 0 }
func (p plain) Versions() (driver, _, cuda string) { return "580.159.03", "", "" }
func (p plain) Count() (int, int)                  { return p.cards, 0 }
func (p plain) Card(index int) (device, int)       { return p.handle(index) }
func (p plain) Watch(int) (watch, int) {
	if p.watch == nil {
		return nil, codeNotSupported
	}
	return p.watch, 0
}

// mute is a card that supports nothing but its name.
type mute struct{ name string }

func (m mute) UUID() (string, int)            { return "GPU-" + m.name, 0 }
func (m mute) Name() (string, int)            { return m.name, 0 }
func (m mute) BusID() (string, int)           { return "", codeNotSupported }
func (m mute) Memory() (memory, int)          { return memory{}, codeNotSupported }
func (m mute) UtilizationPercent() (int, int) { return 0, codeNotSupported }
func (m mute) TemperatureC() (int, int)       { return 0, codeNotSupported }
func (m mute) PowerMilliwatts() (int64, int)  { return 0, codeNotSupported }
func (m mute) ComputeProcesses() (int, int)   { return 0, codeNotSupported }
func (m mute) GraphicsProcesses() (int, int)  { return 0, codeNotSupported }
func (m mute) MPSProcesses() (int, int)       { return 0, codeNotSupported }
func (m mute) RecoveryAction() (int, int)     { return 0, codeNotSupported }
func (m mute) Remapping() (remapping, int)    { return remapping{}, codeNotSupported }
func (m mute) UncorrectedECC() (int64, int)   { return 0, codeNotSupported }
func (m mute) ClockReasons() (uint64, int)    { return 0, codeNotSupported }
func (m mute) PCIeWidth() (int, int)          { return 0, codeNotSupported }
func (m mute) PCIeWidthMax() (int, int)       { return 0, codeNotSupported }
func (m mute) Fabric() (fabric, int)          { return fabric{}, codeNotSupported }
func (m mute) MIGMode() (migMode, int)        { return migMode{}, codeNotSupported }
func (m mute) MostInstances() (int, int)      { return 0, codeNotSupported }
func (m mute) Instance(int) (device, int)     { return nil, codeNotFound }
func (m mute) Shape() (shape, int)            { return shape{}, codeNotSupported }

// TestHangsCostOneDeadline lets three cards of four hang at once: the sweep takes one deadline, the next one none, and no call is made about
// a card whose last one is still out.
func TestHangsCostOneDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, made := make(chan struct{}), atomic.Int32{}
		p := &prober{deadline: CallDeadline, nvml: market.ReportedNVML{State: market.NVMLReady}, library: plain{cards: 4, handle: func(index int) (device, int) {
			made.Add(1)
			if index > 0 {
				<-release
			}
			return mute{"card"}, 0
		}}}
		for sweep, want := range []struct {
			took time.Duration
			made int32
		}{{CallDeadline, 4}, {0, 5}} {
			started := time.Now()
			s := p.sweep()
			if took := time.Since(started); took != want.took || made.Load() != want.made || s.Cards[0].Hung || !s.Cards[1].Hung || !s.Cards[2].Hung || !s.Cards[3].Hung {
				t.Errorf("sweep %d took %s and %d calls: %+v", sweep, took, made.Load(), s.Cards)
			}
		}
		close(release)
		synctest.Wait()
		if s := p.sweep(); s.Cards[3].Hung || s.Cards[3].UUID != "GPU-card" {
			t.Errorf("after the calls returned: %+v", s.Cards[3])
		}
	})
}

// TestMoreCardsThanThereCanBe holds that a driver that counts nonsense costs no memory.
func TestMoreCardsThanThereCanBe(t *testing.T) {
	p := &prober{deadline: CallDeadline, library: plain{cards: 1 << 30, handle: func(int) (device, int) { return mute{"card"}, 0 }}}
	if s := p.sweep(); len(s.Cards) != market.MostCards {
		t.Errorf("%d cards", len(s.Cards))
	}
}

// failingWatch fails every wait, as the set of a lost card does.
type failingWatch struct{ at chan time.Duration }

func (w failingWatch) Wait(int) (string, int, int) {
	w.at <- 0
	return "", 0, codeUnknown
}

// TestFailedWaitsBackOff holds that waits that fail at once do not turn in circles: 1, 2, 4 ... 60 seconds lie between them.
func TestFailedWaitsBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		w, last := failingWatch{make(chan time.Duration)}, time.Now()
		go listen(ctx, plain{watch: w}, 1, newXids())
		for i, want := range []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60} {
			<-w.at
			if got := time.Since(last); got != want*time.Second {
				t.Errorf("wait %d came after %s", i, got)
			}
			last = time.Now()
		}
		stop()
		synctest.Wait()
	})
}

// TestXidsAreBounded lets a storm of one error follow another: the rare one is kept.
func TestXidsAreBounded(t *testing.T) {
	x := newXids()
	x.add("GPU-a", 79)
	x.add("GPU-a", 0) // no Xid
	for range 2 * market.MostXids {
		x.add("GPU-a", 13)
	}
	for i := range market.MostXids / 2 {
		x.add("GPU-b", 1000+i)
	}
	got := x.take()
	if len(got) != market.MostXids || got[0].Xid != 79 || got[len(got)-1].Xid != 1000+market.MostXids/2-1 {
		t.Errorf("%d, first %+v, last %+v", len(got), got[0], got[len(got)-1])
	}
	if x.take() != nil {
		t.Error("taken twice")
	}
}

// TestProbeSpeaksLines asks twice and closes: two lines of JSON, each a sweep.
func TestProbeSpeaksLines(t *testing.T) {
	var out bytes.Buffer
	p := &prober{deadline: CallDeadline, library: plain{cards: 1, handle: func(int) (device, int) { return mute{"card"}, 0 }}}
	if err := serveSweeps(t.Context(), p, strings.NewReader("\n\n"), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var s Sweep
	if err := json.Unmarshal([]byte(lines[1]), &s); err != nil || len(lines) != 2 || s.Cards[0].Name != "card" || s.NVML.Driver != "580.159.03" {
		t.Errorf("%v: %q", err, lines)
	}
}

// TestFabricTrouble reads NVML's mask, in which well is not 0.
func TestFabricTrouble(t *testing.T) {
	for _, c := range []struct {
		what       string
		mask, want uint32
	}{
		{"nothing is known", 0, 0},
		{"no trouble anywhere and a right configuration", 0x1aa, 0},
		{"degraded bandwidth", 0x1a9, 0x001},
		{"an unhealthy route", 0x19a, 0x010},
		{"too few NVLinks", 0x5aa, 0x500},
		{"what is above is no trouble: a partition assigned, a manager connected", 0x51aa, 0},
	} {
		if got := fabricTrouble(c.mask); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.what, got, c.want)
		}
	}
}

// TestProfiles names instances as measured on real cards.
func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		want  string
		shape shape
		total int
	}{
		{"1g.18gb", shape{gpuSlices: 1, slices: 1, memoryMiB: 16384}, 143771},
		{"2g.35gb", shape{gpuSlices: 2, slices: 2, memoryMiB: 33280}, 143771},
		{"2c.3g.71gb", shape{gpuSlices: 3, slices: 2, memoryMiB: 71424}, 143771},
		{"1g.10gb", shape{gpuSlices: 1, slices: 1, memoryMiB: 9984}, 81559},
		{"2g.20gb", shape{gpuSlices: 2, slices: 2, memoryMiB: 20096, ofa: 1}, 81559},
		{"7g.80gb", shape{gpuSlices: 7, slices: 7, memoryMiB: 81152}, 81559},
	} {
		if got := profile(c.shape, c.total); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestInstancesWithoutPrivilege holds that what the instances do not tell is not guessed.
func TestInstancesWithoutPrivilege(t *testing.T) {
	for _, c := range []struct {
		name      string
		card      *int
		instances []market.ReportedMIG
		want      *int
	}{
		{"the card does not tell, the instances do", nil, []market.ReportedMIG{{Processes: ptr(1)}, {Processes: ptr(2)}}, ptr(3)},
		{"both tell of the same ones", ptr(3), []market.ReportedMIG{{Processes: ptr(3)}}, ptr(3)},
		{"one instance does not tell", nil, []market.ReportedMIG{{Processes: ptr(1)}, {}}, nil},
		{"no instances", ptr(0), nil, ptr(0)},
	} {
		if got := withInstances(c.card, c.instances); (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
