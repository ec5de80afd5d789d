package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkExportBesideDuckDB writes the real observations as the program does, from its store to the disk, and as DuckDB does from a table in its memory.
func BenchmarkExportBesideDuckDB(b *testing.B) {
	if _, err := os.Stat(observations); err != nil {
		b.Skip("the observations are not here")
	}
	p, store, dir := build(b), b.TempDir(), b.TempDir()
	p.run(b, "import", "--data-dir", store, "--mapping", mappingFile, observations)
	first := filepath.Join(dir, "first.parquet")
	p.run(b, "export", "--data-dir", store, "--collection", "*", "--out", first)
	d := openDuck(b)
	d.run(b, "SET threads = 1")
	d.run(b, "CREATE TABLE prices AS FROM '"+first+"'")
	for _, format := range []struct{ name, copied string }{{"csv", "FORMAT csv, HEADER"}, {"parquet", "FORMAT parquet, COMPRESSION zstd"}} {
		b.Run(format.name+"/duckdb", func(b *testing.B) {
			for b.Loop() {
				d.run(b, fmt.Sprintf("COPY prices TO '%s' (%s)", filepath.Join(dir, "duck."+format.name), format.copied))
			}
			size(b, filepath.Join(dir, "duck."+format.name))
		})
		b.Run(format.name+"/gpuhour", func(b *testing.B) {
			for b.Loop() {
				p.run(b, "export", "--data-dir", store, "--collection", "*", "--out", filepath.Join(dir, "ours."+format.name))
			}
			size(b, filepath.Join(dir, "ours."+format.name))
		})
	}
}

func size(b *testing.B, path string) {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB")
}

// BenchmarkIngest imports the real observations, and its own export of them.
func BenchmarkIngest(b *testing.B) {
	if _, err := os.Stat(observations); err != nil {
		b.Skip("the observations are not here")
	}
	p, dir := build(b), b.TempDir()
	const rows, changes = 1_405_933, 660_959
	b.Run("observations", func(b *testing.B) {
		for b.Loop() {
			p.run(b, "import", "--data-dir", b.TempDir(), "--mapping", mappingFile, observations)
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/1e3, "krows/s")
	})
	p.run(b, "import", "--data-dir", dir, "--mapping", mappingFile, observations)
	for _, format := range []string{"parquet", "csv", "ndjson"} {
		file := filepath.Join(b.TempDir(), "prices."+format)
		p.run(b, "export", "--data-dir", dir, "--collection", "*", "--out", file)
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				p.run(b, "import", "--data-dir", b.TempDir(), file)
			}
			b.ReportMetric(changes*float64(b.N)/b.Elapsed().Seconds()/1e3, "krows/s")
		})
	}
}
