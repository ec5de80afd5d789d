package graph_test

import (
	"testing"

	"gpuhour/graph"
	"gpuhour/market"
)

const everyEvent = `subscription($rules: [ID!], $after: ID) { alertFired(rules: $rules, after: $after) { id number kind rule { id } summary } }`

func TestAlertFired(t *testing.T) {
	h := newHost(t, graph.Patience{})
	for _, rule := range []string{"rule/1", "rule/2", "rule/1", "rule/2"} {
		h.alerts.rules[rule] = market.Rule{ID: rule, Currency: market.USD}
		h.alerts.say(market.Event{RuleID: rule, RuleName: "a rule", Kind: market.NoData, At: noon, ObservedAt: noon, Currency: market.USD, Subject: market.Cheapest, Condition: market.Below})
	}
	c := h.dial()
	c.subscribe("1", everyEvent, map[string]any{"rules": []string{"rule/1"}})
	c.hears(`"id":"event/000000000001","number":1,"kind":"NO_DATA","rule":{"id":"rule/1"}`)
	c.hears(`"id":"event/000000000003","number":2`)
	c.say(`{"id":"1","type":"complete"}`)
	c.subscribe("2", everyEvent, map[string]any{"after": "event/000000000003"})
	c.hears(`"id":"event/000000000004","number":2`)
	for name, v := range map[string]struct {
		reason    string
		variables map[string]any
		want      string
	}{
		"no event":     {"an id is one of ours", map[string]any{"after": "42"}, `after: expected the id of an event`},
		"not yet said": {"never silence", map[string]any{"after": "event/000000000101"}, `"code":"NOT_FOUND"`},
		"gone":         {"never silence", map[string]any{"after": "event/000000000001"}, `"code":"CURSOR_EXPIRED"`},
		"no rule":      {"a rule that is not there says nothing", map[string]any{"rules": []string{"rule/9"}}, `there is no alert rule`},
		"many rules":   {"a bound", map[string]any{"rules": make([]string, 201)}, `rules: expected at most 200 rules, got 201`},
	} {
		c.subscribe(name, everyEvent, v.variables)
		c.hears(`"type":"error"`, v.want)
	}
}
