package export

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// exported writes the test's rows into a file, with the manifest of the runs that made them.
func exported(t *testing.T, f Format, change func(*Manifest)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prices."+string(f))
	_, err := ToFile(t.Context(), path, f, rows(t), func() Manifest {
		m := NewManifest("gpuhour x", time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC), nil)
		first, _ := market.RunMark{At: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC), Succeeded: true}.Append(time.Time{})
		failed, _ := market.RunMark{At: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)}.Append(time.Time{})
		m.Sources = append(m.Sources, Coverage{Provider: "p", Sheet: "prices", Log: append(first, failed...)})
		m.Rates = []RateDay{{Source: "CFETS", Day: "2026-11-24", Rates: []Quotation{{"USD", "CNY", "7.0123"}}}}
		if change != nil {
			change(&m)
		}
		return m
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func readBack(path string) (imports []market.Import, rows int, err error) {
	file, err := Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = file.Close() }()
	for in, err := range file.Imports(func() { rows++ }) {
		if err != nil {
			return nil, rows, err
		}
		imports = append(imports, in)
	}
	return imports, rows, nil
}

// TestReadBack writes rows in each format, reads them back, and writes them again: nothing differs.
func TestReadBack(t *testing.T) {
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			path := exported(t, f, nil)
			imports, n, err := readBack(path)
			if err != nil || len(imports) != 1 || n != 2 {
				t.Fatalf("%d imports of %d rows, %v", len(imports), n, err)
			}
			runs, err := market.ReadRuns(imports[0].Sheets[0].Runs)
			if err != nil || len(runs) != 3 || runs[2].Succeeded || !imports[0].Since.IsZero() || imports[0].Partial {
				t.Errorf("runs %v, %v", runs, err)
			}
			file, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			tables, err := file.Rates()
			if err != nil || len(tables) != 1 {
				t.Fatalf("rates %v, %v", tables, err)
			}
			x, err := market.NewExporter(market.ExportQuestion{}, market.NewRates(tables))
			if err != nil {
				t.Fatal(err)
			}
			var again bytes.Buffer
			if _, err := Copy(t.Context(), &again, CSV, x.Rows(imports[0].Chronicle)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(written(t, CSV)), again.String()); diff != "" {
				t.Errorf("(-written +read and written again):\n%s", diff)
			}
		})
	}
}

// TestReadBackRefuses damages files: each is refused with what is wrong and where, before anything of it is believed.
func TestReadBackRefuses(t *testing.T) {
	edit := func(from, to string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
	}
	tests := map[string]struct {
		reason   string
		format   Format
		damage   func([]byte) []byte
		manifest bool
		want     string
	}{
		"cut off":            {"a partial file is never taken for a whole one", CSV, func(b []byte) []byte { return b[:len(b)-9] }, true, "it was cut off or altered"},
		"cut off, unproved":  {"the last line is no row", CSV, func(b []byte) []byte { return b[:len(b)-9] }, false, "record on line 4: wrong number of fields"},
		"altered":            {"another price under the old digest", NDJSON, edit("8.000000001", "9.000000001"), true, "it was cut off or altered"},
		"no number":          {"the line and the column are named", CSV, edit("8.000000001", "eight"), false, `line 2: listed_amount: "eight" is not a decimal number`},
		"exponent":           {"no float is taken for a price", NDJSON, edit(`"8.000000001"`, `8.000000000000001e0`), false, "line 1: listed_amount"},
		"no time":            {"a row without its time says nothing", CSV, edit("2026-11-24T01:00:00Z", ""), false, "observed_at: no time"},
		"no kind":            {"words of ours only", CSV, edit("NEOCLOUD", "FRIEND"), false, `"FRIEND" is not a ProviderKind`},
		"another's series":   {"ids begin with their provider", NDJSON, edit(`"series_id":"p/`, `"series_id":"q/`), false, `series_id: "q/`},
		"column gone":        {"all columns are needed", CSV, edit(",stock,", ",stocks,"), false, `has no column "stock"`},
		"older":              {"columns may mean something else there", NDJSON, edit(`"schema_version":2`, `"schema_version":1`), false, "schema_version: is 1, this program reads 2"},
		"no object":          {"a line that is none", NDJSON, func([]byte) []byte { return []byte("[]\n") }, false, "line 1: "},
		"torn parquet":       {"the footer is gone", Parquet, func(b []byte) []byte { return b[:len(b)/2] }, false, "magic footer"},
		"torn, with a proof": {"the digest says so first", Parquet, func(b []byte) []byte { return b[:len(b)/2] }, true, "it was cut off or altered"},
		"cards":              {"no number of cards", NDJSON, edit(`"gpu_count":8`, `"gpu_count":0`), false, "gpu_count"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := exported(t, tt.format, nil)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := tt.damage(bytes.Clone(data))
			if bytes.Equal(data, damaged) {
				t.Fatal("nothing was damaged")
			}
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if !tt.manifest {
				if err := os.Remove(ManifestPath(path)); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := readBack(path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %q", tt.reason, err, tt.want)
			}
		})
	}
}

// TestManifestsAreRead looks at what a manifest says of its file, and at manifests that are none.
func TestManifestsAreRead(t *testing.T) {
	part := exported(t, CSV, func(m *Manifest) { m.Filters = map[string]string{"from": "2026-11-24", "gpu": "H100, H200"} })
	imports, _, err := readBack(part)
	if err != nil || !imports[0].Partial || imports[0].Since.Format(time.DateOnly) != "2026-11-24" {
		t.Errorf("a part of a history: %v, %v", imports, err)
	}
	for name, tt := range map[string]struct {
		change func(*Manifest)
		want   string
	}{
		"runs":    {func(m *Manifest) { m.Sources[0].Log = []byte{1} }, "runs_log of p, prices"},
		"filters": {func(m *Manifest) { m.Filters = map[string]string{"from": "yesterday"} }, "filters: from"},
		"version": {func(m *Manifest) { m.SchemaVersion = 1 }, "schema_version: is 1"},
	} {
		if _, _, err := readBack(exported(t, CSV, tt.change)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	bad := exported(t, CSV, func(m *Manifest) { m.Rates[0].Rates[0].Rate = "0" })
	file, err := Open(bad)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Rates(); err == nil || !strings.Contains(err.Error(), `the rate "0" of USD/CNY is none`) {
		t.Errorf("a rate of zero: %v", err)
	}
}

// TestCollectionsAreRead reads the providers of a collection back; without the manifest nothing says how long their prices held.
func TestCollectionsAreRead(t *testing.T) {
	about := market.Collection{Name: "others", Cadence: 36 * time.Hour, Licence: "CC0", Homepage: "https://example.com/"}
	p := about.Collected("AWS", market.Hyperscaler)
	path := exported(t, CSV, func(m *Manifest) { m.collect(p) })
	file, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if diff := cmp.Diff([]market.Provider{p}, file.Collected()); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	data, _ := os.ReadFile(path)
	for _, edit := range [][2]string{{"p/a%2C", "p@others/a%2C"}, {"spot-1,p,", "spot-1,p@others,"}} {
		data = bytes.ReplaceAll(data, []byte(edit[0]), []byte(edit[1]))
	}
	alone := filepath.Join(t.TempDir(), "alone.csv")
	if err := os.WriteFile(alone, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readBack(alone); err == nil || !strings.Contains(err.Error(), "put "+ManifestPath(alone)+" beside the file") {
		t.Errorf("got %v", err)
	}
}

// FuzzParseLine reads anything as a row: it is refused, or is a row that can be written again.
func FuzzParseLine(f *testing.F) {
	for line := range bytes.Lines(written(f, NDJSON)) {
		f.Add(bytes.TrimSpace(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := parseLine(line)
		if err != nil {
			return
		}
		g := market.NewGatherer(row.Offer.Provider)
		if err := g.Add(row.Offer, row.Point, row.Source, row.Parser); err != nil {
			return
		}
		if c := g.Chronicle(); len(c.Offers) != 1 {
			t.Fatalf("one row became %d offers", len(c.Offers))
		}
	})
}
