package alerts

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

var below2 = completed(market.Rule{Condition: market.Below, Threshold: price("2"), Rearm: *price("2"), FireOnCreate: true})

// edited is a rule of another version.
func edited(r market.Rule, change func(*market.Rule)) market.Rule {
	r.Version++
	change(&r)
	return r
}

func (s *telling) expect(reason string, want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, said(s.ledger.events)); diff != "" {
		s.t.Errorf("%s\n(-want +said)\n%s", reason, diff)
	}
	s.ledger.events = nil
}

func (s *telling) state() market.AlertState { return s.ledger.summaries[market.RuleID(1)].State }

func TestEditStartsAfresh(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=1.9"})
	s.expect("it fires", "mo 10:00 FIRED alpha/x 1.9")
	s.ledger.edit(edited(below2, func(r *market.Rule) { r.Threshold = price("1.5") }))
	s.tell([]string{"mo 10:30 clock"})
	s.expect("an edited rule says nothing of how it stood before: no phantom end")
	if len(s.ledger.standings) != 1 || s.state() != market.AlertOK {
		t.Errorf("standings %v, state %s", s.ledger.standings, s.state())
	}
	s.tell([]string{"mo 11:00 alpha x=1.4"})
	s.expect("and it is judged by its new terms", "mo 11:00 FIRED alpha/x 1.4 was 1.9")
}

func TestEditedFilterLeavesNothingBehind(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=1.9 b200x=1.5"})
	s.expect("it fires", "mo 10:00 FIRED alpha/x 1.9")
	s.ledger.edit(edited(below2, func(r *market.Rule) { r.Filter.Gpus = []string{"B200"} }))
	s.tell([]string{"mo 10:30 clock", "mo 11:00 alpha x=1.8 b200x=1.4"})
	s.expect("only what it asks for now", "mo 10:30 FIRED alpha/b200x 1.5", "mo 11:00 FURTHER alpha/b200x 1.4 was 1.5")
	if len(s.ledger.standings) != 1 {
		t.Errorf("%d standings are kept, want 1: %v", len(s.ledger.standings), s.ledger.standings)
	}
}

func TestDisabledIsAtRest(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=1.9"})
	s.expect("it fires", "mo 10:00 FIRED alpha/x 1.9")
	s.ledger.edit(edited(below2, func(r *market.Rule) { r.Enabled = false }))
	s.tell([]string{"mo 10:30 clock", "mo 11:00 alpha x=1.5", "mo 12:00 alpha x=3"})
	s.expect("a rule that is off says nothing")
	if s.state() != market.AlertOK || len(s.ledger.standings) != 0 {
		t.Errorf("it stands at %s with %v", s.state(), s.ledger.standings)
	}
	on := edited(below2, func(*market.Rule) {})
	on.Version++
	s.ledger.edit(on)
	s.tell([]string{"mo 13:00 alpha x=1.9"})
	s.expect("switched on it begins anew", "mo 13:00 FIRED alpha/x 1.9")
}

func TestDeletedIsForgotten(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=2.5"})
	delete(s.ledger.rules, below2.ID)
	s.ledger.edits = append(s.ledger.edits, below2.ID)
	s.tell([]string{"mo 11:00 alpha x=1.5"})
	s.expect("a rule that is gone says nothing")
	if n := len(s.session.watches.all) + len(s.session.watches.index) + len(s.session.watches.bySheet); n != 0 {
		t.Errorf("%d entries are left of it", n)
	}
}

func TestSilence(t *testing.T) {
	for name, c := range map[string]struct {
		reason  string
		happens []string
		want    []string
	}{
		"what lasts is told after it": {"nothing is lost that is still so", []string{"mo 11:00 alpha x=1.9", "mo 12:00 alpha x=1.9", "mo 13:00 alpha x=1.9"}, []string{"mo 12:30 FIRED alpha/x 1.9 was 2.5"}},
		"what is over is not":         {"a dip within the silence is nobody's business", []string{"mo 11:00 alpha x=1.9", "mo 12:00 alpha x=2.5", "mo 13:00 alpha x=2.5"}, nil},
		"nothing is left":             {"is told after it too", []string{"mo 11:00 alpha nothing", "mo 12:00 alpha nothing", "mo 13:00 clock"}, []string{"mo 12:30 NO_DATA H100 NEOCLOUD ON_DEMAND was 2.5 because nothing that matches is listed any more"}},
		"a source in trouble":         {"is told after it too", []string{"mo 11:00 alpha fails", "mo 12:00 alpha fails", "mo 13:00 alpha fails"}, []string{"mo 12:30 SOURCE_ERROR source alpha/main"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTelling(t, below2)
			s.tell([]string{"mo 10:00 alpha x=2.5"})
			silent := below2
			silent.SilencedUntil = moment(t, "mo", "12:30")
			s.ledger.edit(silent)
			s.tell(c.happens)
			s.expect(c.reason, c.want...)
		})
	}
	t.Run("an end within it", func(t *testing.T) {
		s := newTelling(t, below2)
		s.tell([]string{"mo 10:00 alpha x=1.9"})
		silent := below2
		silent.SilencedUntil = moment(t, "mo", "12:30")
		s.ledger.edit(silent)
		s.tell([]string{"mo 11:00 alpha x=2.5", "mo 13:00 alpha x=2.5"})
		s.expect("the end is always told, be it late", "mo 10:00 FIRED alpha/x 1.9", "mo 12:30 RESOLVED alpha/x 2.5 was 1.9")
	})
}

// TestStoreAway: what could not be kept is judged again, and said once.
func TestStoreAway(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=2.5"})
	s.ledger.broken = true
	s.happen("mo 11:00 alpha x=1.9")
	for range 3 {
		if err := s.session.pass(t.Context()); err == nil {
			t.Fatal("kept by a store that is away")
		}
	}
	s.ledger.broken = false
	s.tell([]string{"mo 11:10 clock", "mo 11:20 clock"})
	s.expect("once, when it can be kept", "mo 11:10 FIRED alpha/x 1.9 was 2.5")
}

// TestBookBehind: an engine whose book has not reached what was judged before does not judge: it would take back what was said.
func TestBookBehind(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=2.5", "mo 11:00 alpha x=1.9"})
	s.places["alpha"]--
	s.patience = time.Minute
	s.restart()
	if err := s.session.pass(t.Context()); err == nil {
		t.Error("judged a book that is behind")
	}
	s.places["alpha"]++
	if err := s.session.pass(t.Context()); err != nil {
		t.Error(err)
	}
	s.expect("nothing is said twice", "mo 11:00 FIRED alpha/x 1.9 was 2.5")
	s.places["alpha"]--
	s.restart()
	s.now = s.now.Add(time.Minute)
	if err := s.session.pass(t.Context()); err != nil {
		t.Errorf("commits that are lost for good keep it from judging: %v", err)
	}
}

// TestPatience: a process that was away does not complain of sources that it is about to read; of those it cannot read it does, later.
func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		reason  string
		happens []string
		want    []string
	}{
		"read again":     {"what is read again is judged", []string{"mo 20:01 alpha x=1.9", "mo 20:10 alpha x=1.9"}, []string{"mo 20:01 FIRED alpha/x 1.9 was 2.5"}},
		"not read again": {"what is not is told of", []string{"mo 20:01 clock", "mo 20:10 clock"}, []string{"mo 20:05 SOURCE_ERROR source alpha/main"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTelling(t, below2)
			s.patience = 5 * time.Minute
			s.tell([]string{"mo 10:00 alpha x=2.5"})
			s.session = nil // away
			s.happen("mo 20:00 clock")
			s.restart()
			s.look()
			s.tell(c.happens)
			s.expect(c.reason, c.want...)
		})
	}
}

// TestPrimed: a rule that looks back knows what has been before it was made.
func TestPrimed(t *testing.T) {
	rule := completed(market.Rule{Condition: market.Drops, Percent: price("10"), Window: 24 * time.Hour, Rearm: *price("2"), FireOnCreate: true})
	s := newTelling(t, rule)
	s.happen("mo 10:00 alpha x=3")
	s.happen("mo 11:00 alpha x=2.9")
	s.tell([]string{"mo 12:00 alpha x=2.65"})
	s.expect("it fell by ten percent within a day, most of it before the rule was made", "mo 12:00 FIRED alpha/x 2.65 was 3")
}

// TestOnlyTheTouchedAreJudged: rules are found by what changed, not looked through.
func TestOnlyTheTouchedAreJudged(t *testing.T) {
	s := newTelling(t, below2)
	s.tell([]string{"mo 10:00 alpha x=2.5 b200x=3", "mo 10:05 beta y=2.6"})
	before := s.session.seen
	for _, step := range []struct {
		line string
		want int
	}{{"mo 11:00 alpha x=2.5 b200x=2.9", 0}, {"mo 11:10 beta y=2.7", 1}, {"mo 11:20 alpha x=2.4 b200x=2.9", 1}} {
		s.happen(step.line)
		q := market.NewQuoter(s.book.View(), hourly, s.now)
		if got := len(route(s.session.watches, before, q)); got != step.want {
			t.Errorf("%s touches %d filters, want %d", step.line, got, step.want)
		}
		before = q
	}
}
