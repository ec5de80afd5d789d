package market

import "fmt"

// xidPolicies say what an error of the driver means for the card, after NVIDIA's catalogue. What is not here is fatal until somebody has looked.
var xidPolicies = map[int]xidPolicy{
	13:  {what: "a fault of an application"},
	31:  {what: "a fault of an application"},
	43:  {what: "a fault of an application"},
	45:  {what: "a fault of an application"},
	63:  {what: "a row was remapped, of which the rows themselves tell"},
	68:  {what: "a fault of an application"},
	94:  {what: "a contained memory error of an application"},
	109: {what: "a fault of an application"},
	154: {what: "another recovery action, which is reported itself"},

	46:  {"the GPU stopped processing", "a reset", xidReset},
	64:  {"a row could not be remapped", "a reset", xidReset},
	95:  {"an uncontained memory error", "a reset", xidReset},
	119: {"the GPU's system processor did not answer", "a reset", xidReset},
	120: {"the GPU's system processor failed", "a reset", xidReset},
	140: {"an unrecovered memory error", "a reset", xidReset},
	48:  {"a double-bit memory error", "somebody to look", xidInspect},
	74:  {"an NVLink error", "somebody to look", xidInspect},
	79:  {"the GPU has fallen off the bus", "a reboot", xidReboot},
}

// The gravity of an Xid.
const (
	xidHarmless = iota
	xidReset
	xidInspect
	xidReboot
)

type xidPolicy struct {
	what, needs string
	gravity     int
}

func policyOf(xid int) xidPolicy {
	if p, known := xidPolicies[xid]; known {
		return p
	}
	return xidPolicy{"an error that is not known to be harmless", "somebody to look", xidInspect}
}

// fatal is the gravest Xid of a card in a report, or the one that was known of this boot.
func (c Card) fatal(r Report, seen ReportedCard) int {
	worst := c.Fatal
	for _, x := range r.Xids {
		p := policyOf(x.Xid)
		if seen.isOrHolds(x.UUID) && p.gravity > xidHarmless && (worst == 0 || p.gravity > policyOf(worst).gravity) {
			worst = x.Xid
		}
	}
	return worst
}

// isOrHolds says whether a UUID is the card's or one of its instances'.
func (r ReportedCard) isOrHolds(uuid string) bool {
	if r.UUID == uuid {
		return true
	}
	for _, m := range r.MIG {
		if m.UUID == uuid {
			return true
		}
	}
	return false
}

func xidReason(xid int) string {
	p := policyOf(xid)
	return fmt.Sprintf("Xid %d in this boot: %s; it needs %s", xid, p.what, p.needs)
}
