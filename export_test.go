package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuhour/export"
)

// TestExport writes the history of a store that a server holds, then of the same store without it: the files are the same.
func TestExport(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	offers := scrapeTable(t, samples, dir, "coreweave")["coreweave"].offers
	for _, format := range []string{"csv", "ndjson", "parquet"} {
		t.Run(format, func(t *testing.T) {
			through, alone := filepath.Join(out, "through."+format), filepath.Join(out, "alone."+format)
			server := serve(t, dir, "--replay", samples)
			exportFile(t, dir, through)
			server.stop()
			m := exportFile(t, dir, alone)
			if m.Rows != int64(offers) || len(m.Sources) != 1 || m.Sources[0].Runs == 0 || m.Filters["provider"] != "coreweave" {
				t.Errorf("%d offers, and a manifest of %+v", offers, m)
			}
			a, errA := os.ReadFile(through)
			b, errB := os.ReadFile(alone)
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%d bytes through the server (%v), %d without (%v)", len(a), errA, len(b), errB)
			}
		})
	}
}

func exportFile(t *testing.T, dir, path string) export.Manifest {
	t.Helper()
	if code, out, errs := runCommand(t, "export", "--data-dir", dir, "--provider", "coreweave", "--out", path); code != 0 || !strings.Contains(out, " rows, sha256 ") {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	var m export.Manifest
	text, err := os.ReadFile(export.ManifestPath(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestExportRefuses says what is wrong before anything is written.
func TestExportRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.csv")
	for text, args := range map[string][]string{
		"there is no format":          {"--out", path + ".xlsx"},
		"from: \"yesterday\"":         {"--out", path, "--from", "yesterday"},
		"provider: there is no":       {"--out", path, "--provider", "nobody"},
		"filter.gpus: no GPU model":   {"--out", path, "--gpu", "H1000"},
		"market: there is no market":  {"--out", path, "--market", "black"},
		"no such file or directory":   {"--out", filepath.Join(path, "x.csv")},
		"expected a moment after fro": {"--out", path, "--from", "2026-01-02", "--to", "2026-01-01"},
	} {
		code, _, errs := runCommand(t, append([]string{"export", "--data-dir", t.TempDir()}, args...)...)
		if code != 1 || !strings.Contains(errs, text) {
			t.Errorf("%v: %d, %s", args, code, errs)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}
