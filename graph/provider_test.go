package graph_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProviders(t *testing.T) {
	cases := map[string]struct{ reason, query, want string }{
		"states": {"each provider has one state, with a reason a person can act on", `{ providers { id status problem lastRunAt lastSuccessAt nextRunAt offerCount } }`,
			`{"providers": [
			{"id": "alpha", "status": "FRESH", "problem": null, "lastRunAt": "2026-11-20T10:00:00.000Z", "lastSuccessAt": "2026-11-20T10:00:00.000Z", "nextRunAt": "2026-11-21T04:00:00.000Z", "offerCount": 5},
			{"id": "beta", "status": "FAILING", "problem": "answered 503", "lastRunAt": "2026-11-20T11:00:00.000Z", "lastSuccessAt": "2026-11-20T07:00:00.000Z", "nextRunAt": null, "offerCount": 4},
			{"id": "cathay", "status": "FRESH", "problem": null, "lastRunAt": "2026-11-20T09:00:00.000Z", "lastSuccessAt": "2026-11-20T09:00:00.000Z", "nextRunAt": null, "offerCount": 2},
			{"id": "delta", "status": "DISABLED", "problem": "needs a key: set DELTA_KEY", "lastRunAt": null, "lastSuccessAt": null, "nextRunAt": null, "offerCount": 0},
			{"id": "epsilon", "status": "NEVER_RUN", "problem": "has not been read yet", "lastRunAt": null, "lastSuccessAt": null, "nextRunAt": null, "offerCount": 0},
			{"id": "held", "status": "QUARANTINED", "problem": "5 of 6 offers are gone", "lastRunAt": "2026-11-19T06:00:00.000Z", "lastSuccessAt": "2026-11-19T06:00:00.000Z", "nextRunAt": null, "offerCount": 0}]}`},
		"kinds": {"only the kinds asked for", `{ providers(kinds: [MARKETPLACE, AGGREGATOR]) { id kind } }`,
			`{"providers": [{"id": "beta", "kind": "MARKETPLACE"}, {"id": "epsilon", "kind": "AGGREGATOR"}]}`},
		"one": {"a provider by its id", `{ provider(id: "cathay") { id name kind country homepage schedule } other: provider(id: "nobody") { id } }`,
			`{"provider": {"id": "cathay", "name": "Cathay Compute", "kind": "NEOCLOUD", "country": "CN", "homepage": "https://cathay.example", "schedule": "0 4 * * *"}, "other": null}`},
		"runs": {"durations are ISO 8601 to the millisecond", `{ provider(id: "beta") { runs { startedAt duration succeeded held error offers changed rejected } } }`,
			`{"provider": {"runs": [{"startedAt": "2026-11-20T11:00:00.000Z", "duration": "PT1M5.25S", "succeeded": false, "held": false, "error": "answered 503", "offers": 0, "changed": 0, "rejected": 1}]}}`},
		"no runs": {"a list without items is a list", `{ provider(id: "alpha") { runs { offers } } }`, `{"provider": {"runs": []}}`},
		"rejected": {"a rejected row has its reason and its document", `{ provider(id: "beta") { rejected { at sku text reason source { url digest fetchedAt } } } }`,
			`{"provider": {"rejected": [{"at": "2026-11-20T12:00:00.000Z", "sku": "cpu-8", "text": "\"0.10\"", "reason": "not a GPU",
			 "source": {"url": "https://beta.example/prices", "digest": "abc", "fetchedAt": "2026-11-20T12:00:00.000Z"}}]}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { newWorld(t).expect(c.reason, c.query, c.want) })
	}
}

func TestListsOfRunsAreBounded(t *testing.T) {
	w := newWorld(t)
	ask[any](w, `{ provider(id: "alpha") { a: runs { error } b: runs(last: 3) { error } c: runs(last: 100000) { error }
		d: rejected { sku } e: rejected(first: 0) { sku } f: rejected(first: 100000) { sku } } }`, nil)
	slices.Sort(w.store.sizes)
	if diff := cmp.Diff([]int{0, 3, 20, 100, 200, 1000}, w.store.sizes); diff != "" {
		t.Errorf("the store is asked for what is shown, and never for more than the bounds (-want +got):\n%s", diff)
	}
}

func TestMutations(t *testing.T) {
	const run = `{ startedAt duration succeeded held error offers changed rejected }`
	cases := map[string]struct{ reason, query, want string }{
		"scrape": {"a run's figures", `mutation { scrape(provider: "alpha") ` + run + ` }`,
			`{"scrape": {"startedAt": "2026-11-20T12:00:00.000Z", "duration": "PT1.5S", "succeeded": true, "held": false, "error": null, "offers": 5, "changed": 2, "rejected": 0}}`},
		"failed": {"a run that failed is an answer", `mutation { scrape(provider: "beta") ` + run + ` }`,
			`{"scrape": {"startedAt": "2026-11-20T12:00:00.000Z", "duration": "PT0S", "succeeded": false, "held": false, "error": "answered 503", "offers": 0, "changed": 0, "rejected": 0}}`},
		"held":    {"a run that is held back has not succeeded", `mutation { scrape(provider: "held") { succeeded held } }`, `{"scrape": {"succeeded": false, "held": true}}`},
		"release": {"what was held back is believed", `mutation { releaseQuarantine(provider: "held") { succeeded changed } }`, `{"releaseQuarantine": {"succeeded": true, "changed": 5}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { newWorld(t).expect(c.reason, c.query, c.want) })
	}
}

func TestMutationsRunInTheOrderWritten(t *testing.T) {
	w := newWorld(t)
	ask[any](w, `mutation { b: scrape(provider: "held") { held } a: releaseQuarantine(provider: "held") { held } c: scrape(provider: "alpha") { held } }`, nil)
	if diff := cmp.Diff([]string{"scrape held", "release held", "scrape alpha"}, w.store.asked); diff != "" {
		t.Error(diff)
	}
}
