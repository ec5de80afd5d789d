package alerts

import (
	"maps"
	"slices"
	"strings"

	"gpuhour/market"
)

// touch is what of a watch is to be judged: subjects that something happened to, or all of them, by all its rules; and rules that are
// due whatever happened.
type touch struct {
	all      bool
	subjects map[string]bool
	rules    map[string]bool
}

// only are the subjects to judge in the order of their names; nil are all.
func (t *touch) only() []string {
	if t.all {
		return nil
	}
	return slices.Sorted(maps.Keys(t.subjects))
}

// touched are the watches to judge.
type touched map[*watch]*touch

func (t touched) of(w *watch) *touch {
	if t[w] == nil {
		t[w] = &touch{}
	}
	return t[w]
}

func (t touched) all(w *watch) { t.of(w).all = true }

func (t touched) due(r *ruled) {
	found := t.of(r.watch)
	if found.rules == nil {
		found.rules = map[string]bool{}
	}
	found.rules[r.rule.ID] = true
}

func (t touched) one(w *watch, about string) {
	found := t.of(w)
	if found.subjects == nil {
		found.subjects = map[string]bool{}
	}
	found.subjects[about] = true
}

// router finds the watches that the way from one view to the next touches.
type router struct {
	watches *watches
	was, is *market.Quoter
	match   map[*watch][2]func(*market.Entry) bool
	out     touched
}

// route compares two views. An entry that is another one may match otherwise, cost otherwise, or be gone.
func route(w *watches, was, is *market.Quoter) touched {
	r := router{w, was, is, map[*watch][2]func(*market.Entry) bool{}, touched{}}
	differences(was.View().Entries(), is.View().Entries(), r.entry)
	r.sheets()
	return r.out
}

// differences calls with every entry of two lists by id that is not in the other one.
func differences(was, is []*market.Entry, with func(was, is *market.Entry)) {
	for len(was) > 0 || len(is) > 0 {
		switch by := compareHeads(was, is); {
		case by < 0:
			with(was[0], nil)
			was = was[1:]
		case by > 0:
			with(nil, is[0])
			is = is[1:]
		default:
			if was[0] != is[0] {
				with(was[0], is[0])
			}
			was, is = was[1:], is[1:]
		}
	}
}

func compareHeads(was, is []*market.Entry) int {
	switch {
	case len(was) == 0:
		return 1
	case len(is) == 0:
		return -1
	case was[0] == is[0]:
		return 0
	}
	return strings.Compare(was[0].Offer.ID, is[0].Offer.ID)
}

func (r *router) entry(was, is *market.Entry) {
	for i, e := range [...]*market.Entry{was, is} {
		if e != nil {
			r.watches.concerned(e.Offer, func(w *watch) { r.offer(w, e, i) })
		}
	}
}

func (r *router) offer(w *watch, e *market.Entry, side int) {
	if ofIndex(w.like.Condition) {
		r.out.all(w)
		return
	}
	match, compiled := r.match[w]
	if !compiled {
		match = [2]func(*market.Entry) bool{r.was.Matcher(w.like.Filter), r.is.Matcher(w.like.Filter)}
		r.match[w] = match
	}
	if match[side](e) {
		r.out.one(w, aboutOf(w.like.Subject, e.Offer))
	}
}

// sheets wakes who depends on a sheet that became stale or current again, and who waits for any run of it.
func (r *router) sheets() {
	before := r.was.View().AllSheets()
	for key, sheet := range r.is.View().AllSheets() {
		flipped := r.was.Stale(key) != r.is.Stale(key)
		ran := before[key].LastRunID != sheet.LastRunID || !before[key].LastRunAt.Equal(sheet.LastRunAt) || r.was.Lapsed(sheet) != r.is.Lapsed(sheet)
		for w := range r.watches.bySheet[key] {
			if flipped || ran && len(w.waiting) > 0 {
				r.out.all(w)
			}
		}
	}
}
