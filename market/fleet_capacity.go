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
	for i, h := range Cloned(hosts, now) {
		h = h.At(now)
		for _, c := range h.Cards {
			kind := cmp.Or(c.GpuID, c.Name)
			if sums[kind] == nil {
				sums[kind] = &capacitySum{Capacity: Capacity{GpuID: c.GpuID, GpuName: c.Name}, host: -1}
			}
			sums[kind].add(i, c, h.Report.Simulated)
		}
	}
	var out []Capacity
	for _, kind := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, sums[kind].capacity())
	}
	return out
}

// capacitySum is a capacity in the making: of the host that is being counted, and of those before.
type capacitySum struct {
	Capacity
	// host is the one that is being counted, cards how many it has, and most is how many the largest one has.
	host, cards, most int
	// idle are the idle cards of each host.
	idle []int
}

func (s *capacitySum) add(host int, c Card, sample bool) {
	if s.host != host {
		s.host, s.cards, s.idle = host, 0, append(s.idle, 0)
	}
	s.cards++
	s.most = max(s.most, s.cards)
	if c.State == GpuIdle {
		s.idle[len(s.idle)-1]++
	}
	s.count(c.State)
	s.GpuName, s.Sample = min(s.GpuName, c.Name), s.Sample || sample
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
