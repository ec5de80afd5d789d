package alerts

import (
	"maps"
	"slices"
	"time"

	"gpuhour/market"
)

// Judged is what judging a rule came to: the subjects that stand otherwise now (nil are no more), and what is to be said.
type Judged struct {
	Changed map[string]*market.Standing
	Events  []market.Event
}

// judging is one rule being judged.
type judging struct {
	quoter    *market.Quoter
	rule      market.Rule
	readings  map[string]*Reading
	standings map[string]market.Standing
	first     bool
	out       Judged
}

// Judge judges the subjects of a rule that are named in only, in their order, or all of them where it is nil, by what is seen of them now and how they
// stood. First says that the rule has never been judged before.
func Judge(q *market.Quoter, r market.Rule, readings map[string]*Reading, standings map[string]market.Standing, only []string, first bool) Judged {
	j := judging{q, r, readings, standings, first, Judged{}}
	if only == nil {
		only = j.subjects()
	}
	for _, about := range only {
		j.subject(about)
	}
	j.sources()
	if r.Subject == market.EachOffer {
		j.whole()
	}
	return j.out
}

// subjects are all of them in the order of their names, so that events come in one order whoever judges.
func (j *judging) subjects() []string {
	out := slices.Collect(maps.Keys(j.readings))
	for about := range j.standings {
		if _, read := j.readings[about]; !read && !isSource(about) && about != wholeRule {
			out = append(out, about)
		}
	}
	slices.Sort(out)
	return out
}

func (j *judging) subject(about string) {
	was, known := j.standings[about]
	seen := j.readings[about]
	switch {
	case seen == nil && !known:
		return
	case seen == nil:
		seen = j.missing(about, was)
	}
	if was.State == market.AlertNoData && j.forgettable(was) {
		was = market.Standing{} // whether or not anybody has looked since
	}
	is, event := Eval(j.rule, seen, j.quoter.Now(), j.first, was)
	if event != nil {
		event.Sources = documents(j.quoter, j.rule.Subject, seen)
		j.out.Events = append(j.out.Events, *event)
	}
	if len(seen.Quotes) == 0 && j.forgettable(is) {
		j.change(about, nil)
		return
	}
	j.keep(about, is)
}

// missing is a subject of which nothing is listed. What is no longer listed was missed by the latest success of its provider.
func (j *judging) missing(about string, was market.Standing) *Reading {
	at := time.Time{}
	for _, s := range j.quoter.View().Sheets(market.ProviderOfOffer(was.OfferID)) {
		if s.LastSuccessAt.After(at) {
			at = s.LastSuccessAt
		}
	}
	if at.IsZero() {
		at = j.quoter.Now()
	}
	at = at.Truncate(time.Second)
	return &Reading{About: about, ObservedAt: at, SeenAt: at}
}

// forgettable says whether nothing of a single offer that is gone can matter any more, should it come back.
func (j *judging) forgettable(is market.Standing) bool {
	now := j.quoter.Now()
	return j.rule.Subject == market.EachOffer && !is.Fired && is.Pending.IsZero() &&
		!now.Before(is.FiredAt.Add(j.rule.Cooldown)) && len(inWindow(is.Trail, now.Add(-j.rule.Window))) == 0
}

func (j *judging) keep(about string, is market.Standing) {
	if was, known := j.standings[about]; known && sameStanding(was, is) {
		return
	}
	kept := is
	j.change(about, &kept)
}

func (j *judging) change(about string, to *market.Standing) {
	if j.out.Changed == nil {
		j.out.Changed = map[string]*market.Standing{}
	}
	j.out.Changed[about] = to
}

// standing is how a subject stands, after what has been judged so far.
func (j *judging) standing(about string) market.Standing {
	if is, changed := j.out.Changed[about]; changed {
		if is == nil {
			return market.Standing{}
		}
		return *is
	}
	return j.standings[about]
}

// documents are what a subject was read from: of a median, all its offers' documents, else that of the one offer.
func documents(q *market.Quoter, s market.AlertSubject, seen *Reading) []market.Source {
	if seen.Of == nil {
		return nil
	}
	entries := []*market.Entry{seen.Of}
	if s == market.OfIndex {
		for _, quote := range seen.Quotes {
			entries = append(entries, quote.Entry)
		}
	}
	var out []market.Source
	for _, e := range entries {
		source, found := q.View().Sheet(e.Offer).Document(e.Offer.Document)
		if found && len(out) < mostSources && !slices.Contains(out, source) {
			out = append(out, source)
		}
	}
	return out
}

// sameStanding says whether nothing of a standing differs.
func sameStanding(a, b market.Standing) bool {
	return a.State == b.State && a.Fired == b.Fired && a.FiredAt.Equal(b.FiredAt) && a.Pending.Equal(b.Pending) && a.OfferID == b.OfferID &&
		a.Lapsed == b.Lapsed && slices.EqualFunc(a.Vanished, b.Vanished, sameDeparted) && a.Members == b.Members && a.Stock == b.Stock && a.Troubled.Equal(b.Troubled) &&
		sameAmount(a.Value, b.Value) && sameAmount(a.Before, b.Before) && sameAmount(a.Spoken, b.Spoken) && sameAmount(a.Low, b.Low) &&
		sameAmount(a.Latched, b.Latched) && slices.EqualFunc(a.Trail, b.Trail, sameGone)
}

func sameAmount(a, b *market.Decimal) bool {
	return a == b || a != nil && b != nil && a.Cmp(*b) == 0
}

func sameDeparted(a, b market.Departed) bool { return a.OfferID == b.OfferID && a.Until.Equal(b.Until) }

func sameGone(a, b market.Gone) bool { return a.Value.Cmp(b.Value) == 0 && a.Until.Equal(b.Until) }
