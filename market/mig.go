package market

// InstanceState is how an instance stands on a card in a state. On a busy card it is judged by its own processes and memory, as the latest report has
// them; what is wrong with the card is wrong with all its instances.
func InstanceState(card GpuState, m ReportedMIG) GpuState {
	switch {
	case card != GpuBusy:
		return card
	case m.held():
		return GpuBusy
	case m.Processes == nil || m.MemoryUsedMiB == nil:
		return GpuUnknown
	}
	return GpuIdle
}

// held says whether somebody is on the instance, as far as it tells.
func (m ReportedMIG) held() bool {
	return orZero(m.Processes) > 0 || orZero(m.MemoryUsedMiB) >= heldMiB
}
