package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

func TestOrderIsTotalWithNullsLast(t *testing.T) {
	byID := func(ids ...string) []string { slices.Sort(ids); return ids }
	cases := map[string]struct {
		reason string
		order  string
		first  []string
		last   []string
	}{
		"cheapest card first":    {"amounts compare in USD: 4.99 yuan is 0.69 dollars", "PRICE_PER_GPU_HOUR", []string{bRtx, cA800, a100, cH800}, []string{h100, bEuro}},
		"dearest card first":     {"no rate for the euro: last this way too", "PRICE_PER_GPU_HOUR DESC", []string{h100, h100r}, []string{bRtx, bEuro}},
		"cheapest PFLOPS first":  {"without a figure or a rate there is no such price", "PRICE_PER_PFLOPS_HOUR", []string{bRtx}, byID(bH100, bOdd, bEuro, cH800, cA800)},
		"dearest PFLOPS first":   {"nulls last both ways", "PRICE_PER_PFLOPS_HOUR DESC", []string{a10}, byID(bH100, bOdd, bEuro, cH800, cA800)},
		"cheapest machine first": {"the whole offer, not the card", "PRICE", []string{bRtx, a10, cA800}, []string{h100, bEuro}},
		"dearest machine first":  {"the whole offer, not the card", "PRICE DESC", []string{h100, h100r}, []string{bRtx, bEuro}},
		"longest unseen first":   {"a sheet is seen as a whole; ties go by id", "OBSERVED_AT", byID(bH100, bOdd, bEuro, bRtx), byID(h100, h100s, h100r, a100, a10)},
		"freshest first":         {"ties go by id this way too", "OBSERVED_AT DESC", byID(h100, h100s, h100r, a100, a10), byID(bH100, bOdd, bEuro, bRtx)},
		"longest unchanged":      {"by the last change of price or stock", "CHANGED_AT", []string{h100r, bEuro}, nil},
		"changed latest":         {"by the last change of price or stock", "CHANGED_AT DESC", byID(h100, bH100, cH800), nil},
		"by model":               {"what has no model is last", "GPU", []string{a10, a100, cA800}, []string{bOdd}},
		"by model backwards":     {"what has no model is last", "GPU DESC", []string{bRtx, bEuro, cH800}, []string{bOdd}},
		"by provider":            {"ties go by id", "PROVIDER", byID(h100, h100s, h100r, a100, a10), byID(cH800, cA800)},
		"by provider backwards":  {"ties go by id", "PROVIDER DESC", byID(cH800, cA800), byID(h100, h100s, h100r, a100, a10)},
	}
	w := newWorld(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask[list](w, fmt.Sprintf(`{ offers(orderBy: %s) { nodes { id } } }`, orderBy(c.order)), nil).ids()
			if diff := cmp.Diff(c.first, got[:len(c.first)]); diff != "" {
				t.Errorf("front: %s (-want +got):\n%s\nall: %s", c.reason, diff, strings.Join(got, "\n"))
			}
			if diff := cmp.Diff(append([]string{}, c.last...), got[len(got)-len(c.last):]); diff != "" {
				t.Errorf("back: %s (-want +got):\n%s\nall: %s", c.reason, diff, strings.Join(got, "\n"))
			}
		})
	}
}

func orderBy(words string) string {
	field, direction, _ := strings.Cut(words, " ")
	if direction == "" {
		return "{field: " + field + "}"
	}
	return "{field: " + field + ", direction: " + direction + "}"
}

func TestOrderDefaultsToTheCheapestCard(t *testing.T) {
	w := newWorld(t)
	bare := ask[list](w, `{ offers { nodes { id } } }`, nil).ids()
	spelt := ask[list](w, `query($o: OfferOrder) { offers(orderBy: $o) { nodes { id } } }`, map[string]any{"o": map[string]any{"field": "PRICE_PER_GPU_HOUR"}}).ids()
	if diff := cmp.Diff(bare, spelt); diff != "" {
		t.Error(diff)
	}
}

const page = `query($o: OfferOrder, $first: Int, $after: String, $last: Int, $before: String) {
  offers(orderBy: $o, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

func TestPagesVisitEachOfferOnceInEveryOrder(t *testing.T) {
	w := newWorld(t)
	terms := market.Terms()
	for _, field := range terms["OfferOrderField"] {
		for _, direction := range terms["OrderDirection"] {
			order := map[string]any{"field": field, "direction": direction}
			whole := ask[list](w, page, map[string]any{"o": order, "first": 200}).ids()
			for _, size := range []int{1, 2, 4, 11, 50} {
				if diff := cmp.Diff(whole, w.walk(order, size, true)); diff != "" {
					t.Errorf("%v forwards by %d (-want +got):\n%s", order, size, diff)
				}
				if diff := cmp.Diff(whole, w.walk(order, size, false)); diff != "" {
					t.Errorf("%v backwards by %d (-want +got):\n%s", order, size, diff)
				}
			}
		}
	}
}

// walk pages through all offers, and checks what each page says of the rest.
func (w *world) walk(order map[string]any, size int, forwards bool) []string {
	w.t.Helper()
	var seen []string
	var cursor *string
	for range 50 {
		variables := map[string]any{"o": order, "last": size, "before": cursor}
		if forwards {
			variables = map[string]any{"o": order, "first": size, "after": cursor}
		}
		got := ask[list](w, page, variables)
		info := got.Offers.PageInfo
		more, behind, next := info.HasPreviousPage, info.HasNextPage, info.StartCursor
		if forwards {
			more, behind, next = info.HasNextPage, info.HasPreviousPage, info.EndCursor
			seen = append(seen, got.ids()...)
		} else {
			seen = append(got.ids(), seen...)
		}
		if want := len(everything) > len(seen); more != want {
			w.t.Fatalf("after %d of %d: more is %v", len(seen), len(everything), more)
		}
		if want := cursor != nil; behind != want {
			w.t.Fatalf("after %d of %d: behind is %v", len(seen), len(everything), behind)
		}
		if got.Offers.TotalCount != len(everything) || got.Offers.Edges[0].Node.ID != got.Offers.Nodes[0].ID || got.Offers.Edges[0].Cursor != *info.StartCursor {
			w.t.Fatalf("edges, nodes and pageInfo differ: %+v", got)
		}
		if !more {
			return seen
		}
		cursor = next
	}
	w.t.Fatal("there is no end to it")
	return nil
}

func TestCursorsHoldWhileOffersComeAndGo(t *testing.T) {
	w := newWorld(t)
	start := ask[list](w, page, map[string]any{"first": 3})
	if diff := cmp.Diff([]string{bRtx, cA800, a100}, start.ids()); diff != "" {
		t.Fatal(diff)
	}
	cheap := market.Listing{SKU: "new", GpuName: "L40S", Price: "0.10", Currency: market.USD, Per: market.PerGPU, Period: market.PerHour, Market: market.OnDemand}
	dear := cheap
	dear.SKU, dear.Price = "dear", "1.26"
	w.book.Apply("alpha", nil, w.offers("alpha", cheap, dear), []string{a100})
	next := ask[list](w, page, map[string]any{"first": 2, "after": start.Offers.PageInfo.EndCursor})
	if diff := cmp.Diff([]string{"alpha/dear/-/on-demand", cH800}, next.ids()); diff != "" {
		t.Errorf("the list goes on where it was, though its last offer is gone and a cheaper one came (-want +got):\n%s", diff)
	}
	if total := next.Offers.TotalCount; total != len(everything)+1 {
		t.Errorf("totalCount %d", total)
	}
}

func TestWindowEdges(t *testing.T) {
	w := newWorld(t)
	all := ask[list](w, page, map[string]any{"first": 200}).ids()
	third := ask[list](w, page, map[string]any{"first": 3}).Offers.PageInfo.EndCursor
	cases := map[string]struct {
		reason         string
		variables      map[string]any
		want           []string
		next, previous bool
	}{
		"nothing":          {"zero is a number", map[string]any{"first": 0}, nil, true, false},
		"too many":         {"200 is the most, and no error", map[string]any{"first": 100000}, all, false, false},
		"the last":         {"from the back", map[string]any{"last": 2}, all[9:], false, true},
		"before":           {"up to a cursor, without it", map[string]any{"last": 5, "before": third}, all[:2], true, false},
		"first and before": {"first counts from the front", map[string]any{"first": 1, "before": third}, all[:1], true, false},
		"first and last":   {"the last of the first, as Relay defines it", map[string]any{"first": 4, "last": 1}, all[3:4], true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ask[list](w, page, c.variables)
			if diff := cmp.Diff(append([]string{}, c.want...), got.ids()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if info := got.Offers.PageInfo; info.HasNextPage != c.next || info.HasPreviousPage != c.previous {
				t.Errorf("next %v previous %v", info.HasNextPage, info.HasPreviousPage)
			}
		})
	}
}
