package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"gpuhour/market"
)

// TestAlertContract runs one suite against every store. The keys of alerts are the same for all, so each test begins with none.
func TestAlertContract(t *testing.T) {
	t.Parallel()
	suite := map[string]func(*testing.T, backend){
		"rules are kept":                              rulesAreKept,
		"an edit of an old version is refused":        oldVersionIsRefused,
		"a silence is no edit":                        silenceIsNoEdit,
		"rules are bounded":                           rulesAreBounded,
		"rules are paged over holes":                  rulesArePaged,
		"rules made at once have ids of their own":    rulesMadeAtOnce,
		"edits are followed":                          editsAreFollowed,
		"a judgement is kept whole":                   judgementIsKept,
		"a judgement is kept once":                    judgementIsKeptOnce,
		"judgements are remembered for a while":       judgementsAreRemembered,
		"a judgement under a lost lock is refused":    lostJudgementIsRefused,
		"what is said of a changed rule is dropped":   changedRuleIsDropped,
		"an edit starts a rule afresh":                editStartsAfresh,
		"events are numbered without holes":           numberedWithoutHoles,
		"a large judgement is kept in parts":          judgementInParts,
		"a judgement must know its rules":             judgementKnowsRules,
		"a judgement of nothing writes nothing":       nothingIsWritten,
		"events are paged":                            eventsArePaged,
		"old events go":                               oldEventsGo,
		"what was put off has not been tried":         putOffIsNoAttempt,
		"an event stays while it is to be delivered":  heldEventStays,
		"each delivery is claimed by one":             claimedByOne,
		"a lease ends":                                leaseEnds,
		"an attempt is finished once":                 finishedOnce,
		"an end must make sense":                      endMakesSense,
		"a dead letter is delivered again":            deadIsRedelivered,
		"dead letters are bounded":                    deadAreBounded,
		"a closed target is open again after an edit": closedTargets,
		"a foreign value of alerts is an error":       foreignAlertsAreErrors,
		"an unreadable delivery holds up no other":    unreadableDelivery,
		"the queue does what a simple one would":      queueWalk,
	}
	onEveryStore(t, suite)
}

// onEveryStore runs a suite of tests that each begin without alerts and cards.
func onEveryStore(t *testing.T, suite map[string]func(*testing.T, backend)) {
	for backendName, b := range backends(t) {
		for _, testName := range sortedKeys(suite) {
			t.Run(backendName+"/"+testName, func(t *testing.T) { suite[testName](t, b.withoutAlerts(t)) })
		}
	}
}

// withoutAlerts is the backend with nothing in it.
func (b backend) withoutAlerts(t *testing.T) backend {
	t.Helper()
	if b.options.Redis == "" {
		return backend{options(t.TempDir(), "")}
	}
	s := b.open(t)
	empty := func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() }
	var err error
	if cluster, many := s.client.(*redis.ClusterClient); many {
		err = cluster.ForEachMaster(t.Context(), empty)
	} else {
		err = empty(t.Context(), s.client.(*redis.Client))
	}
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	return b
}

// reopen is a restart. The embedded store must then hold, key by key, what it held before.
func (b backend) reopen(t *testing.T, s *Store) *Store {
	t.Helper()
	before := contents(t, s)
	closeStore(t, s)
	s = b.open(t)
	if diff := cmp.Diff(before, contents(t, s)); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	return s
}

// contents are the commands that make every key of an embedded store anew; nothing for another.
func contents(t *testing.T, s *Store) map[string][][]any {
	t.Helper()
	if s.embedded == nil {
		return nil
	}
	names, err := s.client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][]any{}
	for _, name := range names {
		if out[name], err = s.embedded.journal.commandsFor(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

const secretTarget = "https://hooks.example.com/s3cret"

// aRule is a rule that uses every kind of value.
func aRule(t testing.TB, name string) market.Rule {
	t.Helper()
	threshold, rearm := amount(t, "1.50"), amount(t, "2")
	return market.Rule{Name: name, Given: `{"gpus":["H100"]}`, Filter: market.Filter{Gpus: []string{"H100"}}, Subject: market.EachOffer,
		Condition: market.Below, Threshold: &threshold, Currency: market.USD, For: time.Minute, Rearm: rearm, Cooldown: time.Hour,
		Notify: []string{secretTarget}, Secret: "whsec_c2VjcmV0", Enabled: true, CreatedAt: start}
}

func createRule(t testing.TB, s *Store, name string) market.Rule {
	t.Helper()
	r, err := s.CreateRule(t.Context(), aRule(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fires is a judgement by which each of some rules fires at one offer, to so many targets.
func fires(id string, targets int, rules ...market.Rule) market.Judgement {
	j := market.Judgement{ID: id, Versions: map[string]int64{}, Standings: map[market.StandingKey]*market.Standing{},
		Rules: map[string]market.RuleStanding{}, Places: map[string]int64{"p": 7}}
	for _, r := range rules {
		j.Versions[r.ID] = r.Version
		j.Standings[market.StandingKey{Rule: r.ID, About: "p/a b/-/on-demand"}] = &market.Standing{State: market.AlertFiring, FiredAt: start}
		j.Rules[r.ID] = market.RuleStanding{State: market.AlertFiring, LastFiredAt: start}
		j.Spoken = append(j.Spoken, said(r, targets))
	}
	return j
}

func said(r market.Rule, targets int) market.Spoken {
	out := market.Spoken{Event: market.Event{RuleID: r.ID, RuleName: r.Name, RuleVersion: r.Version, Kind: market.Fired, Subject: r.Subject,
		Condition: r.Condition, About: "p/a b/-/on-demand", At: start, ObservedAt: start, Threshold: r.Threshold, Currency: r.Currency}}
	for n := range targets {
		out.Targets = append(out.Targets, market.Target{URL: fmt.Sprintf("%s/%d", secretTarget, n), Secret: r.Secret, Channel: "webhook"})
	}
	return out
}

func judged(t testing.TB, s *Store, j market.Judgement) []market.Event {
	t.Helper()
	events, err := s.Judged(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// numbersOf spells events by their place, rule and number.
func numbersOf(events []market.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprintf("%d:%s#%d", e.Sequence, e.RuleID, e.Number))
	}
	return strings.Join(out, " ")
}

func rulesAreKept(t *testing.T, b backend) {
	s := b.open(t)
	want := aRule(t, "a \r\n$5\r\n \x00 name")
	want.SilencedUntil = start.Add(90 * time.Millisecond)
	r, err := s.CreateRule(t.Context(), want)
	want.ID, want.Version = "rule/1", 1
	if diff := cmp.Diff(want, r, exact); diff != "" || err != nil {
		t.Errorf("%v (-want +made):\n%s", err, diff)
	}
	s = b.reopen(t, s)
	want.Name = "another"
	edited, found, err := s.UpdateRule(t.Context(), want)
	want.Version = 2
	if diff := cmp.Diff(want, edited, exact); diff != "" || !found || err != nil {
		t.Errorf("found %v, %v (-want +edited):\n%s", found, err, diff)
	}
	s = b.reopen(t, s)
	read, found, err := s.Rule(t.Context(), "rule/1")
	if diff := cmp.Diff(want, read, exact); diff != "" || !found || err != nil {
		t.Errorf("found %v, %v (-want +read):\n%s", found, err, diff)
	}
	if found, err := s.DeleteRule(t.Context(), "rule/1"); !found || err != nil {
		t.Errorf("delete: found %v, %v", found, err)
	}
	if left, err := s.client.Exists(t.Context(), rulesKey, versionsKey, silencesKey).Result(); left != 0 || err != nil {
		t.Errorf("a deleted rule left something in %d hashes, %v", left, err)
	}
	if r := createRule(t, s, "b"); r.ID != "rule/2" {
		t.Errorf("after a deletion the next id is %s", r.ID)
	}
	for _, id := range []string{"rule/1", "rule/3", "rule/02", "rule/", "", "event/000000000001"} {
		_, found, err := s.Rule(t.Context(), id)
		_, updated, errUpdate := s.UpdateRule(t.Context(), market.Rule{ID: id, Version: 1})
		_, silenced, errSilence := s.SilenceRule(t.Context(), id, start)
		deleted, errDelete := s.DeleteRule(t.Context(), id)
		if found || updated || silenced || deleted || err != nil || errUpdate != nil || errSilence != nil || errDelete != nil {
			t.Errorf("%q: found %v %v %v %v, %v %v %v %v", id, found, updated, silenced, deleted, err, errUpdate, errSilence, errDelete)
		}
	}
	closeStore(t, b.reopen(t, s))
}

func oldVersionIsRefused(t *testing.T, b backend) {
	s := b.open(t)
	mine := createRule(t, s, "a")
	theirs := mine
	theirs.Name = "theirs"
	if _, _, err := s.UpdateRule(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	mine.Name = "mine"
	if _, found, err := s.UpdateRule(t.Context(), mine); !found || !errors.Is(err, ErrEdited) {
		t.Errorf("found %v, %v; want ErrEdited", found, err)
	}
	if r, _, _ := s.Rule(t.Context(), mine.ID); r.Name != "theirs" || r.Version != 2 {
		t.Errorf("kept: %s at version %d", r.Name, r.Version)
	}
	closeStore(t, s)
}

func silenceIsNoEdit(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	judged(t, s, fires("j", 1, r))
	until := start.Add(time.Hour)
	silenced, found, err := s.SilenceRule(t.Context(), r.ID, until)
	if !found || err != nil || silenced.Version != 1 || !silenced.SilencedUntil.Equal(until) {
		t.Errorf("found %v, %v: %+v", found, err, silenced)
	}
	if standings, _ := s.Standings(t.Context()); len(standings) != 1 {
		t.Errorf("%d subjects stand as before, want 1", len(standings))
	}
	// Whoever read the rule before it was silenced does not end the silence by an edit.
	edited, _, err := s.UpdateRule(t.Context(), r)
	if err != nil || !edited.SilencedUntil.Equal(until) {
		t.Errorf("after an edit silent until %s, %v", edited.SilencedUntil, err)
	}
	s = b.reopen(t, s)
	if r, _, err := s.SilenceRule(t.Context(), r.ID, time.Time{}); err != nil || !r.SilencedUntil.IsZero() || r.Version != 2 {
		t.Errorf("speaking again: %+v, %v", r, err)
	}
	closeStore(t, s)
}

func rulesAreBounded(t *testing.T, b backend) {
	s := b.open(t)
	for range 2 {
		if _, err := s.createRule(t.Context(), aRule(t, "a"), 2); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.createRule(t.Context(), aRule(t, "a"), 2); !errors.Is(err, ErrTooManyRules) {
		t.Errorf("got %v, want ErrTooManyRules", err)
	}
	if _, err := s.DeleteRule(t.Context(), "rule/1"); err != nil {
		t.Fatal(err)
	}
	if r, err := s.createRule(t.Context(), aRule(t, "a"), 2); err != nil || r.ID != "rule/3" {
		t.Errorf("where one went: %s, %v", r.ID, err)
	}
	closeStore(t, s)
}

func rulesArePaged(t *testing.T, b backend) {
	s := b.open(t)
	for n := range 2*fewRules + 50 {
		createRule(t, s, "a")
		if kept := n+1 <= 3 || n+1 == 150 || n+1 == 250; !kept {
			if _, err := s.DeleteRule(t.Context(), market.RuleID(int64(n+1))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		reason string
		after  int64
		first  int
		want   string
		more   bool
	}{
		{"all there are", 0, 10, "rule/1 rule/2 rule/3 rule/150 rule/250", false},
		{"exactly as many as there are", 0, 5, "rule/1 rule/2 rule/3 rule/150 rule/250", false},
		{"the next is behind a hole", 0, 3, "rule/1 rule/2 rule/3", true},
		{"begin in a hole", 3, 1, "rule/150", true},
		{"the last", 150, 1, "rule/250", false},
		{"after the last", 250, 1, "", false},
		{"beyond all numbers", 1 << 62, 1, "", false},
		{"before all numbers", -5, 1, "rule/1", true},
		{"none", 0, 0, "", true},
		{"less than none", 0, -1, "", true},
	} {
		rules, more, err := s.Rules(t.Context(), c.after, c.first)
		if got := idsOf(rules); got != c.want || more != c.more || err != nil {
			t.Errorf("%s: got %q, more %v, %v", c.reason, got, more, err)
		}
	}
	if n, err := s.RuleCount(t.Context()); n != 5 || err != nil {
		t.Errorf("%d rules, %v", n, err)
	}
	closeStore(t, s)
}

func idsOf(rules []market.Rule) string {
	var out []string
	for _, r := range rules {
		out = append(out, r.ID)
	}
	return strings.Join(out, " ")
}

func rulesMadeAtOnce(t *testing.T, b backend) {
	s := b.open(t)
	made := make([]string, 12)
	atOnce(len(made), func(i int) {
		r, err := s.CreateRule(t.Context(), aRule(t, fmt.Sprint(i)))
		if err != nil {
			t.Error(err)
		}
		made[i] = r.ID + " " + fmt.Sprint(i)
	})
	s = b.reopen(t, s)
	rules, place, err := s.AllRules(t.Context())
	if len(rules) != len(made) || place != int64(len(made)) || err != nil {
		t.Errorf("%d rules after %d edits, %v", len(rules), place, err)
	}
	for _, r := range rules {
		if !slices.Contains(made, r.ID+" "+r.Name) {
			t.Errorf("%s is %q, which nobody was told", r.ID, r.Name)
		}
	}
	closeStore(t, s)
}

func editsAreFollowed(t *testing.T, b backend) {
	s := b.open(t)
	if ids, now, found, err := s.EditsSince(t.Context(), 0); len(ids) != 0 || now != 0 || !found || err != nil {
		t.Errorf("before the first: %v, %d, %v, %v", ids, now, found, err)
	}
	first, second := createRule(t, s, "a"), createRule(t, s, "b")
	_, place, err := s.AllRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.UpdateRule(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SilenceRule(t.Context(), second.ID, start); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteRule(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	s = b.reopen(t, s)
	for _, c := range []struct {
		reason string
		place  int64
		want   string
		found  bool
	}{
		{"from where all rules were read", place, "rule/1 rule/2", true},
		{"from an edit between", place + 2, "rule/1", true},
		{"from the end", place + 3, "", true},
		{"from the beginning", 0, "rule/1 rule/2", true},
		{"from a place that never was", place + 4, "", false},
		{"from the end of numbers", 1<<63 - 1, "", false},
		{"from before the beginning", -1, "", false},
	} {
		ids, now, found, err := s.EditsSince(t.Context(), c.place)
		if got := strings.Join(ids, " "); got != c.want || found != c.found || found && now != place+3 || err != nil {
			t.Errorf("%s: got %q at %d, found %v, %v", c.reason, got, now, found, err)
		}
	}
	for range editsKept {
		if _, _, err := s.SilenceRule(t.Context(), second.ID, start); err != nil {
			t.Fatal(err)
		}
	}
	for offset, want := range map[int64]bool{2: false, 3: true} {
		if _, _, found, err := s.EditsSince(t.Context(), place+offset); found != want || err != nil {
			t.Errorf("%d edits back: found %v, %v", editsKept+3-offset, found, err)
		}
	}
	closeStore(t, s)
}

// atOnce does something n times, all at once.
func atOnce(n int, do func(i int)) {
	var working sync.WaitGroup
	for i := range n {
		working.Go(func() { do(i) })
	}
	working.Wait()
}
