package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsByPlace(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "gpuhour.yaml"), "listen: 127.0.0.1:1\ndata_dir: /from/file\ncontact: file\n")
	tests := map[string]struct {
		reason string
		env    string
		args   []string
		want   string
	}{
		"the file":        {"over the default", "", nil, "file"},
		"the environment": {"over the file", "environment", nil, "environment"},
		"the flag":        {"over both", "environment", []string{"--contact", "flag"}, "flag"},
		"an empty flag":   {"is said too", "environment", []string{"--contact", ""}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.env != "" {
				t.Setenv("GPUHOUR_CONTACT", tt.env)
			}
			line := parseLine(t, append([]string{"--config", file}, tt.args...)...)
			c, err := readConfig(line.Settings, line.Config)
			if err != nil || c.Contact != tt.want || c.DataDir != "/from/file" {
				t.Errorf("%s: got %+v, %v", tt.reason, c, err)
			}
		})
	}
}

// TestHistorySettings holds that nothing goes unless it is said, wherever it is said.
func TestHistorySettings(t *testing.T) {
	const day = 24 * time.Hour
	file := write(t, filepath.Join(t.TempDir(), "gpuhour.yaml"), "keep_history: 730d\nthin_history: 90d\n")
	empty := write(t, filepath.Join(t.TempDir(), "gpuhour.yaml"), "")
	tests := map[string]struct {
		reason, file, env string
		args              []string
		want              market.Thinning
	}{
		"nowhere":         {"all is kept for ever", empty, "", nil, market.Thinning{}},
		"the file":        {"both are settings as all are", file, "", nil, market.Thinning{Keep: 730 * day, Thin: 90 * day}},
		"the environment": {"over the file", file, "365d", nil, market.Thinning{Keep: 365 * day, Thin: 90 * day}},
		"the flag":        {"over both", file, "365d", []string{"--keep-history", "400d", "--thin-history", "7d"}, market.Thinning{Keep: 400 * day, Thin: 7 * day}},
		"an empty flag":   {"turns it off", file, "", []string{"--keep-history", ""}, market.Thinning{Thin: 90 * day}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.env != "" {
				t.Setenv("GPUHOUR_KEEP_HISTORY", tt.env)
			}
			line := parseLine(t, append([]string{"--config", tt.file}, tt.args...)...)
			if c, err := readConfig(line.Settings, line.Config); err != nil || c.History != tt.want {
				t.Errorf("%s: got %+v, %v", tt.reason, c.History, err)
			}
		})
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	tests := map[string]struct {
		reason, file string
		args         []string
		says         []string
	}{
		"a schedule":          {"with its line", "listen: 127.0.0.1:1\nschedules:\n  coreweave: \"17 4 * * *\"\n  azure: \"17 4 * *\"\n", nil, []string{"gpuhour.yaml:4: schedules.azure", "expected five fields"}},
		"a provider":          {"with its line, and those there are not hidden", "schedules: {nobody: \"@daily\"}\n", nil, []string{"gpuhour.yaml:1", `no provider "nobody"`}},
		"an unknown setting":  {"a typing error is not a default", "lisen: 127.0.0.1:1\n", nil, []string{"gpuhour.yaml", "lisen"}},
		"not YAML":            {"with its place", "listen: [\n", nil, []string{"gpuhour.yaml"}},
		"a public address":    {"there is nothing yet that tells callers apart", "", []string{"--listen", "0.0.0.0:8080"}, []string{"loopback", "0.0.0.0:8080"}},
		"no address":          {"it is shown", "", []string{"--listen", "8080"}, []string{"host:port"}},
		"an unknown source":   {"those there are are listed", "", []string{"--sources", "coreweave,coreweeve"}, []string{`"coreweeve"`, "coreweave"}},
		"several at once":     {"all are named", "schedules: {azure: x}\n", []string{"--listen", "x"}, []string{"host:port", "schedules.azure"}},
		"a flag of nobody":    {"with what there is", "", []string{"--lisen", "x"}, []string{"--lisen"}},
		"a length in words":   {"it says what was expected", "keep_history: forever\n", nil, []string{"keep_history", `"forever"`, "730d"}},
		"a length of nothing": {"that would be everything", "", []string{"--thin-history", "0d"}, []string{"thin_history", `"0d"`}},
		"a length of hours":   {"limits are midnights", "", []string{"--keep-history", "36h"}, []string{"keep_history", `"36h"`}},
		"nothing to thin":     {"one of the two is a mistake", "keep_history: 30d\n", []string{"--thin-history", "90d"}, []string{"thin_history", "keep_history"}},
		"a folder of nothing": {"the folder is named", "", []string{"--replay", "/nonexistent"}, []string{"/nonexistent"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := write(t, filepath.Join(t.TempDir(), "gpuhour.yaml"), tt.file)
			code, _, errs := runCommand(t, append([]string{"providers", "--data-dir", t.TempDir(), "--config", file}, tt.args...)...)
			if code == 0 {
				t.Errorf("%s: it ran", tt.reason)
			}
			for _, says := range tt.says {
				if !strings.Contains(errs, says) {
					t.Errorf("%s: %q is not in %q", tt.reason, says, errs)
				}
			}
		})
	}
}
