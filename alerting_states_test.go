package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stands waits until a rule stands so.
func (s running) stands(t *testing.T, rule, state string) {
	t.Helper()
	var answer struct{ AlertRule struct{ State string } }
	defer func() {
		if answer.AlertRule.State != state {
			t.Logf("it is %s", answer.AlertRule.State)
		}
	}()
	eventually(t, rule+" is "+state, func() bool {
		s.ask(t, fmt.Sprintf(`{ alertRule(id: %q) { state } }`, rule), &answer)
		return answer.AlertRule.State == state
	})
}

// kinds are what a rule has said, in its order.
func (s running) kinds(t *testing.T, rule string) (out []string) {
	t.Helper()
	for _, e := range s.events(t, rule) {
		out = append(out, e.Kind)
	}
	return out
}

// breaks has a replaced page read, which must fail.
func (s running) breaks(t *testing.T) {
	t.Helper()
	var run struct{ Scrape struct{ Error *string } }
	eventually(t, "the page fails", func() bool {
		return s.tryAsk(t, `mutation { scrape(provider: "coreweave") { error } }`, &run) == nil && run.Scrape.Error != nil
	})
	if problem := *run.Scrape.Error; !strings.Contains(problem, "GPU Count") {
		t.Fatalf("the page fails by %q", problem)
	}
}

// TestAlertStates leads rules through the states that the API shows, by the pages that are read and by hand.
func TestAlertStates(t *testing.T) {
	pages := newPriced(t)
	pages.set(false)
	s := serve(t, t.TempDir(), "--replay", pages.dir, "--sources", "coreweave")
	s.scrape(t, "coreweave")
	rules := map[string]string{}
	for name, input := range map[string]string{
		"plain": cheapH100, "held": cheapH100 + `, for: "PT1M"`, "far back": cheapH100 + `, rearmPercent: 10`, "silenced": cheapH100,
		"none": `name: "r", filter: {search: "nothing is called so"}, condition: BELOW, threshold: 4`, "off": cheapH100 + `, enabled: false`,
		"falls": `name: "r", filter: {gpus: ["H100"], providers: ["coreweave"], markets: [ON_DEMAND]}, condition: DROPS, percent: 10, window: "P1D"`,
	} {
		var made struct{ CreateAlertRule struct{ ID string } }
		s.ask(t, fmt.Sprintf(`mutation { createAlertRule(input: {%s, notify: []}) { id } }`, input), &made)
		rules[name] = made.CreateAlertRule.ID
	}
	all := func(states map[string]string) {
		t.Helper()
		for name, state := range states {
			s.stands(t, rules[name], state)
		}
	}
	silence := func(until string) {
		t.Helper()
		s.ask(t, fmt.Sprintf(`mutation { silenceAlertRule(id: %q, until: %s) { id } }`, rules["silenced"], until), new(any))
	}
	all(map[string]string{"plain": "OK", "held": "OK", "far back": "OK", "silenced": "OK", "none": "NO_DATA", "off": "OK", "falls": "OK"})
	silence(fmt.Sprintf("%q", inAnHour()))
	all(map[string]string{"silenced": "SILENCED"})

	pages.print("$24.00", "GPU Count")
	s.scrape(t, "coreweave")
	all(map[string]string{"plain": "FIRING", "held": "PENDING", "far back": "FIRING", "silenced": "SILENCED", "none": "NO_DATA", "off": "OK", "falls": "FIRING"})
	silence("null")
	all(map[string]string{"silenced": "FIRING"})

	pages.print("$33.60", "GPU Count") // 4.20 a card: 5% above the threshold
	s.scrape(t, "coreweave")
	all(map[string]string{"plain": "OK", "held": "OK", "far back": "RECOVERING", "silenced": "OK"})

	pages.print("$48.00", "GPU Count")
	s.scrape(t, "coreweave")
	all(map[string]string{"plain": "OK", "far back": "OK", "falls": "OK"})
	want := map[string][]string{
		"plain": {"FIRED", "RESOLVED"}, "held": nil, "far back": {"FIRED", "RESOLVED"}, "silenced": {"FIRED", "RESOLVED"}, "none": nil, "off": nil, "falls": {"FIRED", "RESOLVED"},
	}
	s.said(t, rules, want)

	pages.print("$8.00", "Accelerators") // another layout, at a price that nobody may believe
	s.breaks(t)
	all(map[string]string{"plain": "SOURCE_ERROR", "held": "SOURCE_ERROR", "far back": "SOURCE_ERROR", "silenced": "SOURCE_ERROR", "off": "OK", "falls": "SOURCE_ERROR"})
	s.said(t, rules, want)
	s.breaks(t)
	for _, name := range []string{"plain", "held", "far back", "silenced", "falls"} {
		want[name] = append(want[name], "SOURCE_ERROR")
		eventually(t, name+" is told that its source fails", func() bool { return len(s.events(t, rules[name])) == len(want[name]) })
	}
	s.breaks(t)
	pages.print("$48.00", "GPU Count")
	s.scrape(t, "coreweave")
	all(map[string]string{"plain": "OK", "held": "OK", "far back": "OK", "silenced": "OK", "falls": "OK"})
	s.said(t, rules, want)

	pages.print("$24.00", "GPU Count")
	s.scrape(t, "coreweave")
	all(map[string]string{"plain": "FIRING", "held": "PENDING", "falls": "FIRING"})
}

// said compares what rules have said.
func (s running) said(t *testing.T, rules map[string]string, want map[string][]string) {
	t.Helper()
	got := map[string][]string{}
	for name, rule := range rules {
		got[name] = s.kinds(t, rule)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +said): %s", diff)
	}
}
