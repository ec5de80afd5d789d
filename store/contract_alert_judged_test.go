package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// everything is what a store says of all alerts.
type everything struct {
	Rules      []market.Rule
	Standings  map[market.StandingKey]market.Standing
	States     map[string]market.RuleStanding
	Places     map[string]int64
	Events     []market.Event
	Deliveries []market.Delivery
}

func all(t *testing.T, s *Store) (e everything) {
	t.Helper()
	var errs [6]error
	e.Rules, _, errs[0] = s.AllRules(t.Context())
	e.Standings, errs[1] = s.Standings(t.Context())
	e.States, errs[2] = s.RuleStandings(t.Context(), strings.Fields(idsOf(e.Rules)))
	e.Places, errs[3] = s.Places(t.Context())
	e.Events, errs[4] = s.EventsAfter(t.Context(), 0, 1000)
	for _, event := range e.Events {
		deliveries, err := s.Deliveries(t.Context(), event.Sequence, event.Targets)
		errs[5] = errors.Join(errs[5], err)
		e.Deliveries = append(e.Deliveries, deliveries...)
	}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return e
}

func judgementIsKept(t *testing.T, b backend) {
	s := b.open(t)
	first, second := createRule(t, s, "a"), createRule(t, s, "b")
	j := fires("j1", 2, second, first)
	events := judged(t, s, j)
	want := everything{Rules: []market.Rule{first, second}, Standings: map[market.StandingKey]market.Standing{}, States: j.Rules, Places: j.Places}
	for key, standing := range j.Standings {
		want.Standings[key] = *standing
	}
	for i, spoken := range j.Spoken {
		event := spoken.Event
		event.Sequence, event.Number, event.Targets = int64(i+1), 1, 2
		want.Events = append(want.Events, event)
		for n, target := range spoken.Targets {
			want.Deliveries = append(want.Deliveries, market.Delivery{ID: market.DeliveryID(event.Sequence, n), Event: event.Sequence, RuleID: event.RuleID,
				Target: target.URL, Secret: target.Secret, Channel: target.Channel, Status: market.DeliveryPending, NextAt: start})
		}
	}
	if diff := cmp.Diff(want.Events, events, exact); diff != "" {
		t.Errorf("(-want +told):\n%s", diff)
	}
	s = b.reopen(t, s)
	if diff := cmp.Diff(want, all(t, s), exact); diff != "" {
		t.Errorf("(-want +kept):\n%s", diff)
	}
	gone := market.StandingKey{Rule: first.ID, About: "p/a b/-/on-demand"}
	judged(t, s, market.Judgement{ID: "j2", Versions: j.Versions, Places: map[string]int64{"q": 1}, Standings: map[market.StandingKey]*market.Standing{gone: nil}})
	delete(want.Standings, gone)
	want.Places["q"] = 1
	if diff := cmp.Diff(want, all(t, b.reopen(t, s)), exact); diff != "" {
		t.Errorf("after a subject is no more (-want +kept):\n%s", diff)
	}
}

func judgementIsKeptOnce(t *testing.T, b backend) {
	s := b.open(t)
	lease := lock(t, s, "alerts", time.Time{})
	if err := lease.Release(t.Context()); err != nil { // nobody else takes it, so its fence stays good
		t.Fatal(err)
	}
	first, second := createRule(t, s, "a"), createRule(t, s, "b")
	steps := []struct {
		reason string
		j      market.Judgement
		want   string
	}{
		{"the first", fires("j1", 1, first, second), "1:rule/1#1 2:rule/2#1"},
		{"again, as after a lost reply", fires("j1", 1, first, second), "1:rule/1#1 2:rule/2#1"},
		{"a test from another replica", fires("t1", 1, second), "3:rule/2#2"},
		{"another", fires("j2", 1, first), "4:rule/1#2"},
		{"the first, after others", fires("j1", 1, first, second), "1:rule/1#1 2:rule/2#1"},
		{"the test, after another", fires("t1", 1, second), "3:rule/2#2"},
	}
	for i, step := range steps {
		if step.j.ID != "t1" {
			step.j.Fence = lease.Fence()
		}
		before := all(t, s)
		if got := numbersOf(judged(t, s, step.j)); got != step.want {
			t.Errorf("%s: got %s, want %s", step.reason, got, step.want)
		}
		if again := i == 1 || i > 3; again {
			if diff := cmp.Diff(before, all(t, s), exact); diff != "" {
				t.Errorf("%s: (-before +after):\n%s", step.reason, diff)
			}
		}
		s = b.reopen(t, s)
	}
	lock(t, s, "alerts", time.Time{})
	late := fires("j2", 1, first)
	late.Fence = lease.Fence()
	if got := numbersOf(judged(t, s, late)); got != "4:rule/1#2" {
		t.Errorf("an answer that was given stays given, whoever judges now: %s", got)
	}
	if _, err := s.Judged(t.Context(), fires("j2", 1, first, second)); err == nil {
		t.Error("another judgement of the same id got its answer")
	}
	closeStore(t, s)
}

func judgementsAreRemembered(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	judged(t, s, fires("j0", 0, r))
	for n := range judgedKept - 1 {
		judged(t, s, market.Judgement{ID: fmt.Sprint("p", n), Places: map[string]int64{"p": int64(n)}})
	}
	if got := numbersOf(judged(t, s, fires("j0", 0, r))); got != "1:rule/1#1" {
		t.Errorf("the oldest that is remembered: got %s", got)
	}
	judged(t, s, market.Judgement{ID: "one more", Places: map[string]int64{"p": 1}})
	answers, err := s.client.HLen(t.Context(), answersKey).Result()
	if ids, errIDs := s.client.LLen(t.Context(), judgedKey).Result(); answers != judgedKept || ids != judgedKept || err != nil || errIDs != nil {
		t.Errorf("%d answers to %d ids are kept, %v, %v", answers, ids, err, errIDs)
	}
	closeStore(t, s)
}

func lostJudgementIsRefused(t *testing.T, b backend) {
	s := b.open(t)
	first := lock(t, s, "alerts", time.Time{})
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := lock(t, s, "alerts", time.Time{})
	r := createRule(t, s, "a")
	before := all(t, s)
	j := fires("late", 1, r)
	j.Fence = first.Fence()
	if _, err := s.Judged(t.Context(), j); !errors.Is(err, ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded", err)
	}
	if diff := cmp.Diff(before, all(t, s), exact); diff != "" {
		t.Errorf("the refused judgement left (-before +after):\n%s", diff)
	}
	j.Fence = second.Fence()
	if got := numbersOf(judged(t, s, j)); got != "1:rule/1#1" {
		t.Errorf("in time: got %s", got)
	}
	closeStore(t, s)
}

func changedRuleIsDropped(t *testing.T, b backend) {
	s := b.open(t)
	kept, edited, deleted := createRule(t, s, "a"), createRule(t, s, "b"), createRule(t, s, "c")
	if _, _, err := s.UpdateRule(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteRule(t.Context(), deleted.ID); err != nil {
		t.Fatal(err)
	}
	j := fires("j1", 1, deleted, kept, edited, kept)
	j.Standings[market.StandingKey{Rule: edited.ID, About: "gone"}] = nil
	if got := numbersOf(judged(t, s, j)); got != "1:rule/1#1 2:rule/1#2" {
		t.Errorf("got %s", got)
	}
	s = b.reopen(t, s)
	if got := numbersOf(judged(t, s, j)); got != "1:rule/1#1 2:rule/1#2" {
		t.Errorf("again: got %s", got)
	}
	e := all(t, s)
	states, err := s.RuleStandings(t.Context(), []string{kept.ID, edited.ID, deleted.ID})
	if len(e.Standings) != 1 || len(states) != 1 || len(e.Deliveries) != 2 || len(e.Places) != 1 || err != nil {
		t.Errorf("kept %d subjects, %d rules, %d deliveries, %d places, %v", len(e.Standings), len(states), len(e.Deliveries), len(e.Places), err)
	}
	edited.Version = 2
	if got := numbersOf(judged(t, s, fires("j2", 1, edited))); got != "3:rule/2#1" {
		t.Errorf("at its version: got %s", got)
	}
	subject := market.StandingKey{Rule: edited.ID, About: "p/a b/-/on-demand"}
	judged(t, s, market.Judgement{ID: "late", Versions: map[string]int64{edited.ID: 1}, Standings: map[market.StandingKey]*market.Standing{subject: nil}})
	if standings, err := s.Standings(t.Context()); standings[subject].State != market.AlertFiring || err != nil {
		t.Errorf("what the edited rule did not know ended a subject: %v, %v", standings, err)
	}
	closeStore(t, s)
}

func editStartsAfresh(t *testing.T, b backend) {
	s := b.open(t)
	r, other := createRule(t, s, "a"), createRule(t, s, "b")
	for range standingBuckets - 1 { // the next rule shares the first one's hash
		if _, err := s.DeleteRule(t.Context(), createRule(t, s, "c").ID); err != nil {
			t.Fatal(err)
		}
	}
	neighbour := createRule(t, s, "d")
	j := fires("j1", 1, r, other, neighbour)
	for n := range 1000 {
		j.Standings[market.StandingKey{Rule: r.ID, About: fmt.Sprint(n)}] = &market.Standing{State: market.AlertOK, FiredAt: start}
	}
	judged(t, s, j)
	if _, _, err := s.UpdateRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteRule(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	s = b.reopen(t, s)
	standings, err := s.Standings(t.Context())
	if _, there := standings[market.StandingKey{Rule: neighbour.ID, About: "p/a b/-/on-demand"}]; len(standings) != 1 || !there || err != nil {
		t.Errorf("standings: %v, %v; want the neighbour's alone", standings, err)
	}
	states, err := s.RuleStandings(t.Context(), []string{r.ID, other.ID})
	if len(states) != 1 || !states[r.ID].LastFiredAt.Equal(start) || err != nil {
		t.Errorf("in sum: %v, %v; want the edited rule's, which did fire", states, err)
	}
	if events, total, err := s.RuleEvents(t.Context(), other.ID, 0, 10); len(events) != 1 || total != 1 || err != nil {
		t.Errorf("%d of %d events of a deleted rule, %v", len(events), total, err)
	}
	closeStore(t, s)
}

func numberedWithoutHoles(t *testing.T, b backend) {
	s := b.open(t)
	const callers, times = 6, 5
	var rules []market.Rule
	for range 3 {
		rules = append(rules, createRule(t, s, "a"))
	}
	for round := range 2 {
		atOnce(callers, func(i int) {
			for n := range times {
				if _, err := s.Judged(t.Context(), fires(fmt.Sprint(round, i, n), 1, rules[i%3], rules[(i+n)%3])); err != nil {
					t.Error(err)
				}
			}
		})
		s = b.reopen(t, s)
	}
	events, err := s.EventsAfter(t.Context(), 0, 1000)
	if last, _ := s.LastEvent(t.Context()); last != 2*2*callers*times || len(events) != int(last) || err != nil {
		t.Fatalf("%d events, the last is %d, %v", len(events), last, err)
	}
	counts := map[string]int64{}
	for i, e := range events {
		counts[e.RuleID]++
		if e.Sequence != int64(i+1) || e.Number != counts[e.RuleID] {
			t.Errorf("the %d-th event is %s", i+1, numbersOf(events[i:i+1]))
		}
		if d, err := s.Deliveries(t.Context(), e.Sequence, 1); len(d) != 1 || d[0].RuleID != e.RuleID || err != nil {
			t.Errorf("%s: %d deliveries, %v", e.ID(), len(d), err)
		}
	}
	closeStore(t, s)
}

func judgementInParts(t *testing.T, b backend) {
	s := b.open(t)
	var rules []market.Rule
	for range 6 {
		rules = append(rules, createRule(t, s, "a"))
	}
	j := fires("j", 2, rules[4], rules[1], rules[0], rules[1])
	j.Rules[rules[5].ID], j.Versions[rules[5].ID] = market.RuleStanding{State: market.AlertOK}, 1
	parts, err := partsOf(j, 30)
	if len(parts) < 3 || err != nil {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	if _, err := s.judgedPart(t.Context(), parts[0], "j/1", 0, eventsKept); err != nil {
		t.Fatal(err)
	}
	if e := all(t, s); len(e.Places) != 0 || len(e.Events) == 0 || len(e.Standings) != len(parts[0].rules) || len(e.Deliveries) != 2*len(e.Events) {
		t.Errorf("a part is not complete in itself, or has the places: %+v", e)
	}
	s = b.reopen(t, s)
	const want = "1:rule/5#1 2:rule/2#1 3:rule/2#2 4:rule/1#1"
	for range 2 {
		events, err := s.judged(t.Context(), j, eventsKept, 30)
		if got := numbersOf(events); got != want || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
		s = b.reopen(t, s)
	}
	if e := all(t, s); len(e.Events) != 4 || len(e.Standings) != 3 || len(e.States) != 4 || e.Places["p"] != 7 {
		t.Errorf("kept: %+v", e)
	}
	closeStore(t, s)
}

func judgementKnowsRules(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	for reason, change := range map[string]func(*market.Judgement){
		"without an id it cannot be kept once":        func(j *market.Judgement) { j.ID = "" },
		"a subject of a rule of unknown version":      func(j *market.Judgement) { j.Versions, j.Spoken = nil, nil },
		"an event of another version than was judged": func(j *market.Judgement) { j.Versions[r.ID] = 2 },
		"events of two versions": func(j *market.Judgement) {
			again := j.Spoken[0]
			again.Event.RuleVersion = 2
			j.Spoken = append(j.Spoken, again)
		},
		"a subject of what is no rule":              func(j *market.Judgement) { j.Standings[market.StandingKey{Rule: "r"}] = nil },
		"an event of no rule":                       func(j *market.Judgement) { j.Spoken[0].Event.RuleID = "" },
		"an event of a version that there never is": func(j *market.Judgement) { j.Versions, j.Spoken[0].Event.RuleVersion = nil, 0 },
	} {
		j := fires("j", 1, r)
		change(&j)
		if _, err := s.Judged(t.Context(), j); err == nil {
			t.Errorf("%s: it was kept", reason)
		}
	}
	if n, err := s.LastEvent(t.Context()); n != 0 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
	closeStore(t, s)
}

// nothingIsWritten asks everything of a store at rest. The embedded store's journal must not grow by it.
func nothingIsWritten(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	events := judged(t, s, fires("j", 1, r))
	d := claim(t, s, start, 1)[0]
	d.Status = market.Delivered
	finish(t, s, d, true)
	size := func() int64 {
		if s.embedded == nil {
			return 0
		}
		return s.embedded.journal.size
	}
	before := size()
	all(t, s)
	judged(t, s, market.Judgement{ID: "nothing"})
	_, _, errRules := s.Rules(t.Context(), 0, 10)
	_, errCount := s.RuleCount(t.Context())
	_, _, _, errEdits := s.EditsSince(t.Context(), 0)
	_, _, errEvents := s.RuleEvents(t.Context(), r.ID, 0, 1)
	_, _, errEvent := s.Event(t.Context(), events[0].Sequence)
	_, due, errDue := s.NextDue(t.Context())
	_, errDead := s.DeadLetters(t.Context(), 10)
	_, errClosed := s.TargetClosed(t.Context(), d)
	if err := errors.Join(errRules, errCount, errEdits, errEvents, errEvent, errDue, errDead, errClosed); err != nil || due {
		t.Errorf("something is due: %v, %v", due, err)
	}
	claim(t, s, start.Add(time.Hour), 0)
	if after := size(); after != before {
		t.Errorf("the journal grew by %d bytes", after-before)
	}
	closeStore(t, s)
}

func eventsArePaged(t *testing.T, b backend) {
	s := b.open(t)
	one, two := createRule(t, s, "a"), createRule(t, s, "b")
	judged(t, s, fires("j", 0, one, two, one, two, one))
	for _, c := range []struct {
		reason string
		after  int64
		most   int
		want   string
	}{
		{"from the beginning", 0, 2, "1:rule/1#1 2:rule/2#1"},
		{"from an event", 3, 10, "4:rule/2#2 5:rule/1#3"},
		{"from the last", 5, 10, ""},
		{"from one that is still to come", 9, 10, ""},
		{"none", 0, 0, ""},
		{"less than none", 0, -1, ""},
	} {
		events, err := s.EventsAfter(t.Context(), c.after, c.most)
		if got := numbersOf(events); got != c.want || err != nil {
			t.Errorf("%s: got %s, %v", c.reason, got, err)
		}
	}
	for _, c := range []struct {
		reason, rule string
		after        int64
		first        int
		want         string
		total        int
	}{
		{"the first of a rule", one.ID, 0, 2, "1:rule/1#1 3:rule/1#2", 3},
		{"the others", one.ID, 2, 2, "5:rule/1#3", 3},
		{"after the last", one.ID, 3, 2, "", 3},
		{"how many", one.ID, 0, 0, "", 3},
		{"of no rule", "rule/9", 0, 2, "", 0},
		{"before the first", one.ID, -7, 1, "1:rule/1#1", 3},
	} {
		events, total, err := s.RuleEvents(t.Context(), c.rule, c.after, c.first)
		if got := numbersOf(events); got != c.want || total != c.total || err != nil {
			t.Errorf("%s: got %s of %d, %v", c.reason, got, total, err)
		}
	}
	for n, want := range map[int64]bool{-1: false, 0: false, 1: true, 5: true, 6: false} {
		if e, found, err := s.Event(t.Context(), n); found != want || found && e.Sequence != n || err != nil {
			t.Errorf("event %d: found %v, %v", n, found, err)
		}
	}
	closeStore(t, s)
}

func oldEventsGo(t *testing.T, b backend) {
	s := b.open(t)
	one, two, quiet := createRule(t, s, "a"), createRule(t, s, "b"), createRule(t, s, "c")
	const kept = 3
	more := func(id string, rules ...market.Rule) {
		t.Helper()
		if _, err := s.judged(t.Context(), fires(id, 0, rules...), kept, partSize); err != nil {
			t.Fatal(err)
		}
	}
	more("j0", quiet)
	more("j1", one, two, one)
	if events, err := s.EventsAfter(t.Context(), 1, 10); len(events) != 3 || err != nil {
		t.Errorf("at the cap: %d events, %v", len(events), err)
	}
	if _, err := s.DeleteRule(t.Context(), two.ID); err != nil {
		t.Fatal(err)
	}
	more("j2", one, one)
	s = b.reopen(t, s)
	for n, want := range map[int64]error{-1: ErrCursorExpired, 0: ErrCursorExpired, 2: ErrCursorExpired, 3: nil, 5: nil, 6: nil, 7: nil} {
		if events, err := s.EventsAfter(t.Context(), n, 10); !errors.Is(err, want) || want == nil && len(events) != int(max(6-n, 0)) {
			t.Errorf("after %d: %d events, %v, want %v", n, len(events), err, want)
		}
	}
	events, total, err := s.RuleEvents(t.Context(), one.ID, 0, 10)
	if got := numbersOf(events); got != "4:rule/1#2 5:rule/1#3 6:rule/1#4" || total != 3 || err != nil {
		t.Errorf("of one rule: %s of %d, %v", got, total, err)
	}
	if _, found, err := s.Event(t.Context(), 1); found || err != nil {
		t.Errorf("the first: found %v, %v", found, err)
	}
	more("j3", one, one, one, one, one, one, one)
	if got := numbersOf(judged(t, s, fires("j1", 0, one, two, one))); got != "2:rule/1#1 3:rule/2#1 4:rule/1#2" {
		t.Errorf("a judgement whose events are gone got the answer %s", got)
	}
	for _, key := range []string{eventsKey, numbersKey} {
		if n, err := s.client.HLen(t.Context(), key).Result(); n != kept || err != nil {
			t.Errorf("%s has %d fields, %v", key, n, err)
		}
	}
	for _, key := range []string{countsKey, goneKey} {
		if there, err := s.client.HExists(t.Context(), key, two.ID).Result(); there || err != nil {
			t.Errorf("%s still counts a rule of which nothing is left, %v", key, err)
		}
	}
	if got := numbersOf(judged(t, s, fires("j4", 0, quiet))); got != "14:rule/3#2" {
		t.Errorf("a rule of which all events are gone goes on with %s", got)
	}
	closeStore(t, b.reopen(t, s))
}
