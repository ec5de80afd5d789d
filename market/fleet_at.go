package market

import (
	"fmt"
	"slices"
	"time"
)

// How long a report is believed: until freshFor the cards are as it says; until unreachableAfter the host is there, and its cards count as
// unavailable; after that it is gone.
const (
	freshFor         = 30 * time.Second
	unreachableAfter = 60 * time.Second
)

// Reachable says whether the host has reported lately, and did not take its leave.
func (h Host) Reachable(now time.Time) bool {
	return !h.Report.Final && !h.ReceivedAt.IsZero() && now.Sub(h.ReceivedAt) <= unreachableAfter
}

// At is the host as it stands at a moment: cards of which nothing fresh is known are UNKNOWN, and never free.
func (h Host) At(now time.Time) Host {
	reason := h.doubt(now)
	if reason == "" {
		return h
	}
	h.Cards = slices.Clone(h.Cards)
	for i := range h.Cards {
		h.Cards[i].State, h.Cards[i].Reason = GpuUnknown, reason
	}
	return h
}

// doubt is why the latest report is not believed at a moment; empty where it is. Its times are of the clock, so that it stays the same.
func (h Host) doubt(now time.Time) string {
	switch {
	case h.Clone != "":
		return "not believed: " + h.Clone
	case h.Report.Final:
		return "the agent took its leave at " + clock(h.ReceivedAt)
	case !h.Reachable(now):
		return "unreachable: the host last reported at " + clock(h.ReceivedAt)
	case now.Sub(h.ReceivedAt) > freshFor:
		return "stale: the host last reported at " + clock(h.ReceivedAt)
	case now.Sub(h.sampledAt()) > freshFor:
		return "stale: the host reports, and last looked at its cards at " + clock(h.sampledAt())
	}
	return ""
}

func clock(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// Cloned are the hosts, of which those are not believed that report a card which another reports too. A host that is gone, or took its leave,
// claims no card: cards are moved.
func Cloned(hosts []Host, now time.Time) []Host {
	claims, out := make(map[string]int, 8*len(hosts)), hosts
	for i, h := range hosts {
		if !h.Reachable(now) {
			continue
		}
		for _, c := range h.Report.Cards {
			first, claimed := claims[c.UUID]
			switch {
			case c.UUID == "" || claimed && first == i:
			case !claimed:
				claims[c.UUID] = i
			default:
				out = disbelieve(out, hosts, c.UUID, first, i)
			}
		}
	}
	return out
}

// disbelieve marks two hosts that report the same card, in a copy.
func disbelieve(out, hosts []Host, uuid string, a, b int) []Host {
	if &out[0] == &hosts[0] {
		out = slices.Clone(hosts)
	}
	for _, pair := range [][2]int{{a, b}, {b, a}} {
		if one := &out[pair[0]]; one.Clone == "" {
			one.Clone = fmt.Sprintf("its card %s is reported by %s too", uuid, hosts[pair[1]].ID)
		}
	}
	return out
}
