package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"gpuhour/graph"
	"gpuhour/market"
)

// hook is a target with a secret in it.
func hook(host string) string { return "https://" + host + ".example/" + hookSecret }

// alerted is a world with a rule that fired at nine o'clock, was delivered to one of its targets and given up at another, and resolved.
func alerted(t testing.TB) *world {
	w := newWorld(t)
	rule := w.make(asked(map[string]any{"notify": []string{hook("a"), hook("b")}, "filter": map[string]any{"gpus": []string{"H100"}, "maxPricePerGpuHour": "3.10"}}))
	offer := w.offers("alpha", alphaRows()[1])[0]
	offer.Listed.Amount, offer.Price, offer.Stock = decimal.MustParse("15.20"), decimal.MustParse("15.2"), market.Limited
	nine := noon.Add(-3 * time.Hour)
	w.alerts.say(market.Event{RuleID: rule.ID, RuleName: "as it was called", RuleVersion: 1, Kind: market.Fired, Subject: market.Cheapest, Condition: market.Below, At: nine,
		ObservedAt: nine.Add(-time.Hour), Offer: &offer, Value: in(decimal.MustParse("1.900000")), Previous: in(decimal.MustParse("2.4625")), Threshold: in(decimal.MustParse("2")),
		Currency: market.USD, Sources: []market.Source{{URL: offer.Document, FetchedAt: nine.Add(-time.Hour), Digest: "as of then"}}}, rule.Notify...)
	w.alerts.deliveries[0].Status, w.alerts.deliveries[0].Attempts, w.alerts.deliveries[0].DeliveredAt = market.Delivered, 1, nine.Add(time.Second)
	w.alerts.deliveries[1].Status, w.alerts.deliveries[1].Attempts, w.alerts.deliveries[1].LastError = market.DeliveryFailed, 9, "answered 503"
	w.alerts.say(market.Event{RuleID: rule.ID, RuleName: "as it was called", RuleVersion: 1, Kind: market.SourceError, Subject: market.Cheapest, Condition: market.Below, At: noon,
		ObservedAt: noon, Currency: market.USD, Reason: "alpha answered 503"})
	w.alerts.standings[rule.ID] = market.RuleStanding{State: market.AlertSourceError, LastFiredAt: nine}
	return w
}

func TestAlertRuleSaysEverything(t *testing.T) {
	alerted(t).expect("every field of a rule", `{ alertRule(id: "rule/1") { __typename id version name subject condition enabled filter threshold percent window currency for rearmPercent cooldown
		fireOnCreate notify webhookSecret silencedUntil state createdAt lastFiredAt events { totalCount } } none: alertRule(id: "rule/2") { id } odd: alertRule(id: "rule/01") { id } }`,
		`{"alertRule": {"__typename": "AlertRule", "id": "rule/1", "version": 1, "name": "H100 below two", "subject": "CHEAPEST", "condition": "BELOW", "enabled": true,
		"filter": "{\"gpus\":[\"H100\"],\"maxPricePerGpuHour\":\"3.10\"}", "threshold": "2", "percent": null, "window": null, "currency": "USD", "for": "PT0S", "rearmPercent": 2,
		"cooldown": "PT0S", "fireOnCreate": true, "notify": ["https://a.example/***", "https://b.example/***"], "webhookSecret": null, "silencedUntil": null, "state": "SOURCE_ERROR",
		"createdAt": "2026-11-20T12:00:00.000Z", "lastFiredAt": "2026-11-20T09:00:00.000Z", "events": {"totalCount": 2}}, "none": null, "odd": null}`)
	w := newWorld(t)
	w.make(of("DROPS", map[string]any{"percent": 0.1, "window": "P30D", "rearmPercent": 33.33, "for": "PT5M", "cooldown": "PT1H"}))
	w.expect("percentages are the numbers they were", `{ alertRule(id: "rule/1") { threshold percent window for rearmPercent cooldown state lastFiredAt } }`,
		`{"alertRule": {"threshold": null, "percent": 0.1, "window": "P30D", "for": "PT5M", "rearmPercent": 33.33, "cooldown": "PT1H", "state": "OK", "lastFiredAt": null}}`)
}

func TestAlertEventSaysWhatWasThen(t *testing.T) {
	w := alerted(t)
	w.expect("every field of an event, the offer at the price, stock and time of then", `{ node(id: "event/000000000001") { ... on AlertEvent { id number kind rule { id name } ruleName subject condition at observedAt
		value previous threshold currency reason sources { url digest } deliveries { id channel status attempts lastError nextAttemptAt deliveredAt event { id } }
		offer { id price { amount } pricePerGpuHour stock observedAt stale source { fetchedAt digest } provider { id status } gpu { id } } } } }`,
		`{"node": {"id": "event/000000000001", "number": 1, "kind": "FIRED", "rule": {"id": "rule/1", "name": "H100 below two"}, "ruleName": "as it was called", "subject": "CHEAPEST", "condition": "BELOW",
		"at": "2026-11-20T09:00:00.000Z", "observedAt": "2026-11-20T08:00:00.000Z", "value": "1.900000", "previous": "2.4625", "threshold": "2", "currency": "USD", "reason": null,
		"sources": [{"url": "https://alpha.example/prices", "digest": "as of then"}],
		"deliveries": [{"id": "event/000000000001/0", "channel": "https://a.example/***", "status": "DELIVERED", "attempts": 1, "lastError": null, "nextAttemptAt": null, "deliveredAt": "2026-11-20T09:00:01.000Z", "event": {"id": "event/000000000001"}},
		{"id": "event/000000000001/1", "channel": "https://b.example/***", "status": "FAILED", "attempts": 9, "lastError": "answered 503", "nextAttemptAt": null, "deliveredAt": null, "event": {"id": "event/000000000001"}}],
		"offer": {"id": "`+h100s+`", "price": {"amount": "15.2"}, "pricePerGpuHour": "1.9", "stock": "LIMITED", "observedAt": "2026-11-20T08:00:00.000Z", "stale": false,
		"source": {"fetchedAt": "2026-11-20T08:00:00.000Z", "digest": "as of then"}, "provider": {"id": "alpha", "status": "FRESH"}, "gpu": {"id": "nvidia/h100-sxm-80gb"}}}}`)
	w.expect("today's offer is another", `{ offer(id: "`+h100s+`") { price { amount } stock observedAt source { digest } } }`,
		`{"offer": {"price": {"amount": "19.7"}, "stock": "AVAILABLE", "observedAt": "2026-11-20T10:00:00.000Z", "source": {"digest": "d1alpha"}}}`)
	w.expect("what it is about none of is null, and lists are empty", `{ node(id: "event/000000000002") { ... on AlertEvent { number kind offer { id } value previous threshold reason sources { url } deliveries { id } } } }`,
		`{"node": {"number": 2, "kind": "SOURCE_ERROR", "offer": null, "value": null, "previous": null, "threshold": null, "reason": "alpha answered 503", "sources": [], "deliveries": []}}`)
	type said struct {
		Node struct{ Usual, English string }
	}
	got := ask[said](w, `{ node(id: "event/000000000001") { ... on AlertEvent { usual: summary(lang: null) english: summary(lang: "en") } } }`, nil)
	if got.Node.Usual == "" || got.Node.Usual != got.Node.English {
		t.Errorf("null asks for the default: %+v", got)
	}
	w.alerts.events[0].ObservedAt = noon.Add(-80 * time.Hour)
	w.alerts.events[0].Offer.Listed.Currency = market.CNY
	w.expect("freshness and exchange rates are of then: what was read 77 hours before was stale", `{ node(id: "event/000000000001") { ... on AlertEvent { offer { stale pricePerGpuHour fx { date } } } } }`,
		`{"node": {"offer": {"stale": true, "pricePerGpuHour": "0.263889", "fx": {"date": "2026-11-19T00:00:00.000Z"}}}}`)
	w.alerts.events[0].At = noon.Add(-48 * time.Hour)
	w.expect("on the 18th no rate was known yet, and so no price in dollars", `{ node(id: "event/000000000001") { ... on AlertEvent { offer { stale pricePerGpuHour fx { date } } } } }`,
		`{"node": {"offer": {"stale": false, "pricePerGpuHour": null, "fx": null}}}`)
	w.expect("a deleted rule is null, what it has said stays", `mutation { deleteAlertRule(id: "rule/1") }`, `{"deleteAlertRule": "rule/1"}`)
	w.expect("a deleted rule is null, what it has said stays", `{ node(id: "event/000000000001") { ... on AlertEvent { rule { id } ruleName } } }`, `{"node": {"rule": null, "ruleName": "as it was called"}}`)
}

func TestNodeFindsRulesAndEvents(t *testing.T) {
	cases := map[string]struct{ reason, id, want string }{
		"rule":            {"a rule by its number", "rule/1", `{"node": {"__typename": "AlertRule", "id": "rule/1"}}`},
		"event":           {"an event by its number", "event/000000000002", `{"node": {"__typename": "AlertEvent", "id": "event/000000000002"}}`},
		"no rule":         {"what was never made is null", "rule/2", `{"node": null}`},
		"no event":        {"what never happened is null", "event/000000000003", `{"node": null}`},
		"far event":       {"or is far away", "event/9223372036854775807", `{"node": null}`},
		"rule zero":       {"they begin at one", "rule/0", `{"node": null}`},
		"other spelling":  {"an id is spelt in one way", "rule/01", `{"node": null}`},
		"short event":     {"of an event too", "event/1", `{"node": null}`},
		"negative":        {"no number is below", "rule/-1", `{"node": null}`},
		"too long":        {"nor beyond all", "rule/9223372036854775808", `{"node": null}`},
		"delivery":        {"a delivery is no node", "event/000000000001/0", `{"node": null}`},
		"provider's name": {"a word alone is a provider's", "rule", `{"node": null}`},
		"provider":        {"which is still found", "alpha", `{"node": {"__typename": "Provider", "id": "alpha"}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			alerted(t).expect(c.reason, `{ node(id: "`+c.id+`") { __typename id } }`, c.want)
		})
	}
	for _, p := range sellers {
		_, isRule := market.RuleNumber(p.ID)
		if _, isEvent := market.EventNumber(p.ID); isRule || isEvent {
			t.Errorf("%s is a provider", p.ID)
		}
	}
}

// TestAlertListsArePaged walks through both lists, and asks at their edges.
func TestAlertListsArePaged(t *testing.T) {
	w := newWorld(t)
	for range 230 {
		w.make(asked(nil))
	}
	delete(w.alerts.rules, "rule/1")
	delete(w.alerts.rules, "rule/2")
	for i := range 460 {
		w.alerts.say(market.Event{RuleID: market.RuleID(int64(i%2)*2 + 1), Kind: market.Fired, At: noon})
	}
	const connection = ` { totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } `
	lists := map[string]struct {
		list  func(variables map[string]any) ids
		total int
		id    func(int64) string
	}{
		"rules": {func(v map[string]any) ids {
			return ask[struct{ AlertRules ids }](w, `query($first: Int, $after: String) { alertRules(first: $first, after: $after)`+connection+`}`, v).AlertRules
		}, 228, market.RuleID},
		"events": {func(v map[string]any) ids {
			return ask[struct{ AlertRule struct{ Events ids } }](w, `query($first: Int, $after: String) { alertRule(id: "rule/3") { events(first: $first, after: $after)`+connection+`} }`, v).AlertRule.Events
		}, 230, market.EventID},
	}
	for name, l := range lists {
		seen, after := map[string]bool{}, any(nil)
		for page := 0; ; page++ {
			got := l.list(map[string]any{"first": 100, "after": after})
			if got.TotalCount != l.total || got.PageInfo.HasPreviousPage != (page > 0) || got.PageInfo.HasNextPage != (page < 2) || len(got.Edges) != len(got.Nodes) {
				t.Fatalf("%s, page %d: %d nodes, %+v", name, page, len(got.Nodes), got.PageInfo)
			}
			for i, e := range got.Edges {
				if seen[e.Node.ID] || got.Nodes[i].ID != e.Node.ID {
					t.Errorf("%s: %s twice, or out of order", name, e.Node.ID)
				}
				seen[e.Node.ID] = true
			}
			if *got.PageInfo.StartCursor != got.Edges[0].Cursor || *got.PageInfo.EndCursor != got.Edges[len(got.Edges)-1].Cursor {
				t.Errorf("%s: %+v", name, got.PageInfo)
			}
			if after = *got.PageInfo.EndCursor; !got.PageInfo.HasNextPage {
				break
			}
		}
		if len(seen) != l.total {
			t.Errorf("%s: %d of %d", name, len(seen), l.total)
		}
		edges := map[string]struct {
			reason         string
			variables      map[string]any
			n              int
			next, previous bool
		}{
			"usual":      {"50 are listed where nothing is said", nil, 50, true, false},
			"nulls":      {"null says nothing", map[string]any{"first": nil, "after": nil}, 50, true, false},
			"no cursor":  {"nor does no text", map[string]any{"first": 1, "after": ""}, 1, true, false},
			"none":       {"none is a length", map[string]any{"first": 0}, 0, true, false},
			"too many":   {"200 at most", map[string]any{"first": 2_000_000_000}, 200, true, false},
			"an id":      {"what has an id is a place", map[string]any{"first": 2, "after": l.id(200)}, 2, true, true},
			"beyond":     {"the end is followed by nothing", map[string]any{"after": l.id(1000)}, 0, false, true},
			"far beyond": {"however far", map[string]any{"after": l.id(1<<63 - 1)}, 0, false, true},
			"before all": {"before the first there is nothing, though its number is not the least", map[string]any{"first": 1, "after": l.id(1)}, 1, true, false},
			"first":      {"behind the first there is one", map[string]any{"first": 1, "after": l.id(3)}, 1, true, true},
		}
		for edge, c := range edges {
			got := l.list(c.variables)
			if len(got.Nodes) != c.n || got.PageInfo.HasNextPage != c.next || got.PageInfo.HasPreviousPage != c.previous || (got.PageInfo.StartCursor == nil) != (c.n == 0) {
				t.Errorf("%s, %s: %s: %d nodes, %+v", name, edge, c.reason, len(got.Nodes), got.PageInfo)
			}
		}
	}
	for query, says := range map[string]string{
		`{ alertRules(first: -1) { totalCount } }`:                                                               "first: expected zero or more",
		`{ alertRules(after: "x") { totalCount } }`:                                                              `after: expected a cursor from an earlier answer, or an id such as "rule/7"`,
		`{ alertRules(after: "event/000000000001") { totalCount } }`:                                             `after: expected a cursor`,
		`{ alertRule(id: "rule/3") { events(first: -1) { totalCount } } }`:                                       "first: expected zero or more",
		`{ alertRule(id: "rule/3") { events(after: "rule/1") { totalCount } } }`:                                 `after: expected a cursor from an earlier answer, or an id such as "event/000000000042"`,
		`{ deadLetters(first: -1) { id } }`:                                                                      "first: expected zero or more",
		`mutation { silenceAlertRule(id: "rule/1", until: "2026-11-20T12:00:00Z") { id } }`:                      "until: expected a moment to come, a year ahead at most",
		`mutation { silenceAlertRule(id: "rule/1", until: "2027-11-20T12:00:00.001Z") { id } }`:                  "until: expected a moment to come",
		`mutation { silenceAlertRule(id: "rule/1", until: "tomorrow") { id } }`:                                  "until: expected a time such as",
		`mutation { deleteAlertRule(id: "rule/999") }`:                                                           "there is no alert rule of that id",
		`mutation { deleteAlertRule(id: "../rule/1") }`:                                                          "there is no alert rule of that id",
		`mutation { testAlertRule(id: "rule/999") { id } }`:                                                      "there is no alert rule of that id",
		`mutation { testAlertRule(id: "alpha") { id } }`:                                                         "there is no alert rule of that id",
		`mutation { silenceAlertRule(id: "rule/999", until: "2027-11-20T12:00:00Z") { id } }`:                    "there is no alert rule of that id",
		`mutation { silenceAlertRule(id: "", until: null) { id } }`:                                              "there is no alert rule of that id",
		`mutation { redeliver(delivery: "event/000000000001") { id } }`:                                          "there is no delivery of that id",
		`mutation { redeliver(delivery: "event/000000000001/0") { id } }`:                                        "there is no delivery of that id",
		`{ backtest(rule: ` + below2 + `, from: "2026-11-20T12:00:00Z") { fired } }`:                             "from: expected a moment before the end",
		`{ backtest(rule: ` + below2 + `, from: "2025-11-19T11:59:59Z") { fired } }`:                             "from: expected at most 366 days before the end",
		`{ backtest(rule: ` + below2 + `, from: "0001-01-01T00:00:00Z") { fired } }`:                             "from: expected at most 366 days before the end",
		`{ backtest(rule: ` + below2 + `, from: "2026-11-01T00:00:00Z", to: "2026-11-01T00:00:00Z") { fired } }`: "from: expected a moment before the end",
		`{ backtest(rule: ` + below2 + `, from: "2026-11-01T00:00:00Z", to: "2026-11-20T12:00:01Z") { fired } }`: "to: expected a moment that has been",
	} {
		got, _ := w.send(query, nil)
		if len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0].Message, says) || got.Errors[0].Extensions.Code == "INTERNAL" {
			t.Errorf("%s: want %q: %+v", query, says, got.Errors)
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("a client's mistake is not logged: %s", w.log.String())
	}
}

const below2 = `{name: "x", filter: {gpus: ["H100"]}, condition: BELOW, threshold: "2", notify: []}`

// TestRulesAskOnceHowTheyStand holds that a list of rules is one question to the store.
func TestRulesAskOnceHowTheyStand(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		w.make(asked(nil))
		w.alerts.standings[market.RuleID(int64(i)+1)] = market.RuleStanding{State: market.AlertFiring, LastFiredAt: noon}
	}
	got := ask[struct {
		AlertRules struct {
			Nodes []struct{ State, LastFiredAt string }
			Edges []struct{ Node struct{ State string } }
		}
	}](w, `{ alertRules { nodes { state lastFiredAt } edges { node { state } } } }`, nil)
	if len(w.alerts.asked) != 1 || len(w.alerts.asked[0]) != 50 {
		t.Errorf("%d questions", len(w.alerts.asked))
	}
	for _, rule := range got.AlertRules.Nodes {
		if rule.State != "FIRING" || rule.LastFiredAt == "" {
			t.Errorf("%+v", rule)
		}
	}
	w.alerts.asked = nil
	w.expect("nothing is asked for what nobody wants to know", `{ alertRules(first: 1) { nodes { id } } }`, `{"alertRules": {"nodes": [{"id": "rule/1"}]}}`)
	if len(w.alerts.asked) != 0 {
		t.Errorf("%d questions", len(w.alerts.asked))
	}
}

func TestRuleStands(t *testing.T) {
	cases := map[string]struct {
		reason   string
		standing market.AlertState
		enabled  bool
		silenced time.Time
		want     string
	}{
		"new":           {"a rule that was not judged yet is not known to hold", "", true, time.Time{}, "OK"},
		"firing":        {"as it was last judged", market.AlertFiring, true, time.Time{}, "FIRING"},
		"no data":       {"nothing is nothing, not a price of zero", market.AlertNoData, true, time.Time{}, "NO_DATA"},
		"silenced":      {"silence hides the rest", market.AlertFiring, true, noon.Add(time.Second), "SILENCED"},
		"over":          {"until it is over", market.AlertFiring, true, noon, "FIRING"},
		"off":           {"what is not judged does not hold", market.AlertFiring, false, time.Time{}, "OK"},
		"off and quiet": {"silenced or not", market.AlertFiring, false, noon.Add(time.Second), "OK"},
	}
	for name, c := range cases {
		w := alerted(t)
		rule := w.alerts.rules["rule/1"]
		rule.Enabled, rule.SilencedUntil = c.enabled, c.silenced
		w.alerts.rules["rule/1"], w.alerts.standings["rule/1"] = rule, market.RuleStanding{State: c.standing}
		until := "null"
		if c.silenced.After(noon) {
			until = `"2026-11-20T12:00:01.000Z"`
		}
		w.expect(name+": "+c.reason, `{ alertRule(id: "rule/1") { state silencedUntil } }`, `{"alertRule": {"state": "`+c.want+`", "silencedUntil": `+until+`}}`)
	}
}

func TestSilence(t *testing.T) {
	w := alerted(t)
	w.expect("up to a year", `mutation { silenceAlertRule(id: "rule/1", until: "2027-11-20T12:00:00Z") { version state silencedUntil } }`,
		`{"silenceAlertRule": {"version": 1, "state": "SILENCED", "silencedUntil": "2027-11-20T12:00:00.000Z"}}`)
	w.expect("null ends it", `mutation { silenceAlertRule(id: "rule/1", until: null) { state silencedUntil } }`, `{"silenceAlertRule": {"state": "SOURCE_ERROR", "silencedUntil": null}}`)
	w.expect("as does nothing", `mutation { silenceAlertRule(id: "rule/1") { silencedUntil } }`, `{"silenceAlertRule": {"silencedUntil": null}}`)
	if !w.alerts.rules["rule/1"].SilencedUntil.IsZero() {
		t.Error("the silence goes on")
	}
}

const update = `mutation($input: AlertRuleInput!) { updateAlertRule(id: "rule/1", input: $input) { id version name subject threshold notify webhookSecret createdAt silencedUntil } }`

// TestUpdatePutsARuleInTheOthersPlace holds what an edit changes, and what it leaves.
func TestUpdatePutsARuleInTheOthersPlace(t *testing.T) {
	w := alerted(t)
	before := w.alerts.rules["rule/1"]
	before.CreatedAt, before.SilencedUntil = noon.Add(-time.Hour), noon.Add(time.Hour)
	w.alerts.rules["rule/1"] = before
	type updated struct{ UpdateAlertRule map[string]any }
	got := ask[updated](w, update, map[string]any{"input": of("NEW_LOW", map[string]any{"window": "P1D", "name": "lows", "notify": []string{"https://b.example/***", hook("c")}})})
	want := map[string]any{"id": "rule/1", "version": 2.0, "name": "lows", "subject": "CHEAPEST", "threshold": nil, "notify": []any{"https://b.example/***", "https://c.example/***"}, "webhookSecret": nil,
		"createdAt": "2026-11-20T11:00:00.000Z", "silencedUntil": "2026-11-20T13:00:00.000Z"}
	if diff := cmp.Diff(want, got.UpdateAlertRule); diff != "" {
		t.Errorf("the rest is as its default says, the secret stays where it was (-want +got):\n%s", diff)
	}
	after := w.alerts.rules["rule/1"]
	if diff := cmp.Diff([]string{hook("b"), hook("c")}, after.Notify); diff != "" || after.Secret != signSecret {
		t.Errorf("a target that is named as it is shown stays as it is (-want +got):\n%s", diff)
	}
	refusals := map[string]struct {
		reason    string
		meanwhile func()
		notify    []string
		kept      []string
		code      string
		says      string
	}{
		"edited": {"an edit of somebody else's is not lost", func() {
			w.alerts.rules["rule/1"] = market.Rule{ID: "rule/1", Version: 9}
		}, nil, nil, "CONFLICT", "the alert rule was changed meanwhile"},
		"deleted":    {"what was deleted stays so", func() { delete(w.alerts.rules, "rule/1") }, nil, nil, "NOT_FOUND", "there is no alert rule of that id"},
		"which":      {"of two that are shown alike nobody can tell which", nil, []string{"https://a.example/***"}, []string{hook("a"), hook("a") + "2"}, "BAD_USER_INPUT", "input.notify[0]: several targets"},
		"said twice": {"as it is shown, and in full", nil, []string{"https://a.example/***", hook("a")}, []string{hook("a")}, "BAD_USER_INPUT", "input.notify[1]: the same as notify[0]"},
	}
	for name, c := range refusals {
		rule := before
		if c.kept != nil {
			rule.Notify = c.kept
		}
		w.alerts.rules["rule/1"], w.alerts.meanwhile = rule, c.meanwhile
		got, _ := w.send(update, map[string]any{"input": asked(map[string]any{"notify": append([]string{}, c.notify...)})})
		if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != c.code || !strings.HasPrefix(got.Errors[0].Message, c.says) {
			t.Errorf("%s: %s: %+v", name, c.reason, got.Errors)
		}
	}
	w.alerts.rules, w.alerts.meanwhile = map[string]market.Rule{}, nil
	if got, _ := w.send(update, map[string]any{"input": asked(map[string]any{"threshold": "0"})}); len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "NOT_FOUND" {
		t.Errorf("what is not there cannot be changed: %+v", got.Errors)
	}
}

func TestDeliveriesAreTestedAndTriedAgain(t *testing.T) {
	w := alerted(t)
	w.expect("what was given up, with what it said", `{ deadLetters { id channel status lastError event { id rule { name } } } }`,
		`{"deadLetters": [{"id": "event/000000000001/1", "channel": "https://b.example/***", "status": "FAILED", "lastError": "answered 503", "event": {"id": "event/000000000001", "rule": {"name": "H100 below two"}}}]}`)
	w.expect("is tried again", `mutation { redeliver(delivery: "event/000000000001/1") { status attempts nextAttemptAt } }`,
		`{"redeliver": {"status": "PENDING", "attempts": 9, "nextAttemptAt": "2026-11-20T12:00:00.000Z"}}`)
	w.expect("once", `{ deadLetters(first: null) { id } }`, `{"deadLetters": []}`)
	got, _ := w.send(`mutation { redeliver(delivery: "event/000000000001/1") { status } }`, nil)
	if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "CONFLICT" || got.Errors[0].Message != graph.ErrNotDead.Error() {
		t.Errorf("what is under way is not begun again: %+v", got.Errors)
	}
	w.expect("a sample is an event like any other", `mutation { testAlertRule(id: "rule/1") { id channel event { kind number rule { id } } } }`,
		`{"testAlertRule": [{"id": "event/000000000003/0", "channel": "https://a.example/***", "event": {"kind": "TEST", "number": 3, "rule": {"id": "rule/1"}}},
		{"id": "event/000000000003/1", "channel": "https://b.example/***", "event": {"kind": "TEST", "number": 3, "rule": {"id": "rule/1"}}}]}`)
	w.alerts.events = nil
	w.expect("what is no longer kept is null", `{ node(id: "event/000000000001") { id } }`, `{"node": null}`)
}

func TestBacktest(t *testing.T) {
	w := newWorld(t)
	for i := range 205 {
		w.alerts.backtest.Events = append(w.alerts.backtest.Events, market.Event{Sequence: 7, RuleID: "rule/1", RuleName: "x", Kind: market.Fired, Subject: market.Cheapest, Condition: market.Below,
			Value: in(decimal.MustParse("1.99")), At: noon.Add(time.Duration(i) * time.Minute), Currency: market.USD, Targets: 2})
	}
	w.alerts.backtest.Fired = 205
	w.make(asked(nil))
	type told struct {
		Backtest struct {
			Fired   int
			HasMore bool
			Events  []struct {
				ID, Value string
				Number    int
				Rule      *struct{ ID string }
			}
		}
	}
	const query = `query($rule: AlertRuleInput!, $from: Time!, $to: Time) { backtest(rule: $rule, from: $from, to: $to) { fired hasMore events { id value number rule { id } } } }`
	got := ask[told](w, query, map[string]any{"rule": asked(map[string]any{"enabled": false, "notify": []string{"nowhere"}}), "from": "2025-11-19T12:00:00Z", "to": nil}).Backtest
	if got.Fired != 205 || !got.HasMore || len(got.Events) != 100 {
		t.Fatalf("%d fired, %d events, more: %v", got.Fired, len(got.Events), got.HasMore)
	}
	if w.alerts.from != noon.AddDate(0, 0, -366) || w.alerts.to != noon || !w.alerts.tried.Enabled || len(w.alerts.tried.Notify) > 0 {
		t.Errorf("asked from %s to %s: %+v", w.alerts.from, w.alerts.to, w.alerts.tried)
	}
	seen := map[string]bool{}
	for i, e := range got.Events {
		if seen[e.ID] || !strings.HasPrefix(e.ID, "backtest/") || e.Number != i+1 || e.Rule != nil || e.Value != "1.99" {
			t.Errorf("an event that never was has no place among those that were, and is like no other: %+v", e)
		}
		seen[e.ID] = true
		if i == 0 {
			w.expect("nor is it found again", `{ node(id: "`+e.ID+`") { id } }`, `{"node": null}`)
		}
	}
	w.alerts.backtest.Events = w.alerts.backtest.Events[:1]
	w.expect("what was not said was not delivered", `{ backtest(rule: `+below2+`, from: "2026-11-01T00:00:00Z") { hasMore events { number deliveries { id } } } }`,
		`{"backtest": {"hasMore": false, "events": [{"number": 1, "deliveries": []}]}}`)
	w.alerts.backtest = market.Backtest{More: true}
	if empty := ask[told](w, query, map[string]any{"rule": asked(nil), "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00+08:00"}).Backtest; !empty.HasMore || empty.Events == nil || len(empty.Events) > 0 {
		t.Errorf("%+v", empty)
	}
	if !w.alerts.to.Equal(time.Date(2026, 11, 1, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("to %s", w.alerts.to)
	}
}

// TestSecretsStayInside asks for everything that has to do with alerts, in every state of them, and reads the answers.
func TestSecretsStayInside(t *testing.T) {
	const event = `id number kind ruleName subject condition at observedAt summary value previous threshold currency reason sources { url fetchedAt digest }
		offer { ` + allOfAnOffer + ` }`
	const delivery = `id channel status attempts lastError nextAttemptAt deliveredAt event { ` + event + ` }`
	const rule = `id version name subject condition enabled filter threshold percent window currency for rearmPercent cooldown fireOnCreate notify webhookSecret silencedUntil state createdAt lastFiredAt
		events(first: 3) { nodes { ` + event + ` rule { webhookSecret notify } deliveries { ` + delivery + ` } } edges { cursor node { id rule { webhookSecret } } } }`
	input := map[string]any{"input": asked(map[string]any{"notify": []string{hook("a"), hook("b")}})}
	bad := map[string]any{"input": asked(map[string]any{"notify": []string{hook("a"), hook("a")}})}
	worse := map[string]any{"input": asked(map[string]any{"notify": []string{"ftp://x/" + hookSecret}})}
	requests := []struct {
		query     string
		variables map[string]any
	}{
		{`{ alertRules(first: 3) { nodes { ` + rule + ` } } }`, nil},
		{`{ alertRule(id: "rule/1") { ` + rule + ` } }`, nil},
		{`{ node(id: "rule/1") { ... on AlertRule { ` + rule + ` } } }`, nil},
		{`{ node(id: "event/000000000001") { ... on AlertEvent { ` + event + ` rule { ` + rule + ` } deliveries { ` + delivery + ` } } } }`, nil},
		{`{ deadLetters(first: 3) { ` + delivery + ` } }`, nil},
		{`query($input: AlertRuleInput!) { backtest(rule: $input, from: "2026-11-01T00:00:00Z") { fired events { id summary } } }`, input},
		{`query($input: AlertRuleInput!) { backtest(rule: $input, from: "2026-11-01T00:00:00Z") { fired } }`, worse},
		{`mutation($input: AlertRuleInput!) { updateAlertRule(id: "rule/1", input: $input) { ` + rule + ` } }`, input},
		{`mutation($input: AlertRuleInput!) { updateAlertRule(id: "rule/1", input: $input) { id } }`, bad},
		{create, bad},
		{create, worse},
		{`mutation { silenceAlertRule(id: "rule/1", until: "2026-11-20T13:00:00Z") { ` + rule + ` } }`, nil},
		{`mutation { testAlertRule(id: "rule/1") { ` + delivery + ` } }`, nil},
		{`mutation { redeliver(delivery: "event/000000000001/1") { ` + delivery + ` } }`, nil},
		{`mutation { redeliver(delivery: "event/000000000001/1") { ` + delivery + ` } }`, nil},
		{`mutation { deleteAlertRule(id: "rule/1") }`, nil},
		{`{ node(id: "event/000000000001") { ... on AlertEvent { ` + event + ` rule { id } deliveries { ` + delivery + ` } } } }`, nil},
	}
	for _, broken := range []bool{false, true} {
		w := alerted(t)
		w.alerts.backtest = market.Backtest{Events: []market.Event{{RuleName: "x"}}}
		w.alerts.broken = broken
		for _, r := range requests {
			got, _ := w.send(r.query, r.variables)
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), hookSecret) || strings.Contains(string(text), "whsec_") {
				t.Errorf("broken: %v, %.80s: %s", broken, r.query, text)
			}
			if strings.Contains(string(text), "COMPLEXITY") || strings.Contains(string(text), "VALIDATION") {
				t.Errorf("nothing was asked: %.80s: %s", r.query, text)
			}
		}
	}
	w := alerted(t)
	w.alerts.say(market.Event{RuleID: "rule/2", Kind: market.Fired, At: noon}, hook("a"))
	got, _ := w.send(`mutation($input: AlertRuleInput!) { createAlertRule(input: $input) { `+rule+` } }`, input)
	if n := strings.Count(string(got.Data), signSecret); n != 1 || strings.Contains(string(got.Data), hookSecret) {
		t.Errorf("the secret is shown once, in the answer that makes the rule: %d times in %s %+v", n, got.Data, got.Errors)
	}
	if got := ask[struct {
		AlertRule struct{ WebhookSecret *string }
	}](w, `{ alertRule(id: "rule/2") { webhookSecret } }`, nil); got.AlertRule.WebhookSecret != nil {
		t.Error("and never after")
	}
}

// TestAlertsThatCannotBeReadAreErrorsOfOurs holds that a store that is gone is no rule that is not there.
func TestAlertsThatCannotBeReadAreErrorsOfOurs(t *testing.T) {
	for _, query := range []string{`{ alertRules { totalCount } }`, `{ alertRules(after: "rule/1") { totalCount } }`, `{ alertRule(id: "rule/1") { id } }`, `{ node(id: "rule/1") { id } }`,
		`{ node(id: "event/000000000001") { id } }`, `{ deadLetters { id } }`, `{ backtest(rule: ` + below2 + `, from: "2026-11-01T00:00:00Z") { fired } }`,
		`mutation { createAlertRule(input: ` + below2 + `) { id } }`, `mutation { updateAlertRule(id: "rule/1", input: ` + below2 + `) { id } }`} {
		w := alerted(t)
		w.alerts.broken = true
		got, _ := w.send(query, nil)
		if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "INTERNAL" || !strings.Contains(w.log.String(), "10.0.0.7") {
			t.Errorf("%s: %+v", query, got.Errors)
		}
	}
}

// TestAlertsAreWeighed holds that no request costs unbounded work.
func TestAlertsAreWeighed(t *testing.T) {
	backtest := `backtest(rule: ` + below2 + `, from: "2026-11-01T00:00:00Z") { fired hasMore events { id kind at value summary } }`
	tests := map[string]struct {
		reason, query string
		refused       bool
	}{
		"a page of rules":      {"200 with how they stand", `{ alertRules(first: 200) { totalCount nodes { id name state lastFiredAt notify filter threshold } } }`, false},
		"rules and what":       {"a dashboard's fifty with the first of what they said", `{ alertRules { nodes { id name state events(first: 5) { nodes { id kind at summary value } } } } }`, false},
		"a page of events":     {"200 with the offers as they were", `{ alertRule(id: "rule/1") { events(first: 200) { nodes { id kind at offer { ` + allOfAnOffer + ` } } } } }`, false},
		"a page of letters":    {"200 with what they said", `{ deadLetters(first: 200) { id channel lastError event { id kind at summary } } }`, false},
		"everything ever said": {"200 rules with 200 events each", `{ alertRules(first: 200) { nodes { events(first: 200) { nodes { id } } } } }`, true},
		"deliveries of all":    {"a question to the store for each event of each rule", `{ alertRules(first: 50) { nodes { events(first: 50) { nodes { deliveries { id } } } } } }`, true},
		"round and round":      {"from a rule to its events, and back", `{ alertRule(id: "rule/1") { events(first: 20) { nodes { rule { events(first: 20) { nodes { rule { id } } } } } } } }`, true},
		"a backtest":           {"is worth five looks at the past", `{ ` + backtest + ` }`, false},
		"two backtests":        {"one at a time", many(2, backtest), true},
		"a length elsewhere":   {"in a variable it weighs the same", `query($n: Int) { deadLetters(first: $n) { event { rule { events(first: 5) { nodes { id } } } } } }`, true},
		"many rules by name":   {"each is a question to the store", many(150, `alertRule(id: "rule/1") { id }`), false},
		"node by node":         {"by id, too, as far as one request goes", many(150, `node(id: "rule/1") { id }`), false},
		"rules and states":     {"an alias each costs what it is", many(50, `alertRule(id: "rule/1") { events { totalCount nodes { id rule { id } } } }`), true},
		"samples":              {"messages to others are few", `mutation ` + many(10, `testAlertRule(id: "rule/1") { id }`), true},
		"a few samples":        {"but some are", `mutation ` + many(3, `testAlertRule(id: "rule/1") { id status lastError }`), false},
		"letters again":        {"a hundred at once is a mail bomb", `mutation ` + many(101, `redeliver(delivery: "event/000000000001/1") { id }`), true},
	}
	for name, tt := range tests {
		got, _ := alerted(t).send(tt.query, map[string]any{"n": 200})
		refused := len(got.Errors) == 1 && got.Errors[0].Extensions.Code == "COMPLEXITY_LIMIT_EXCEEDED"
		if invalid := strings.Contains(fmt.Sprint(got.Errors), "GRAPHQL_"); refused != tt.refused || invalid {
			t.Errorf("%s: %s: refused is %v: %.300s", name, tt.reason, refused, fmt.Sprint(got.Errors))
		}
	}
}
