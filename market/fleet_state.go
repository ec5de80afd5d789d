package market

import (
	"fmt"
	"slices"
	"strings"
)

// HoldLabel is the label by which a host holds all its cards back; its value is the reason.
const HoldLabel = "gpuhour.hold"

// Held is the host with what the operator holds back: reasons by host, or by UUID of a card.
func (h Host) Held(holds map[string]string) Host {
	h.Hold = holds[h.ID]
	h.Cards = slices.Clone(h.Cards)
	for i, c := range h.Cards {
		h.Cards[i].Hold = holds[c.UUID]
	}
	h.settle()
	return h
}

// settle gives every card the first state that applies.
func (h *Host) settle() {
	for i, c := range h.Cards {
		h.Cards[i].State, h.Cards[i].Reason = h.stateOf(c)
	}
}

// stateOf puts the holds and the count of sweeps to what was observed.
func (h Host) stateOf(c Card) (GpuState, string) {
	state, reason := h.observed(c, h.seen(c.UUID, c.Index))
	hold := h.hold(c)
	switch {
	case state == GpuUnknown || state == GpuLost || state == GpuDegraded:
		return state, reason
	case isDrain(hold):
		return GpuDegraded, "drained: " + hold
	case state == GpuBusy:
		return state, reason
	case hold != "":
		return GpuReserved, "held back: " + hold
	}
	return c.free()
}

// free is how a card stands against which nothing speaks. Until that has lasted, one that was busy still is, since between two jobs it looks the
// same; of one that was not, nothing is known yet.
func (c Card) free() (GpuState, string) {
	if c.IdleSweeps >= idleSweeps {
		return GpuIdle, fmt.Sprintf("nothing spoke against it in %d sweeps running", idleSweeps)
	}
	reason := fmt.Sprintf("seen free in %d of %d sweeps running", c.IdleSweeps, idleSweeps)
	if c.WasBusy {
		return GpuBusy, reason
	}
	return GpuUnknown, reason
}

// hold is why a card is held back; a drain comes before other reasons.
func (h Host) hold(c Card) string {
	var first string
	for _, reason := range []string{c.Hold, h.Hold, h.Report.Labels[HoldLabel]} {
		if isDrain(reason) {
			return reason
		}
		if first == "" {
			first = reason
		}
	}
	return first
}

func isDrain(reason string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(reason)), "drain")
}
