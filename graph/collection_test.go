package graph_test

import "testing"

// TestCollections asks for what others recorded: it is there where it is asked for by name, and nowhere else.
func TestCollections(t *testing.T) {
	w := newWorld(t)
	w.expect("what has been imported, with its terms",
		`{ collections { name cadence licence homepage providers { id name kind country status problem } } providers { id } }`,
		`{"collections": [{"name": "others", "cadence": "P1D", "licence": "CC0", "homepage": null, "providers": [{"id": "alpha@others", "name": "Alpha", "kind": "HYPERSCALER",
		"country": "ZZ", "status": "DISABLED", "problem": "imported history of the collection others: nothing reads it"}]}],
		"providers": [{"id": "alpha"}, {"id": "beta"}, {"id": "cathay"}, {"id": "delta"}, {"id": "epsilon"}, {"id": "held"}]}`)
	const asOf = `asOf: "2026-11-19T18:00:00Z"`
	w.expect("ours and theirs are never in one answer",
		`{ ours: offers(`+asOf+`) { nodes { provider { id } } } theirs: offers(`+asOf+`, filter: {collections: ["others"]}) { nodes { provider { id } stale } }
		   all: offers(`+asOf+`, filter: {collections: ["*"], providers: ["alpha"]}) { nodes { provider { id } } } one: offers(`+asOf+`, filter: {providers: ["alpha@others"]}) { nodes { provider { id } } }
		   nobody: offers(`+asOf+`, filter: {collections: ["others"], providers: ["beta"]}) { totalCount } }`,
		`{"ours": {"nodes": [{"provider": {"id": "alpha"}}]}, "theirs": {"nodes": [{"provider": {"id": "alpha@others"}, "stale": false}]},
		"all": {"nodes": [{"provider": {"id": "alpha@others"}}]}, "one": {"nodes": [{"provider": {"id": "alpha@others"}}]}, "nobody": {"totalCount": 0}}`)
	for query, want := range map[string]string{
		`{ offers(filter: {collections: ["others"]}) { totalCount } }`:               "filter.collections: imported history is never among today's offers: ask with asOf",
		`{ offers(` + asOf + `, filter: {collections: ["nobody"]}) { totalCount } }`: `filter.collections: there is no collection "nobody"; query collections lists them`,
	} {
		if a, _ := w.send(query, nil); len(a.Errors) != 1 || a.Errors[0].Message != want {
			t.Errorf("%s: %+v, want %s", query, a.Errors, want)
		}
	}
}
