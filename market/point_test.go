package market

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

var eightCards = PointTerms{Currency: USD, Per: PerInstance, Period: PerHour, GpuCount: Cards(8)}

func pointAt(second int64, amount string) Point {
	return Point{PointTerms: eightCards, At: time.Unix(second, 0).UTC(), Amount: decimal.MustParse(amount), Stock: StockUnknown}
}

func readAll(t testing.TB, stream []byte) []Point {
	t.Helper()
	var out []Point
	r := ReadPoints(stream)
	for r.Next() {
		p, err := r.Point()
		if err != nil {
			t.Fatal(err)
		}
		p.Amount = p.Amount.Trim(0)
		out = append(out, p)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return out
}

// TestPoints writes streams and reads them back.
func TestPoints(t *testing.T) {
	const start = 1_790_000_000
	stocked := pointAt(start+60, "2.1")
	stocked.Stock, stocked.GpusAvailable = Available, new(8)
	gone := pointAt(start+120, "2.1")
	gone.Withdrawn = true
	inYuan, slice := pointAt(start+1, "16"), pointAt(start+1, "2")
	inYuan.Currency, inYuan.Period = CNY, PerMonth
	slice.GpuCount = Count{1, 6}
	tests := map[string]struct {
		reason string
		points []Point
		bytes  int
	}{
		"another currency":  {"what the amounts are is said anew", []Point{pointAt(start, "2"), inYuan}, 28},
		"another size":      {"and so is what they pay for", []Point{pointAt(start, "2"), slice}, 28},
		"one":               {"the first is absolute", []Point{pointAt(start, "2.39")}, 15},
		"a price moves":     {"an hour and a cent are four bytes", []Point{pointAt(start, "2.39"), pointAt(start+3600, "2.38")}, 19},
		"stock":             {"the price stays where it is", []Point{pointAt(start, "2.1"), stocked}, 18},
		"withdrawn, back":   {"a hole in the middle", []Point{pointAt(start, "2.1"), gone, pointAt(start+180, "2.1")}, 20},
		"more decimals":     {"the scale grows with an absolute record", []Point{pointAt(start, "2.3"), pointAt(start+1, "2.395"), pointAt(start+2, "2.4")}, 31},
		"fewer decimals":    {"and does not shrink", []Point{pointAt(start, "2.395"), pointAt(start+1, "2")}, 18},
		"backwards":         {"a clock that went back is written as it is", []Point{pointAt(start, "2"), pointAt(start-5, "3")}, 28},
		"before 1970":       {"nothing was rented then", []Point{pointAt(0, "2")}, 10},
		"very large prices": {"exactly", []Point{pointAt(start, "999999999.999999999")}, 22},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var w PointWriter
			var stream []byte
			var err error
			for _, p := range tt.points {
				if stream, err = w.Append(stream, p); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.points, readAll(t, stream)); diff != "" {
				t.Errorf("%s (-written +read):\n%s", tt.reason, diff)
			}
			if len(stream) != tt.bytes {
				t.Errorf("%s: %d bytes, want %d", tt.reason, len(stream), tt.bytes)
			}
		})
	}
}

// randomPoints are a series as a busy provider makes it.
func randomPoints(n int, random *rand.Rand) []Point {
	out := make([]Point, n)
	at, cents := int64(1_700_000_000), int64(230)
	for i := range out {
		at, cents = at+3600+random.Int64N(600)-300, max(1, cents+random.Int64N(21)-10)
		amount, _ := decimal.New(cents, 2)
		out[i] = Point{PointTerms: eightCards, At: time.Unix(at, 0).UTC(), Amount: amount.Trim(0), Stock: stocks[random.IntN(4)]}
		if random.IntN(2) == 0 {
			out[i].GpusAvailable = new(random.IntN(1000))
		}
	}
	return out
}

// TestPointsResume ends the writing after each point, and goes on with what an offer remembers of the last one.
func TestPointsResume(t *testing.T) {
	points := randomPoints(200, rand.New(rand.NewPCG(1, 2)))
	var stream []byte
	var w PointWriter
	var err error
	for i, p := range points {
		if i > 0 {
			if w, err = ResumePoints(points[i-1], w.Scale()); err != nil {
				t.Fatal(err)
			}
		}
		if stream, err = w.Append(stream, p); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(points, readAll(t, stream)); diff != "" {
		t.Error(diff)
	}
}

// TestTornPoints cuts a stream at every byte: whole points come first, and then the error.
func TestTornPoints(t *testing.T) {
	var w PointWriter
	var stream []byte
	ends := map[int]int{0: 0}
	for i, p := range randomPoints(20, rand.New(rand.NewPCG(3, 4))) {
		stream, _ = w.Append(stream, p)
		ends[len(stream)] = i + 1
	}
	for cut := range len(stream) {
		r := ReadPoints(stream[:cut])
		n := 0
		for r.Next() {
			n++
		}
		whole, isEnd := ends[cut]
		if isEnd && (n != whole || r.Err() != nil) || !isEnd && !errors.Is(r.Err(), ErrTorn) {
			t.Errorf("cut at %d: %d points, %v", cut, n, r.Err())
		}
	}
}

func TestPointTooLarge(t *testing.T) {
	var w PointWriter
	stream, err := w.Append([]byte("x"), pointAt(1, "9999999999999999999"))
	if err == nil || string(stream) != "x" {
		t.Errorf("got %q, %v", stream, err)
	}
	nothing := pointAt(1, "2")
	nothing.PointTerms = PointTerms{}
	if stream, err := w.Append(nil, nothing); err == nil || stream != nil {
		t.Errorf("terms that say nothing were kept: %q", stream)
	}
}

// FuzzReadPoints reads anything: it ends, and what it reads can be written again.
func FuzzReadPoints(f *testing.F) {
	var w PointWriter
	var stream []byte
	for _, p := range randomPoints(5, rand.New(rand.NewPCG(5, 6))) {
		stream, _ = w.Append(stream, p)
	}
	f.Add(stream)
	f.Fuzz(func(t *testing.T, data []byte) {
		r := ReadPoints(data)
		var w PointWriter
		var again []byte
		var points []Point
		for r.Next() {
			p, err := r.Point()
			if err != nil {
				return
			}
			if again, err = w.Append(again, p); err != nil {
				return
			}
			points = append(points, p)
		}
		copied := ReadPoints(again)
		for i := 0; copied.Next(); i++ {
			if p, _ := copied.Point(); !p.At.Equal(points[i].At) || p.Amount.Cmp(points[i].Amount) != 0 || p.Stock != points[i].Stock {
				t.Fatalf("point %d: %v became %v", i, points[i], p)
			}
		}
	})
}

// BenchmarkPoints decodes and encodes series of 2,000 points.
func BenchmarkPoints(b *testing.B) {
	points := randomPoints(2000, rand.New(rand.NewPCG(7, 8)))
	for i := range points {
		points[i].Stock, points[i].GpusAvailable = StockUnknown, nil
	}
	var w PointWriter
	var stream []byte
	for _, p := range points {
		stream, _ = w.Append(stream, p)
	}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			for r := ReadPoints(stream); r.Next(); {
			}
		}
		b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds()/1e6, "Mpoints/s")
		b.ReportMetric(float64(len(stream))/2000, "B/point")
	})
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			var w PointWriter
			buffer := make([]byte, 0, len(stream))
			for _, p := range points {
				buffer, _ = w.Append(buffer, p)
			}
		}
		b.ReportMetric(float64(b.N)*2000/b.Elapsed().Seconds()/1e6, "Mpoints/s")
	})
}
