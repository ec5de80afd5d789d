package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"gpuhour/market"
)

// TestFleetContract runs one suite against every store. The keys of our own cards are the same for all, so each test begins with none.
func TestFleetContract(t *testing.T) {
	t.Parallel()
	suite := map[string]func(*testing.T, backend){
		"reports are taken in order":               reportsInOrder,
		"a report needs a hello":                   reportNeedsHello,
		"reports at once are all judged":           reportsAtOnce,
		"hosts are bounded":                        hostsAreBounded,
		"hosts are followed":                       hostsAreFollowed,
		"a host comes back after a restart":        hostComesBack,
		"holds are seen at once":                   holdsAreSeen,
		"a host is forgotten":                      hostIsForgotten,
		"two tokens of a host are valid":           twoTokens,
		"prices of our own cards are kept":         fleetPricesAreKept,
		"capacities are kept when they change":     capacitiesAreKept,
		"old days of capacities go":                oldCapacitiesGo,
		"a foreign value of our cards is an error": foreignFleet,
	}
	onEveryStore(t, suite)
}

// fleetReport is a report of one free card.
func fleetReport(host string, epoch, seq int64) market.Report {
	return market.Report{Schema: market.ReportSchema, Host: host, Epoch: epoch, Seq: seq, BootID: "boot", IntervalMs: 15_000, NVML: market.ReportedNVML{State: market.NVMLReady},
		Cards: []market.ReportedCard{{UUID: "GPU-00000000-0000-4000-8000-000000000001", Name: "NVIDIA H200", MemoryTotalMiB: new(143771), ComputeProcesses: new(0)}}}
}

// hello gives a host's agent an epoch.
func hello(t *testing.T, s *Store, host string) int64 {
	t.Helper()
	epoch, err := s.Hello(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

// reported sends a report and says whether it was accepted.
func reported(t *testing.T, s *Store, r market.Report, after time.Duration) bool {
	t.Helper()
	accepted, err := s.Report(t.Context(), r, start.Add(after))
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}

func allHosts(t *testing.T, s *Store) ([]market.Host, int64) {
	t.Helper()
	hosts, place, err := s.Hosts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return hosts, place
}

func reportsInOrder(t *testing.T, b backend) {
	s := b.open(t)
	for range 8 {
		hello(t, s, "a")
	}
	for i, c := range []struct {
		epoch, seq int64
		accepted   bool
	}{{7, 1, true}, {7, 2, true}, {7, 2, false}, {7, 1, false}, {8, 1, true}, {7, 9, false}, {8, 10, true}, {8, 9, false}} {
		if got := reported(t, s, fleetReport("a", c.epoch, c.seq), time.Duration(i)*15*time.Second); got != c.accepted {
			t.Errorf("%d/%d: accepted is %v", c.epoch, c.seq, got)
		}
	}
	hosts, _ := allHosts(t, s)
	if len(hosts) != 1 || hosts[0].Report.Seq != 10 || !hosts[0].ReceivedAt.Equal(start.Add(90*time.Second)) {
		t.Errorf("%+v", hosts)
	}
}

func reportNeedsHello(t *testing.T, b backend) {
	s := b.open(t)
	if _, err := s.Report(t.Context(), fleetReport("a", 1, 1), start); !errors.Is(err, ErrNoHello) {
		t.Errorf("got %v, want ErrNoHello", err)
	}
	if one, other := hello(t, s, "a"), hello(t, s, "b"); one != 1 || other != 1 {
		t.Errorf("epochs %d and %d: each host counts for itself", one, other)
	}
	if _, err := s.Report(t.Context(), fleetReport("a", 2, 1), start); !errors.Is(err, ErrNoHello) {
		t.Errorf("got %v, want ErrNoHello", err)
	}
}

// reportsAtOnce lets many reports of one host race: the newest is kept.
func reportsAtOnce(t *testing.T, b backend) {
	s := b.open(t)
	epoch := hello(t, s, "a")
	var all sync.WaitGroup
	for seq := int64(1); seq <= 4; seq++ {
		all.Go(func() {
			if _, err := s.Report(t.Context(), fleetReport("a", epoch, seq), start); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if hosts, _ := allHosts(t, s); hosts[0].Report.Seq != 4 {
		t.Errorf("the last one is %d", hosts[0].Report.Seq)
	}
}

func hostsAreBounded(t *testing.T, b backend) {
	s := b.open(t)
	for i := range 3 {
		if _, err := s.hello(t.Context(), name(i), 2); (i == 2) != errors.Is(err, ErrTooManyHosts) {
			t.Errorf("host %d: %v", i, err)
		}
	}
	if _, err := s.hello(t.Context(), name(0), 2); err != nil {
		t.Errorf("a known host is always welcome: %v", err)
	}
}

func hostsAreFollowed(t *testing.T, b backend) {
	s := b.open(t)
	_, place := allHosts(t, s)
	for _, host := range []string{"a", "b"} {
		for seq := range int64(2) {
			reported(t, s, fleetReport(host, hello(t, s, host), seq+1), 0)
		}
	}
	hosts, now, found, err := s.HostsSince(t.Context(), place)
	if err != nil || !found || len(hosts) != 2 || hosts[0].ID != "a" || hosts[0].Report.Seq != 2 || now != place+4 {
		t.Errorf("%v %v %d %v", found, err, now, hosts)
	}
	if hosts, again, found, err := s.HostsSince(t.Context(), now); err != nil || !found || len(hosts) != 0 || again != now {
		t.Errorf("nothing happened since: %v %v %d %v", found, err, again, hosts)
	}
	for _, lost := range []int64{-1, now + 1} {
		if _, _, found, err := s.HostsSince(t.Context(), lost); found || err != nil {
			t.Errorf("place %d: %v %v", lost, found, err)
		}
	}
	if err := s.client.XTrimMaxLen(t.Context(), hostChangesKey, 2).Err(); err != nil {
		t.Fatal(err)
	}
	if _, _, found, err := s.HostsSince(t.Context(), place); found || err != nil {
		t.Errorf("a place that is gone: %v %v", found, err)
	}
}

func hostComesBack(t *testing.T, b backend) {
	s := b.open(t)
	epoch := hello(t, s, "a")
	for seq := int64(1); seq <= 3; seq++ {
		reported(t, s, fleetReport("a", epoch, seq), time.Duration(seq)*15*time.Second)
	}
	before, place := allHosts(t, s)
	if before[0].Cards[0].State != market.GpuIdle {
		t.Errorf("after three sweeps: %+v", before[0].Cards)
	}
	closeStore(t, s)
	s = b.open(t)
	after, again := allHosts(t, s)
	if diff := cmp.Diff(before, after); diff != "" || again != place {
		t.Errorf("place %d and %d (-before +after):\n%s", place, again, diff)
	}
	if hello(t, s, "a") != epoch+1 {
		t.Error("epochs begin anew")
	}
	closeStore(t, s)
}

func holdsAreSeen(t *testing.T, b backend) {
	s := b.open(t)
	epoch := hello(t, s, "a")
	for seq := int64(1); seq <= 3; seq++ {
		reported(t, s, fleetReport("a", epoch, seq), time.Duration(seq)*15*time.Second)
	}
	_, place := allHosts(t, s)
	for _, step := range []struct {
		target, reason string
		state          market.GpuState
	}{
		{"a", "for Ada", market.GpuReserved},
		{"GPU-00000000-0000-4000-8000-000000000001", "draining", market.GpuDegraded},
		{"GPU-00000000-0000-4000-8000-000000000001", "", market.GpuReserved},
		{"a", "", market.GpuIdle},
	} {
		if err := s.SetHold(t.Context(), step.target, step.reason); err != nil {
			t.Fatal(err)
		}
		if _, _, found, err := s.HostsSince(t.Context(), place); found || err != nil {
			t.Errorf("followers must read all again: %v %v", found, err)
		}
		var hosts []market.Host
		if hosts, place = allHosts(t, s); hosts[0].Cards[0].State != step.state {
			t.Errorf("%s %q: %+v", step.target, step.reason, hosts[0].Cards[0])
		}
	}
	if err := s.SetHold(t.Context(), "a", "for Ada"); err != nil {
		t.Fatal(err)
	}
	_, place = allHosts(t, s)
	reported(t, s, fleetReport("a", epoch, 4), time.Minute)
	hosts, _, found, err := s.HostsSince(t.Context(), place)
	if err != nil || !found || hosts[0].Cards[0].State != market.GpuReserved {
		t.Errorf("a report does not release: %v %v %+v", found, err, hosts)
	}
}

func hostIsForgotten(t *testing.T, b backend) {
	s := b.open(t)
	epoch := hello(t, s, "a")
	reported(t, s, fleetReport("a", epoch, 1), 0)
	for _, want := range []bool{true, false} {
		if found, err := s.ForgetHost(t.Context(), "a"); found != want || err != nil {
			t.Errorf("%v %v, want %v", found, err, want)
		}
	}
	if hosts, _ := allHosts(t, s); len(hosts) != 0 {
		t.Errorf("%+v", hosts)
	}
	if reported(t, s, fleetReport("a", epoch, 1), 0) || !reported(t, s, fleetReport("a", epoch, 2), 0) {
		t.Error("the next report makes it known anew, and not the last one once more")
	}
}

func twoTokens(t *testing.T, b backend) {
	s := b.open(t)
	if has, err := s.HasAgentTokens(t.Context()); has || err != nil {
		t.Errorf("%v %v", has, err)
	}
	digest := func(n int) string { return fmt.Sprintf("%064x", n) }
	for n := 1; n <= 3; n++ {
		if err := s.AddAgentToken(t.Context(), "a", digest(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddAgentToken(t.Context(), "b", digest(3)); !errors.Is(err, ErrTokenKnown) {
		t.Errorf("one token for two hosts: %v", err)
	}
	if got, err := s.AgentTokens(t.Context(), "a"); err != nil || !slices.Equal(got, []string{digest(3), digest(2)}) {
		t.Errorf("%v %v: the newest two", got, err)
	}
	for n, want := range map[int]string{1: "", 2: "a", 3: "a", 4: ""} {
		if got, err := s.AgentOf(t.Context(), digest(n)); got != want || err != nil {
			t.Errorf("token %d is of %q, %v", n, got, err)
		}
	}
	if has, err := s.HasAgentTokens(t.Context()); !has || err != nil {
		t.Errorf("%v %v", has, err)
	}
	for _, want := range []int{2, 0} {
		if gone, err := s.RevokeAgents(t.Context(), "a"); gone != want || err != nil {
			t.Errorf("%d %v", gone, err)
		}
	}
	if got, err := s.AgentOf(t.Context(), digest(3)); got != "" || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if got, err := s.AgentTokens(t.Context(), "a"); len(got) > 0 || err != nil {
		t.Errorf("%v %v", got, err)
	}
}

func fleetPricesAreKept(t *testing.T, b backend) {
	s := b.open(t)
	price := market.Money{Amount: decimal.MustParse("2.50"), Currency: market.CNY}
	if err := s.SetFleetPrice(t.Context(), "nvidia/h200-sxm-141gb", &price); err != nil {
		t.Fatal(err)
	}
	got, err := s.FleetPrices(t.Context())
	if err != nil || len(got) != 1 || got["nvidia/h200-sxm-141gb"].Amount.String() != "2.50" || got["nvidia/h200-sxm-141gb"].Currency != market.CNY {
		t.Errorf("%v %v", got, err)
	}
	if err := s.SetFleetPrice(t.Context(), "nvidia/h200-sxm-141gb", nil); err != nil {
		t.Fatal(err)
	}
	if got, err := s.FleetPrices(t.Context()); len(got) > 0 || err != nil {
		t.Errorf("%v %v", got, err)
	}
}

// seen keeps the capacity of one kind, so many minutes after the start.
func seen(t *testing.T, s *Store, minutes int, all ...market.Capacity) {
	t.Helper()
	if err := s.SaveCapacities(t.Context(), start.Add(time.Duration(minutes)*time.Minute), all); err != nil {
		t.Fatal(err)
	}
}

// history is the history of a kind as minutes since the start, with the total, the idle and the unknown cards.
func history(t *testing.T, s *Store, kind string, from, to int) []string {
	t.Helper()
	minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	points, err := s.CapacityHistory(t.Context(), kind, minute(from), minute(to))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, p := range points {
		out = append(out, fmt.Sprintf("%d: %d %d %d", int(p.At.Sub(start).Minutes()), p.Total, p.Idle, p.Unknown))
	}
	return out
}

func capacitiesAreKept(t *testing.T, b backend) {
	s := b.open(t)
	h200 := func(idle int) market.Capacity {
		return market.Capacity{GpuID: "nvidia/h200-sxm-141gb", GpuName: "NVIDIA H200", Total: 8, Idle: idle, Busy: 8 - idle}
	}
	odd := market.Capacity{GpuName: "NVIDIA Z900", Total: 1, Idle: 1}
	seen(t, s, 0, h200(8), odd)
	seen(t, s, 1, h200(8))
	seen(t, s, 2, h200(6))
	seen(t, s, 2, h200(5)) // another replica, in the same minute
	seen(t, s, 1, h200(4)) // or one that is late
	seen(t, s, 3, h200(6))
	const day = minutesADay
	for n := 4; n < 3*day; n += capacityGap { // two days in which nothing changes
		seen(t, s, n, h200(6))
	}
	last := 4 + (3*day-5)/capacityGap*capacityGap
	seen(t, s, last+100, h200(6)) // after a gap
	seen(t, s, last+101, h200(7))
	for _, c := range []struct {
		reason   string
		from, to int
		want     []string
	}{
		{"changes, once a minute", 0, 10, []string{"0: 8 8 0", "2: 8 6 0"}},
		{"what held before comes first", 1, 10, []string{"0: 8 8 0", "2: 8 6 0"}},
		{"a day is begun with what holds", 800, 900, []string{"724: 8 6 0"}},
		{"over a day's beginning", 700, 800, []string{"2: 8 6 0", "724: 8 6 0"}},
		{"a gap is unknown", last, last + 200, []string{fmt.Sprintf("%d: 8 6 0", 2*day+724), fmt.Sprintf("%d: 8 0 8", last+1), fmt.Sprintf("%d: 8 6 0", last+100), fmt.Sprintf("%d: 8 7 0", last+101)}},
		{"before the first nothing is known", -100, -1, []string{}},
	} {
		if diff := cmp.Diff(c.want, history(t, s, "nvidia/h200-sxm-141gb", c.from, c.to)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	if diff := cmp.Diff([]string{"0: 1 1 0", "1: 0 0 0"}, history(t, s, "NVIDIA Z900", 0, 10*day)); diff != "" {
		t.Errorf("cards that are no more (-want +got):\n%s", diff)
	}
	if got := history(t, s, "nobody's", 0, 10); len(got) > 0 {
		t.Error(got)
	}
}

func oldCapacitiesGo(t *testing.T, b backend) {
	s := b.open(t)
	c := market.Capacity{GpuName: "NVIDIA H200", Total: 8, Idle: 8}
	for day := range 3 {
		seen(t, s, day*minutesADay, c)
	}
	seen(t, s, (capacityDays+1)*minutesADay, c)
	days, err := s.client.HKeys(t.Context(), capacityKey("NVIDIA H200")).Result()
	if err != nil || len(days) != 2 {
		t.Errorf("%v, %v: the third day, which is as old as can be, and this one", days, err)
	}
}

func foreignFleet(t *testing.T, b backend) {
	s := b.open(t)
	for key, field := range map[string]string{hostsKey: "a", fleetPricesKey: "a", capacityKey("NVIDIA H200"): "20000"} {
		if err := s.client.HSet(t.Context(), key, field, `{"Newer":true}`).Err(); err != nil {
			t.Fatal(err)
		}
	}
	_, _, hosts := s.Hosts(t.Context())
	_, prices := s.FleetPrices(t.Context())
	_, points := s.CapacityHistory(t.Context(), "NVIDIA H200", time.Unix(0, 0), start)
	hello(t, s, "a")
	_, report := s.Report(t.Context(), fleetReport("a", 1, 1), start)
	for what, err := range map[string]error{"hosts": hosts, "prices": prices, "points": points, "report": report} {
		if !errors.Is(err, errForeign) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}
