package market

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestChangesAcrossChunks writes what runs change as a store does: after the change before it, or absolutely where a chunk begins.
// Wherever chunks begin, the same is read back.
func TestChangesAcrossChunks(t *testing.T) {
	const changes = 200
	random := rand.New(rand.NewPCG(11, 12))
	for _, often := range []int{1, 2, 3, 50, changes + 1} {
		t.Run(fmt.Sprintf("a chunk of %d", often), func(t *testing.T) {
			var before []Offer
			var stream []byte
			var want []string
			for i := range changes {
				offer := offerAt(t, fmt.Sprintf("%d.%0*d", 1+random.IntN(9), 1+i%3, random.IntN(10)))
				if random.IntN(3) == 0 && len(before) > 0 { // the same price, with a nought more, of a machine that is described anew
					offer = offerAt(t, before[0].Listed.Amount.Trim(1).String()+"0")
					offer.VCPUs = new(i)
				}
				at := time.Unix(1_790_000_000+int64(i)*60, 0).UTC()
				d := Diff(before, []Offer{offer}, at)
				for _, u := range d.Upserts {
					before = []Offer{u}
				}
				for _, c := range d.Changes {
					absolute, relative, err := c.Append()
					if err != nil {
						t.Fatal(err)
					}
					if relative == nil || len(want)%often == 0 {
						relative = absolute
					}
					stream = append(stream, relative...)
					want = append(want, at.Format(time.TimeOnly)+" "+offer.Listed.Amount.Trim(0).String())
				}
			}
			var got []string
			for _, p := range readAll(t, stream) {
				got = append(got, p.At.Format(time.TimeOnly)+" "+p.Amount.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-happened +read):\n%s", diff)
			}
		})
	}
}

func offerAt(t *testing.T, price string) Offer {
	t.Helper()
	o, err := Normalise(Origin{Provider: "p", Kind: Neocloud, Sheet: "prices"},
		Listing{SKU: "H100", Count: "8", Market: OnDemand, Price: price, Currency: USD, Per: PerInstance, Period: PerHour})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
