package alerts

import (
	"cmp"
	"slices"
	"time"

	"gpuhour/market"
)

// Eval judges one subject of a rule: from how it stood and what is seen of it now, to how it stands, and the event to speak of, if
// any. First says that the rule is judged for the first time. It is pure: the same arguments give the same answer.
//
// A price that is not known to be current is never judged, a subject that is no longer listed has no price, and neither ever looks
// like a price that moved.
func Eval(r market.Rule, seen *Reading, now time.Time, first bool, was market.Standing) (market.Standing, *market.Event) {
	e := evaluation{rule: r, seen: seen, now: now, first: first, was: was, is: was}
	switch {
	case r.Condition.OfStock():
		e.stock()
	case seen.Value == nil && seen.Reason == outdated:
		e.unjudged()
	case seen.Value == nil:
		e.nothing()
	default:
		e.price()
	}
	return e.is, e.event
}

// evaluation is one subject being judged.
type evaluation struct {
	rule  market.Rule
	seen  *Reading
	now   time.Time
	first bool
	was   market.Standing
	is    market.Standing
	event *market.Event
}

// unjudged keeps everything as it is until the sources are current again. What has been pending must begin anew: nobody knows whether
// it held meanwhile.
func (e *evaluation) unjudged() {
	e.lapse()
	e.is.State, e.is.Pending = market.AlertSourceError, time.Time{}
}

// lapse ends the time in which the value is known to be in force.
func (e *evaluation) lapse() {
	if e.was.Value != nil && !e.was.Lapsed {
		e.leave(e.seen.SeenAt)
		e.is.Lapsed = true
	}
}

func (e *evaluation) leave(until time.Time) {
	if windowed(e.rule.Condition) {
		e.is.Trail = leave(e.rule.Condition, e.is.Trail, *e.was.Value, until)
	}
}

// nothing is a subject without a price: it is not zero, and what was said of it is no longer so. A single offer that nobody was told of
// goes in silence.
func (e *evaluation) nothing() {
	e.lapse()
	e.is.Pending, e.is.Latched = time.Time{}, nil
	known := e.was.State != "" && e.was.State != market.AlertNoData
	if e.rule.Silenced(e.now) && known {
		return // it is told when the silence ends, if it is still so
	}
	e.is.State = market.AlertNoData
	if e.was.Fired || known && e.rule.Subject != market.EachOffer {
		e.speak(market.NoData, e.was.Value)
		e.event.Reason = cmp.Or(e.seen.Reason, nothingListed)
	}
	e.is.Fired, e.is.Spoken, e.is.Low = false, nil, nil
}

// nothingListed is why a subject has no price.
const nothingListed = "nothing that matches is listed any more"

// price judges a value.
func (e *evaluation) price() {
	value, vanished := *e.seen.Value, e.vanished()
	e.follow(value, vanished)
	verdict, err := e.verdict(value)
	switch {
	case err != nil:
		e.is = e.was
		e.seen = &Reading{About: e.seen.About, ObservedAt: e.seen.ObservedAt, Reason: err.Error()}
		e.nothing()
		return
	case e.seen.AtMost && !(downward(e.rule.Condition) && verdict.Holds):
		e.is = e.was
		e.unjudged()
		return
	}
	e.latch(value, verdict, vanished && e.rebases())
	e.decide(value, verdict)
}

// vanished says whether the value is another because of what is listed, and not because of a price: the offer that it was of is listed no
// longer; of a median, any of its offers. A window looks at a median of the same offers only: those that come move it as much as those
// that go. So it is with the index, for a price that did not come closer itself.
func (e *evaluation) vanished() bool {
	same := e.was.Value != nil && e.was.Value.Cmp(*e.seen.Value) == 0
	ofMedian := e.rule.Subject == market.OfIndex
	switch c := e.rule.Condition; {
	case e.was.Value == nil:
		return false
	case ofIndex(c):
		return e.was.Members != e.seen.Members && (ofMedian || !beyond(c, *e.seen.Value, *e.was.Value))
	case ofMedian && windowed(c):
		return !same && e.was.Members != e.seen.Members
	case ofMedian:
		return !same && lost(e.was.Members, e.seen.Members)
	case e.rule.Subject == market.EachOffer:
		return false
	}
	return e.was.OfferID != e.seen.Of.Offer.ID && !e.seen.lists(e.was.OfferID)
}

// rebases says whether what vanishes could look like a move towards the condition: the cheapest of the rest is dearer, and the median of
// the rest is another. A dearer cheapest offer is no step towards a lower price.
func (e *evaluation) rebases() bool {
	return e.rule.Subject == market.OfIndex || ofIndex(e.rule.Condition) || !downward(e.rule.Condition)
}

// follow takes the value in, and lets the one before it go.
func (e *evaluation) follow(value market.Decimal, vanished bool) {
	moved := e.was.Value != nil && e.was.Value.Cmp(value) != 0
	switch at := e.seen.ObservedAt; {
	case vanished && e.rebases():
		e.is.Trail, e.is.Before = nil, nil
	case moved && !e.was.Lapsed:
		e.leave(at)
		e.remember(vanished, at)
	}
	if moved && !vanished {
		e.is.Before = e.was.Value
	}
	e.is.Value, e.is.Lapsed, e.is.OfferID, e.is.Members = &value, false, e.seen.Of.Offer.ID, e.seen.Members
	if windowed(e.rule.Condition) {
		e.comeBack()
		e.is.Trail = inWindow(e.is.Trail, e.seen.ObservedAt.Add(-e.rule.Window))
	}
}

// mostVanished bounds the offers that are remembered after they vanished.
const mostVanished = 20

// remember notes which offer was the cheapest when it vanished.
func (e *evaluation) remember(vanished bool, at time.Time) {
	if !vanished || !windowed(e.rule.Condition) {
		return
	}
	others := slices.DeleteFunc(slices.Clone(e.is.Vanished), func(d market.Departed) bool { return d.OfferID == e.was.OfferID })
	others = append(others, market.Departed{OfferID: e.was.OfferID, Until: at})
	e.is.Vanished = others[max(0, len(others)-mostVanished):]
}

// comeBack forgets what was the cheapest while the cheapest offer was not listed, when that one is there again.
func (e *evaluation) comeBack() {
	from := e.seen.ObservedAt.Add(-e.rule.Window)
	kept := slices.DeleteFunc(slices.Clone(e.is.Vanished), func(d market.Departed) bool { return !d.Until.After(from) })
	back := slices.IndexFunc(kept, func(d market.Departed) bool { return d.OfferID == e.is.OfferID })
	if back >= 0 {
		for len(e.is.Trail) > 0 && e.is.Trail[len(e.is.Trail)-1].Until.After(kept[back].Until) {
			e.is.Trail = e.is.Trail[:len(e.is.Trail)-1]
		}
		kept = slices.Delete(kept, back, back+1)
	}
	e.is.Vanished = kept
}

func (e *evaluation) verdict(value market.Decimal) (Verdict, error) {
	switch c := e.rule.Condition; c {
	case market.Below, market.Above:
		return threshold(e.rule, value)
	case market.BelowIndex, market.AboveIndex:
		return distance(e.rule, value, *e.seen.Index)
	case market.NewLow:
		return e.newLow(value)
	default:
		base := value
		if gone := extreme(e.is.Trail); gone != nil && extremer(c, *gone, value) {
			base = *gone
		}
		return distance(e.rule, value, base)
	}
}

func (e *evaluation) newLow(value market.Decimal) (Verdict, error) {
	low := e.is.Low
	if low == nil && e.was.Value != nil && value.Cmp(*e.was.Value) < 0 {
		low = extreme(e.is.Trail) // a price that stays is no new low, however old the lower one before it
	}
	v, err := newLow(e.rule, value, low)
	if e.was.Fired && !e.seen.ObservedAt.Before(e.was.FiredAt.Add(e.rule.Window)) {
		v.Holds, v.Cleared = false, true // as old as the window: the low is not new any more
	}
	e.is.Low = nil
	if v.Holds || e.was.Fired && !v.Cleared {
		e.is.Low = low
	}
	return v, err
}

// latch keeps quiet a condition that holds from the beginning, where that was asked for, or because something vanished.
func (e *evaluation) latch(value market.Decimal, v Verdict, rebased bool) {
	held := e.is.Latched
	switch {
	case v.Holds && !e.was.Fired && (rebased || e.first && !e.rule.FireOnCreate):
		e.is.Latched = &value
	case v.Cleared, held != nil && v.Holds && beyond(e.rule.Condition, value, *held):
		e.is.Latched = nil
	}
	if rebased && e.was.Fired && v.Holds {
		e.is.Spoken = &value // what others ask is no news of this kind
	}
}

// decide moves the state on.
func (e *evaluation) decide(value market.Decimal, v Verdict) {
	at := e.seen.ObservedAt
	switch {
	case !v.Holds && e.was.Fired:
		e.recover(v)
	case !v.Holds, e.is.Latched != nil:
		e.is.State, e.is.Pending = market.AlertOK, time.Time{}
	case e.was.Fired:
		e.goOn(value, v)
	default:
		if e.was.Pending.IsZero() {
			e.is.Pending = at
		}
		e.is.State = market.AlertPending
		if !e.rule.Silenced(e.now) && !at.Before(e.is.Pending.Add(e.rule.For)) && e.rested() {
			e.fire(value, v)
		}
	}
}

// rested says whether the cool-down after the last firing is over.
func (e *evaluation) rested() bool {
	return e.was.FiredAt.IsZero() || !e.seen.ObservedAt.Before(e.was.FiredAt.Add(e.rule.Cooldown))
}

func (e *evaluation) fire(value market.Decimal, v Verdict) {
	previous := e.is.Before
	if v.Against != nil && windowed(e.rule.Condition) {
		previous = v.Against
	}
	e.is.State, e.is.Fired, e.is.FiredAt, e.is.Pending = market.AlertFiring, true, e.seen.ObservedAt, time.Time{}
	if !e.rule.Condition.OfStock() {
		e.is.Spoken = &value
	}
	e.speak(market.Fired, previous)
	e.event.Threshold = v.Line
}

// goOn speaks again of what has gone further than when it was last spoken of.
func (e *evaluation) goOn(value market.Decimal, v Verdict) {
	e.is.State = market.AlertFiring
	spoken := e.was.Spoken
	if spoken == nil || e.is.Spoken != spoken || !beyond(e.rule.Condition, value, *spoken) || e.rule.Silenced(e.now) || !e.rested() {
		return
	}
	e.is.Spoken = &value
	e.speak(market.Further, spoken)
	e.event.Threshold = v.Line
}

func (e *evaluation) recover(v Verdict) {
	e.is.State = market.AlertRecovering
	if !v.Cleared || e.rule.Silenced(e.now) {
		return
	}
	e.is.State, e.is.Fired, e.is.Spoken, e.is.Low = market.AlertOK, false, nil, nil
	e.speak(market.Resolved, e.was.Spoken)
	e.event.Threshold = v.Line
}

// speak makes the event.
func (e *evaluation) speak(kind market.AlertEventKind, previous *market.Decimal) {
	event := eventOf(e.rule, kind, e.seen.About, e.now, e.seen.ObservedAt)
	event.Previous = previous
	e.seen.tell(&event)
	e.event = &event
}
