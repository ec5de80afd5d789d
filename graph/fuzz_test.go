package graph_test

import (
	"encoding/json"
	"strconv"
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

// FuzzAlertRule holds that no rule crashes the server or passes as an internal error, and that one that is taken can be shown again.
func FuzzAlertRule(f *testing.F) {
	w := newWorld(f)
	f.Add("H100 below two", "BELOW", "H100", "alpha", "2.00", 0.1, "P1D", "PT5M", "https://a.example/x")
	f.Add("价格", "DROPS", "nvidia/h100-sxm-80gb", "", "", 100.0, "PT1M", "", "slack://a")
	f.Add("\x00", "NEW_LOW", "Z", "%", "-0", -1e300, "P365D", "P9999D", "")
	f.Fuzz(func(t *testing.T, name, condition, gpu, search, threshold string, percent float64, window, hold, target string) {
		w.t = t
		input := map[string]any{"name": name, "condition": condition, "filter": map[string]any{"gpus": []string{gpu}, "search": search}, "notify": []string{target}}
		for field, text := range map[string]string{"threshold": threshold, "window": window, "for": hold} {
			if text != "" {
				input[field] = text
			}
		}
		if percent != 0 {
			input["percent"] = strconv.FormatFloat(percent, 'g', -1, 64)
		}
		a, _ := w.send(create, map[string]any{"input": input})
		if len(a.Errors) > 0 {
			if code := a.Errors[0].Extensions.Code; code != "BAD_USER_INPUT" {
				t.Fatalf("%+v: %s", input, code)
			}
			return
		}
		for id := range w.alerts.rules {
			ask[any](w, `query($id: ID!) { alertRule(id: $id) { name filter threshold percent window for notify state } }`, map[string]any{"id": id})
			delete(w.alerts.rules, id)
		}
	})
}
