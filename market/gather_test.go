package market

import (
	"testing"
	"time"
)

// TestGatheredRunsGoOn gathers two runs, of which the second changes no price but other terms: the offer that comes out is the one that
// was read last, so that the next run changes nothing of it.
func TestGatheredRunsGoOn(t *testing.T) {
	read := func(tax Tax, vcpus int) Offer {
		o := offerAt(t, "49.24")
		o.Listed.Tax, o.VCPUs = tax, &vcpus
		return o
	}
	g := NewGatherer("p")
	var before []Offer
	for i, o := range []Offer{read(TaxExcluded, 128), read(TaxExcluded, 192)} {
		at := time.Unix(1000+int64(i)*60, 0).UTC()
		d := Diff(before, []Offer{o}, at)
		before = d.Upserts
		sheet := Sheet{Provider: "p", Name: "prices", Parser: 3, Documents: []Source{{URL: "https://p.example/1"}, {URL: "https://p.example/2"}}}
		if err := g.Run(Commit{Run: Run{StartedAt: at}, Sheet: sheet, Upserts: d.Upserts, Changes: d.Changes}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Chronicle{Provider: "p"}.Merge(Import{Chronicle: g.Chronicle()}, mergeChunk)
	if err != nil || len(m.Offers) != 1 || m.Points != 1 {
		t.Fatalf("%d offers with %d points, %v", len(m.Offers), m.Points, err)
	}
	kept := m.Offers[0].Offer
	if d := Diff([]Offer{kept}, []Offer{read(TaxExcluded, 192)}, time.Unix(2000, 0)); len(d.Changes)+len(d.Upserts) != 0 {
		t.Errorf("the next run changes %d offers, %d of them in price: %+v", len(d.Upserts), len(d.Changes), kept)
	}
	proofs := m.Sheets[0].Proofs
	if len(proofs) != 1 || len(proofs[0].Documents) != 2 || proofs[0].Parser != 3 {
		t.Errorf("one run changed a price, from two pages: %+v", proofs)
	}
}
