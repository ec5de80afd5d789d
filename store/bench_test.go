package store

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"gpuhour/market"
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

// BenchmarkJudged keeps judgements of rules of which each has one subject that stands otherwise now, and a thousand fire at two targets.
func BenchmarkJudged(b *testing.B) {
	const firing = 1_000
	for name, address := range map[string]func() string{
		"embedded": func() string { return "" },
		"redis":    func() string { return "redis://" + startRedis(b, b.TempDir()) },
		"cluster":  func() string { return startCluster(b) },
	} {
		for _, c := range []struct {
			name        string
			rules, kept int
		}{{"1,000 rules", firing, eventsKept}, {"1,000 rules and as many old events", firing, firing}, {"100,000 rules", 100_000, eventsKept}} {
			b.Run(name+"/"+c.name, func(b *testing.B) {
				s := backend{options(b.TempDir(), address())}.open(b)
				keepVersions(b, s, c.rules)
				j := manyFire(b, c.rules, firing)
				n := 0
				for b.Loop() {
					n++
					j.ID = fmt.Sprint(n)
					if events, err := s.judged(b.Context(), j, c.kept, partSize); err != nil || len(events) != firing {
						b.Fatal(len(events), err)
					}
				}
				closeStore(b, s)
			})
		}
	}
}

// keepVersions makes as many rules as a judgement needs to see: their versions.
func keepVersions(b *testing.B, s *Store, rules int) {
	b.Helper()
	var pairs []any
	for n := range rules {
		pairs = append(pairs, market.RuleID(int64(n+1)), 1)
	}
	for part := range slices.Chunk(pairs, 1000) {
		if err := s.client.HSet(b.Context(), versionsKey, part...).Err(); err != nil {
			b.Fatal(err)
		}
	}
}

func manyFire(b testing.TB, rules, firing int) market.Judgement {
	b.Helper()
	j := fires("", 0)
	value := amount(b, "1.234")
	r := aRule(b, "a rule of some name")
	r.Version = 1
	for n := range rules {
		r.ID = market.RuleID(int64(n + 1))
		j.Versions[r.ID] = 1
		j.Standings[market.StandingKey{Rule: r.ID, About: "provider/sku00001/us-east-1/on-demand"}] = &market.Standing{State: market.AlertOK,
			FiredAt: start, Value: &value, OfferID: "provider/sku00001/us-east-1/on-demand"}
		j.Rules[r.ID] = market.RuleStanding{State: market.AlertOK}
		if n < firing {
			j.Spoken = append(j.Spoken, said(r, 2))
		}
	}
	return j
}
