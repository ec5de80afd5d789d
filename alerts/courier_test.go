package alerts

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// network answers by host, and knows how many requests are under way.
type network struct {
	mu      sync.Mutex
	answers map[string]func(r *http.Request, nth int) *http.Response
	asked   map[string][]time.Time
	under   map[string]int
	most    map[string]int
}

func newNetwork() *network {
	return &network{answers: map[string]func(*http.Request, int) *http.Response{}, asked: map[string][]time.Time{}, under: map[string]int{}, most: map[string]int{}}
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	n.mu.Lock()
	n.asked[host] = append(n.asked[host], time.Now())
	nth, answer := len(n.asked[host]), n.answers[host]
	for _, key := range []string{host, "all"} {
		n.under[key]++
		n.most[key] = max(n.most[key], n.under[key])
	}
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.under[host]--
		n.under["all"]--
	}()
	if answer != nil {
		if response := answer(r, nth); response != nil {
			return response, nil
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return status(http.StatusNoContent), nil
}

// answer says what a host answers.
func (n *network) answer(host string, with func(r *http.Request, nth int) *http.Response) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[host] = with
}

// atOnce is the most requests that were under way at one time.
func (n *network) atOnce(host string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.most[host]
}

// times are when a host was asked.
func (n *network) times(host string) []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[host]
}

func status(code int, header ...string) *http.Response {
	h := http.Header{}
	if len(header) == 2 {
		h.Set(header[0], header[1])
	}
	return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(""))}
}

func always(code int, header ...string) func(*http.Request, int) *http.Response {
	return func(*http.Request, int) *http.Response { return status(code, header...) }
}

func hangs(*http.Request, int) *http.Response { return nil }

// office is a courier at work, within a bubble of time.
type office struct {
	*Courier
	queue   *memory
	network *network
	stop    context.CancelFunc
	done    chan struct{}
	log     *bytes.Buffer
}

func opened(t *testing.T) *office {
	t.Helper()
	o := &office{queue: newMemory(), network: newNetwork(), done: make(chan struct{}), log: &bytes.Buffer{}}
	o.Courier = o.another()
	o.run(t, o.Courier)
	return o
}

func (o *office) another() *Courier {
	return NewCourier(CourierOptions{Queue: o.queue, Sender: through(o.network, SenderOptions{Now: time.Now}), Now: time.Now, Spread: func() float64 { return 0.5 },
		Log: slog.New(slog.NewTextHandler(o.log, nil))})
}

func (o *office) run(t *testing.T, c *Courier) {
	ctx, stop := context.WithCancel(t.Context())
	o.stop = stop
	go func() { defer close(o.done); c.Run(ctx) }()
}

// close ends the courier and waits for it.
func (o *office) close() {
	o.stop()
	<-o.done
}

func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		synctest.Wait()
		began := time.Now()
		o.queue.put(1, began, "https://a.example.com/secretpath", "https://b.example.com/x")
		o.Wake()
		synctest.Wait()
		for i := range 2 {
			d := o.queue.get(market.DeliveryID(1, i))
			if d.Status != market.Delivered || d.Attempts != 1 || !d.DeliveredAt.Equal(began) || d.LastError != "" || !d.NextAt.IsZero() {
				t.Errorf("%+v", d)
			}
		}
		if log := o.log.String(); strings.Contains(log, "secretpath") || !strings.Contains(log, "channel=https://a.example.com/… ") {
			t.Errorf("the log says %s", log)
		}
	})
}

// TestUnawakened finds what is due without being told, within the poll.
func TestUnawakened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		synctest.Wait()
		o.queue.put(1, time.Now(), "https://a.example.com/")
		time.Sleep(defaultPoll)
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.Delivered {
			t.Errorf("%+v", d)
		}
	})
}

// TestRetriesFollowTheSchedule asks a target that never takes it: ten attempts, then a dead letter.
func TestRetriesFollowTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		o.network.answer("a.example.com", always(http.StatusInternalServerError))
		o.queue.put(1, time.Now(), "https://a.example.com/")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.DeliveryRetrying || d.LastError != "answered 500 Internal Server Error" {
			t.Errorf("after the first attempt: %+v", d)
		}
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		d := o.queue.get(market.DeliveryID(1, 0))
		if d.Status != market.DeliveryFailed || d.Attempts != 10 || !d.NextAt.IsZero() {
			t.Errorf("in the end: %+v", d)
		}
		var delays []time.Duration
		asked := o.network.times("a.example.com")
		for i := 1; i < len(asked); i++ {
			delays = append(delays, asked[i].Sub(asked[i-1]).Round(time.Second))
		}
		want := []time.Duration{5 * time.Second, 20 * time.Second, 80 * time.Second, 320 * time.Second, 1280 * time.Second, 5120 * time.Second, 20480 * time.Second, 6 * time.Hour, 6 * time.Hour}
		if diff := cmp.Diff(want, delays); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRetryAfterIsHonoured waits for what the target asks, and not less than the schedule.
func TestRetryAfterIsHonoured(t *testing.T) {
	tests := []struct {
		why, ask string
		want     time.Duration
	}{
		{"longer than the schedule", "120", 2 * time.Minute},
		{"shorter than the schedule", "1", 5 * time.Second},
		{"far too long", "999999999", 24 * time.Hour},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			o := opened(t)
			defer o.close()
			o.network.answer("a.example.com", func(_ *http.Request, nth int) *http.Response {
				if nth == 1 {
					return status(http.StatusTooManyRequests, "Retry-After", test.ask)
				}
				return status(http.StatusOK)
			})
			o.queue.put(1, time.Now(), "https://a.example.com/")
			time.Sleep(26 * time.Hour)
			synctest.Wait()
			if asked := o.network.times("a.example.com"); len(asked) != 2 || asked[1].Sub(asked[0]).Round(time.Second) != test.want {
				t.Errorf("%s: asked at %v", test.why, asked)
			}
		})
	}
}

// TestGoneClosesTheTarget asks nobody twice who answers 410.
func TestGoneClosesTheTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		o.network.answer("a.example.com", always(http.StatusGone))
		o.queue.put(1, time.Now(), "https://a.example.com/x", "https://b.example.com/")
		time.Sleep(time.Minute)
		o.queue.put(2, time.Now(), "https://a.example.com/x", "https://a.example.com/y")
		time.Sleep(time.Minute)
		synctest.Wait()
		first, second, other := o.queue.get(market.DeliveryID(1, 0)), o.queue.get(market.DeliveryID(2, 0)), o.queue.get(market.DeliveryID(1, 1))
		if first.Status != market.DeliveryFailed || first.LastError != "answered 410 Gone" || second.Status != market.DeliveryFailed || second.LastError != errClosed.Error() {
			t.Errorf("%+v, %+v", first, second)
		}
		if other.Status != market.Delivered || len(o.network.times("a.example.com")) != 2 { // its other target was asked, too
			t.Errorf("%+v, asked %v", other, o.network.times("a.example.com"))
		}
	})
}

// TestHangingHostBlocksNobody has a host that hangs with more deliveries than there are places, and one that does not.
func TestHangingHostBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		o.network.answer("slow.example.com", hangs)
		began := time.Now()
		const slow = 600 // far more than are held at once
		for n := range int64(slow) {
			o.queue.put(n+1, began, "https://slow.example.com/x")
		}
		o.queue.put(slow+1, began.Add(time.Second), "https://quick.example.com/x")
		time.Sleep(attemptLimit + 4*time.Second)
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(slow+1, 0)); d.Status != market.Delivered {
			t.Errorf("the quick one waits behind the slow one: %+v", d)
		}
		if o.network.atOnce("slow.example.com") != mostPerHost {
			t.Errorf("%d at once to one host", o.network.atOnce("slow.example.com"))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		attempts := 0
		for n := range int64(slow) {
			d := o.queue.get(market.DeliveryID(n+1, 0))
			if d.Status != market.DeliveryRetrying && d.Status != market.DeliveryPending {
				t.Fatalf("%+v", d)
			}
			attempts += d.Attempts
		}
		if most := mostPerHost * 7; attempts > most { // each of them for 15 of the 79 seconds
			t.Errorf("%d attempts are counted, of at most %d that can have been made", attempts, most)
		}
	})
}

// TestManyHosts are served at once, but not all.
func TestManyHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		began := time.Now()
		for n := range int64(40) {
			host := fmt.Sprintf("h%d.example.com", n)
			o.network.answer(host, func(*http.Request, int) *http.Response { time.Sleep(5 * time.Second); return status(http.StatusOK) })
			o.queue.put(n+1, began, "https://"+host+"/")
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if o.network.atOnce("all") != mostAtOnce {
			t.Errorf("%d at once", o.network.atOnce("all"))
		}
		for n := range int64(40) {
			if d := o.queue.get(market.DeliveryID(n+1, 0)); d.Status != market.Delivered || d.Attempts != 1 {
				t.Errorf("%+v", d)
			}
		}
	})
}

// TestStoreFails holds that a store that is away for a while loses nothing, and is not hammered.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		o.network.answer("a.example.com", func(*http.Request, int) *http.Response {
			o.queue.fail(true) // between the attempt and keeping what came of it
			return status(http.StatusOK)
		})
		o.queue.put(1, time.Now(), "https://a.example.com/")
		time.Sleep(time.Second)
		synctest.Wait()
		before := o.queue.called()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := o.queue.called() - before; n > 100 {
			t.Errorf("the store was asked %d times in half a minute", n)
		}
		o.queue.fail(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.Delivered || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
		if !strings.Contains(o.log.String(), errDown.Error()) {
			t.Error("the log does not say so")
		}
	})
}

// TestLateCourierCannotFinish holds that what another took over is the other's.
func TestLateCourierCannotFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		o.network.answer("a.example.com", func(_ *http.Request, nth int) *http.Response {
			o.queue.mu.Lock() // another has claimed it meanwhile
			d := o.queue.deliveries[market.DeliveryID(1, 0)]
			d.Attempts = 7
			o.queue.deliveries[d.ID] = d
			o.queue.mu.Unlock()
			return status(http.StatusOK)
		})
		o.queue.put(1, time.Now(), "https://a.example.com/")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.DeliveryPending || d.Attempts != 7 {
			t.Errorf("%+v", d)
		}
	})
}

// TestEndLeavesToTheLease ends a courier with an attempt in flight; the next one takes it up when the lease is over.
func TestEndLeavesToTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		o.network.answer("a.example.com", func(_ *http.Request, nth int) *http.Response {
			if nth == 1 {
				return nil // hangs
			}
			return status(http.StatusOK)
		})
		began := time.Now()
		o.queue.put(1, began, "https://a.example.com/")
		o.Wake()
		synctest.Wait()
		o.close()
		if waited := time.Since(began); waited != defaultGrace {
			t.Errorf("the end took %s", waited)
		}
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.DeliveryPending || d.Attempts != 1 {
			t.Errorf("an attempt that was cut short is kept as %+v", d)
		}
		next := &office{queue: o.queue, network: o.network, done: make(chan struct{}), log: &bytes.Buffer{}}
		next.run(t, next.another())
		defer next.close()
		time.Sleep(defaultLease + 2*time.Second)
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.Delivered || d.Attempts != 2 {
			t.Errorf("%+v", d)
		}
	})
}

// TestEndLetsQuickAttemptsEnd ends a courier while a receiver takes its time: it is not asked twice.
func TestEndLetsQuickAttemptsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		o.network.answer("a.example.com", func(*http.Request, int) *http.Response { time.Sleep(2 * time.Second); return status(http.StatusOK) })
		for n := range int64(5) {
			o.queue.put(n+1, time.Now(), "https://a.example.com/")
		}
		o.Wake()
		synctest.Wait()
		o.close()
		delivered := 0
		for n := range int64(5) {
			if o.queue.get(market.DeliveryID(n+1, 0)).Status == market.Delivered {
				delivered++
			}
		}
		if delivered != mostPerHost {
			t.Errorf("%d were delivered; those in line are left to their lease", delivered)
		}
	})
}

func TestEventThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := opened(t)
		defer o.close()
		o.queue.put(1, time.Now(), "https://a.example.com/")
		o.queue.forget(1)
		o.Wake()
		synctest.Wait()
		if d := o.queue.get(market.DeliveryID(1, 0)); d.Status != market.DeliveryFailed || d.LastError != errNoEvent.Error() {
			t.Errorf("%+v", d)
		}
	})
}

// TestLastAttempt holds how a delivery stands after an attempt that nothing follows: nothing is kept yet, and no second attempt promised.
func TestLastAttempt(t *testing.T) {
	queue, wires := newMemory(), newNetwork()
	wires.answers["b.example.com"] = always(http.StatusInternalServerError)
	c := NewCourier(CourierOptions{Queue: queue, Sender: through(wires, SenderOptions{Now: atJudged}), Now: atJudged, Log: quietSlog(), Spread: func() float64 { return 0 }})
	queue.put(1, judgedAt, "https://a.example.com/", "https://b.example.com/")
	last := func(target int) market.Delivery {
		d := queue.get(market.DeliveryID(1, target))
		d.Attempts++
		return ended(d, c.attempt(t.Context(), d), judgedAt)
	}
	good, bad := last(0), last(1)
	if good.Status != market.Delivered || good.Attempts != 1 || !good.DeliveredAt.Equal(judgedAt) {
		t.Errorf("%+v", good)
	}
	if bad.Status != market.DeliveryFailed || bad.LastError != "answered 500 Internal Server Error" || !bad.NextAt.IsZero() {
		t.Errorf("%+v", bad)
	}
	if d := queue.get(market.DeliveryID(1, 0)); d.Status != market.DeliveryPending {
		t.Errorf("kept as %+v", d)
	}
}

func TestBackoff(t *testing.T) {
	total := time.Duration(0)
	for attempt := 1; ; attempt++ {
		low, more := Backoff(attempt, func() float64 { return 0 })
		if !more {
			if attempt != 10 {
				t.Errorf("%d attempts", attempt)
			}
			break
		}
		middle, _ := Backoff(attempt, func() float64 { return 0.5 })
		high, _ := Backoff(attempt, func() float64 { return 1 })
		if low*5/4 != middle || middle*6/5 != high {
			t.Errorf("attempt %d: %s, %s, %s", attempt, low, middle, high)
		}
		total += middle
	}
	if total < 18*time.Hour || total > 30*time.Hour {
		t.Errorf("in all %s", total)
	}
	for _, n := range []int{0, -1, 11, 1 << 30} {
		if delay, more := Backoff(n, func() float64 { return 0 }); more {
			t.Errorf("attempt %d: %s", n, delay)
		}
	}
}

func TestReceivers(t *testing.T) {
	for target, want := range map[string]string{"https://A.example.com:8443/x": "a.example.com", slackHook: "hooks.slack.com", "wecom://key": "qyapi.weixin.qq.com",
		"ntfy://ntfy.sh/a": "ntfy.sh", teamsHook: "org.webhook.office.com", mailTo: "mail.example.com"} {
		if got := receiver(market.Delivery{Target: target}); got != want {
			t.Errorf("%s goes to %s, want %s", target, got, want)
		}
	}
}
