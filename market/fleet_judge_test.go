package market

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var fleetStart = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// sweeps lets a host report, every 15 s, and gives it after the last.
func sweeps(h Host, reports ...Report) Host {
	for _, r := range reports {
		at := fleetStart
		if !h.ReceivedAt.IsZero() {
			at = h.ReceivedAt.Add(15 * time.Second)
		}
		h = h.Take(r, at)
	}
	return h
}

// freeHost is a host of two free cards, after three sweeps.
func freeHost() Host {
	r := reportOf(1, freeCard(0), freeCard(1))
	return sweeps(Host{}, r, r, r)
}

// want checks the state of a host's card, and that its reason has a part.
func want(t *testing.T, why string, h Host, n int, state GpuState, reason string) {
	t.Helper()
	c := h.Cards[n]
	if c.State != state || !strings.Contains(c.Reason, reason) || c.Reason == "" {
		t.Errorf("%s: card %d is %s, %q; want %s, %q", why, n, c.State, c.Reason, state, reason)
	}
}

// TestJudgeOneReport takes a host of two free cards, of whose first another report tells something else.
func TestJudgeOneReport(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(r *Report, c *ReportedCard)
		state  GpuState
		says   string
	}{
		"nothing":           {"all ten rules hold", func(*Report, *ReportedCard) {}, GpuIdle, "3 sweeps"},
		"library missing":   {"12 at Init", func(r *Report, _ *ReportedCard) { r.NVML = ReportedNVML{State: NVMLLibraryMissing, Code: 12} }, GpuUnknown, "library is missing on the host (NVML 12)"},
		"driver not loaded": {"9 at Init", func(r *Report, _ *ReportedCard) { r.NVML = ReportedNVML{State: NVMLNotLoaded, Code: 9} }, GpuUnknown, "not loaded"},
		"mismatch":          {"18 at Init", func(r *Report, _ *ReportedCard) { r.NVML = ReportedNVML{State: NVMLMismatch, Code: 18} }, GpuUnknown, "do not match"},
		"no permission":     {"neither zero nor free", func(r *Report, _ *ReportedCard) { r.NVML.State = NVMLNoPermission }, GpuUnknown, "may not read"},
		"driver hangs":      {"the parent says so", func(r *Report, _ *ReportedCard) { r.NVML.State, r.Cards = NVMLHung, nil }, GpuUnknown, "hangs"},
		"probe died": {"a missing symbol kills", func(r *Report, _ *ReportedCard) {
			r.NVML = ReportedNVML{State: NVMLProbeDied, Problem: "exit status 127"}
		}, GpuUnknown, "exit status 127"},
		"failed":              {"anything else", func(r *Report, _ *ReportedCard) { r.NVML.State = NVMLFailed }, GpuUnknown, "NVML failed"},
		"999 of all":          {"the host's fault", func(r *Report, _ *ReportedCard) { r.Cards[0].Code, r.Cards[1].Code = 999, 999 }, GpuUnknown, "host's fault"},
		"17 of all":           {"the host's fault", func(r *Report, _ *ReportedCard) { r.Cards[0].Code, r.Cards[1].Code = 17, 17 }, GpuUnknown, "host's fault"},
		"999 of the others":   {"a lost one beside them is no sign of health", func(r *Report, _ *ReportedCard) { r.Cards[0].Code, r.Cards[1].Code = 999, 15 }, GpuUnknown, "host's fault"},
		"no permission, card": {"4 at the handle", func(_ *Report, c *ReportedCard) { c.Code, c.Call = 4, "nvmlDeviceGetHandleByIndex" }, GpuUnknown, "may not read it (NVML 4), in answer to nvmlDeviceGetHandleByIndex"},
		"not ready":           {"27 at boot", func(_ *Report, c *ReportedCard) { c.Code = 27 }, GpuUnknown, "not ready"},
		"unlisted code":       {"not known to be anything", func(_ *Report, c *ReportedCard) { c.Code = 77 }, GpuUnknown, "NVML answers 77"},
		"not supported":       {"3 of a figure is no sickness", func(_ *Report, c *ReportedCard) { c.Code = 3 }, GpuIdle, ""},
		"version mismatch":    {"25 of a figure is no sickness", func(_ *Report, c *ReportedCard) { c.Code = 25 }, GpuIdle, ""},
		"hangs":               {"one card of two", func(_ *Report, c *ReportedCard) { c.Hung = true }, GpuUnknown, "hangs on it"},
		"lost":                {"15, at once", func(_ *Report, c *ReportedCard) { c.Code = 15 }, GpuLost, "only a reboot"},
		"999 once":            {"two sweeps are needed", func(_ *Report, c *ReportedCard) { c.Code = 999 }, GpuUnknown, "first of 2 sweeps"},
		"missing":             {"it may leave no other trace", func(r *Report, _ *ReportedCard) { r.Cards = r.Cards[1:] }, GpuLost, "no longer lists"},
		"reset required":      {"16", func(_ *Report, c *ReportedCard) { c.Code = 16 }, GpuDegraded, "needs a reset"},
		"power":               {"8 at the handle", func(_ *Report, c *ReportedCard) { c.Code = 8 }, GpuDegraded, "too little power"},
		"interrupts":          {"11 at the handle", func(_ *Report, c *ReportedCard) { c.Code = 11 }, GpuDegraded, "interrupts"},
		"infoROM":             {"14 at the handle", func(_ *Report, c *ReportedCard) { c.Code = 14 }, GpuDegraded, "infoROM"},
		"not found":           {"28 at the handle", func(_ *Report, c *ReportedCard) { c.Code = 28 }, GpuDegraded, "does not find it"},
		"recovery":            {"field 230", func(_ *Report, c *ReportedCard) { c.RecoveryAction = new(2) }, GpuDegraded, "reboot of the node"},
		"another recovery":    {"a later driver's", func(_ *Report, c *ReportedCard) { c.RecoveryAction = new(9) }, GpuDegraded, "recovery action 9"},
		"remap pending":       {"a reset", func(_ *Report, c *ReportedCard) { c.RemapPending = new(true) }, GpuDegraded, "needs a reset"},
		"remap failed":        {"a replacement", func(_ *Report, c *ReportedCard) { c.RemapPending, c.RemapFailed = new(true), new(true) }, GpuDegraded, "replaced"},
		"slowdown":            {"bit 8", func(_ *Report, c *ReportedCard) { c.ClockReasons = new(uint64(0x8)) }, GpuDegraded, "slows it down"},
		"thermal slowdown":    {"bit 40", func(_ *Report, c *ReportedCard) { c.ClockReasons = new(uint64(0x41)) }, GpuDegraded, "too hot"},
		"power brake":         {"bit 80", func(_ *Report, c *ReportedCard) { c.ClockReasons = new(uint64(0x80)) }, GpuDegraded, "power brake"},
		"software thermal":    {"bit 20 is the driver's own doing", func(_ *Report, c *ReportedCard) { c.ClockReasons = new(uint64(0x24)) }, GpuIdle, ""},
		"ECC":                 {"volatile, uncorrectable", func(_ *Report, c *ReportedCard) { c.UncorrectedECC = new(int64(2)) }, GpuDegraded, "2 uncorrectable"},
		"fabric starts":       {"two SXM cards need it", func(_ *Report, c *ReportedCard) { c.FabricState = new(2) }, GpuDegraded, "not up"},
		"fabric failed":       {"completed, without success", func(_ *Report, c *ReportedCard) { c.FabricStatus = new(17) }, GpuDegraded, "failed with NVML 17"},
		"fabric ill":          {"an unhealthy route", func(_ *Report, c *ReportedCard) { c.FabricHealth = new(uint32(0x19a)) }, GpuDegraded, "unhealthy route"},
		"fabric wrong":        {"configured otherwise", func(_ *Report, c *ReportedCard) { c.FabricHealth = new(uint32(0x5aa)) }, GpuDegraded, "configured wrongly (5)"},
		"fabric of one": {"one card alone has none, whatever it says", func(r *Report, c *ReportedCard) {
			c.FabricState, r.Cards[1].Name, r.Cards[1].MemoryTotalMiB = new(1), "NVIDIA L40S", new(46068)
		}, GpuIdle, ""},
		"fabric of none": {"before Hopper", func(_ *Report, c *ReportedCard) { c.FabricState = new(0) }, GpuIdle, ""},
		"narrow":         {"8 lanes of 16", func(_ *Report, c *ReportedCard) { c.PCIeWidth = new(8) }, GpuDegraded, "8 lanes of 16"},
		"MIG pending":    {"it would vanish at the next reset", func(_ *Report, c *ReportedCard) { c.MIGPending = new(true) }, GpuDegraded, "MIG"},
		"compute":        {"somebody computes", func(_ *Report, c *ReportedCard) { c.ComputeProcesses = new(1) }, GpuBusy, "compute processes on it: 1"},
		"MPS":            {"through a daemon", func(_ *Report, c *ReportedCard) { c.MPSProcesses = new(2) }, GpuBusy, "MPS processes on it: 2"},
		"graphics":       {"or draws", func(_ *Report, c *ReportedCard) { c.GraphicsProcesses = new(1) }, GpuBusy, "graphics"},
		"memory":         {"held by whom the list does not name", func(_ *Report, c *ReportedCard) { c.MemoryUsedMiB = new(512) }, GpuBusy, "512 MiB"},
		"little memory":  {"a driver's own", func(_ *Report, c *ReportedCard) { c.MemoryUsedMiB = new(511) }, GpuIdle, ""},
		"old driver":     {"what is reserved is not used", func(_ *Report, c *ReportedCard) { c.MemoryUsedMiB, c.UsedIncludesReserved = new(620), true }, GpuIdle, ""},
		"older driver": {"how much is reserved it does not say", func(_ *Report, c *ReportedCard) {
			c.MemoryUsedMiB, c.MemoryReservedMiB, c.UsedIncludesReserved = new(1200), nil, true
		}, GpuIdle, ""},
		"older driver, held": {"but not so much", func(_ *Report, c *ReportedCard) {
			c.MemoryUsedMiB, c.MemoryReservedMiB, c.UsedIncludesReserved = new(1536), nil, true
		}, GpuBusy, "512 MiB"},
		"utilisation": {"whoever it is", func(_ *Report, c *ReportedCard) { c.UtilizationPercent = new(100) }, GpuBusy, "100 %"},
		"unreadable figures": {"N/A is neither 0 nor a sickness", func(_ *Report, c *ReportedCard) {
			c.UtilizationPercent, c.ClockReasons, c.UncorrectedECC, c.PCIeWidth, c.MemoryUsedMiB, c.MPSProcesses = nil, nil, nil, nil, nil, nil
		}, GpuIdle, ""},
		"unreadable lists":  {"nobody knows who is on it", func(_ *Report, c *ReportedCard) { c.ComputeProcesses = nil }, GpuUnknown, "does not say which processes"},
		"instance in use":   {"one of two", func(_ *Report, c *ReportedCard) { withMIG(c); c.MIG[1].Processes = new(1) }, GpuBusy, instanceUUID(1)},
		"instances free":    {"their lists are known, the card's is not", func(_ *Report, c *ReportedCard) { withMIG(c) }, GpuIdle, ""},
		"instances unknown": {"as for a card", func(_ *Report, c *ReportedCard) { withMIG(c); c.MIG[1].Processes = nil }, GpuUnknown, "does not say"},
		"label":             {"the host's own hold", func(r *Report, _ *ReportedCard) { r.Labels = map[string]string{HoldLabel: "for the demo"} }, GpuReserved, "for the demo"},
		"label, busy": {"busy comes first", func(r *Report, c *ReportedCard) {
			r.Labels, c.ComputeProcesses = map[string]string{HoldLabel: "x"}, new(1)
		}, GpuBusy, ""},
		"drained by label": {"not to be rented out", func(r *Report, _ *ReportedCard) { r.Labels = map[string]string{HoldLabel: "Drain: new fans"} }, GpuDegraded, "new fans"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := reportOf(4, freeCard(0), freeCard(1))
			c.change(&r, &r.Cards[0])
			if err := r.Check(); err != nil {
				t.Fatalf("the report is not possible: %v", err)
			}
			h := sweeps(freeHost(), r)
			for i, card := range h.Cards {
				if card.UUID == cardUUID(0) {
					want(t, c.reason, h, i, c.state, c.says)
				}
			}
			if len(h.Cards) != 2 {
				t.Errorf("%d cards", len(h.Cards))
			}
		})
	}
}

func withMIG(c *ReportedCard) {
	c.MIGCurrent, c.MIGPending, c.MIG = new(true), new(true), halves(1, 2)
	c.ComputeProcesses, c.UtilizationPercent = nil, nil
}

func TestJudgeXids(t *testing.T) {
	cases := map[int]GpuState{13: GpuIdle, 31: GpuIdle, 43: GpuIdle, 45: GpuIdle, 63: GpuIdle, 68: GpuIdle, 94: GpuIdle, 109: GpuIdle, 154: GpuIdle,
		46: GpuDegraded, 48: GpuDegraded, 64: GpuDegraded, 74: GpuDegraded, 79: GpuDegraded, 95: GpuDegraded, 119: GpuDegraded, 120: GpuDegraded, 140: GpuDegraded,
		31337: GpuDegraded} // of which nothing is known
	for xid, state := range cases {
		r := reportOf(4, freeCard(0), freeCard(1))
		r.Xids = []ReportedXid{{"1", cardUUID(0), xid}}
		h := sweeps(freeHost(), r)
		want(t, fmt.Sprintf("Xid %d", xid), h, 0, state, "")
		want(t, "the other card has none", h, 1, GpuIdle, "")
		h = sweeps(h, reportOf(5, freeCard(0), freeCard(1)))
		want(t, fmt.Sprintf("Xid %d is told once, and holds for the boot", xid), h, 0, state, "")
		after := reportOf(6, freeCard(0), freeCard(1))
		after.BootID = "boot-2"
		h = sweeps(h, after, after, after)
		want(t, "a reboot clears it", h, 0, GpuIdle, "")
	}
	r := reportOf(4, freeCard(0))
	withMIG(&r.Cards[0])
	r.Xids = []ReportedXid{{"1", instanceUUID(0), 48}, {"2", cardUUID(0), 79}, {"3", cardUUID(0), 119}}
	want(t, "the gravest counts, and those of instances are the card's", sweeps(Host{}, r), 0, GpuDegraded, "Xid 79")
	r.Xids = r.Xids[:1]
	want(t, "an instance's alone", sweeps(Host{}, r), 0, GpuDegraded, "Xid 48")
}

// step is one report of a story of two cards, and how the first stands after it.
type step struct {
	change func(r *Report, c *ReportedCard)
	state  GpuState
	says   string
}

func nothing(*Report, *ReportedCard) {}

func code(n int) func(*Report, *ReportedCard) { return func(_ *Report, c *ReportedCard) { c.Code = n } }

func busy(_ *Report, c *ReportedCard) { c.ComputeProcesses = new(1) }

func rebooted(r *Report, _ *ReportedCard) { r.BootID = "boot-2" }

// TestJudgeStories follow a card over several reports.
func TestJudgeStories(t *testing.T) {
	cases := map[string]struct {
		reason string
		steps  []step
	}{
		"it becomes free": {"after three sweeps running; before, nothing is known of it", []step{
			{nothing, GpuUnknown, "1 of 3"}, {nothing, GpuUnknown, "2 of 3"}, {nothing, GpuIdle, ""}}},
		"between jobs": {"busy at once, free after three sweeps, and busy until then", []step{
			{busy, GpuBusy, ""}, {nothing, GpuBusy, "1 of 3"}, {nothing, GpuBusy, "2 of 3"}, {busy, GpuBusy, "compute"}, {nothing, GpuBusy, "1 of 3"}, {nothing, GpuBusy, "2 of 3"}, {nothing, GpuIdle, ""}, {busy, GpuBusy, ""}}},
		"lost": {"until another boot, whatever it answers", []step{
			{code(15), GpuLost, "NVML 15"}, {nothing, GpuLost, "in this boot"}, {func(_ *Report, c *ReportedCard) { c.Hung = true }, GpuLost, ""}, {rebooted, GpuUnknown, "1 of 3"}}},
		"999 twice":                   {"of this card alone", []step{{code(999), GpuUnknown, ""}, {code(999), GpuLost, "2 sweeps"}, {nothing, GpuLost, ""}}},
		"999 with a good one between": {"not running", []step{{code(999), GpuUnknown, ""}, {nothing, GpuUnknown, ""}, {code(999), GpuUnknown, ""}}},
		"999 of all between": {"says nothing of the card", []step{
			{code(999), GpuUnknown, "first of"}, {func(r *Report, c *ReportedCard) { c.Code, r.Cards[1].Code = 999, 999 }, GpuUnknown, "host's fault"}, {code(999), GpuLost, ""}}},
		"missing and back": {"hidden from the driver is not lost for good", []step{
			{nothing, GpuUnknown, ""}, {func(r *Report, _ *ReportedCard) { r.Cards = r.Cards[1:] }, GpuLost, "no longer lists"}, {nothing, GpuUnknown, "1 of 3"}}},
		"missing after a reboot": {"it may have fallen off without a word", []step{
			{nothing, GpuUnknown, ""}, {func(r *Report, _ *ReportedCard) { r.BootID, r.Cards = "boot-2", r.Cards[1:] }, GpuLost, "no longer lists"}}},
		"NVML without a list": {"the card is known, and not missing", []step{
			{nothing, GpuUnknown, ""}, {func(r *Report, _ *ReportedCard) { r.NVML.State, r.Cards = NVMLNotLoaded, nil }, GpuUnknown, "not loaded"}, {nothing, GpuUnknown, "1 of 3"}}},
		"a reset": {"degraded while it is asked for", []step{{code(16), GpuDegraded, ""}, {nothing, GpuUnknown, "1 of 3"}}},
		"its UUID is not told": {"the index says which it is, during a boot", []step{
			{nothing, GpuUnknown, ""}, {func(_ *Report, c *ReportedCard) { *c = ReportedCard{Index: 0, Code: 999} }, GpuUnknown, "first of"},
			{func(_ *Report, c *ReportedCard) { *c = ReportedCard{Index: 0, Code: 999} }, GpuLost, ""}}},
		"the same sweep again": {"two reports of one sweep are one", []step{
			{nothing, GpuUnknown, "1 of 3"}, {func(r *Report, _ *ReportedCard) { r.SampleAgeMs = 15_000 }, GpuUnknown, "1 of 3"},
			{func(r *Report, c *ReportedCard) { r.SampleAgeMs = 30_000; busy(r, c) }, GpuBusy, ""}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var h Host
			for i, s := range c.steps {
				r := reportOf(int64(i+1), freeCard(0), freeCard(1))
				s.change(&r, &r.Cards[0])
				h = sweeps(h, r)
				n := 0
				for n < len(h.Cards) && h.Cards[n].UUID != cardUUID(0) {
					n++
				}
				if n == len(h.Cards) {
					t.Fatalf("%s: after %d the card is gone", c.reason, i+1)
				}
				want(t, fmt.Sprintf("%s: after %d", c.reason, i+1), h, n, s.state, s.says)
			}
		})
	}
}

func TestJudgeSilence(t *testing.T) {
	h := freeHost()
	late := h.Take(reportOf(4, freeCard(0), freeCard(1)), h.ReceivedAt.Add(2*time.Minute))
	want(t, "three sweeps running have no gap of two minutes", late, 0, GpuUnknown, "1 of 3")
	restarted := reportOf(1, freeCard(0), freeCard(1))
	restarted.Epoch = 8
	want(t, "an agent that was restarted goes on", sweeps(h, restarted), 0, GpuIdle, "")
}

// TestJudgeOnlyCard holds that of one card alone it cannot be told whose fault it is.
func TestJudgeOnlyCard(t *testing.T) {
	c := freeCard(0)
	c.Code = 999
	h := sweeps(Host{}, reportOf(1, c), reportOf(2, c), reportOf(3, c))
	want(t, "its only card, or the host", h, 0, GpuUnknown, "host's fault")
}

func TestHolds(t *testing.T) {
	h := freeHost()
	held := h.Held(map[string]string{"gpu-01": "maintenance"})
	want(t, "the whole host", held, 0, GpuReserved, "maintenance")
	want(t, "the whole host", held, 1, GpuReserved, "maintenance")
	one := h.Held(map[string]string{cardUUID(1): "for Ada"})
	want(t, "the other is free", one, 0, GpuIdle, "")
	want(t, "one card", one, 1, GpuReserved, "for Ada")
	drained := h.Held(map[string]string{"gpu-01": "for Ada", cardUUID(1): "drain: bad fan"})
	want(t, "a drain comes before a hold", drained, 1, GpuDegraded, "bad fan")
	want(t, "the host's hold is the other's", drained, 0, GpuReserved, "for Ada")
	want(t, "released, it is free at once: it was watched all the time", drained.Held(nil), 1, GpuIdle, "")
	want(t, "what it was made from stays", h, 1, GpuIdle, "")
}

func TestHostAt(t *testing.T) {
	h := freeHost()
	cases := []struct {
		reason    string
		after     time.Duration
		state     GpuState
		says      string
		reachable bool
	}{
		{"at once", 0, GpuIdle, "", true},
		{"another replica's clock may be behind", -time.Second, GpuIdle, "", true},
		{"fresh to 30 s", 29 * time.Second, GpuIdle, "", true},
		{"then stale: there, and unavailable", 31 * time.Second, GpuUnknown, "stale", true},
		{"stale to 60 s", 60 * time.Second, GpuUnknown, "stale", true},
		{"then unreachable", 61 * time.Second, GpuUnknown, "unreachable: the host last reported at 2026-11-01T12:00:30Z", false},
	}
	for _, c := range cases {
		at := h.At(h.ReceivedAt.Add(c.after))
		want(t, c.reason, at, 0, c.state, c.says)
		if got := h.Reachable(h.ReceivedAt.Add(c.after)); got != c.reachable {
			t.Errorf("%s: reachable is %v", c.reason, got)
		}
	}
	old := reportOf(4, freeCard(0), freeCard(1))
	old.SampleAgeMs = 45_000
	blind := h.Take(old, h.ReceivedAt.Add(45*time.Second))
	want(t, "a heartbeat with an old sweep is no fresh sweep", blind.At(blind.ReceivedAt), 0, GpuUnknown, "last looked at its cards")
	last := reportOf(4, freeCard(0), freeCard(1))
	last.Final = true
	gone := sweeps(h, last)
	want(t, "who takes leave watches no more", gone.At(gone.ReceivedAt), 0, GpuUnknown, "took its leave")
	if gone.Reachable(gone.ReceivedAt) || (Host{}).Reachable(fleetStart) {
		t.Error("reachable after its leave, or before its first report")
	}
}

func TestClones(t *testing.T) {
	a, b := freeHost(), freeHost()
	b.ID = "gpu-02"
	now := a.ReceivedAt
	for i, h := range Cloned([]Host{a, b}, now) {
		want(t, "neither is believed", h.At(now), 0, GpuUnknown, []string{"gpu-02", "gpu-01"}[i])
	}
	later := now.Add(2 * time.Minute)
	b = b.Take(reportOf(9, freeCard(0), freeCard(1)), later)
	moved := Cloned([]Host{a, b}, later)
	if moved[0].Clone != "" || moved[1].Clone != "" {
		t.Errorf("cards that were moved from a host that is gone: %q, %q", moved[0].Clone, moved[1].Clone)
	}

	one, two := reportOf(1, freeCard(0)), reportOf(1, freeCard(1))
	two.BootID = "boot-of-the-clone"
	h := sweeps(Host{}, one, two)
	if h.Clone != "" {
		t.Errorf("a reboot is no clone: %s", h.Clone)
	}
	h = sweeps(h, one)
	want(t, "a boot never comes back", h.At(h.ReceivedAt), 0, GpuUnknown, "two machines report")
	for range 42 {
		h = sweeps(h, one)
	}
	if h.Clone != "" {
		t.Error("after ten minutes with one machine it is believed again")
	}
}

func TestCapacities(t *testing.T) {
	cards := func(n, busy int) []ReportedCard {
		var out []ReportedCard
		for i := range n {
			out = append(out, freeCard(i))
			if i < busy {
				out[i].ComputeProcesses = new(1)
			}
		}
		return out
	}
	host := func(id string, first int, cards []ReportedCard) Host {
		for i := range cards {
			cards[i].UUID = cardUUID(first + i)
		}
		r := reportOf(1, cards...)
		r.Host = id
		return sweeps(Host{}, r, r, r)
	}
	odd := freeCard(0)
	odd.Name = "NVIDIA Z900"
	a, b, c, d := host("a", 0, cards(8, 1)), host("b", 10, cards(8, 0)), host("c", 20, cards(8, 0)), host("d", 30, []ReportedCard{odd})
	d.Report.Simulated = true
	now := a.ReceivedAt
	c.ReceivedAt = now.Add(-2 * time.Minute)
	want := []Capacity{
		{GpuName: "NVIDIA Z900", Total: 1, Idle: 1, Lots: []Lot{{1, 1}}, Sample: true},
		{GpuID: "nvidia/h200-sxm-141gb", GpuName: "NVIDIA H200", Total: 24, Idle: 15, Busy: 1, Unknown: 8, Lots: []Lot{{1, 15}, {2, 7}, {4, 3}, {8, 1}}},
	}
	if diff := cmp.Diff(want, Capacities([]Host{a, b, c, d}, now)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.Cards, b.Report.Cards[0].UUID = a.At(now).Cards, cardUUID(0)
	if got := Capacities([]Host{a, b}, now)[0]; got.Idle != 0 || got.Unknown != 16 {
		t.Errorf("clones count as unknown: %+v", got)
	}
}
