package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"gpuhour/market"
	"gpuhour/scrapers"
)

// Settings are the same in each of their places: gpuhour.yaml, the environment, and the command line, the later winning.
// A nil is a setting that its place does not make.
type Settings struct {
	Listen              *string  `yaml:"listen" env:"GPUHOUR_LISTEN" placeholder:"HOST:PORT" help:"Where to serve (127.0.0.1:8080). Only a loopback address, until there are tokens."`
	Redis               *string  `yaml:"redis" env:"GPUHOUR_REDIS" placeholder:"URL" help:"redis://, rediss:// or unix:// of a Redis; several with commas mean a cluster. Without: the embedded store in --data-dir."`
	DataDir             *string  `yaml:"data_dir" env:"GPUHOUR_DATA_DIR" placeholder:"DIR" help:"Where the embedded store and the archive of all answers lie (./data)."`
	Replay              *string  `yaml:"replay" env:"GPUHOUR_REPLAY" placeholder:"DIR" help:"Read recorded answers instead of the network: a folder with an index.csv, or with WARC files."`
	Sources             []string `yaml:"sources" env:"GPUHOUR_SOURCES" sep:"," placeholder:"ID,..." help:"The providers to read (all that need no key)."`
	Contact             *string  `yaml:"contact" env:"GPUHOUR_CONTACT" placeholder:"URL" help:"A URL or address that hosts can complain to; part of the User-Agent."`
	Sample              *bool    `yaml:"sample" env:"GPUHOUR_SAMPLE" help:"Mark every offer as sample data: for recorded answers that are nobody's prices."`
	AllowPrivateTargets *bool    `yaml:"allow_private_targets" env:"GPUHOUR_ALLOW_PRIVATE_TARGETS" help:"Let alerts be sent to private, local and plain http addresses too (they are refused)."`
	// What goes of the history. Nothing is ever lost unless one of them says so.
	KeepHistory *string `yaml:"keep_history" env:"GPUHOUR_KEEP_HISTORY" placeholder:"LENGTH" help:"For how long changes, runs and proofs are kept, such as 730d (for ever)."`
	ThinHistory *string `yaml:"thin_history" env:"GPUHOUR_THIN_HISTORY" placeholder:"LENGTH" help:"The age from which on one change a day of each offer is kept, its last, such as 90d (never)."`
}

// configFile is gpuhour.yaml.
type configFile struct {
	Settings `yaml:",inline"`
	// Schedules are cron expressions by provider, in UTC.
	Schedules map[string]string `yaml:"schedules"`
	// Providers are settings of single providers: base_url, key, regions, ignore_robots.
	Providers map[string]scrapers.Settings `yaml:"providers"`
}

// Config is everything the program can be told, with the defaults in place.
type Config struct {
	Listen  string
	Redis   string
	DataDir string
	Replay  string
	Sources []string
	Contact string
	Sample  bool
	// AllowPrivateTargets lets alerts be sent into the operator's own network.
	AllowPrivateTargets bool
	// History is how much of the past is kept.
	History market.Thinning
	// Schedules are the operator's; those of all other providers stand in their About.
	Schedules map[string]string
	Providers map[string]scrapers.Settings
}

// readConfig puts the settings of the command line, which include the environment's, over those of the file. It names all
// that is wrong at once. A file that is not named may be absent.
func readConfig(flags Settings, path string) (Config, error) {
	file, lines, err := readFile(path)
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Listen:              first(flags.Listen, file.Listen, "127.0.0.1:8080"),
		Redis:               first(flags.Redis, file.Redis, ""),
		DataDir:             first(flags.DataDir, file.DataDir, "./data"),
		Replay:              first(flags.Replay, file.Replay, ""),
		Contact:             first(flags.Contact, file.Contact, ""),
		Sample:              first(flags.Sample, file.Sample, false),
		AllowPrivateTargets: first(flags.AllowPrivateTargets, file.AllowPrivateTargets, false),
		Sources:             flags.Sources,
		Schedules:           file.Schedules,
		Providers:           withKeys(file.Providers),
	}
	if len(c.Sources) == 0 {
		c.Sources = file.Sources
	}
	c.History, err = historyRule(first(flags.KeepHistory, file.KeepHistory, ""), first(flags.ThinHistory, file.ThinHistory, ""))
	return c, errors.Join(err, c.check(lines))
}

// withKeys takes the keys that the file does not hold from the environment, where each provider says under which name.
func withKeys(settings map[string]scrapers.Settings) map[string]scrapers.Settings {
	out := maps.Clone(settings)
	for _, s := range scrapers.All() {
		about := s.About()
		if key := os.Getenv(about.KeyName); about.KeyName != "" && out[about.ID].Key == "" && key != "" {
			if out == nil {
				out = map[string]scrapers.Settings{}
			}
			one := out[about.ID]
			one.Key = key
			out[about.ID] = one
		}
	}
	return out
}

func first[T any](flag, file *T, otherwise T) T {
	switch {
	case flag != nil:
		return *flag
	case file != nil:
		return *file
	}
	return otherwise
}

// linesOf says where in the file a setting stands, as in "gpuhour.yaml:7".
type linesOf func(section, key string) string

const defaultConfigFile = "gpuhour.yaml"

func readFile(path string) (configFile, linesOf, error) {
	nowhere := func(section, key string) string { return section + "." + key }
	name := path
	if name == "" {
		name = defaultConfigFile
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) && path == "" {
		return configFile{}, nowhere, nil
	}
	if err != nil {
		return configFile{}, nowhere, fmt.Errorf("settings: %w", err)
	}
	var file configFile
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return configFile{}, nowhere, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	return file, func(section, key string) string {
		return fmt.Sprintf("%s: %s.%s", lineIn(name, data, section, key), section, key)
	}, nil
}

func lineIn(name string, data []byte, section, key string) string {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return name
	}
	path, err := yaml.PathString("$." + section + ".'" + key + "'")
	if err != nil {
		return name
	}
	node, err := path.FilterFile(file)
	if err != nil {
		return name
	}
	return fmt.Sprintf("%s:%d", name, node.GetToken().Position.Line)
}

// check names every setting that cannot be used.
func (c Config) check(line linesOf) error {
	problems := []error{checkListen(c.Listen)}
	for _, id := range c.Sources {
		if !known(id) {
			problems = append(problems, fmt.Errorf("sources: there is no provider %q; they are %s", id, strings.Join(ids(), ", ")))
		}
	}
	for id, expression := range c.Schedules {
		if !known(id) {
			problems = append(problems, fmt.Errorf("%s: there is no provider %q", line("schedules", id), id))
		}
		if _, err := scrapers.ParseSchedule(expression, id); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", line("schedules", id), err))
		}
	}
	for id := range c.Providers {
		if !known(id) && id != "cfets" && id != "ecb" {
			problems = append(problems, fmt.Errorf("%s: there is no provider %q", line("providers", id), id))
		}
	}
	return errors.Join(problems...)
}

// checkListen refuses to serve beyond this machine: there is nothing yet that tells callers apart.
func checkListen(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen: %q is not host:port", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen: %q is not a loopback address, and without tokens nobody else may ask", address)
	}
	return nil
}

func known(id string) bool { return slices.Contains(ids(), id) }

func ids() []string {
	var out []string
	for _, s := range scrapers.All() {
		out = append(out, s.About().ID)
	}
	return out
}
