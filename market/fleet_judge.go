package market

import (
	"cmp"
	"slices"
	"time"
)

// unreachableAfter is how long a report is believed.
const unreachableAfter = time.Minute

// Reachable says whether the host has reported lately.
func (h Host) Reachable(now time.Time) bool {
	return !h.Report.Final && !h.ReceivedAt.IsZero() && now.Sub(h.ReceivedAt) <= unreachableAfter
}

// At is the host as it stands at a moment: cards of which no fresh report is believed are UNKNOWN.
func (h Host) At(now time.Time) Host {
	reason := h.Clone
	if reason == "" && !h.Reachable(now) {
		reason = "the host does not report"
	}
	if reason == "" {
		return h
	}
	h.Cards = slices.Clone(h.Cards)
	for i := range h.Cards {
		h.Cards[i].State, h.Cards[i].Reason = GpuUnknown, reason
	}
	return h
}

// Capacities sums the cards of all hosts up as they stand at a moment, by catalogue id, or by name where there is none.
func Capacities(hosts []Host, now time.Time) []Capacity {
	sums, lots := map[string]*Capacity{}, map[string]map[int]int{}
	for _, h := range hosts {
		idle := map[string]int{}
		for _, card := range h.At(now).Cards {
			kind := cmp.Or(card.GpuID, card.Name)
			if sums[kind] == nil {
				sums[kind], lots[kind] = &Capacity{GpuID: card.GpuID, GpuName: card.Name}, map[int]int{}
			}
			sums[kind].add(card.State)
			sums[kind].Sample = sums[kind].Sample || h.Report.Simulated
			if card.State == GpuIdle {
				idle[kind]++
			}
		}
		for kind, n := range idle {
			lots[kind][n]++
		}
	}
	var out []Capacity
	for kind, sum := range sums {
		for size, count := range lots[kind] {
			sum.Lots = append(sum.Lots, Lot{size, count})
		}
		slices.SortFunc(sum.Lots, func(a, b Lot) int { return cmp.Compare(b.Size, a.Size) })
		out = append(out, *sum)
	}
	slices.SortFunc(out, func(a, b Capacity) int { return cmp.Compare(cmp.Or(a.GpuID, a.GpuName), cmp.Or(b.GpuID, b.GpuName)) })
	return out
}

func (c *Capacity) add(state GpuState) {
	c.Total++
	*map[GpuState]*int{GpuIdle: &c.Idle, GpuBusy: &c.Busy, GpuReserved: &c.Reserved, GpuDegraded: &c.Degraded, GpuLost: &c.Lost, GpuUnknown: &c.Unknown}[state]++
}
