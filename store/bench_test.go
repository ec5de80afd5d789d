package store

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkCommit10k1Percent commits runs of 10,000 offers of which a hundred have changed.
func BenchmarkCommit10k1Percent(b *testing.B) {
	for name, address := range map[string]func() string{
		"embedded": func() string { return "" },
		"redis":    func() string { return "redis://" + startRedis(b, b.TempDir()) },
	} {
		b.Run(name, func(b *testing.B) {
			s := backend{options(b.TempDir(), address())}.open(b)
			all := manyOffers(b, "p", 10_000)
			commit(b, s, commitOf("p", "first", nil, all))
			run := commitOf("p", "", nil, all[:100])
			n := 0
			for b.Loop() {
				n++
				run.Run.ID = fmt.Sprint("r", n)
				commit(b, s, run)
			}
			closeStore(b, s)
		})
	}
}

// BenchmarkSnapshot10k reads what a run of 10,000 offers is judged against.
func BenchmarkSnapshot10k(b *testing.B) {
	s := backend{options(b.TempDir(), "")}.open(b)
	commit(b, s, commitOf("p", "first", nil, manyOffers(b, "p", 10_000)))
	for b.Loop() {
		if snapshot, err := s.Snapshot(b.Context(), "p", "prices"); err != nil || len(snapshot.Offers) != 10_000 {
			b.Fatal(len(snapshot.Offers), err)
		}
	}
	closeStore(b, s)
}

// BenchmarkOpen50k opens the embedded store with 50,000 offers of ten providers and reads them all.
func BenchmarkOpen50k(b *testing.B) {
	dir := b.TempDir()
	s := backend{options(dir, "")}.open(b)
	for i := range 10 {
		commit(b, s, commitOf(name(i), "first", nil, manyOffers(b, name(i), 5_000)))
	}
	closeStore(b, s)
	for b.Loop() {
		s := backend{options(dir, "")}.open(b)
		for i := range 10 {
			if state, err := s.Provider(b.Context(), name(i)); err != nil || len(state.Offers) != 5_000 {
				b.Fatal(len(state.Offers), err)
			}
		}
		closeStore(b, s)
	}
	if info, err := os.Stat(dir + "/" + JournalName); err == nil {
		b.ReportMetric(float64(info.Size())/50_000, "B/offer")
	}
}
