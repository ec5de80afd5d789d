package market

import (
	"fmt"
	"slices"
)

// NVML's return codes that say something of a card.
const (
	codeSuccess           = 0
	codeUninitialized     = 1
	codeNotSupported      = 3
	codeNoPermission      = 4
	codeInsufficientPower = 8
	codeNotLoaded         = 9
	codeTimeout           = 10
	codeIRQIssue          = 11
	codeLibraryMissing    = 12
	codeCorruptedInfoROM  = 14
	codeLost              = 15
	codeResetRequired     = 16
	codeOperatingSystem   = 17
	codeMismatch          = 18
	codeArgumentVersion   = 25
	codeNotReady          = 27
	codeGpuNotFound       = 28
	codeUnknown           = 999
)

// sickCodes say that a card must not be rented out, and blindCodes that nothing can be said of it.
var (
	sickCodes = map[int]string{codeInsufficientPower: "it gets too little power", codeIRQIssue: "its interrupts do not work", codeCorruptedInfoROM: "its infoROM is corrupted",
		codeResetRequired: "it needs a reset", codeGpuNotFound: "the driver does not find it"}
	blindCodes = map[int]string{codeUninitialized: "NVML was not ready", codeNoPermission: "the agent may not read it", codeNotLoaded: "the driver is not loaded",
		codeTimeout: "the driver did not answer in time", codeLibraryMissing: "NVML's library is missing", codeOperatingSystem: "the operating system keeps it from the driver",
		codeMismatch: "driver and library do not match", codeNotReady: "the driver is not ready with it", codeUnknown: "the driver does not say why"}
	// harmlessCodes are those of a figure that there is not.
	harmlessCodes = []int{codeSuccess, codeNotSupported, codeArgumentVersion}
)

// nvmlReasons are why nothing is known of any card of a host.
var nvmlReasons = map[NVMLState]string{
	NVMLLibraryMissing: "NVML's library is missing on the host",
	NVMLNotLoaded:      "the driver is not loaded on the host",
	NVMLMismatch:       "driver and library do not match on the host: it needs a reboot, or the driver to be loaded anew",
	NVMLNoPermission:   "the agent may not read the cards of the host",
	NVMLHung:           "the driver of the host hangs",
	NVMLProbeDied:      "the probe of the host died within the driver",
	NVMLFailed:         "NVML failed on the host",
}

// blindness is why a report says nothing of its cards; empty where it does. What goes wrong with all cards at once is the host's fault.
func blindness(r Report) string {
	if r.NVML.State != NVMLReady {
		return withDetail(nvmlReasons[r.NVML.State], r.NVML.Code, r.NVML.Problem)
	}
	failed := 0
	for _, c := range r.Cards {
		switch {
		case c.Code == codeUnknown || c.Code == codeOperatingSystem:
			failed++
		case c.Code != codeLost:
			return ""
		}
	}
	if failed == 0 {
		return ""
	}
	return "no card of the host can be read, so that it is the host's fault"
}

func withDetail(reason string, code int, problem string) string {
	if code != 0 {
		reason += fmt.Sprintf(" (NVML %d)", code)
	}
	if problem != "" {
		reason += ": " + problem
	}
	return reason
}

// look is what a rule sees of a card: seen is nil where the report does not list it.
type look struct {
	report Report
	card   Card
	seen   *ReportedCard
	// fabric says that the host has cards that only work together.
	fabric bool
}

// rules are what speaks against a card, in the order in which they count. Each gives its reason, or nothing.
var rules = []struct {
	state GpuState
	says  func(look) string
}{
	{GpuLost, look.lost}, {GpuLost, look.absent},
	{GpuUnknown, look.unread},
	{GpuDegraded, look.sick}, {GpuDegraded, look.recovery}, {GpuDegraded, look.remap}, {GpuDegraded, look.fatal}, {GpuDegraded, look.slowed},
	{GpuDegraded, look.memoryErrors}, {GpuDegraded, look.fabricDown}, {GpuDegraded, look.narrow}, {GpuDegraded, look.migPending},
	{GpuBusy, look.processes}, {GpuBusy, look.memoryHeld}, {GpuBusy, look.computes}, {GpuBusy, look.instanceHeld},
	{GpuUnknown, look.silent},
}

// observed is the first state that applies as far as the report says, without holds and without the count of sweeps; IDLE where nothing speaks
// against the card.
func (h Host) observed(c Card, seen *ReportedCard) (GpuState, string) {
	if why := blindness(h.Report); why != "" {
		return GpuUnknown, why
	}
	l := look{h.Report, c, seen, seen != nil && seen.FabricState != nil && h.needsFabric()}
	for _, rule := range rules {
		if reason := rule.says(l); reason != "" {
			return rule.state, reason
		}
	}
	return GpuIdle, ""
}

// needsFabric says whether two cards or more of the host are made to be linked.
func (h Host) needsFabric() bool {
	linked := 0
	for _, c := range h.Cards {
		if g := theCatalogue().byID[c.GpuID]; g != nil && c.Index >= 0 && (g.FormFactor == "SXM" || g.FormFactor == "superchip") {
			linked++
		}
	}
	return linked >= 2
}

func (l look) lost() string {
	switch {
	case l.card.LostIn == "" || l.card.LostIn != l.report.BootID:
		return ""
	case l.seen != nil && l.seen.Code == codeLost:
		return "it fell off the bus (NVML 15): only a reboot brings it back"
	case l.seen != nil && l.seen.Code == codeUnknown:
		return fmt.Sprintf("its handle alone was refused (NVML 999) in %d sweeps running: only a reboot brings it back", lostSweeps)
	}
	return "it fell off the bus in this boot: only a reboot brings it back"
}

func (l look) absent() string {
	if l.seen != nil {
		return ""
	}
	return "it was known, and the driver no longer lists it"
}

func (l look) unread() string {
	switch {
	case l.seen.Hung:
		return withCall("the driver hangs on it", *l.seen)
	case l.seen.Code == codeUnknown:
		return withCall(fmt.Sprintf("its handle alone was refused (NVML 999), in the first of %d sweeps", lostSweeps), *l.seen)
	case sickCodes[l.seen.Code] != "" || slices.Contains(harmlessCodes, l.seen.Code):
		return ""
	case blindCodes[l.seen.Code] != "":
		return withCall(withDetail(blindCodes[l.seen.Code], l.seen.Code, ""), *l.seen)
	}
	return withCall(fmt.Sprintf("NVML answers %d", l.seen.Code), *l.seen)
}

func withCall(reason string, c ReportedCard) string {
	if c.Call != "" {
		reason += ", in answer to " + c.Call
	}
	return reason
}

func (l look) sick() string {
	if reason := sickCodes[l.seen.Code]; reason != "" {
		return withCall(withDetail(reason, l.seen.Code, ""), *l.seen)
	}
	return ""
}

// recoveryActions are what field 230 asks for.
var recoveryActions = map[int]string{1: "a reset of the GPU", 2: "a reboot of the node", 3: "peer traffic to be drained", 4: "to be drained and reset",
	5: "its IMEX domain to be recovered", 6: "a reset of the bus", 7: "a reboot of the system"}

func (l look) recovery() string {
	action := l.seen.RecoveryAction
	if action == nil || *action == 0 {
		return ""
	}
	if what := recoveryActions[*action]; what != "" {
		return "the driver asks for " + what
	}
	return fmt.Sprintf("the driver asks for recovery action %d", *action)
}

func (l look) remap() string {
	switch {
	case isTrue(l.seen.RemapFailed):
		return "a row of its memory could not be remapped: it must be replaced"
	case isTrue(l.seen.RemapPending):
		return "a row of its memory waits to be remapped: it needs a reset"
	}
	return ""
}

func (l look) fatal() string {
	if l.card.Fatal == 0 || l.card.FatalIn != l.report.BootID {
		return ""
	}
	return xidReason(l.card.Fatal)
}

// slowdowns are the bits of the clock's reasons that the hardware sets to save itself. 0x20 is the driver's own doing.
var slowdowns = []struct {
	bit    uint64
	reason string
}{{0x40, "too hot: the hardware slows it down"}, {0x80, "the power brake slows it down"}, {0x8, "the hardware slows it down"}}

func (l look) slowed() string {
	for _, s := range slowdowns {
		if l.seen.ClockReasons != nil && *l.seen.ClockReasons&s.bit != 0 {
			return s.reason
		}
	}
	return ""
}

func (l look) memoryErrors() string {
	if n := l.seen.UncorrectedECC; n != nil && *n > 0 {
		return fmt.Sprintf("%d uncorrectable memory errors since the driver was loaded", *n)
	}
	return ""
}

// fabricCompleted is NVML's state of a fabric that is up; one that a card does not have is 0.
const fabricCompleted = 3

func (l look) fabricDown() string {
	switch {
	case !l.fabric || *l.seen.FabricState == 0:
		return ""
	case *l.seen.FabricState != fabricCompleted:
		return fmt.Sprintf("its fabric is not up: state %d, and %d is completed", *l.seen.FabricState, fabricCompleted)
	case l.seen.FabricStatus != nil && *l.seen.FabricStatus != codeSuccess:
		return fmt.Sprintf("its fabric failed with NVML %d", *l.seen.FabricStatus)
	case l.seen.FabricHealth != nil && fabricIll(*l.seen.FabricHealth) != "":
		return fabricIll(*l.seen.FabricHealth)
	}
	return ""
}

// fabricIll reads the fields of NVML's mask, of two bits each: 1 is yes, 2 is no. The fifth has four bits, and 1 is right.
func fabricIll(mask uint32) string {
	for i, what := range []string{"has less bandwidth than it should", "recovers a route", "has an unhealthy route", "recovers from a timeout"} {
		if mask>>(2*i)&3 == 1 {
			return "its fabric " + what
		}
	}
	if config := mask >> 8 & 0xf; config > 1 {
		return fmt.Sprintf("its fabric is configured wrongly (%d)", config)
	}
	return ""
}

func (l look) narrow() string {
	width, most := l.seen.PCIeWidth, l.seen.PCIeWidthMax
	if width == nil || most == nil || *width >= *most {
		return ""
	}
	return fmt.Sprintf("its PCIe link has %d lanes of %d", *width, *most)
}

func (l look) migPending() string {
	if l.seen.MIGCurrent == nil || l.seen.MIGPending == nil || *l.seen.MIGCurrent == *l.seen.MIGPending {
		return ""
	}
	return "MIG is to be switched at the next reset"
}

func (l look) processes() string {
	for _, p := range []struct {
		n    *int
		kind string
	}{{l.seen.ComputeProcesses, "compute"}, {l.seen.MPSProcesses, "MPS"}, {l.seen.GraphicsProcesses, "graphics"}} {
		if orZero(p.n) > 0 {
			return fmt.Sprintf("%s processes on it: %d", p.kind, *p.n)
		}
	}
	return ""
}

const (
	// heldMiB is from how much used memory on somebody holds a card, or an instance. The driver itself uses some tens of MiB.
	heldMiB = 512
	// reservedMiB is the most that a driver is taken to reserve where it does not tell how much of what is used.
	reservedMiB = 1024
)

func (l look) memoryHeld() string {
	if l.seen.MemoryUsedMiB == nil {
		return ""
	}
	used := *l.seen.MemoryUsedMiB
	if l.seen.UsedIncludesReserved && l.seen.MemoryReservedMiB != nil {
		used -= *l.seen.MemoryReservedMiB
	} else if l.seen.UsedIncludesReserved {
		used -= reservedMiB
	}
	if used < heldMiB {
		return ""
	}
	return fmt.Sprintf("%d MiB of its memory are used", used)
}

func (l look) computes() string {
	if orZero(l.seen.UtilizationPercent) == 0 {
		return ""
	}
	return fmt.Sprintf("it computes, at %d %%", *l.seen.UtilizationPercent)
}

func (l look) instanceHeld() string {
	for _, m := range l.seen.MIG {
		if m.held() {
			return "its instance " + m.UUID + " is in use"
		}
	}
	return ""
}

// silent refuses to call a card free of whose processes nothing is known.
func (l look) silent() string {
	unsaid := func(m ReportedMIG) bool { return m.Processes == nil }
	byInstance := isTrue(l.seen.MIGCurrent) && !slices.ContainsFunc(l.seen.MIG, unsaid)
	if l.seen.ComputeProcesses != nil || byInstance {
		return ""
	}
	return "the driver does not say which processes are on it"
}

func isTrue(b *bool) bool { return b != nil && *b }
