package graph_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"gpuhour/graph/model"
	"gpuhour/market"
)

const create = `mutation($input: AlertRuleInput!) { createAlertRule(input: $input) { id } }`

// asked is a rule that is right, with some of its fields otherwise.
func asked(changes map[string]any) map[string]any {
	input := map[string]any{"name": "H100 below two", "filter": map[string]any{"gpus": []string{"H100"}}, "condition": "BELOW", "threshold": "2", "notify": []string{}}
	maps.Copy(input, changes)
	return input
}

// of is a rule of another condition, which has no threshold.
func of(condition string, changes map[string]any) map[string]any {
	input := asked(map[string]any{"condition": condition})
	delete(input, "threshold")
	maps.Copy(input, changes)
	return input
}

func filtered(changes map[string]any) map[string]any {
	filter := map[string]any{"gpus": []string{"H100"}}
	maps.Copy(filter, changes)
	return map[string]any{"filter": filter}
}

// make has a rule made, and gives what is kept of it.
func (w *world) make(input map[string]any) market.Rule {
	w.t.Helper()
	type made struct{ CreateAlertRule struct{ ID string } }
	return w.alerts.rules[ask[made](w, create, map[string]any{"input": input}).CreateAlertRule.ID]
}

func TestAlertRuleMistakes(t *testing.T) {
	many := make([]string, 11)
	cases := map[string]struct {
		reason   string
		input    map[string]any
		argument string
		says     string
	}{
		"no name":            {"a rule is found by its name", asked(map[string]any{"name": ""}), "name", "expected 1 to 200 characters"},
		"blank name":         {"so that blanks are none", asked(map[string]any{"name": " \u3000"}), "name", "expected 1 to 200 characters"},
		"long name":          {"a name is no novel", asked(map[string]any{"name": strings.Repeat("价", 201)}), "name", "got 201"},
		"name of two lines":  {"a line break would end a header", asked(map[string]any{"name": "a\nBcc: b"}), "name", "in one line"},
		"no threshold":       {"below what?", of("BELOW", nil), "threshold", "BELOW needs one"},
		"null threshold":     {"null is none", asked(map[string]any{"threshold": nil}), "threshold", "BELOW needs one"},
		"free":               {"no price is at zero", asked(map[string]any{"threshold": "0"}), "threshold", "above zero, got 0"},
		"negative":           {"or below", asked(map[string]any{"condition": "ABOVE", "threshold": "-1"}), "threshold", "above zero, got -1"},
		"unaffordable":       {"a price that no arithmetic has room for", asked(map[string]any{"threshold": "9999999999999999999"}), "threshold", "expected the price of a card-hour"},
		"no price":           {"a price is a decimal", asked(map[string]any{"threshold": "cheap"}), "threshold", "expected a decimal number"},
		"percent of below":   {"which of the two was meant?", asked(map[string]any{"percent": 5}), "percent", "BELOW takes none"},
		"window of above":    {"a price is above at a moment", asked(map[string]any{"condition": "ABOVE", "window": "P1D"}), "window", "ABOVE takes none"},
		"drop without":       {"by how much?", of("DROPS", map[string]any{"window": "P1D"}), "percent", "DROPS needs one"},
		"drop at once":       {"since when?", of("DROPS", map[string]any{"percent": 5}), "window", "DROPS needs one"},
		"drop below":         {"which of the two was meant?", of("DROPS", map[string]any{"percent": 5, "window": "P1D", "threshold": "2"}), "threshold", "DROPS takes none"},
		"drop of nothing":    {"every price drops by nothing", of("DROPS", map[string]any{"percent": 0, "window": "P1D"}), "percent", "above zero"},
		"drop backwards":     {"a rise has its own condition", of("DROPS", map[string]any{"percent": -5, "window": "P1D"}), "percent", "from 0 to 100"},
		"drop of all":        {"no price falls below zero", of("DROPS", map[string]any{"percent": 100.01, "window": "P1D"}), "percent", "from 0 to 100"},
		"fine drop":          {"finer than prices move", of("DROPS", map[string]any{"percent": 0.125, "window": "P1D"}), "percent", "of at most 2 decimals, got 0.125"},
		"drop of no number":  {"a float can be none", of("DROPS", map[string]any{"percent": "NaN", "window": "P1D"}), "percent", "got NaN"},
		"endless drop":       {"or endless", of("DROPS", map[string]any{"percent": "Infinity", "window": "P1D"}), "percent", "got +Inf"},
		"tiny drop":          {"or too small for a decimal", of("DROPS", map[string]any{"percent": 1e-300, "window": "P1D"}), "percent", "of at most 2 decimals"},
		"great rise":         {"a rise is bounded, too", of("RISES", map[string]any{"percent": 1000.5, "window": "P1D"}), "percent", "from 0 to 1000"},
		"rise at once":       {"since when?", of("RISES", map[string]any{"percent": 5}), "window", "RISES needs one"},
		"low at once":        {"lower than when?", of("NEW_LOW", nil), "window", "NEW_LOW needs one"},
		"low of so much":     {"a new low is any", of("NEW_LOW", map[string]any{"window": "P30D", "percent": 1}), "percent", "NEW_LOW takes none"},
		"low below":          {"which of the two was meant?", of("NEW_LOW", map[string]any{"window": "P30D", "threshold": 1}), "threshold", "NEW_LOW takes none"},
		"index without":      {"by how much?", of("BELOW_INDEX", nil), "percent", "BELOW_INDEX needs one"},
		"index below":        {"the index is the threshold", of("ABOVE_INDEX", map[string]any{"percent": 5, "threshold": "2"}), "threshold", "ABOVE_INDEX takes none"},
		"index since":        {"the index is of today", of("ABOVE_INDEX", map[string]any{"percent": 5, "window": "P1D"}), "window", "ABOVE_INDEX takes none"},
		"far below index":    {"no price is below zero", of("BELOW_INDEX", map[string]any{"percent": 101}), "percent", "from 0 to 100"},
		"stock at a price":   {"stock is no price", of("IN_STOCK", map[string]any{"threshold": "2"}), "threshold", "IN_STOCK takes none"},
		"stock by percent":   {"nor a share of one", of("OUT_OF_STOCK", map[string]any{"percent": 2}), "percent", "OUT_OF_STOCK takes none"},
		"stock since":        {"it changes at a moment", of("OUT_OF_STOCK", map[string]any{"window": "P1D"}), "window", "OUT_OF_STOCK takes none"},
		"stock of stock":     {"the filter would hide the change", of("IN_STOCK", filtered(map[string]any{"stock": []string{"AVAILABLE"}})), "filter.stock", "one of stock already"},
		"stock of a median":  {"a number has no stock", of("IN_STOCK", map[string]any{"subject": "INDEX"}), "subject", "a median has no stock"},
		"short window":       {"nothing is read so often", of("NEW_LOW", map[string]any{"window": "PT59S"}), "window", "from PT1M to P365D"},
		"no window":          {"nothing happens in no time", of("NEW_LOW", map[string]any{"window": "PT0S"}), "window", "from PT1M to P365D"},
		"long window":        {"a year is enough", of("NEW_LOW", map[string]any{"window": "P366D"}), "window", "from PT1M to P365D"},
		"month":              {"a month has no length", of("NEW_LOW", map[string]any{"window": "P1M"}), "window", "expected a length of time"},
		"short for":          {"shorter than any cadence", asked(map[string]any{"for": "PT30S"}), "for", "from PT1M to P365D"},
		"long for":           {"longer than anybody waits", asked(map[string]any{"for": "P365DT1S"}), "for", "from PT1M to P365D"},
		"long cooldown":      {"a rule that is quiet for ever is none", asked(map[string]any{"cooldown": "P365DT1S"}), "cooldown", "from PT0S to P365D"},
		"rearm":              {"a price need not come back to nothing", asked(map[string]any{"rearmPercent": 100}), "rearmPercent", "from 0 to 99"},
		"negative rearm":     {"backwards is further", asked(map[string]any{"rearmPercent": -1}), "rearmPercent", "from 0 to 99"},
		"fine rearm":         {"of two decimals", asked(map[string]any{"rearmPercent": 0.001}), "rearmPercent", "of at most 2 decimals"},
		"currency":           {"a code is in capitals", asked(map[string]any{"currency": "usd"}), "currency", "three capital letters"},
		"unknown currency":   {"in which nothing would ever have a price", asked(map[string]any{"currency": "XXX"}), "currency", "nothing has a price in XXX"},
		"everything":         {"a rule over everything is a mistake", asked(map[string]any{"filter": map[string]any{}}), "filter", "expected gpus, providers or search at least"},
		"almost everything":  {"so is one over all of a market", asked(map[string]any{"filter": map[string]any{"markets": []string{"SPOT"}, "search": " ", "gpus": []string{}}}), "filter", "expected gpus, providers or search at least"},
		"unknown GPU":        {"a misspelt model would never fire", asked(filtered(map[string]any{"gpus": []string{"Z9000"}})), "filter.gpus", `no GPU model is called "Z9000"`},
		"unknown id":         {"nor a misspelt id", asked(filtered(map[string]any{"gpus": []string{"nvidia/z"}})), "filter.gpus", `"nvidia/z" is not in the catalogue`},
		"unknown provider":   {"nor a misspelt provider", asked(filtered(map[string]any{"providers": []string{"alhpa"}})), "filter.providers", `there is no provider "alhpa"`},
		"imported provider":  {"what others recorded is not of now", asked(filtered(map[string]any{"providers": []string{"alpha@others"}})), "filter.providers", "imported history is in no alert"},
		"collection":         {"under its own name too", asked(filtered(map[string]any{"collections": []string{"others"}})), "filter.collections", "imported history is in no alert"},
		"unknown market":     {"which only imported history has", asked(filtered(map[string]any{"markets": []string{"SPOT", "UNKNOWN"}})), "filter.markets", "in no alert"},
		"bare cards":         {"compared with nothing", asked(filtered(map[string]any{"components": true})), "filter.components", "in no alert"},
		"country":            {"a country is a code", asked(filtered(map[string]any{"countries": []string{"Germany"}})), "filter.countries", "codes of two letters"},
		"price below zero":   {"a bound below zero is a mistake", asked(filtered(map[string]any{"maxPricePerGpuHour": "-1"})), "filter.maxPricePerGpuHour", "zero or more"},
		"no number of cards": {"not a number is none", asked(filtered(map[string]any{"minGpuCount": "NaN"})), "filter.minGpuCount", "expected a number"},
		"endless cards":      {"nor is infinity", asked(filtered(map[string]any{"maxGpuCount": "Infinity"})), "filter.maxGpuCount", "expected a number"},
		"endless memory":     {"of memory neither", asked(filtered(map[string]any{"minMemoryGB": "-Infinity"})), "filter.minMemoryGB", "expected a number"},
		"long search":        {"as in offers", asked(filtered(map[string]any{"search": strings.Repeat("x", 201)})), "filter.search", "at most 200 bytes"},
		"many targets":       {"a rule is no mailing list", asked(map[string]any{"notify": many}), "notify", "at most 10 targets, got 11"},
		"bad target":         {"the one that is wrong is named", asked(map[string]any{"notify": []string{"https://hooks.example/a", "ftp://" + hookSecret}}), "notify[1]", "expected https:// or slack://"},
		"empty target":       {"nowhere is no target", asked(map[string]any{"notify": []string{""}}), "notify[0]", "expected https://"},
		"same target":        {"nobody wants to be told twice", asked(map[string]any{"notify": []string{"https://a.example/" + hookSecret, "slack://b", "https://a.example/" + hookSecret}}), "notify[2]", "the same as notify[0]"},
		"long target":        {"no address is that long", asked(map[string]any{"notify": []string{"https://a.example/" + strings.Repeat(hookSecret, 300)}}), "notify[0]", "at most 2000 bytes"},
		"lower case":         {"words are spelt as they are", asked(map[string]any{"subject": "offer"}), "subject", "expected one of OFFER, CHEAPEST, INDEX"},
	}
	w := newWorld(t)
	w.make(asked(nil))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for argument, query := range map[string]string{
				"input": create,
				"rule":  `query($input: AlertRuleInput!) { backtest(rule: $input, from: "2026-11-01T00:00:00Z") { fired } }`,
				"":      `mutation($input: AlertRuleInput!) { updateAlertRule(id: "rule/1", input: $input) { id } }`,
			} {
				if argument == "rule" && strings.HasPrefix(c.argument, "notify") {
					continue // where it would have spoken changes nothing
				}
				if argument == "" {
					argument = "input"
				}
				got, _ := w.send(query, map[string]any{"input": c.input})
				if len(got.Errors) != 1 {
					t.Fatalf("%s: want one error: %s %+v", c.reason, got.Data, got.Errors)
				}
				e := got.Errors[0]
				if want := argument + "." + c.argument; e.Extensions.Code != "BAD_USER_INPUT" || e.Extensions.Argument != want || !strings.Contains(e.Message, c.says) || strings.Contains(e.Message, hookSecret) {
					t.Errorf("%s: want %s: %s, got %s %s %q", c.reason, want, c.says, e.Extensions.Code, e.Extensions.Argument, e.Message)
				}
			}
		})
	}
	if len(w.alerts.rules) != 1 || w.alerts.rules["rule/1"].Version != 1 || w.alerts.tried.Name != "" || w.log.Len() > 0 {
		t.Errorf("what is refused changes nothing, and is no error of ours: %+v %s", w.alerts.rules, w.log.String())
	}
}

func TestAlertRulesAreReadExactly(t *testing.T) {
	d := func(text string) *market.Decimal { return in(decimal.MustParse(text)) }
	year := 365 * 24 * time.Hour
	cases := map[string]struct {
		reason string
		input  map[string]any
		want   market.Rule
	}{
		"usual":         {"what is left out is as its default says", asked(nil), market.Rule{Threshold: d("2")}},
		"digits":        {"a threshold keeps its digits", asked(map[string]any{"threshold": json.Number("1.9900")}), market.Rule{Threshold: d("1.9900")}},
		"exact percent": {"a tenth stays a tenth", of("DROPS", map[string]any{"percent": 0.1, "window": "PT1M", "rearmPercent": 0.07}), market.Rule{Condition: market.Drops, Percent: d("0.1"), Window: time.Minute, Rearm: *d("0.07")}},
		"all":           {"a price may fall to nothing", of("DROPS", map[string]any{"percent": 100, "window": "P365D", "rearmPercent": 0}), market.Rule{Condition: market.Drops, Percent: d("100"), Window: year, Rearm: *d("0")}},
		"great rise":    {"and rise to elevenfold", of("RISES", map[string]any{"percent": 999.99, "window": "P1W"}), market.Rule{Condition: market.Rises, Percent: d("999.99"), Window: 7 * 24 * time.Hour}},
		"low":           {"a new low needs a window alone", of("NEW_LOW", map[string]any{"window": "P30D"}), market.Rule{Condition: market.NewLow, Window: 30 * 24 * time.Hour}},
		"below index":   {"an index needs a percentage alone", of("BELOW_INDEX", map[string]any{"percent": 5, "subject": "INDEX"}), market.Rule{Condition: market.BelowIndex, Subject: market.OfIndex, Percent: d("5")}},
		"above index":   {"an index can be far exceeded", of("ABOVE_INDEX", map[string]any{"percent": 1000}), market.Rule{Condition: market.AboveIndex, Percent: d("1000")}},
		"stock":         {"stock needs nothing", of("IN_STOCK", map[string]any{"subject": "OFFER"}), market.Rule{Condition: market.InStock, Subject: market.EachOffer}},
		"no stock":      {"nor its end", of("OUT_OF_STOCK", map[string]any{"for": "PT1M"}), market.Rule{Condition: market.OutOfStock, For: time.Minute}},
		"times":         {"up to a year", asked(map[string]any{"for": "P365D", "cooldown": "P365D"}), market.Rule{Threshold: d("2"), For: year, Cooldown: year}},
		"currency":      {"in which a rate is known", asked(map[string]any{"currency": "CNY"}), market.Rule{Threshold: d("2"), Currency: market.CNY}},
		"listed in":     {"or something is listed", asked(map[string]any{"currency": "EUR"}), market.Rule{Threshold: d("2"), Currency: market.EUR}},
		"off":           {"a rule may wait", asked(map[string]any{"enabled": false, "fireOnCreate": false}), market.Rule{Threshold: d("2")}},
		"long name":     {"200 characters of any script", asked(map[string]any{"name": strings.Repeat("价", 200)}), market.Rule{Name: strings.Repeat("价", 200), Threshold: d("2")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, want := newWorld(t).make(c.input), c.want
			want.ID, want.Version, want.Secret, want.CreatedAt, want.Notify = "rule/1", 1, signSecret, noon, []string{}
			want.Given, want.Filter = `{"gpus":["H100"]}`, market.Filter{Gpus: []string{"H100"}}
			want.Enabled, want.FireOnCreate = name != "off", name != "off"
			want.Name = usually(want.Name, "H100 below two")
			want.Subject = usually(want.Subject, market.Cheapest)
			want.Condition = usually(want.Condition, market.AlertCondition(c.input["condition"].(string)))
			want.Currency = usually(want.Currency, market.USD)
			if c.input["rearmPercent"] == nil {
				want.Rearm = *d("2")
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b })); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func usually[T comparable](v, usual T) T {
	var none T
	if v == none {
		return usual
	}
	return v
}

// TestAlertRuleDefaultsAreTheSchemas makes one rule of what is left out, one of nulls, and one of the defaults that the schema has.
func TestAlertRuleDefaultsAreTheSchemas(t *testing.T) {
	nulls, written := map[string]any{}, map[string]any{}
	for _, f := range loadSchema(t, "schema/*.graphqls").Types["AlertRuleInput"].Fields {
		if f.DefaultValue == nil {
			continue
		}
		value, err := f.DefaultValue.Value(nil)
		if err != nil {
			t.Fatal(err)
		}
		written[f.Name] = value
		if !f.Type.NonNull {
			nulls[f.Name] = nil
		}
	}
	if len(nulls) != 6 || len(written) != 7 {
		t.Fatalf("defaults: %v", written)
	}
	w := newWorld(t)
	want := w.make(asked(nil))
	for reason, input := range map[string]map[string]any{"null is as if not said": asked(nulls), "what is said by default is the default": asked(written)} {
		got := w.make(input)
		got.ID = want.ID
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
}

// TestFilterIsKeptAsItWasGiven makes a rule with every field that a filter has, and reads all of them back.
func TestFilterIsKeptAsItWasGiven(t *testing.T) {
	given := map[string]any{"gpus": []any{"H100"}, "providers": []any{"alpha"}, "providerKinds": []any{"HYPERSCALER"}, "regions": []any{"华北1"}, "countries": []any{"US"},
		"areas": []any{"NORTH_AMERICA"}, "markets": []any{"SPOT", "RESERVED"}, "commitmentMonths": []any{12.0}, "stock": []any{"AVAILABLE"}, "minGpuCount": 0.5, "maxGpuCount": 8.0,
		"minMemoryGB": 0.1, "maxPricePerGpuHour": "1.9900", "search": "a<b & \"c\"", "includeStale": false}
	refused := []string{"collections", "components"}
	w := newWorld(t)
	rule := w.make(asked(map[string]any{"filter": given}))
	var got map[string]any
	if err := json.Unmarshal([]byte(rule.Given), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(given, got); diff != "" {
		t.Errorf("in the schema's names (-given +kept):\n%s", diff)
	}
	var again model.OfferFilter
	if err := json.Unmarshal([]byte(rule.Given), &again); err != nil {
		t.Fatal(err)
	}
	fields := reflect.ValueOf(again)
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
		if wanted := !strings.Contains(strings.Join(refused, " "), name); wanted == fields.Field(i).IsZero() {
			t.Errorf("%s: %v", name, fields.Field(i))
		}
	}
	meant := again.Asked()
	if !meant.ExcludeStale {
		t.Error("includeStale is lost on the way")
	}
	meant.ExcludeStale = false
	if diff := cmp.Diff(rule.Filter, meant); diff != "" {
		t.Errorf("what is read back means the same, but that no rule judges stale prices (-rule +read back):\n%s", diff)
	}
	if got := w.make(asked(filtered(map[string]any{"includeStale": nil, "components": false, "search": nil, "regions": []string{}}))).Given; got != `{"gpus":["H100"]}` {
		t.Errorf("what asks for nothing is left out: %s", got)
	}
}
