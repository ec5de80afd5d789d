package graph_test

import (
	"encoding/json"
	"testing"
)

// FuzzCursor holds that no cursor crashes the server or passes as an internal error, and that one that is taken gives a page
// of what there is.
func FuzzCursor(f *testing.F) {
	w := newWorld(f)
	got := ask[list](w, page, map[string]any{"first": 11})
	for _, e := range got.Offers.Edges {
		f.Add(e.Cursor)
	}
	f.Add("eyJmIjoiUFJJQ0UifQ")
	f.Add("e30")
	f.Fuzz(func(t *testing.T, cursor string) {
		w.t = t
		for _, variables := range []map[string]any{{"first": 3, "after": cursor}, {"last": 3, "before": cursor}} {
			a, _ := w.send(page, variables)
			if len(a.Errors) > 0 {
				if code := a.Errors[0].Extensions.Code; code != "BAD_USER_INPUT" {
					t.Fatalf("%q: %s", cursor, code)
				}
				continue
			}
			var l list
			if err := json.Unmarshal(a.Data, &l); err != nil || l.Offers.TotalCount != len(everything) || len(l.Offers.Nodes) > 3 {
				t.Fatalf("%q: %s", cursor, a.Data)
			}
		}
	})
}
