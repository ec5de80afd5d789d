package fleet

import (
	"crypto/rand"
	"os"
	"strings"
	"time"

	"gpuhour/market"
)

// About is what every report of an agent says alike.
type About struct {
	Host, Hostname, BootID, Version string
	Labels                          map[string]string
	Interval                        time.Duration
	Simulated                       bool
}

// ThisMachine fills in what the machine knows of itself. Where it does not tell one boot from another, each start of the agent counts as one.
func (a About) ThisMachine() About {
	a.Hostname, _ = os.Hostname() // empty where it has none
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if a.BootID = strings.TrimSpace(string(id)); err != nil || a.BootID == "" {
		a.BootID = rand.Text()
	}
	return a
}

// Report is a sweep as it is sent at a moment, without the numbers of its epoch.
func (a About) Report(s Sweep, now time.Time) market.Report {
	cards := s.Cards
	if cards == nil {
		cards = []market.ReportedCard{}
	}
	return market.Report{Schema: market.ReportSchema, Host: a.Host, BootID: a.BootID, AgentVersion: a.Version, SentAt: now.UTC(),
		SampleAgeMs: max(0, now.Sub(s.At).Milliseconds()), IntervalMs: a.Interval.Milliseconds(), Hostname: a.Hostname, Labels: a.Labels,
		NVML: s.NVML, Cards: cards, Xids: s.Xids, Simulated: a.Simulated}
}
