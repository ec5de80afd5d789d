package market

import (
	"cmp"
	"slices"
	"time"
)

const (
	// idleSweeps is for how many sweeps running nothing must speak against a card before it is free. It is busy at once.
	idleSweeps = 3
	// lostSweeps is in how many sweeps running the handle of this one card must be refused before it is lost.
	lostSweeps = 2
	// mostBoots is how many boots of a host are remembered.
	mostBoots = 8
	// cloneMemory is for how long two machines must not have reported under one id before it is believed again.
	cloneMemory = 10 * time.Minute
)

// Take is the host after a report, which came at a moment of the server's clock. What must be remembered from the reports before is; holds are
// not, see Held.
func (h Host) Take(r Report, receivedAt time.Time) Host {
	receivedAt = receivedAt.UTC()
	next := Host{ID: cmp.Or(h.ID, r.Host), Report: r, ReceivedAt: receivedAt, Clone: h.Clone, ClonedAt: h.ClonedAt, Boots: h.Boots}
	if !r.SentAt.IsZero() {
		next.SkewMs = r.SentAt.Sub(receivedAt).Milliseconds()
	}
	next.noteBoot(r.BootID)
	t := take{before: h, next: &next, boot: h.Report.BootID == r.BootID}
	t.running = t.boot && receivedAt.Sub(h.ReceivedAt) <= unreachableAfter
	t.again = t.running && !next.sampledAt().After(h.sampledAt().Add(time.Duration(r.IntervalMs)*time.Millisecond/2))
	t.cards()
	next.settle()
	return next
}

// noteBoot remembers the boot. A boot that comes back after another is never the same machine's.
func (h *Host) noteBoot(boot string) {
	last := len(h.Boots) - 1
	if last >= 0 && h.Boots[last] == boot {
		if h.ReceivedAt.Sub(h.ClonedAt) > cloneMemory {
			h.Clone = ""
		}
		return
	}
	if slices.Contains(h.Boots, boot) {
		h.Clone, h.ClonedAt = "two machines report under this id in turns", h.ReceivedAt
	}
	others := slices.DeleteFunc(slices.Clone(h.Boots), func(b string) bool { return b == boot })
	h.Boots = slices.Concat(others[max(0, len(others)-mostBoots+1):], []string{boot})
}

// sampledAt is when the report's sweep was over, by the server's clock.
func (h Host) sampledAt() time.Time {
	return h.ReceivedAt.Add(-time.Duration(h.Report.SampleAgeMs) * time.Millisecond)
}

// take is one report on its way into what is known of a host.
type take struct {
	before Host
	next   *Host
	// boot says that it is of the boot before, running that sweeps follow each other without a gap, again that it tells the sweep before once more.
	boot, running, again bool
}

// cards are those of the report, and those that are known and missing from it.
func (t take) cards() {
	known := slices.Clone(t.before.Cards)
	for _, seen := range t.next.Report.Cards {
		var before Card
		if i := t.find(known, seen); i >= 0 {
			before = known[i]
			known = slices.Delete(known, i, i+1)
		}
		t.next.Cards = append(t.next.Cards, t.card(before, seen))
	}
	for i := range t.next.Cards {
		seen := t.next.Report.Cards[i]
		t.countFailures(&t.next.Cards[i], seen)
		t.countIdle(&t.next.Cards[i], seen)
	}
	for _, missing := range known {
		if missing.UUID != "" {
			t.next.Cards = append(t.next.Cards, t.missing(missing))
		}
	}
}

// find is the place of the card before. Where a UUID is not known, the index says which it is: that stays the same during a boot.
func (t take) find(known []Card, seen ReportedCard) int {
	if i := slices.IndexFunc(known, func(c Card) bool { return c.UUID != "" && c.UUID == seen.UUID }); i >= 0 {
		return i
	}
	return slices.IndexFunc(known, func(c Card) bool {
		return (c.UUID == "" || seen.UUID == "") && t.boot && c.Index == seen.Index && !t.lists(c.UUID)
	})
}

// lists says whether the report names a card.
func (t take) lists(uuid string) bool {
	return uuid != "" && slices.ContainsFunc(t.next.Report.Cards, func(c ReportedCard) bool { return c.UUID == uuid })
}

// remembered is what of a card is still true.
func (t take) remembered(c Card) Card {
	if !t.boot {
		c.LostIn, c.Fatal, c.FatalIn, c.FailedSweeps = "", 0, "", 0
	}
	if !t.running {
		c.IdleSweeps, c.FailedSweeps, c.WasBusy = 0, 0, false
	}
	return c
}

func (t take) card(before Card, seen ReportedCard) Card {
	c := t.remembered(before)
	memory := t.before.memoryOf(c.UUID)
	if name := cmp.Or(seen.Name, c.Name); name != c.Name || !sameInt(memory, seen.MemoryTotalMiB) {
		c.GpuID = driverGpuID(name, cmp.Or(seen.MemoryTotalMiB, memory))
	}
	c.UUID, c.Name, c.Index = cmp.Or(seen.UUID, c.UUID), cmp.Or(seen.Name, c.Name), seen.Index
	if fatal := c.fatal(t.next.Report, seen); fatal != 0 {
		c.Fatal, c.FatalIn = fatal, t.next.Report.BootID
	}
	return c
}

// missing is a card that the report does not list. Where NVML says nothing of any card, it is not missing.
func (t take) missing(c Card) Card {
	c = t.remembered(c)
	c.Index, c.IdleSweeps, c.WasBusy = -1, 0, false
	return c
}

// countFailures finds out whether the card is lost.
func (t take) countFailures(c *Card, seen ReportedCard) {
	switch {
	case blindness(t.next.Report) != "" || t.again:
	case seen.Code == codeUnknown:
		c.FailedSweeps++
	default:
		c.FailedSweeps = 0
	}
	if seen.Code == codeLost || c.FailedSweeps >= lostSweeps {
		c.LostIn = t.next.Report.BootID
	}
}

// countIdle counts the sweeps in which nothing spoke against the card.
func (t take) countIdle(c *Card, seen ReportedCard) {
	state, _ := t.next.observed(*c, &seen)
	switch {
	case state != GpuIdle:
		c.IdleSweeps, c.WasBusy = 0, state == GpuBusy
	case !t.again:
		c.IdleSweeps = min(c.IdleSweeps+1, idleSweeps)
	}
}

// memoryOf is the memory of a card as the latest report has it.
func (h Host) memoryOf(uuid string) *int {
	if seen := h.seen(uuid, -1); seen != nil {
		return seen.MemoryTotalMiB
	}
	return nil
}

// seen is the latest report's card of a UUID, or of an index where it has none; nil where it is missing.
func (h Host) seen(uuid string, index int) *ReportedCard {
	for i, c := range h.Report.Cards {
		if c.UUID == uuid && uuid != "" || c.UUID == "" && c.Index == index {
			return &h.Report.Cards[i]
		}
	}
	return nil
}

func sameInt(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }
