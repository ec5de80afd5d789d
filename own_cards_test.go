package main

import (
	"context"
	"io"
	"sync"
	"testing"
)

// agent reports as a demonstration's agent does, until it is stopped.
func agent(t *testing.T, s running, host string, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	errs := &lockedBuffer{}
	var working sync.WaitGroup
	working.Go(func() {
		if code := run(ctx, append([]string{"agent", "--demo", "dgx-h200", "--server", "http://" + s.address, "--host", host, "--interval", "1s"}, args...), io.Discard, errs); code != 0 {
			t.Errorf("the agent ended with %d: %s", code, errs)
		}
	})
	stop = func() { cancel(); working.Wait() }
	t.Cleanup(stop)
	return stop
}

// ownFleet is what the API says of our own cards.
type ownFleet struct {
	Fleet struct {
		Hosts struct {
			Nodes []struct {
				ID        string
				Reachable bool
				Sample    bool
				Gpus      []struct{ UUID, State, Reason string }
			}
		}
		Capacity []struct{ Total, Idle, Busy, Reserved, Degraded, Lost, Unknown int }
	}
	Offers struct {
		Nodes []struct {
			Kind, Stock   string
			Sample        bool
			GpusAvailable *int
		}
	}
}

func (s running) ownCards(t *testing.T) (f ownFleet) {
	t.Helper()
	s.ask(t, `{ fleet { hosts { nodes { id reachable sample gpus { uuid state reason } } } capacity { total idle busy reserved degraded lost unknown } }
		offers(filter: {providers: ["own-fleet"]}) { nodes { kind stock sample gpusAvailable } } }`, &f)
	return f
}

// TestDemoFleet follows a simulated machine from its agent to the answers: it is told as simulated, its idle cards are on offer at the operator's
// price, a hold takes them back, and when the agent goes nothing is idle any more, and nothing is zero.
func TestDemoFleet(t *testing.T) {
	server := serve(t, t.TempDir(), "--replay", samples, "--sources", "coreweave")
	stop := agent(t, server, "demo-1")
	idle := func() int {
		f := server.ownCards(t)
		if len(f.Fleet.Capacity) != 1 {
			return 0
		}
		return f.Fleet.Capacity[0].Idle
	}
	if err := server.tryAskOwn(t); err == nil {
		t.Error("our own fleet sells before it has a price")
	}
	eventually(t, "three sweeps show idle cards", func() bool {
		var f ownFleet
		server.ask(t, `{ fleet { hosts { nodes { id reachable sample gpus { uuid state reason } } } capacity { total idle busy reserved degraded lost unknown } } }`, &f)
		return len(f.Fleet.Capacity) == 1 && f.Fleet.Capacity[0].Idle > 0 && f.Fleet.Hosts.Nodes[0].Sample
	})
	server.ask(t, `mutation { setFleetPrice(gpu: "nvidia/h200-sxm-141gb", price: 2.5) { idle } }`, new(any))
	if f := server.ownCards(t); len(f.Offers.Nodes) != 1 || f.Offers.Nodes[0].Kind != "OWN_FLEET" || f.Offers.Nodes[0].Stock != "AVAILABLE" || !f.Offers.Nodes[0].Sample {
		t.Errorf("on offer is %+v", f.Offers.Nodes)
	}
	server.ask(t, `mutation { setHold(target: "demo-1", reason: "for a client") { id } }`, new(any))
	if n := idle(); n != 0 {
		t.Errorf("%d cards are idle on a host that is held back", n)
	}
	server.ask(t, `mutation { setHold(target: "demo-1", reason: null) { id } }`, new(any))
	stop()
	f := server.ownCards(t)
	if c := f.Fleet.Capacity; len(c) != 1 || c[0].Idle != 0 || c[0].Unknown != c[0].Total || c[0].Total != 8 || f.Fleet.Hosts.Nodes[0].Reachable {
		t.Errorf("after the agent has gone: %+v", f.Fleet)
	}
}

// tryAskOwn asks for our own fleet's offers, which is a mistake where it sells nothing.
func (s running) tryAskOwn(t *testing.T) error {
	t.Helper()
	return s.tryAsk(t, `{ offers(filter: {providers: ["own-fleet"]}) { totalCount } }`, new(any))
}
