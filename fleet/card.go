package fleet

import "gpuhour/market"

// reading is one card while it is read.
type reading struct {
	*caller
	card market.ReportedCard
}

// readCard asks everything about one card.
func readCard(c *caller, l library, index int) market.ReportedCard {
	r := reading{c, market.ReportedCard{Index: index}}
	d, code := ask(c, func() (device, int) { return l.Card(index) })
	if code != 0 {
		r.fault("nvmlDeviceGetHandleByIndex", code)
		return r.card
	}
	r.identity(d)
	r.load(d)
	r.health(d)
	r.instances(d)
	return r.card
}

// fault keeps the first code that says that the card is unwell.
func (r *reading) fault(call string, code int) {
	switch {
	case code == codeHung:
		r.card.Hung = true
	case r.card.Code != 0:
		return
	default:
		r.card.Code = code
	}
	if r.card.Call == "" {
		r.card.Call = call
	}
}

// over says that nothing more can be learned: the card hangs or is off the bus.
func (r *reading) over() bool { return r.card.Hung || r.card.Code == codeLost }

// harmless are the codes of a card that does not know or tell one thing.
func harmless(code int) bool {
	switch code {
	case 0, codeInvalidArgument, codeNotSupported, codeNoPermission, codeNotFound, codeFunctionNotFound, codeArgumentVersion, codeNotReady:
		return true
	}
	return false
}

// get asks one thing: nil where it is not known.
func get[T any](r *reading, name string, call func() (T, int)) *T {
	if r.over() {
		return nil
	}
	value, code := ask(r.caller, call)
	if !harmless(code) {
		r.fault(name, code)
	}
	if code != 0 {
		return nil
	}
	return &value
}

// text is what is known, or empty.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (r *reading) identity(d device) {
	r.card.UUID = text(get(r, "nvmlDeviceGetUUID", d.UUID))
	r.card.Name = text(get(r, "nvmlDeviceGetName", d.Name))
	r.card.BusID = text(get(r, "nvmlDeviceGetPciInfo", d.BusID))
}

// load is what runs on the card.
func (r *reading) load(d device) {
	if m := get(r, "nvmlDeviceGetMemoryInfo", d.Memory); m != nil {
		r.card.MemoryTotalMiB, r.card.MemoryUsedMiB, r.card.MemoryReservedMiB = &m.total, &m.used, m.reserved
		r.card.UsedIncludesReserved = m.reserved == nil
	}
	r.card.UtilizationPercent = get(r, "nvmlDeviceGetUtilizationRates", d.UtilizationPercent)
	r.card.TemperatureC = get(r, "nvmlDeviceGetTemperature", d.TemperatureC)
	r.card.PowerMilliwatts = get(r, "nvmlDeviceGetPowerUsage", d.PowerMilliwatts)
	r.card.ComputeProcesses = get(r, "nvmlDeviceGetComputeRunningProcesses", d.ComputeProcesses)
	r.card.GraphicsProcesses = get(r, "nvmlDeviceGetGraphicsRunningProcesses", d.GraphicsProcesses)
	r.card.MPSProcesses = get(r, "nvmlDeviceGetMPSComputeRunningProcesses", d.MPSProcesses)
}

// health is what may speak against the card.
func (r *reading) health(d device) {
	r.card.RecoveryAction = get(r, "nvmlDeviceGetFieldValues", d.RecoveryAction)
	if m := get(r, "nvmlDeviceGetRemappedRows", d.Remapping); m != nil {
		r.card.RemapPending, r.card.RemapFailed = &m.pending, &m.failed
	}
	r.card.UncorrectedECC = get(r, "nvmlDeviceGetTotalEccErrors", d.UncorrectedECC)
	r.card.ClockReasons = get(r, "nvmlDeviceGetCurrentClocksEventReasons", d.ClockReasons)
	r.card.PCIeWidth = get(r, "nvmlDeviceGetCurrPcieLinkWidth", d.PCIeWidth)
	r.card.PCIeWidthMax = get(r, "nvmlDeviceGetMaxPcieLinkWidth", d.PCIeWidthMax)
	if f := get(r, "nvmlDeviceGetGpuFabricInfo", d.Fabric); f != nil {
		r.card.FabricState, r.card.FabricStatus, r.card.FabricHealth = &f.state, &f.status, f.health
	}
}
