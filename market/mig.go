package market

// heldInstanceMiB is from how much used memory on somebody holds it. The driver itself uses some tens of MiB.
const heldInstanceMiB = 512

// InstanceState is how an instance stands on a card in a state. On a busy card it is judged by its own processes and memory, as the latest report has
// them; what is wrong with the card is wrong with all its instances.
func InstanceState(card GpuState, m ReportedMIG) GpuState {
	switch {
	case card != GpuBusy:
		return card
	case m.Processes != nil && *m.Processes > 0, m.MemoryUsedMiB != nil && *m.MemoryUsedMiB >= heldInstanceMiB:
		return GpuBusy
	case m.Processes == nil || m.MemoryUsedMiB == nil:
		return GpuUnknown
	}
	return GpuIdle
}
