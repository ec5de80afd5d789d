package market

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"
)

// The sizes of a page.
const (
	DefaultPage = 50
	LargestPage = 200
)

// Window is the part of a list that is asked for, forwards (First, After) or backwards (Last, Before).
type Window struct {
	First, Last   *int
	After, Before string
}

// Question is everything that decides the answer to a query for offers.
type Question struct {
	Filter Filter
	Order  Order
	Window Window
	// Now and Cadence decide what is stale.
	Now     time.Time
	Cadence func(provider string) time.Duration
}

// Page is a part of a list, with what lies around it.
type Page struct {
	Entries     []*Entry
	Cursors     []string
	Total       int
	HasNext     bool
	HasPrevious bool
}

// Ask answers a question from the view. An *InvalidError names the argument that cannot be understood.
func (v *View) Ask(q Question) (Page, error) {
	if q.Order == (Order{}) {
		q.Order = DefaultOrder
	}
	bounds, err := q.bounds()
	if err != nil {
		return Page{}, err
	}
	all, err := v.ordered(q.Order)
	if err != nil {
		return Page{}, &InvalidError{"orderBy", err.Error()}
	}
	keep, err := v.compile(q.Filter, q.Cadence, q.Now)
	if err != nil {
		return Page{}, err
	}
	return v.cut(all, keep, q.Order, bounds), nil
}

// bounds is a window that was understood.
type bounds struct {
	after, before *sortKey
	first, last   int // negative is none
}

func (q Question) bounds() (bounds, error) {
	b := bounds{first: -1, last: -1}
	var err error
	if b.after, err = decodeCursor("after", q.Window.After, q.Order); err != nil {
		return b, err
	}
	if b.before, err = decodeCursor("before", q.Window.Before, q.Order); err != nil {
		return b, err
	}
	if q.Window.First == nil && q.Window.Last == nil {
		b.first = DefaultPage
	}
	if b.first, err = size("first", q.Window.First, b.first); err != nil {
		return b, err
	}
	b.last, err = size("last", q.Window.Last, b.last)
	return b, err
}

func size(field string, asked *int, otherwise int) (int, error) {
	if asked == nil {
		return otherwise, nil
	}
	if *asked < 0 {
		return 0, &InvalidError{field, "expected zero or more"}
	}
	return min(*asked, LargestPage), nil
}

// cut walks the list once: it counts what matches and keeps what the window shows.
func (v *View) cut(all []*Entry, keep *predicate, o Order, b bounds) Page {
	from, to := v.place(all, o, b.after, 1), len(all)
	if b.before != nil {
		to = max(from, v.place(all, o, b.before, 0))
	}
	var page Page
	before := count(all[:from], keep)
	inside := collect(all[from:to], keep, b)
	after := count(all[to:], keep)
	page.Total = before + inside.total + after
	page.HasPrevious = before > 0 || inside.skipped > 0
	page.HasNext = after > 0 || inside.left > 0
	page.Entries = inside.kept
	for _, e := range page.Entries {
		page.Cursors = append(page.Cursors, encodeCursor(o, v.key(e, o.Field)))
	}
	return page
}

// place is the index of the first entry past the key (past = 1), or at it (past = 0).
func (v *View) place(all []*Entry, o Order, key *sortKey, past int) int {
	if key == nil {
		return 0
	}
	i, _ := slices.BinarySearchFunc(all, *key, func(e *Entry, k sortKey) int {
		if c := v.key(e, o.Field).compare(k, o.Direction); c != 0 {
			return c
		}
		return -past
	})
	return i
}

func count(entries []*Entry, keep *predicate) int {
	n := 0
	for _, e := range entries {
		if keep.matches(e) {
			n++
		}
	}
	return n
}

type collected struct {
	kept                 []*Entry
	total, skipped, left int
}

// collect keeps the first b.first matches, and of those the last b.last.
func collect(entries []*Entry, keep *predicate, b bounds) collected {
	var c collected
	for _, e := range entries {
		if !keep.matches(e) {
			continue
		}
		c.total++
		if b.first >= 0 && len(c.kept)+c.skipped >= b.first {
			c.left++
			continue
		}
		c.kept = append(c.kept, e)
		if b.last >= 0 && len(c.kept) > b.last {
			c.kept = c.kept[1:]
			c.skipped++
		}
	}
	return c
}

// cursor is a place in one order; it stays valid while the book changes around it.
type cursor struct {
	Field     OrderField `json:"f"`
	Direction Direction  `json:"d"`
	Key       sortKey    `json:"k"`
}

func encodeCursor(o Order, key sortKey) string {
	text, err := json.Marshal(cursor{o.Field, o.Direction, key})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodeCursor(field, text string, o Order) (*sortKey, error) {
	if text == "" {
		return nil, nil
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || c.Key.ID == "" {
		return nil, &InvalidError{field, "expected a cursor from an earlier answer"}
	}
	if (Order{c.Field, c.Direction}) != o {
		return nil, &InvalidError{field, "the cursor belongs to a list in another order; ask with the orderBy it came from"}
	}
	return &c.Key, nil
}
