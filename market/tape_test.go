package market

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
)

// memory keeps every commit, as a store does.
type memory struct {
	guard   sync.Mutex
	commits map[string][]Moves
	// forgotten is how many commits of a provider are gone.
	forgotten map[string]int64
	elsewhere func(provider string)
	asked     int
}

func newMemory() *memory {
	return &memory{commits: map[string][]Moves{}, forgotten: map[string]int64{}}
}

func (m *memory) Moves(_ context.Context, provider string, after, upTo int64) ([]Moves, bool, error) {
	m.guard.Lock()
	defer m.guard.Unlock()
	m.asked++
	all := m.commits[provider]
	if after < m.forgotten[provider] || upTo > int64(len(all)) {
		return nil, false, nil
	}
	const page = 3
	return all[after:min(upTo, after+page)], true, nil
}

func (m *memory) Follow(_ context.Context, provider string) error {
	if m.elsewhere != nil {
		m.elsewhere(provider)
	}
	return nil
}

// exchange is a tape with its memory and some sellers.
type exchange struct {
	t       *testing.T
	memory  *memory
	tape    *Tape
	sellers map[string]*seller
}

func newExchange(t *testing.T, names ...string) *exchange {
	x := &exchange{t: t, memory: newMemory(), sellers: map[string]*seller{}}
	x.reopen()
	for _, name := range names {
		x.sellers[name] = newSeller(t, name)
		x.tape.Start(name, 0)
	}
	return x
}

// reopen begins another process over the same store.
func (x *exchange) reopen() {
	x.tape = NewTape(x.memory, func(o Offer, at time.Time) *Entry { return newEntry(o, Rates{}.remembered(), at) })
	for name := range x.sellers {
		x.tape.Start(name, int64(len(x.memory.commits[name])))
	}
}

// store keeps a run without telling the tape, as another replica's.
func (x *exchange) store(name string, rows ...Listing) Moves {
	x.t.Helper()
	moves := x.sellers[name].lists(rows...)
	x.memory.guard.Lock()
	defer x.memory.guard.Unlock()
	x.memory.commits[name] = append(x.memory.commits[name], moves)
	return moves
}

func (x *exchange) lists(name string, rows ...Listing) {
	x.t.Helper()
	moves := x.store(name, rows...)
	x.tape.Append(name, []Moves{moves}, moves.Seq)
}

func (x *exchange) read(cursor string, f Filter) *TapeReader {
	x.t.Helper()
	m, err := newView(nil, nil, Rates{}, 0).Matcher(f)
	if err != nil {
		x.t.Fatal(err)
	}
	r, err := x.tape.Read(x.t.Context(), cursor, m)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// next are the next changes, spelled "provider/sku price".
func next(t *testing.T, r *TapeReader, n int) (said []string, cursor string) {
	t.Helper()
	for range n {
		m, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		said, cursor = append(said, spell(m.Moved)), m.Cursor()
	}
	return said, cursor
}

func spell(m Moved) string {
	word := m.Offer.Price.String()
	if m.Withdrawn {
		word = "gone"
	}
	return m.Offer.Provider + "/" + m.Offer.SKU + " " + word
}

func says(t *testing.T, r *TapeReader, want string) string {
	t.Helper()
	said, cursor := next(t, r, strings.Count(want, ",")+1)
	if got := strings.Join(said, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	return cursor
}

func TestTape(t *testing.T) {
	cases := map[string]struct {
		reason string
		do     func(*testing.T, *exchange)
	}{
		"from now on": {"what was before is not told to those who do not ask", func(t *testing.T, x *exchange) {
			x.lists("p", rowOf("a", "1"))
			r := x.read("", Filter{})
			x.lists("p", rowOf("a", "2"))
			says(t, r, "p/a 2")
		}},
		"within a commit": {"a cursor may stand between the changes of one commit", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{})
			x.lists("p", rowOf("a", "1"), rowOf("b", "1"), rowOf("c", "1"))
			cursor := says(t, r, "p/a 1, p/b 1")
			x.lists("q", rowOf("z", "1"))
			says(t, x.read(cursor, Filter{}), "p/c 1, q/z 1")
			x.reopen()
			says(t, x.read(cursor, Filter{}), "p/c 1, q/z 1")
		}},
		"after a whole commit": {"the last change of a commit is followed by the next commit", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{})
			x.lists("p", rowOf("a", "1"), rowOf("b", "1"))
			cursor := says(t, r, "p/a 1, p/b 1")
			x.lists("p", rowOf("a", "2"), rowOf("b", "1"))
			says(t, x.read(cursor, Filter{}), "p/a 2")
		}},
		"the filter sees the change": {"a price passes the bound as the change left it, whatever it is now", func(t *testing.T, x *exchange) {
			limit := decimal.MustParse("0.25")
			x.lists("p", rowOf("a", "1"))
			x.lists("p", rowOf("a", "4"))
			x.lists("p", rowOf("a", "2"))
			all := x.read(encodePlaces(map[string]int64{}), Filter{MaxPricePerGpuHour: &limit})
			says(t, all, "p/a 1, p/a 2")
		}},
		"a filtered commit": {"what the filter leaves out is counted in the cursor all the same", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{Search: "b"})
			x.lists("p", rowOf("a", "1"), rowOf("b", "1"), rowOf("c", "1"))
			cursor := says(t, r, "p/b 1")
			says(t, x.read(cursor, Filter{}), "p/c 1")
		}},
		"begun, and others behind": {"a commit that is begun is ended before the others are replayed", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{})
			x.lists("q", rowOf("y", "1"), rowOf("z", "1"))
			cursor := says(t, r, "q/y 1")
			x.lists("p", rowOf("a", "1"), rowOf("b", "1"))
			x.reopen()
			cursor = says(t, x.read(cursor, Filter{}), "q/z 1, p/a 1")
			says(t, x.read(cursor, Filter{}), "p/b 1")
		}},
		"an unfinished replay": {"a cursor of a replay knows what of the others is still to come", func(t *testing.T, x *exchange) {
			x.lists("p", rowOf("a", "1"))
			x.lists("q", rowOf("z", "1"))
			x.lists("p", rowOf("a", "2"))
			x.reopen()
			cursor := says(t, x.read(encodePlaces(map[string]int64{}), Filter{}), "p/a 1")
			says(t, x.read(cursor, Filter{}), "p/a 2, q/z 1")
		}},
		"forgotten by the tape": {"a reader that is far behind is served from the store", func(t *testing.T, x *exchange) {
			x.tape.most = 2
			r := x.read("", Filter{})
			for i := range 20 {
				x.lists("p", rowOf("a", fmt.Sprint(i+1)))
			}
			if x.tape.kept > 2 {
				t.Errorf("%d changes are kept", x.tape.kept)
			}
			says(t, r, "p/a 1, p/a 2, p/a 3, p/a 4, p/a 5, p/a 6, p/a 7, p/a 8, p/a 9, p/a 10, p/a 11, p/a 12, p/a 13, p/a 14, p/a 15, p/a 16, p/a 17, p/a 18, p/a 19, p/a 20")
			x.lists("q", rowOf("z", "1"))
			says(t, r, "q/z 1")
		}},
		"from memory": {"who comes back soon costs the store nothing", func(t *testing.T, x *exchange) {
			x.lists("p", rowOf("a", "1"))
			r := x.read("", Filter{})
			x.lists("p", rowOf("a", "2"))
			cursor := says(t, r, "p/a 2")
			x.lists("p", rowOf("a", "3"))
			x.lists("q", rowOf("z", "1"))
			says(t, x.read(cursor, Filter{}), "p/a 3, q/z 1")
			if x.memory.asked != 0 {
				t.Errorf("the store was asked %d times", x.memory.asked)
			}
		}},
		"another replica": {"a cursor may be of a replica that has seen more", func(t *testing.T, x *exchange) {
			moves := x.store("p", rowOf("a", "1"))
			x.memory.elsewhere = func(provider string) { x.tape.Append(provider, []Moves{moves}, moves.Seq) }
			r := x.read(encodePlaces(map[string]int64{"p": 1}), Filter{})
			x.lists("p", rowOf("a", "2"))
			says(t, r, "p/a 2")
		}},
		"a new provider": {"what the cursor does not know is told from its beginning", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{})
			x.lists("p", rowOf("a", "1"))
			cursor := says(t, r, "p/a 1")
			x.sellers["n"] = newSeller(t, "n")
			x.tape.Start("n", 0)
			x.lists("n", rowOf("new", "1"))
			says(t, x.read(cursor, Filter{}), "n/new 1")
		}},
		"a gap": {"a reader is told that something is lost", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{})
			x.tape.Gap("p", 7)
			expired(t, r, "p")
		}},
		"another's gap": {"who does not ask for that provider has lost nothing", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{Providers: []string{"q"}})
			x.tape.Gap("p", 7)
			x.lists("q", rowOf("z", "1"))
			says(t, r, "q/z 1")
		}},
		"waiting": {"what waits is counted, matching or not", func(t *testing.T, x *exchange) {
			r := x.read("", Filter{Search: "b"})
			x.lists("p", rowOf("a", "1"), rowOf("b", "1"), rowOf("c", "1"))
			x.lists("p", rowOf("a", "2"), rowOf("b", "2"), rowOf("c", "2"))
			cursor := says(t, r, "p/b 1")
			if r.Waiting() != 4 || r.Cursor() != cursor {
				t.Errorf("%d wait behind %q, want %q", r.Waiting(), r.Cursor(), cursor)
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { c.do(t, newExchange(t, "p", "q")) })
	}
}

func expired(t *testing.T, r *TapeReader, provider string) {
	t.Helper()
	_, err := r.Next(t.Context())
	var e *ExpiredError
	if !errors.As(err, &e) || e.Provider != provider {
		t.Errorf("got %v, want that changes of %s are lost", err, provider)
	}
}

func TestTapeRefusesCursors(t *testing.T) {
	cases := map[string]struct {
		reason, cursor string
		f              Filter
		expired        bool
		fine           bool
	}{
		"no cursor":            {"a cursor is ours", "x", Filter{}, false, false},
		"another version's":    {"a later program may spell it otherwise", "Ag", Filter{}, false, false},
		"cut off":              {"half a cursor is none", encodePlaces(map[string]int64{"p": 300})[:5], Filter{}, false, false},
		"no provider":          {"a place within a commit is somebody's", "AQ.1.", Filter{}, false, false},
		"before the beginning": {"the first change is the first", "AQ.0.cA", Filter{}, false, false},
		"too old":              {"what is behind it is no longer there", encodePlaces(map[string]int64{"p": 1, "q": 1}), Filter{}, true, false},
		"too old for others":   {"who does not ask for that provider has lost nothing", encodePlaces(map[string]int64{"p": 1, "q": 1}), Filter{Providers: []string{"q"}}, false, true},
		"just old enough":      {"the oldest commit that is kept is told", encodePlaces(map[string]int64{"p": 2, "q": 1}), Filter{}, false, true},
		"too new":              {"a place that was never reached is another store's", encodePlaces(map[string]int64{"p": 9, "q": 1}), Filter{}, true, false},
		"within what is to be": {"a commit that was never made", spot{newPlaces(map[string]int64{"p": 5, "q": 1}), "p", 1}.cursor(), Filter{}, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			x := newExchange(t, "p", "q")
			for i := range 5 {
				x.lists("p", rowOf("a", fmt.Sprint(i+1)))
			}
			x.lists("q", rowOf("z", "1"))
			x.memory.forgotten["p"] = 2
			x.reopen()
			m, err := newView(nil, nil, Rates{}, 0).Matcher(c.f)
			if err != nil {
				t.Fatal(err)
			}
			_, err = x.tape.Read(t.Context(), c.cursor, m)
			var invalid *InvalidError
			var gone *ExpiredError
			if errors.As(err, &gone) != c.expired || (err == nil) != c.fine || !c.fine && !c.expired && (!errors.As(err, &invalid) || invalid.Field != "after") {
				t.Errorf("%s: %v", c.reason, err)
			}
		})
	}
}

// TestTapeMissesNothing lets readers leave and come back at any moment, to this process or to one that has just begun, while sellers go on:
// each reader sees what the store has, each change once, in its order.
func TestTapeMissesNothing(t *testing.T) {
	x := newExchange(t, "p", "q", "r")
	x.tape.most = 20
	visit := newVisit(t.Context())
	var change sync.RWMutex
	done := make(chan struct{})
	reopen := func() {
		change.Lock()
		defer change.Unlock()
		x.reopen()
		x.tape.most = 20
		visit.end()
		visit = newVisit(t.Context())
	}
	come := func(cursor string) (*TapeReader, visiting) {
		change.RLock()
		defer change.RUnlock()
		return x.read(cursor, Filter{}), visit
	}
	const readers = 8
	seen := make([]map[string][]string, readers)
	var reading sync.WaitGroup
	for i := range readers {
		seen[i] = map[string][]string{}
		random := rand.New(rand.NewPCG(1, uint64(i)))
		reading.Go(func() {
			cursor := encodePlaces(map[string]int64{})
			for !over(done) || countAll(seen[i]) < countAll(x.memory.all()) {
				r, visit := come(cursor)
				cursor = follow(r, visit.ctx, cursor, seen[i], random.IntN(25), func() bool { return over(done) && countAll(seen[i]) >= countAll(x.memory.all()) })
			}
		})
	}
	random := rand.New(rand.NewPCG(2, 3))
	for run := range 60 {
		for _, name := range []string{"p", "q", "r"} {
			var rows []Listing
			for sku := range 6 {
				if random.IntN(4) > 0 {
					rows = append(rows, rowOf(fmt.Sprintf("s%d", sku), fmt.Sprint(1+random.IntN(3))))
				}
			}
			x.lists(name, rows...)
		}
		if run%20 == 19 {
			reopen()
		}
	}
	close(done)
	reopen()
	reading.Wait()
	for i := range readers {
		for name, all := range x.memory.all() {
			if got := seen[i][name]; !slices.Equal(got, all) {
				t.Errorf("reader %d has seen %d changes of %s, and there are %d:\n%.800s", i, len(got), name, len(all), cmp.Diff(all, got))
			}
		}
	}
}

// visiting ends when a process does.
type visiting struct {
	ctx context.Context
	end func()
}

func newVisit(ctx context.Context) visiting {
	ctx, end := context.WithCancel(ctx)
	return visiting{ctx, end}
}

// follow notes some changes, and gives the cursor to go on from; once in a while the last one was not heard.
func follow(r *TapeReader, ctx context.Context, cursor string, seen map[string][]string, most int, enough func() bool) string { //nolint:revive // a test's
	for range most {
		if enough() {
			return cursor
		}
		m, err := r.Next(ctx)
		if err != nil {
			return cursor
		}
		if rand.IntN(10) == 0 {
			return cursor
		}
		seen[m.Offer.Provider], cursor = append(seen[m.Offer.Provider], spell(m.Moved)), m.Cursor()
	}
	return cursor
}

// all is what the store has, by provider.
func (m *memory) all() map[string][]string {
	m.guard.Lock()
	defer m.guard.Unlock()
	all := map[string][]string{}
	for name, commits := range m.commits {
		for _, c := range commits {
			for _, one := range c.Moved {
				all[name] = append(all[name], spell(one))
			}
		}
	}
	return all
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func countAll(m map[string][]string) (n int) {
	for _, all := range m {
		n += len(all)
	}
	return n
}

// FuzzTapeCursor reads cursors that anybody may have made up: what is understood is spelled as it was, or shorter.
func FuzzTapeCursor(f *testing.F) {
	places := newPlaces(map[string]int64{"p": 300, "q@others": 1 << 40})
	for _, s := range []spot{{places: places}, {places, "p", 7}} {
		f.Add(s.cursor())
	}
	f.Add("AQ")
	f.Add("AQ.1.cA")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := decodeSpot(text)
		if err != nil {
			return
		}
		again, err := decodeSpot(s.cursor())
		if err != nil || again.cursor() != s.cursor() || again.done != s.done || again.provider != s.provider {
			t.Errorf("%q is read as %q, and that as %q, %v", text, s.cursor(), again.cursor(), err)
		}
	})
}
