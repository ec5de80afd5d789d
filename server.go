// Gpuhour says what a GPU-hour costs at everyone who sells it, and serves it as one GraphQL API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// commandLine is what can be typed after "gpuhour".
type commandLine struct {
	Settings
	Config  string           `name:"config" env:"GPUHOUR_CONFIG" placeholder:"FILE" help:"The settings file (gpuhour.yaml, where there is one)."`
	Verbose bool             `short:"v" help:"Log every run."`
	Version kong.VersionFlag `help:"Print the version and stop."`

	Serve     serveCommand     `cmd:"" default:"withargs" help:"Serve the API and read every source by its schedule (the default)."`
	Scrape    scrapeCommand    `cmd:"" help:"Read sources now, once, and print what became of them."`
	Providers providersCommand `cmd:"" help:"List the providers and their state."`
	Export    exportCommand    `cmd:"" help:"Write the history of prices into a file: CSV, NDJSON or Parquet."`
	Import    importCommand    `cmd:"" help:"Take history in: exports, WARC files, or CSV files of others."`
	Agent     agentCommand     `cmd:"" help:"Report the NVIDIA cards of this machine to a server."`
	Agents    agentsCommand    `cmd:"" help:"Tokens for the agents of your hosts."`
}

// session is what a command runs with.
type session struct {
	config Config
	out    io.Writer
	errs   io.Writer
	log    *slog.Logger
	now    func() time.Time
}

// errFailed is a failure that has been printed already.
var errFailed = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: 0 is success, 1 a failure, 2 a command line or settings that cannot be understood.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	var line commandLine
	exit := -1
	program, err := kong.New(&line, kong.Name("gpuhour"), kong.Description(description), kong.Vars{"version": version()},
		kong.UsageOnError(), kong.Writers(out, errs), kong.Exit(func(code int) { exit = code }), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(errs, "gpuhour:", err)
		return 2
	}
	command, err := program.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintln(errs, "gpuhour:", err)
		return 2
	}
	config, err := readConfig(line.Settings, line.Config)
	if err != nil {
		fmt.Fprintln(errs, "gpuhour:", err)
		return 2
	}
	return report(errs, command.Run(&session{config: config, out: out, errs: errs, log: logger(errs, line.Verbose), now: time.Now}))
}

const description = `What a GPU-hour costs at everyone who sells it, with its proof and its age.

Settings come from gpuhour.yaml, then the environment, then the command line.`

// report turns a command's error into an exit code.
func report(errs io.Writer, err error) int {
	if err == nil {
		return 0
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errs, "gpuhour: stopped; what was being read is abandoned whole")
	case !errors.Is(err, errFailed):
		fmt.Fprintln(errs, "gpuhour:", err)
	}
	return 1
}

func logger(to io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
}

// version is the module's, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
