package market

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// boundaries are the words at which arithmetic in 64 bits goes wrong where it does.
var boundaries = []uint64{0, 1, 2, 3, 10, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1<<63 - 1, 1 << 63, 1<<63 + 1, 1<<64 - 2, 1<<64 - 1}

// TestWide compares with math/big: every pair made of the boundaries, and random pairs of all lengths.
func TestWide(t *testing.T) {
	var edges []wide
	for _, hi := range boundaries {
		for _, lo := range boundaries {
			edges = append(edges, wide{hi, lo})
		}
	}
	for _, a := range edges {
		for _, b := range edges {
			checkWide(t, a, b)
		}
	}
	random := rand.New(rand.NewPCG(17, 18))
	length := func() wide {
		a := wide{random.Uint64(), random.Uint64()}
		for range random.IntN(128) {
			a = wide{a.hi >> 1, a.lo>>1 | a.hi<<63}
		}
		return a
	}
	for range 100_000 {
		a, b := length(), length()
		checkWide(t, a, b)
		if half, fits := b.times(wide{lo: a.lo}); fits {
			checkWide(t, half, wide{b.hi, b.lo &^ 1}) // near whole quotients, and ties
		}
	}
}

func checkWide(t *testing.T, a, b wide) {
	t.Helper()
	x, y := bigOf(a), bigOf(b)
	if product, fits := a.times(b); fits != (new(big.Int).Mul(x, y).BitLen() <= 128) || fits && bigOf(product).Cmp(new(big.Int).Mul(x, y)) != 0 {
		t.Fatalf("%v times %v: got %v, fits %v", a, b, product, fits)
	}
	if a.compare(b) != x.Cmp(y) {
		t.Fatalf("%v against %v: got %d", a, b, a.compare(b))
	}
	if b == (wide{}) {
		return
	}
	want, left := new(big.Int).QuoRem(x, y, new(big.Int))
	quotient, rest, fits := a.over(b)
	if fits != want.IsUint64() || fits && (quotient != want.Uint64() || bigOf(rest).Cmp(left) != 0) {
		t.Fatalf("%v over %v: got %d, %v left, fits %v, want %s, %s left", a, b, quotient, rest, fits, want, left)
	}
	if awayFromZero(want, left, y) {
		want.Add(want, big.NewInt(1))
	}
	if nearest, fits := a.nearest(b); fits != want.IsUint64() || fits && nearest != want.Uint64() {
		t.Fatalf("%v over %v: nearest is %d, fits %v, want %s", a, b, nearest, fits, want)
	}
}
