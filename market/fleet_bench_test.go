package market

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// wholeHost is a report of a whole host.
func wholeHost(host int) Report {
	var cards []ReportedCard
	for i := range 8 {
		c := freeCard(i)
		c.UUID = cardUUID(8*host + i)
		cards = append(cards, c)
	}
	r := reportOf(1, cards...)
	r.Host = fmt.Sprintf("gpu-%04d", host)
	return r
}

// BenchmarkReport is one report of eight cards: read, checked and judged.
func BenchmarkReport(b *testing.B) {
	data, err := json.Marshal(wholeHost(1))
	if err != nil {
		b.Fatal(err)
	}
	h := sweeps(Host{}, wholeHost(1))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := ReadReport(data)
		if err != nil {
			b.Fatal(err)
		}
		h = h.Take(r, h.ReceivedAt.Add(15*time.Second))
	}
}

// BenchmarkCapacities sums up 8,000 cards of 1,000 hosts.
func BenchmarkCapacities(b *testing.B) {
	var hosts []Host
	for i := range 1000 {
		r := wholeHost(i)
		hosts = append(hosts, sweeps(Host{}, r, r, r))
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := Capacities(hosts, hosts[0].ReceivedAt); len(got) != 1 || got[0].Idle != 8000 {
			b.Fatalf("%+v", got)
		}
	}
}
