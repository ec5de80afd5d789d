package market

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Capacities sum the cards of all hosts up as they stand at a moment: by catalogue entry, or by the driver's name where that does not say which.
// A card with MIG is counted whole. Hosts that are not believed count as UNKNOWN.
func Capacities(hosts []Host, now time.Time) []Capacity {
	sums := map[string]*capacitySum{}
	for _, h := range Cloned(hosts, now) {
		h = h.At(now)
		for kind, cards := range byKind(h.Cards) {
			if sums[kind] == nil {
				sums[kind] = &capacitySum{}
			}
			sums[kind].add(cards, h.Report.Simulated)
		}
	}
	var out []Capacity
	for _, kind := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, sums[kind].capacity())
	}
	return out
}

func byKind(cards []Card) map[string][]Card {
	kinds := map[string][]Card{}
	for _, c := range cards {
		kind := cmp.Or(c.GpuID, c.Name)
		kinds[kind] = append(kinds[kind], c)
	}
	return kinds
}

// capacitySum is a capacity in the making: idle are the idle cards of each host, and most is how many cards one host has.
type capacitySum struct {
	Capacity
	idle []int
	most int
}

// add counts the cards of one host.
func (s *capacitySum) add(cards []Card, sample bool) {
	idle := s.Idle
	for _, c := range cards {
		s.count(c.State)
		if s.GpuName == "" || c.Name < s.GpuName {
			s.GpuName = c.Name
		}
	}
	s.GpuID, s.Sample = cards[0].GpuID, s.Sample || sample
	s.idle, s.most = append(s.idle, s.Idle-idle), max(s.most, len(cards))
}

func (c *Capacity) count(state GpuState) {
	c.Total++
	switch state {
	case GpuIdle:
		c.Idle++
	case GpuBusy:
		c.Busy++
	case GpuReserved:
		c.Reserved++
	case GpuDegraded:
		c.Degraded++
	case GpuLost:
		c.Lost++
	default:
		c.Unknown++
	}
}

// capacity adds the lots of 1, 2, 4, 8 and so on, as far as a host could have one: how many of each size could be rented out, if only that size was.
func (s *capacitySum) capacity() Capacity {
	for size := 1; size <= s.most; size *= 2 {
		lot := Lot{Size: size}
		for _, idle := range s.idle {
			lot.Count += idle / size
		}
		s.Lots = append(s.Lots, lot)
	}
	return s.Capacity
}

// Kind is what a capacity is known by: the catalogue entry, or the driver's name where that does not say which.
func (c Capacity) Kind() string { return cmp.Or(c.GpuID, c.GpuName) }

// Point is the capacity without its lots, at a moment.
func (c Capacity) Point(at time.Time) CapacityPoint {
	return CapacityPoint{At: at, Total: c.Total, Idle: c.Idle, Busy: c.Busy, Reserved: c.Reserved, Degraded: c.Degraded, Lost: c.Lost, Unknown: c.Unknown}
}
