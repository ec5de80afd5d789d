package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"gpuhour/market"
)

// ProcessOptions are a probe's command, and how patient its parent is.
type ProcessOptions struct {
	// Command makes the probe's command, which must not be started.
	Command func() *exec.Cmd
	// AnswerWait is how long one sweep may take before it counts as hung, and KillAfter how long before the probe is killed. A driver that is
	// opened for the first time takes seconds a card.
	AnswerWait, KillAfter time.Duration
	// RestartWait is the pause before another probe is started; it doubles up to RestartLimit while none gets ready.
	RestartWait, RestartLimit time.Duration
	Now                       func() time.Time
}

// The usual patience, which zero options mean. An answer is given up before the next report is due.
const (
	answerWait   = 10 * time.Second
	killAfter    = time.Minute
	restartWait  = 5 * time.Second
	restartLimit = 2 * time.Minute
	// mostUndead is how many killed probes may not have ended: a process that waits for a driver cannot be killed.
	mostUndead = 3
)

// Process is a probe in a process of its own: a source that outlives whatever NVML does to its caller. It is for one goroutine.
type Process struct {
	o       ProcessOptions
	current *child
	undead  []*child
	// state is what is said while there is no probe that answers.
	state     market.ReportedNVML
	failures  int
	restartAt time.Time
	// late are the Xids of answers that came when nobody waited any more.
	late  []market.ReportedXid
	known map[int]market.ReportedCard
}

// NewProcess makes a source that starts its probe with the first sweep.
func NewProcess(o ProcessOptions) *Process {
	for _, d := range []struct {
		option *time.Duration
		usual  time.Duration
	}{{&o.AnswerWait, answerWait}, {&o.KillAfter, killAfter}, {&o.RestartWait, restartWait}, {&o.RestartLimit, restartLimit}} {
		if *d.option == 0 {
			*d.option = d.usual
		}
	}
	return &Process{o: o, known: map[int]market.ReportedCard{}}
}

// Sweep asks the probe, and says in its stead what is wrong where it does not answer.
func (p *Process) Sweep(ctx context.Context) Sweep {
	c := p.running()
	if c == nil {
		return p.without()
	}
	if s, ok := c.poll(); ok {
		p.late = bounded(append(p.late, s.Xids...)) // it answers what was given up
	}
	c.request(p.o.Now())
	timer := time.NewTimer(p.o.AnswerWait)
	defer timer.Stop()
	select {
	case s := <-c.answers:
		return p.answered(c, s)
	case <-c.ended:
		if s, ok := c.poll(); ok {
			return p.answered(c, s)
		}
		return p.died(c)
	case <-timer.C:
		return p.hung(c)
	case <-ctx.Done():
		return p.without()
	}
}

// running is the probe; nil where there is none now.
func (p *Process) running() *child {
	p.undead = slices.DeleteFunc(p.undead, (*child).hasEnded)
	if p.current != nil || p.o.Now().Before(p.restartAt) || len(p.undead) >= mostUndead {
		return p.current
	}
	c, err := start(p.o.Command(), p.o.Now)
	if err != nil {
		p.fail(market.ReportedNVML{State: market.NVMLProbeDied, Problem: "the probe does not start: " + err.Error()})
		return nil
	}
	p.current = c
	return c
}

// answered takes an answer. A probe whose NVML is not ready ends itself.
func (p *Process) answered(c *child, s Sweep) Sweep {
	c.askedAt = time.Time{}
	if s.NVML.State == market.NVMLReady {
		p.failures = 0
	} else {
		p.leave(c)
		p.fail(s.NVML)
	}
	s.Xids, p.late = bounded(append(p.late, s.Xids...)), nil
	p.recall(s.Cards)
	return s
}

// died says how the probe ended.
func (p *Process) died(c *child) Sweep {
	problem := "the probe ended by itself"
	if c.err != nil {
		problem = "the probe ended: " + c.err.Error()
	}
	if said := c.errs.String(); said != "" {
		problem += ": " + said
	}
	p.current = nil
	p.fail(market.ReportedNVML{State: market.NVMLProbeDied, Problem: problem})
	return p.without()
}

// hung says that there is no answer, and kills a probe that has not given one for too long.
func (p *Process) hung(c *child) Sweep {
	silent := p.o.Now().Sub(c.askedAt)
	p.state = market.ReportedNVML{State: market.NVMLHung, Problem: fmt.Sprintf("NVML has not answered for %s", silent.Round(time.Second))}
	if silent >= p.o.KillAfter {
		_ = c.cmd.Process.Kill() // it may have ended meanwhile
		p.leave(c)
		p.fail(p.state)
	}
	return p.without()
}

// leave lets a probe end without waiting for it.
func (p *Process) leave(c *child) {
	_ = c.in.Close() // a closed input ends a probe that still reads it
	p.undead, p.current = append(p.undead, c), nil
}

// fail keeps what is said until another probe is started.
func (p *Process) fail(state market.ReportedNVML) {
	p.state = state
	pause := p.o.RestartWait << min(p.failures, 16)
	p.restartAt = p.o.Now().Add(min(pause, p.o.RestartLimit))
	p.failures++
}

// without is the sweep of a host that has no probe: this much is known at this moment.
func (p *Process) without() Sweep { return Sweep{NVML: p.state, At: p.o.Now()} }

// recall puts to cards without a UUID what was known of the card at that index, unless another has that UUID now.
func (p *Process) recall(cards []market.ReportedCard) {
	taken := map[string]bool{}
	for _, c := range cards {
		taken[c.UUID] = true
	}
	for i, c := range cards {
		before, known := p.known[c.Index]
		switch {
		case c.UUID != "":
			p.known[c.Index] = market.ReportedCard{UUID: c.UUID, Name: c.Name, BusID: c.BusID}
		case known && !taken[before.UUID]:
			cards[i].UUID, cards[i].Name, cards[i].BusID = before.UUID, before.Name, before.BusID
		}
	}
}

// Close ends the probe, and kills it where it does not end.
func (p *Process) Close() {
	if p.current == nil {
		return
	}
	c := p.current
	p.leave(c)
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-timer.C:
		_ = c.cmd.Process.Kill() // it may have ended meanwhile
	}
}

// child is a running probe.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan Sweep
	errs    *tail
	ended   chan struct{}
	err     error // how it ended; to be read after ended
	// askedAt is when the answer that is awaited was asked for; zero where none is.
	askedAt time.Time
}

func start(cmd *exec.Cmd, now func() time.Time) (*child, error) {
	c := &child{cmd: cmd, answers: make(chan Sweep, 1), ended: make(chan struct{}), errs: &tail{}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	cmd.Stderr = c.errs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.read(out, now)
	return c, nil
}

// read takes in answers until the probe ends, and stamps each with the moment it came.
func (c *child) read(out io.Reader, now func() time.Time) {
	defer close(c.ended)
	for lines := json.NewDecoder(out); ; {
		var s Sweep
		if err := lines.Decode(&s); err != nil {
			break
		}
		s.At = now()
		select {
		case c.answers <- s:
		default: // nobody asked
		}
	}
	_ = c.cmd.Process.Kill() // where it writes what is no answer; else it has ended
	c.err = c.cmd.Wait()
}

// request asks for a sweep, unless one is awaited. A probe that cannot be written to is found to have ended.
func (c *child) request(now time.Time) {
	if c.askedAt.IsZero() {
		c.askedAt = now
		_, _ = c.in.Write([]byte("\n"))
	}
}

// poll takes an answer that has come already.
func (c *child) poll() (Sweep, bool) {
	select {
	case s := <-c.answers:
		c.askedAt = time.Time{}
		return s, true
	default:
		return Sweep{}, false
	}
}

func (c *child) hasEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// tail keeps the last of what a probe says before it ends.
type tail struct {
	guard sync.Mutex
	said  []byte
}

const tailSize = 300

// Write keeps the end.
func (t *tail) Write(b []byte) (int, error) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.said = append(t.said, b...)
	t.said = slices.Clone(t.said[max(0, len(t.said)-tailSize):])
	return len(b), nil
}

// String is the end of what was said.
func (t *tail) String() string {
	t.guard.Lock()
	defer t.guard.Unlock()
	return strings.ToValidUTF8(strings.TrimSpace(string(t.said)), "")
}
