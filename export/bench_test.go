package export

import (
	"io"
	"runtime"
	"testing"
	"time"

	"gpuhour/market"
)

// BenchmarkExport writes rows that change as prices do, in each format, and says how much memory it takes beyond what it began with.
func BenchmarkExport(b *testing.B) {
	first := firstRow(b)
	const rowsEach = 500_000
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			before, peak := heap(), uint64(0)
			var written countingWriter
			for b.Loop() {
				_, err := Copy(b.Context(), &written, f, func(yield func(market.ExportRow, error) bool) {
					for i := range rowsEach {
						first.Point.At = first.Point.At.Add(time.Minute)
						if i%100_000 == 0 {
							peak = max(peak, heap())
						}
						if !yield(first, nil) {
							return
						}
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			rows := float64(rowsEach) * float64(b.N)
			b.ReportMetric(rows/b.Elapsed().Seconds()/1e3, "krows/s")
			b.ReportMetric(float64(written)/rows, "B/row")
			b.ReportMetric(float64(peak-min(peak, before))/(1<<20), "peak-MiB")
		})
	}
}

type countingWriter int64

func (w *countingWriter) Write(p []byte) (int, error) {
	*w += countingWriter(len(p))
	return io.Discard.Write(p)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
