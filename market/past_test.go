package market

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRuns writes runs and reads them back: hourly ones are a few bytes each.
func TestRuns(t *testing.T) {
	at := time.Unix(1_790_000_000, 0).UTC()
	marks := []RunMark{{at, true}, {at.Add(time.Hour), false}, {at.Add(2 * time.Hour), true}, {at.Add(90 * time.Minute), true}, {at.Add(3 * time.Hour), true}}
	var stream []byte
	var before time.Time
	for _, m := range marks {
		absolute, relative := m.Append(before)
		if len(relative) > 0 {
			stream = append(stream, relative...)
		} else {
			stream = append(stream, absolute...)
		}
		before = m.At
	}
	got, err := ReadRuns(stream)
	if diff := cmp.Diff(marks, got); diff != "" || err != nil {
		t.Errorf("%v (-written +read):\n%s", err, diff)
	}
	if len(stream) != 5+2+2+5+3 {
		t.Errorf("%d bytes; the second absolute one is after a clock that went back", len(stream))
	}
	for cut := range len(stream) {
		if runs, err := ReadRuns(stream[:cut]); err == nil && len(runs) > len(marks) {
			t.Errorf("cut at %d: %d runs", cut, len(runs))
		}
	}
	if _, err := ReadRuns([]byte{4}); err == nil {
		t.Error("a stream that does not begin with an absolute record was read")
	}
}

// told is an offer with a stream of points.
func told(t testing.TB, region string, points ...Point) Told {
	t.Helper()
	o := offerOf(t, func(l *Listing) { l.Region = region })
	var w PointWriter
	var stream []byte
	var err error
	for _, p := range points {
		if stream, err = w.Append(stream, p); err != nil {
			t.Fatal(err)
		}
	}
	return Told{Offer: o, Stream: stream}
}

// TestPast asks how a small market stood at several moments.
func TestPast(t *testing.T) {
	const hour = 3600
	gone := pointAt(5*hour, "49")
	gone.Withdrawn = true
	log := SheetLog{Sheet: Sheet{Provider: "p", Name: "prices"}, Proofs: []Proof{
		{At: time.Unix(hour, 0), Documents: []Source{{URL: "https://example.com/", Digest: "first"}}},
		{At: time.Unix(5*hour, 0), Documents: []Source{{URL: "https://example.com/", Digest: "second"}}}}}
	for _, m := range []RunMark{{time.Unix(hour, 0), true}, {time.Unix(3*hour, 0), true}, {time.Unix(4*hour, 0), false}, {time.Unix(5*hour, 0), true}} {
		absolute, _ := m.Append(time.Time{})
		log.Runs = append(log.Runs, absolute...)
	}
	c := Chronicle{Provider: "p", Sheets: []SheetLog{log}, Offers: []Told{
		told(t, "a", pointAt(hour, "50"), pointAt(3*hour, "49"), gone, pointAt(7*hour, "60")),
		told(t, "b", pointAt(3*hour, "8"), pointAt(2*hour, "7"))}} // its clock went back
	tests := map[string]struct {
		reason string
		second int64
		prices map[string]string
		digest string
		stale  bool
	}{
		"before":       {"nothing was read", hour - 1, map[string]string{}, "", false},
		"the first":    {"the moment itself counts", hour, map[string]string{"a": "50"}, "first", false},
		"a clock back": {"what was written last of an earlier time holds from there", 2 * hour, map[string]string{"a": "50", "b": "7"}, "first", false},
		"both moved":   {"the latest before the moment holds", 3*hour + 1, map[string]string{"a": "49", "b": "8"}, "first", false},
		"a failed run": {"prices stay, and are stale", 4 * hour, map[string]string{"a": "49", "b": "8"}, "first", true},
		"withdrawn":    {"what was withdrawn is not listed", 6 * hour, map[string]string{"b": "8"}, "second", false},
		"returned":     {"and is again when it returns", 7 * hour, map[string]string{"a": "60", "b": "8"}, "second", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			at := time.Unix(tt.second, 0)
			view, err := NewPast([]Chronicle{c}, Rates{}, at)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, e := range view.Entries() {
				got[e.Offer.Region] = e.Offer.Listed.Amount.String()
			}
			if diff := cmp.Diff(tt.prices, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
			digest, stale := "", false
			for _, s := range view.Sheets("p") {
				stale = s.Stale(at, 24*time.Hour)
				if len(s.Documents) > 0 {
					digest = s.Documents[0].Digest
				}
			}
			if digest != tt.digest || stale != tt.stale {
				t.Errorf("%s: digest %q, stale %v", tt.reason, digest, stale)
			}
		})
	}
	torn := c
	torn.Offers = []Told{{Offer: c.Offers[0].Offer, Stream: []byte{1}}}
	if _, err := NewPast([]Chronicle{torn}, Rates{}, time.Unix(hour, 0)); err == nil {
		t.Error("a torn history was told as if nothing had been listed")
	}
}

// TestPastAgainstAllPoints compares random moments with a plain search through all points.
func TestPastAgainstAllPoints(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	points := randomPoints(300, random)
	for i := range points {
		points[i].Withdrawn = random.IntN(5) == 0
	}
	offer := told(t, "a", points...)
	for range 500 {
		at := points[0].At.Add(time.Duration(random.Int64N(310*3600)-3600) * time.Second)
		var want *Point
		for i := range points {
			if !points[i].At.After(at) {
				want = &points[i]
			}
		}
		got, listed, err := offer.at(at)
		switch {
		case err != nil:
			t.Fatal(err)
		case listed != (want != nil && !want.Withdrawn):
			t.Fatalf("%s: listed %v, the point is %v", at, listed, want)
		case listed && (got.Listed.Amount.Cmp(want.Amount) != 0 || got.Stock != want.Stock || !got.ChangedAt.Equal(want.At) || !got.FirstSeenAt.Equal(points[0].At)):
			t.Fatalf("%s: got %s %s, want %s %s", at, got.Listed.Amount, got.Stock, want.Amount, want.Stock)
		}
	}
}

// BenchmarkPast50k puts together a market of 50,000 offers of 13 changes each as it stood at a moment, half of them in yuan, with the
// rates of two years: DESIGN asks for 50 ms.
func BenchmarkPast50k(b *testing.B) {
	random := rand.New(rand.NewPCG(13, 14))
	var chronicles []Chronicle
	for provider := range 10 {
		c := Chronicle{Provider: fmt.Sprint("p", provider)}
		for i := range 5000 {
			c.Offers = append(c.Offers, toldBy(b, c.Provider, i, randomPoints(13, random)))
		}
		chronicles = append(chronicles, c)
	}
	var tables []RateTable
	for i := range 730 {
		tables = append(tables, RateTable{Source: "CFETS", Day: midnight(time.Unix(1_700_000_000, 0)).AddDate(0, 0, i-700), Quotations: []Quotation{{USD, CNY, mustAmount("7.0123")}}})
	}
	rates := NewRates(tables)
	for b.Loop() {
		view, err := NewPast(chronicles, rates, time.Unix(1_700_000_000+6*3600, 0))
		if err != nil || view.Len() != 50_000 {
			b.Fatal(view.Len(), err)
		}
	}
}

// toldBy is a provider's offer of a number, in yuan where the number is odd.
func toldBy(b *testing.B, provider string, number int, points []Point) Told {
	b.Helper()
	for i := range points {
		points[i].GpusAvailable = nil
		if number%2 == 1 {
			points[i].Currency = CNY
		}
	}
	t := told(b, fmt.Sprintf("region-%05d", number), points...)
	t.Offer.Provider, t.Offer.ID = provider, strings.Replace(t.Offer.ID, "p/", provider+"/", 1)
	return t
}
