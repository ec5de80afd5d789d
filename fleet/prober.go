package fleet

import (
	"fmt"
	"sync"
	"time"

	"gpuhour/market"
)

// prober sweeps over all cards with NVML.
type prober struct {
	library  library
	deadline time.Duration
	nvml     market.ReportedNVML
	callers  []*caller
}

// open initializes NVML. Where the state is another than READY, nothing else may be asked.
func (p *prober) open() market.ReportedNVML {
	code := p.library.Init()
	p.nvml = market.ReportedNVML{State: stateOf(code)}
	if code != 0 {
		p.nvml.Code, p.nvml.Problem = code, fmt.Sprintf("nvmlInit returned %d: %s", code, meaning(code))
		return p.nvml
	}
	p.nvml.Driver, p.nvml.Library, p.nvml.CUDA = p.library.Versions()
	return p.nvml
}

// stateOf is what a code of a call that concerns the whole host means.
func stateOf(code int) market.NVMLState {
	switch code {
	case 0:
		return market.NVMLReady
	case codeLibraryMissing:
		return market.NVMLLibraryMissing
	case codeNotLoaded:
		return market.NVMLNotLoaded
	case codeMismatch:
		return market.NVMLMismatch
	case codeNoPermission:
		return market.NVMLNoPermission
	}
	return market.NVMLFailed
}

// meaning puts a code into words. NVML's own words are not asked for: the library may be the trouble.
func meaning(code int) string {
	switch code {
	case codeLibraryMissing:
		return "libnvidia-ml.so.1 cannot be loaded; is the driver installed?"
	case codeNotLoaded:
		return "the driver is not loaded"
	case codeMismatch:
		return "the driver's kernel module and its library have different versions; the host must be restarted, or the module loaded anew"
	case codeNoPermission:
		return "the agent may not open /dev/nvidia*"
	case codeNotReady:
		return "the driver is not ready yet"
	}
	return "see nvmlReturn_t"
}

// sweep reads all cards side by side, so that those that hang cost one deadline together. One that fails hides no other.
func (p *prober) sweep() Sweep {
	count, code := p.library.Count()
	if code != 0 {
		return Sweep{NVML: p.failed("nvmlDeviceGetCount", code)}
	}
	cards := make([]market.ReportedCard, min(count, market.MostCards))
	for len(p.callers) < len(cards) {
		p.callers = append(p.callers, &caller{deadline: p.deadline})
	}
	var all sync.WaitGroup
	for i := range cards {
		all.Go(func() { cards[i] = readCard(p.callers[i], p.library, i) })
	}
	all.Wait()
	return Sweep{NVML: p.judge(cards), Cards: cards}
}

// judge tells a host that fails from cards that fail: the same trouble with every handle is the host's.
func (p *prober) judge(cards []market.ReportedCard) market.ReportedNVML {
	if len(cards) == 0 {
		return p.nvml
	}
	code := cards[0].Code
	for _, c := range cards {
		if c.UUID != "" || c.Hung || c.Code != code {
			return p.nvml
		}
	}
	if code == codeNoPermission || len(cards) > 1 && (code == codeUnknown || code == codeOperatingSystem) {
		return p.failed("nvmlDeviceGetHandleByIndex of every card", code)
	}
	return p.nvml
}

func (p *prober) failed(call string, code int) market.ReportedNVML {
	n := p.nvml
	n.State, n.Code, n.Problem = stateOf(code), code, fmt.Sprintf("%s returned %d: %s", call, code, meaning(code))
	return n
}
