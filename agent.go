package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"gpuhour/fleet"
)

// agentCommand reports the cards of this machine to a server. The flags stand here for both of its commands.
type agentCommand struct {
	Server      string            `env:"GPUHOUR_AGENT_SERVER" placeholder:"URL" help:"Where to report: https://..., or http:// on this machine alone."`
	Host        string            `env:"GPUHOUR_AGENT_HOST" placeholder:"ID" help:"The id of this machine at the server; its token is bound to it."`
	TokenFile   string            `env:"GPUHOUR_AGENT_TOKEN_FILE" placeholder:"FILE" help:"The file that holds the token, closed to others (0600). Without: the systemd credential gpuhour-token."`
	Interval    time.Duration     `env:"GPUHOUR_AGENT_INTERVAL" default:"15s" help:"The time between two reports, of which a tenth is left to chance."`
	Labels      map[string]string `env:"GPUHOUR_AGENT_LABELS" mapsep:"," placeholder:"K=V,..." help:"What the server is to know of this machine."`
	NvmlLibrary string            `env:"GPUHOUR_AGENT_NVML_LIBRARY" placeholder:"PATH" help:"The driver's library (libnvidia-ml.so.1, where the system finds it)."`
	Demo        string            `placeholder:"NAME" help:"Report a machine that does not exist instead, marked as simulated: dgx-h200."`
	Once        bool              `help:"Print one report as JSON and stop; needs neither server nor token."`

	Report agentReportCommand `cmd:"" default:"withargs" hidden:"" help:"Report until stopped (the default)."`
	Probe  agentProbeCommand  `cmd:"" hidden:"" help:"Make all calls to NVML, for the agent that started it."`
}

// The bounds of the interval: a server takes a host for stale after 30 seconds.
const (
	shortestInterval = time.Second
	longestInterval  = 25 * time.Second
)

// agentReportCommand is the agent itself.
type agentReportCommand struct{}

// Run reports until the context ends.
func (c *agentReportCommand) Run(ctx context.Context, s *session, a *agentCommand) error {
	if a.Interval < shortestInterval || a.Interval > longestInterval {
		return fmt.Errorf("--interval: %s must be between %s and %s", a.Interval, shortestInterval, longestInterval)
	}
	if a.Once {
		return a.once(ctx, s)
	}
	server, err := a.check()
	if err != nil {
		return err
	}
	source, err := a.source(s, fleet.ProcessOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.errs, "reporting %s as host %s to %s every %s\n", a.what(), a.Host, server.Redacted(), a.Interval)
	fleet.Run(ctx, fleet.Options{Server: server, Token: a.token, About: a.about(), Source: source, Interval: a.Interval, Log: s.log, Now: s.now})
	return nil
}

// check names all that is wrong at once.
func (a *agentCommand) check() (*url.URL, error) {
	server, err := fleet.ParseServer(a.Server)
	_, noToken := a.token()
	return server, errors.Join(err, fleet.CheckHost(a.Host), noToken)
}

// token is the host's. On this machine alone, where the API is open, none is needed until the server has a first one.
func (a *agentCommand) token() (string, error) {
	token, err := fleet.ReadToken(a.TokenFile)
	if errors.Is(err, fleet.ErrNoToken) && strings.HasPrefix(a.Server, "http://") {
		return "", nil
	}
	return token, err
}

func (a *agentCommand) what() string {
	if a.Demo != "" {
		return "a simulated " + a.Demo
	}
	return "the cards of this machine"
}

func (a *agentCommand) about() fleet.About {
	return fleet.About{Host: a.Host, Version: version(), Labels: a.Labels, Interval: a.Interval, Simulated: a.Demo != ""}.ThisMachine()
}

// onceWait is how long a single report may take: a driver that nothing holds open is started for it.
const onceWait = time.Minute

// once prints a report as it would be sent.
func (a *agentCommand) once(ctx context.Context, s *session) error {
	source, err := a.source(s, fleet.ProcessOptions{AnswerWait: onceWait})
	if err != nil {
		return err
	}
	defer source.Close()
	sweep := source.Sweep(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	out := json.NewEncoder(s.out)
	out.SetIndent("", "  ")
	return out.Encode(a.about().Report(sweep, s.now()))
}

// source is the demonstration, or a probe: this program once more, which makes every call to NVML.
func (a *agentCommand) source(s *session, o fleet.ProcessOptions) (fleet.Source, error) {
	if a.Demo != "" {
		return fleet.NewDemo(a.Demo, a.Host, s.now)
	}
	if !fleet.Supported {
		return nil, fleet.ErrNoNVML
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	o.Now = s.now
	o.Command = func() *exec.Cmd { return exec.Command(self, "agent", "--nvml-library="+a.NvmlLibrary, "probe") } //nolint:noctx // the agent ends it
	return fleet.NewProcess(o), nil
}

// agentProbeCommand is the child process of the agent.
type agentProbeCommand struct{}

// Run sweeps for every line that comes in, until there are no more.
func (c *agentProbeCommand) Run(ctx context.Context, s *session, a *agentCommand) error {
	return fleet.RunProbe(ctx, a.NvmlLibrary, fleet.CallDeadline, os.Stdin, s.out)
}
