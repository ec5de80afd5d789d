package fleet

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gpuhour/market"
)

// clocked is a source over one of the helpers, with a clock that the test moves.
func clocked(t *testing.T, name string, o ProcessOptions) (*Process, *time.Time) {
	t.Helper()
	now := time.Now()
	o.Command, o.Now = helper(name), func() time.Time { return now }
	p := NewProcess(o)
	t.Cleanup(p.Close)
	return p, &now
}

// TestProbeDies holds that a probe that dies at once is started again after pauses that double up to a limit, and that there is always a sweep.
func TestProbeDies(t *testing.T) {
	p, now := clocked(t, "dies", ProcessOptions{})
	for i, pause := range []time.Duration{5, 10, 20, 40, 80, 120, 120} {
		s := p.Sweep(t.Context())
		if s.NVML.State != market.NVMLProbeDied || !strings.Contains(s.NVML.Problem, "exit status 127: symbol lookup error") || !s.At.Equal(*now) {
			t.Fatalf("got %+v", s)
		}
		if got := p.restartAt.Sub(*now); got != pause*time.Second {
			t.Errorf("pause %d is %s", i, got)
		}
		*now = now.Add(pause*time.Second - 1)
		if p.Sweep(t.Context()); p.failures != i+1 {
			t.Errorf("it was started %d times, %d of them before the pause was over", p.failures, p.failures-i-1)
		}
		*now = now.Add(1)
	}
}

// TestProbeIsSilent holds that a probe that never answers is called hung at once, is asked no second time, and is killed when its time is over.
func TestProbeIsSilent(t *testing.T) {
	p, now := clocked(t, "silent", ProcessOptions{AnswerWait: time.Millisecond})
	for range 2 {
		if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLHung || p.current == nil {
			t.Fatalf("got %+v", s)
		}
		*now = now.Add(killAfter / 2)
	}
	c := p.current
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLHung || s.NVML.Problem != "NVML has not answered for 1m0s" || p.current != nil {
		t.Errorf("got %+v", s)
	}
	<-c.ended
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLHung {
		t.Errorf("without a probe: %+v", s)
	}
}

// TestProbesThatCannotBeKilled holds that there are never more than three of them: a process that waits for a driver does not end.
func TestProbesThatCannotBeKilled(t *testing.T) {
	p, now := clocked(t, "silent", ProcessOptions{AnswerWait: time.Millisecond})
	for range mostUndead {
		p.undead = append(p.undead, &child{ended: make(chan struct{})})
	}
	p.state = market.ReportedNVML{State: market.NVMLHung}
	*now = now.Add(time.Hour)
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLHung || p.current != nil {
		t.Errorf("got %+v", s)
	}
	close(p.undead[1].ended)
	if p.Sweep(t.Context()); p.current == nil {
		t.Error("one has ended, and no other was started")
	}
}

// TestProbeBabbles holds that a probe that writes anything else than answers is killed.
func TestProbeBabbles(t *testing.T) {
	p, _ := clocked(t, "babbles", ProcessOptions{})
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLProbeDied {
		t.Errorf("got %+v", s)
	}
}

// TestProbeDoesNotStart holds that a program that is gone is a sweep too.
func TestProbeDoesNotStart(t *testing.T) {
	p, _ := clocked(t, "silent", ProcessOptions{})
	command := helper("silent")()
	command.Path = "/nowhere/gpuhour"
	if _, err := start(command, time.Now); err == nil {
		t.Fatal("it started")
	}
	p.o.Command = helper("silent")
	p.fail(market.ReportedNVML{State: market.NVMLProbeDied})
	if s := p.Sweep(t.Context()); s.NVML.State != market.NVMLProbeDied {
		t.Errorf("got %+v", s)
	}
}

// TestCloseLeavesNothing ends a probe that does not listen, and looks for what is left.
func TestCloseLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	p := NewProcess(ProcessOptions{Command: helper("silent"), AnswerWait: time.Millisecond, Now: time.Now})
	p.Sweep(context.Background())
	c := p.current
	p.Close()
	<-c.ended
	goleak.VerifyNone(t, before)
}

// TestRecall puts back what was known of a card whose handle is lost, but never a UUID that another card has now.
func TestRecall(t *testing.T) {
	p := NewProcess(ProcessOptions{})
	p.recall([]market.ReportedCard{{Index: 0, UUID: "GPU-a", Name: "x", BusID: "1"}, {Index: 1, UUID: "GPU-b"}})
	for _, c := range []struct {
		why         string
		cards, want []market.ReportedCard
	}{
		{"the handle is lost", []market.ReportedCard{{Index: 0, Code: 15}, {Index: 1, UUID: "GPU-b"}},
			[]market.ReportedCard{{Index: 0, Code: 15, UUID: "GPU-a", Name: "x", BusID: "1"}, {Index: 1, UUID: "GPU-b"}}},
		{"the numbers have moved", []market.ReportedCard{{Index: 0, Code: 15}, {Index: 1, UUID: "GPU-a"}}, []market.ReportedCard{{Index: 0, Code: 15}, {Index: 1, UUID: "GPU-a"}}},
		{"never seen", []market.ReportedCard{{Index: 7, Code: 999}}, []market.ReportedCard{{Index: 7, Code: 999}}},
	} {
		p.recall(c.cards)
		if diff := cmp.Diff(c.want, c.cards); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
