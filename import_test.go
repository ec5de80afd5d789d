package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// command runs the program within the test, and holds that it succeeds.
func command(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := runCommand(t, args...)
	if code != 0 {
		t.Fatalf("%v: %d: %s%s", args, code, out, errs)
	}
	return out
}

func fileBytes(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// nothingRecorded is a folder of answers without any.
func nothingRecorded(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.csv"), []byte("url,method,file,content_type\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestImportOfExports takes a store's history into another in each format, once and again, with and without a server that holds the
// store: what is exported from there is the same to the last byte, and so is what is on offer.
func TestImportOfExports(t *testing.T) {
	from, out := t.TempDir(), t.TempDir()
	scrapeTable(t, samples, from)
	for _, format := range []string{"csv", "ndjson", "parquet"} {
		t.Run(format, func(t *testing.T) {
			first, again := filepath.Join(out, "first."+format), filepath.Join(out, "again."+format)
			command(t, "export", "--data-dir", from, "--out", first)
			to := t.TempDir()
			if format == "csv" {
				defer serve(t, to, "--replay", nothingRecorded(t)).stop()
			}
			if said := command(t, "import", "--data-dir", to, first); strings.Contains(said, " 0 changes") {
				t.Errorf("nothing was new: %s", said)
			}
			if said := command(t, "import", "--data-dir", to, first); !strings.Contains(said, "0 changes of 0 offers of 0 providers are new") {
				t.Errorf("the second time: %s", said)
			}
			command(t, "export", "--data-dir", to, "--out", again)
			if a, b := fileBytes(t, first), fileBytes(t, again); !bytes.Equal(a, b) {
				t.Errorf("%d bytes became %d", len(a), len(b))
			}
			if format == "csv" {
				return // its server holds the store
			}
			if a, b := offersBySheet(t, from), offersBySheet(t, to); fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("on offer were %v, are %v", a, b)
			}
		})
	}
}

// recorded writes a history that others recorded, and its mapping.
func recorded(t *testing.T, series, hours int) (rows, by string) {
	t.Helper()
	dir := t.TempDir()
	rows, by = filepath.Join(dir, "rows.csv"), filepath.Join(dir, "mapping.yaml")
	var text strings.Builder
	text.WriteString("time,seller,type,card,cards,place,how,cost,for,money\n")
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for s := range series {
		for h := range hours {
			fmt.Fprintf(&text, "%s,seller%d,box%d,H100,8,here,spot,%d.%02d,card,USD\n", start.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), s%7, s, 1+(s+h)%3, (s*31+h*17)%100)
		}
	}
	mapping := `columns: {time: observed_at, seller: provider, type: sku, card: gpu_name, cards: gpu_count, place: region, how: market, cost: amount, for: unit, money: currency}
markets: {spot: SPOT}
units: {card: GPU PT1H}
kinds: {NEOCLOUD: [seller0, seller1, seller2, seller3, seller4, seller5, seller6]}
collections: {"*": {name: test, cadence: 1h}}
`
	for path, text := range map[string]string{rows: text.String(), by: mapping} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return rows, by
}

// killed runs the program as a process of its own and kills it after a while, unless it ends before.
func killed(t *testing.T, after time.Duration, args ...string) {
	t.Helper()
	child := exec.Command(os.Args[0], args...)
	child.Env = append(os.Environ(), "GPUHOUR_TEST_PROGRAM=1")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(after, func() { _ = child.Process.Kill() })
	_ = child.Wait() // killed, or done before
}

// TestKilledWhileImporting kills the program at random moments while it imports and exports: a collection is known whole or not at all,
// the import is finished by running it again, and a file has its name only once it is whole.
func TestKilledWhileImporting(t *testing.T) {
	rows, by := recorded(t, 70, 400)
	whole, out := t.TempDir(), t.TempDir()
	command(t, "import", "--data-dir", whole, "--mapping", by, rows)
	want := filepath.Join(out, "whole.csv")
	command(t, "export", "--data-dir", whole, "--collection", "test", "--out", want)
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		dir, path := t.TempDir(), filepath.Join(out, fmt.Sprint(round, ".csv"))
		killed(t, time.Duration(100+rand.IntN(500))*time.Millisecond, "import", "--data-dir", dir, "--mapping", by, rows)
		if code, _, errs := runCommand(t, "export", "--data-dir", dir, "--collection", "test", "--out", path); code == 0 && !bytes.Equal(fileBytes(t, path), fileBytes(t, want)) {
			t.Errorf("a part of the collection was taken for the whole: %s", errs)
		}
		command(t, "import", "--data-dir", dir, "--mapping", by, rows)
		command(t, "export", "--data-dir", dir, "--collection", "test", "--out", path)
		if !bytes.Equal(fileBytes(t, path), fileBytes(t, want)) {
			t.Error("an import that was run again is not what one import is")
		}
		partial := filepath.Join(out, fmt.Sprint(round, "-killed.csv"))
		killed(t, time.Duration(50+rand.IntN(250))*time.Millisecond, "export", "--data-dir", dir, "--collection", "test", "--out", partial)
		if _, err := os.Stat(partial); err == nil && !bytes.Equal(fileBytes(t, partial), fileBytes(t, want)) {
			t.Error("a part of a file has the name of the whole")
		}
	}
}

// TestImportRefuses says what is wrong, and leaves the store as it was.
func TestImportRefuses(t *testing.T) {
	rows, by := recorded(t, 7, 10)
	dir, out := t.TempDir(), t.TempDir()
	scrapeTable(t, samples, dir, "coreweave")
	file := filepath.Join(out, "x.csv")
	command(t, "export", "--data-dir", dir, "--out", file)
	cut := filepath.Join(out, "cut.csv")
	if err := os.WriteFile(cut, fileBytes(t, file)[:2000], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut+".manifest.json", fileBytes(t, file+".manifest.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(out, "stranger.csv")
	if err := os.WriteFile(stranger, bytes.ReplaceAll(fileBytes(t, file), []byte("coreweave"), []byte("nobody")), 0o600); err != nil {
		t.Fatal(err)
	}
	notYAML := filepath.Join(out, "mapping.yaml.csv")
	if err := os.WriteFile(notYAML, []byte("a,b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(dir, "appendonly.aof")
	before := len(fileBytes(t, journal))
	for text, args := range map[string][]string{
		"it was cut off or altered":     {cut},
		"there is no provider \"nobody": {stranger},
		"there is no format":            {by},
		"no such file":                  {filepath.Join(out, "none.csv")},
		"mapping.yaml.csv: ":            {"--mapping", notYAML, rows},
		"has no column \"series_id\"":   {rows},
	} {
		code, said, errs := runCommand(t, append([]string{"import", "--data-dir", dir}, args...)...)
		if code != 1 || !strings.Contains(said+errs, text) {
			t.Errorf("%v: %d, %s", args, code, errs)
		}
	}
	if after := len(fileBytes(t, journal)); after != before {
		t.Errorf("the store grew from %d to %d bytes", before, after)
	}
}
