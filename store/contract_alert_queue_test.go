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

const leaseTime = time.Minute

// claim takes what is due, and holds that it is so much.
func claim(t *testing.T, s *Store, now time.Time, want int) []market.Delivery {
	t.Helper()
	out, err := s.Claim(t.Context(), now, leaseTime, 1000)
	if err != nil || len(out) != want {
		t.Fatalf("claimed %d, %v; want %d", len(out), err, want)
	}
	return out
}

func finish(t *testing.T, s *Store, d market.Delivery, want bool) {
	t.Helper()
	if done, err := s.Finish(t.Context(), d); done != want || err != nil {
		t.Errorf("%s, attempt %d: finished %v, %v; want %v", d.ID, d.Attempts, done, err, want)
	}
}

// ended is a delivery with its end.
func ended(d market.Delivery, status market.DeliveryStatus, at time.Time) market.Delivery {
	d.Status, d.NextAt, d.LastError = status, time.Time{}, ""
	switch status {
	case market.Delivered:
		d.DeliveredAt = at
	case market.DeliveryRetrying:
		d.NextAt, d.LastError = at, "it answered 503"
	case market.DeliveryFailed:
		d.LastError = "it answered 404"
	}
	return d
}

func namesOf(deliveries []market.Delivery) string {
	var out []string
	for _, d := range deliveries {
		out = append(out, fmt.Sprintf("%s#%d", strings.TrimLeft(strings.TrimPrefix(d.ID, "event/"), "0"), d.Attempts))
	}
	return strings.Join(out, " ")
}

// putOffIsNoAttempt gives claimed deliveries back untried: they are due again when they were put off to, and the attempt does not count. Who was
// too slow to give one back changes nothing.
func putOffIsNoAttempt(t *testing.T, b backend) {
	s := b.open(t)
	judged(t, s, fires("j", 2, createRule(t, s, "a")))
	late := claim(t, s, start, 2)
	again := claim(t, s, start.Add(leaseTime), 2)
	if back, err := s.PutOff(t.Context(), late[0], start); back || err != nil {
		t.Errorf("another had taken over: given back %v, %v", back, err)
	}
	until := start.Add(2 * leaseTime)
	for _, d := range again {
		if back, err := s.PutOff(t.Context(), d, until); !back || err != nil {
			t.Errorf("given back %v, %v", back, err)
		}
	}
	if back, err := s.PutOff(t.Context(), again[0], start); back || err != nil {
		t.Errorf("given back twice: %v, %v", back, err)
	}
	finish(t, s, ended(again[1], market.Delivered, start), false)
	s = b.reopen(t, s)
	claim(t, s, until.Add(-time.Second), 0)
	if got := namesOf(claim(t, s, until, 2)); got != "1/0#2 1/1#2" {
		t.Errorf("claimed %s, want second attempts", got)
	}
	closeStore(t, s)
}

// heldEventStays lets events grow too old while their deliveries are delivered, under way and dead.
func heldEventStays(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	judged(t, s, fires("j1", 3, r, r))
	claimed := claim(t, s, start, 6)
	finish(t, s, ended(claimed[0], market.Delivered, start), true)
	finish(t, s, ended(claimed[1], market.DeliveryFailed, start), true)
	for _, d := range claimed[3:] {
		finish(t, s, ended(d, market.Delivered, start), true)
	}
	if _, err := s.judged(t.Context(), fires("j2", 0, r), 1, partSize); err != nil {
		t.Fatal(err)
	}
	s = b.reopen(t, s)
	check := func(reason string, want bool, deliveries string, attempts int64) {
		t.Helper()
		_, found, err := s.Event(t.Context(), 1)
		kept, errKept := s.Deliveries(t.Context(), 1, 3)
		if got := namesOf(kept); found != want || got != deliveries || err != nil || errKept != nil {
			t.Errorf("%s: the event is there: %v, its deliveries: %s, %v, %v", reason, found, got, err, errKept)
		}
		if n, err := s.client.HLen(t.Context(), attemptsKey).Result(); n != attempts || err != nil {
			t.Errorf("%s: attempts of %d deliveries, %v", reason, n, err)
		}
		if _, err := s.EventsAfter(t.Context(), 0, 10); !errors.Is(err, ErrCursorExpired) {
			t.Errorf("%s: got %v, want ErrCursorExpired", reason, err)
		}
	}
	check("one is under way, one is dead", true, "1/1#1 1/2#1", 2)
	if _, found, err := s.Event(t.Context(), 2); found || err != nil {
		t.Errorf("all was delivered: found %v, %v", found, err)
	}
	finish(t, s, ended(claimed[2], market.Delivered, start), true)
	check("one is dead", true, "1/1#1", 1)
	if _, found, err := s.Redeliver(t.Context(), claimed[1].ID, start); !found || err != nil {
		t.Errorf("redeliver: found %v, %v", found, err)
	}
	s = b.reopen(t, s)
	check("the dead letter is under way again", true, "1/1#1", 1)
	finish(t, s, ended(claim(t, s, start, 1)[0], market.Delivered, start), true)
	check("all was delivered", false, "", 0)
	for _, key := range []string{openKey, deliveriesKey, claimedKey, dueKey, deadKey} {
		if n, err := s.client.Exists(t.Context(), key).Result(); n != 0 || err != nil {
			t.Errorf("something is left in %s, %v", key, err)
		}
	}
	closeStore(t, b.reopen(t, s))
}

func claimedByOne(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	const deliveries = 60
	judged(t, s, fires("j", deliveries, r))
	taken := make([]string, 4)
	atOnce(len(taken), func(i int) {
		for range deliveries { // and no more, where a delivery is given again and again
			some, err := s.Claim(t.Context(), start, leaseTime, 7)
			if err != nil {
				t.Error(err)
			}
			if len(some) == 0 {
				return
			}
			taken[i] += namesOf(some) + " "
		}
	})
	names := strings.Fields(strings.Join(taken, " "))
	times := map[string]int{}
	for _, name := range names {
		times[name]++
	}
	if len(names) != deliveries || len(times) != deliveries {
		t.Errorf("%d claims of %d deliveries: %v", len(names), len(times), times)
	}
	closeStore(t, b.reopen(t, s))
}

func leaseEnds(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	if _, found, err := s.NextDue(t.Context()); found || err != nil {
		t.Errorf("before the first: found %v, %v", found, err)
	}
	judged(t, s, fires("j", 2, r))
	next := func(want time.Time) {
		t.Helper()
		if at, found, err := s.NextDue(t.Context()); !at.Equal(want) || !found || err != nil {
			t.Errorf("next at %s, found %v, %v; want %s", at, found, err, want)
		}
	}
	next(start)
	claim(t, s, start.Add(-time.Millisecond), 0)
	early := claim(t, s, start, 2)
	next(start.Add(leaseTime))
	s = b.reopen(t, s)
	claim(t, s, start.Add(leaseTime-time.Millisecond), 0)
	finish(t, s, ended(early[1], market.Delivered, start), true)
	late := claim(t, s, start.Add(leaseTime), 1)
	if got := namesOf(late); got != "1/0#2" {
		t.Errorf("after the lease: %s", got)
	}
	finish(t, s, ended(early[0], market.Delivered, start), false)
	finish(t, s, ended(early[0], market.DeliveryFailed, start), false)
	again := start.Add(time.Hour)
	finish(t, s, ended(late[0], market.DeliveryRetrying, again), true)
	next(again)
	s = b.reopen(t, s)
	claim(t, s, again.Add(-time.Millisecond), 0)
	last := claim(t, s, again, 1)[0]
	if last.Attempts != 3 || last.LastError != "it answered 503" || last.Target != secretTarget+"/0" || last.Secret != r.Secret {
		t.Errorf("the third attempt is %+v", last)
	}
	finish(t, s, ended(last, market.Delivered, again), true)
	if _, found, err := s.NextDue(t.Context()); found || err != nil {
		t.Errorf("when all is done: found %v, %v", found, err)
	}
	want := ended(last, market.Delivered, again)
	if kept, err := s.Deliveries(t.Context(), 1, 1); err != nil || !cmp.Equal(kept, []market.Delivery{want}) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	closeStore(t, s)
}

func finishedOnce(t *testing.T, b backend) {
	for _, status := range []market.DeliveryStatus{market.Delivered, market.DeliveryRetrying, market.DeliveryFailed} {
		b := b.withoutAlerts(t)
		s := b.open(t)
		judged(t, s, fires("j", 1, createRule(t, s, "a")))
		finish(t, s, ended(market.Delivery{ID: market.DeliveryID(1, 0), Attempts: 0}, status, start), false) // nobody claimed it
		d := claim(t, s, start, 1)[0]
		finish(t, s, ended(market.Delivery{ID: market.DeliveryID(1, 0), Attempts: 2}, status, start), false) // an attempt that is to come
		finish(t, s, ended(market.Delivery{ID: market.DeliveryID(7, 0), Attempts: 1}, status, start), false) // no delivery
		finish(t, s, ended(d, status, start), true)
		s = b.reopen(t, s)
		for _, again := range []market.DeliveryStatus{market.Delivered, market.DeliveryRetrying, market.DeliveryFailed} {
			finish(t, s, ended(d, again, start.Add(time.Hour)), false)
		}
		if kept, err := s.Deliveries(t.Context(), 1, 1); err != nil || len(kept) != 1 || kept[0].Status != status {
			t.Errorf("%s: kept %+v, %v", status, kept, err)
		}
		closeStore(t, s)
	}
}

func endMakesSense(t *testing.T, b backend) {
	s := b.open(t)
	judged(t, s, fires("j", 1, createRule(t, s, "a")))
	d := claim(t, s, start, 1)[0]
	for reason, change := range map[string]func(*market.Delivery){
		"it is not finished":                    func(d *market.Delivery) { d.Status = market.DeliveryPending },
		"it is to be tried again, but not when": func(d *market.Delivery) { d.Status, d.NextAt = market.DeliveryRetrying, time.Time{} },
		"it is finished in a way nobody knows":  func(d *market.Delivery) { d.Status = "LOST" },
		"it is no delivery":                     func(d *market.Delivery) { d.Status, d.ID = market.Delivered, "x" },
	} {
		wrong := d
		change(&wrong)
		if done, err := s.Finish(t.Context(), wrong); done || err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: finished %v, %v", reason, done, err)
		}
	}
	finish(t, s, ended(d, market.Delivered, start), true)
	closeStore(t, s)
}

func deadIsRedelivered(t *testing.T, b backend) {
	s := b.open(t)
	judged(t, s, fires("j", 3, createRule(t, s, "a")))
	for _, d := range claim(t, s, start, 3)[:2] {
		finish(t, s, ended(d, market.DeliveryFailed, start), true)
	}
	s = b.reopen(t, s)
	for first, want := range map[int]string{10: "1/1#1 1/0#1", 1: "1/1#1", 0: "", -1: ""} {
		if dead, err := s.DeadLetters(t.Context(), first); namesOf(dead) != want || err != nil {
			t.Errorf("the last %d: %s, %v", first, namesOf(dead), err)
		}
	}
	now := start.Add(time.Hour)
	d, found, err := s.Redeliver(t.Context(), market.DeliveryID(1, 0), now)
	if !found || err != nil || d.Status != market.DeliveryPending || !d.NextAt.Equal(now) || d.Attempts != 1 || d.LastError == "" {
		t.Errorf("found %v, %v: %+v", found, err, d)
	}
	for _, c := range []struct {
		reason, id string
		found      bool
		want       error
	}{
		{"it is being delivered again", market.DeliveryID(1, 0), true, ErrNotDead},
		{"it was never dead", market.DeliveryID(1, 2), true, ErrNotDead},
		{"there is no such delivery", market.DeliveryID(1, 3), false, nil},
		{"there is no such event", market.DeliveryID(2, 0), false, nil},
		{"it names nothing", "x", false, nil},
	} {
		if _, found, err := s.Redeliver(t.Context(), c.id, now); found != c.found || !errors.Is(err, c.want) {
			t.Errorf("%s: found %v, %v", c.reason, found, err)
		}
	}
	s = b.reopen(t, s)
	finish(t, s, ended(d, market.DeliveryFailed, now), false) // the reply to its first end was lost
	claimed := claim(t, s, now, 2)
	if namesOf(claimed) != "1/2#2 1/0#2" {
		t.Errorf("claimed %s", namesOf(claimed))
	}
	finish(t, s, ended(claimed[1], market.DeliveryFailed, now), true)
	if dead, err := s.DeadLetters(t.Context(), 10); namesOf(dead) != "1/0#2 1/1#1" || err != nil {
		t.Errorf("dead again: %s, %v", namesOf(dead), err)
	}
	closeStore(t, s)
}

func deadAreBounded(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	judged(t, s, fires("j", 2, r, r))
	if _, err := s.judged(t.Context(), fires("j2", 0, r), 2, partSize); err != nil {
		t.Fatal(err)
	}
	for _, d := range claim(t, s, start, 4) {
		if done, err := s.finish(t.Context(), ended(d, market.DeliveryFailed, start), 1); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	if dead, err := s.DeadLetters(t.Context(), 10); namesOf(dead) != "2/1#1" || err != nil {
		t.Errorf("dead: %s, %v", namesOf(dead), err)
	}
	if _, found, err := s.Event(t.Context(), 1); found || err != nil {
		t.Errorf("an old event without a dead letter: found %v, %v", found, err)
	}
	kept, err := s.Deliveries(t.Context(), 2, 2)
	if len(kept) != 2 || kept[0].Status != market.DeliveryFailed || err != nil {
		t.Errorf("of an event that is kept: %+v, %v", kept, err)
	}
	if _, found, err := s.Redeliver(t.Context(), market.DeliveryID(2, 0), start); !found || !errors.Is(err, ErrNotDead) {
		t.Errorf("no longer a dead letter: found %v, %v", found, err)
	}
	closeStore(t, b.reopen(t, s))
}

func closedTargets(t *testing.T, b backend) {
	s := b.open(t)
	r, other := createRule(t, s, "a"), createRule(t, s, "b")
	at := func(r market.Rule, target string) market.Delivery {
		return market.Delivery{RuleID: r.ID, Target: target}
	}
	check := func(reason string, want bool, d market.Delivery) {
		t.Helper()
		if closed, err := s.TargetClosed(t.Context(), d); closed != want || err != nil {
			t.Errorf("%s: closed %v, %v", reason, closed, err)
		}
	}
	for _, d := range []market.Delivery{at(r, secretTarget), at(other, secretTarget), at(market.Rule{ID: "rule/9"}, secretTarget)} {
		if err := s.CloseTarget(t.Context(), d, start); err != nil {
			t.Fatal(err)
		}
	}
	s = b.reopen(t, s)
	check("it answered 410", true, at(r, secretTarget))
	check("another target of the rule", false, at(r, secretTarget+"/2"))
	check("a rule that there is not", false, at(market.Rule{ID: "rule/9"}, secretTarget))
	if fields, err := s.client.HKeys(t.Context(), closedKey).Result(); err != nil || strings.Contains(strings.Join(fields, " "), "hooks") {
		t.Errorf("fields %q, %v", fields, err)
	}
	if _, _, err := s.UpdateRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	check("its rule was edited", false, at(r, secretTarget))
	check("of a rule that was not edited", true, at(other, secretTarget))
	if _, err := s.DeleteRule(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	check("its rule was deleted", false, at(other, secretTarget))
	closeStore(t, s)
}

func foreignAlertsAreErrors(t *testing.T, b backend) {
	s := b.open(t)
	r := createRule(t, s, "a")
	judged(t, s, fires("j", 1, r))
	claim(t, s, start, 1)
	delivery := market.DeliveryID(1, 0)
	rule := func() error { _, _, err := s.Rule(t.Context(), r.ID); return err }
	rules := func() error { _, _, err := s.AllRules(t.Context()); return err }
	event := func() error { _, _, err := s.Event(t.Context(), 1); return err }
	ofRule := func() error { _, _, err := s.RuleEvents(t.Context(), r.ID, 0, 1); return err }
	standings := func() error { _, err := s.Standings(t.Context()); return err }
	deliveries := func() error { _, err := s.Deliveries(t.Context(), 1, 1); return err }
	for _, c := range []struct {
		reason, key, field, text string
		read                     func() error
	}{
		{"is not JSON", rulesKey, r.ID, "{s3cret", rule},
		{"has a field this version would lose", rulesKey, r.ID, `{"Name":"s3cret","Discount":1}`, rules},
		{"a secret where a time should be", rulesKey, r.ID, `{"CreatedAt":"s3cret"}`, rule},
		{"has no number", versionsKey, r.ID, "s3cret", rule},
		{"is no time", silencesKey, r.ID, "s3cret", rules},
		{"is no rule's id", rulesKey, "x", "{}", rules},
		{"is no state", statesKey, r.ID, "7", func() error { _, err := s.RuleStandings(t.Context(), []string{r.ID}); return err }},
		{"is no number", placesKey, "p", "7.5", func() error { _, err := s.Places(t.Context()); return err }},
		{"is not JSON", standingsKey(1), r.ID + " a", "{", standings},
		{"is of a rule of another hash", standingsKey(2), r.ID + " a", "{}", standings},
		{"is of no rule", standingsKey(1), "a", "{}", standings},
		{"has no numbers before it", eventsKey, "1", "{}", event},
		{"is of another rule than it says", eventsKey, "1", `1 rule/2 0 {"RuleID":"rule/1"}`, event},
		{"has another number of targets than it says", eventsKey, "1", `1 rule/1 2 {"RuleID":"rule/1"}`, event},
		{"has a number that is none", eventsKey, "1", `x rule/1 0 {"RuleID":"rule/1"}`, event},
		{"is not JSON", eventsKey, "1", `1 rule/1 0 {`, func() error { _, err := s.EventsAfter(t.Context(), 0, 1); return err }},
		{"is at no place", numbersKey, r.ID + " 1", "x", ofRule},
		{"is not JSON", deliveriesKey, delivery, "s3cret", deliveries},
		{"has a field this version would lose", deliveriesKey, delivery, `{"Target":"s3cret","Colour":""}`, deliveries},
		{"a secret where a time should be", deliveriesKey, delivery, `{"NextAt":"s3cret"}`, deliveries},
		{"was tried how often?", attemptsKey, delivery, "s3cret", deliveries},
	} {
		before, err := s.client.HGet(t.Context(), c.key, c.field).Result()
		kept := err == nil
		if err := s.client.HSet(t.Context(), c.key, c.field, c.text).Err(); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimRight(c.key, ":0123456789") // standings are decoded together
		if err := c.read(); !errors.Is(err, errForeign) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s, %s: %s: got %v, want an error that names the key and tells no value", c.key, c.text, c.reason, err)
		}
		if kept {
			err = s.client.HSet(t.Context(), c.key, c.field, before).Err()
		} else {
			err = s.client.HDel(t.Context(), c.key, c.field).Err()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := c.read(); err != nil {
			t.Errorf("mended again: %v", err)
		}
	}
	closeStore(t, s)
}

func unreadableDelivery(t *testing.T, b backend) {
	s := b.open(t)
	judged(t, s, fires("j", 3, createRule(t, s, "a")))
	if err := s.client.HSet(t.Context(), deliveriesKey, market.DeliveryID(1, 1), `{"Target":"s3cret","Colour":""}`).Err(); err != nil {
		t.Fatal(err)
	}
	out, err := s.Claim(t.Context(), start, leaseTime, 10)
	if namesOf(out) != "1/0#1 1/2#1" || !errors.Is(err, errForeign) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("claimed %s, %v", namesOf(out), err)
	}
	closeStore(t, s)
}
