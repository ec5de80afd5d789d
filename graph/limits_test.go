package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// allOfAnOffer is every field of an offer, with what hangs on it.
const allOfAnOffer = `id kind sku gpuName gpuModel gpuCount vcpus memoryGB region country area market commitmentMonths
	listed { amount currency per period } price { amount currency } pricePerGpuHour fx { base quote rate date ageDays source } pricePerPflopsHour
	stock gpusAvailable firstSeenAt observedAt changedAt stale sample source { url fetchedAt digest }
	provider { id name kind country homepage status problem schedule lastRunAt lastSuccessAt nextRunAt offerCount }
	gpu { id vendor model formFactor memoryGB memoryBandwidthGBs fp16Tflops fp16SparseTflops fp8Tflops fp32Tflops tdpWatts architecture year }`

// nested is a list in a list in a list.
func nested(depth int, first string) string {
	if depth == 0 {
		return "id"
	}
	return "id gpu { offers" + first + " { nodes { " + nested(depth-1, first) + " } } }"
}

// many asks the same many times.
func many(n int, one string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: %s ", i, one)
	}
	return "{ " + b.String() + "}"
}

func TestLimits(t *testing.T) {
	fragments := func(n int) string {
		var b strings.Builder
		b.WriteString("{ offers(first: 1) { nodes { ...f0 } } }")
		for i := range n {
			fmt.Fprintf(&b, " fragment f%d on Offer { a: id ...f%d ...f%d }", i, i+1, i+1)
		}
		fmt.Fprintf(&b, " fragment f%d on Offer { id }", n)
		return b.String()
	}
	cases := map[string]struct {
		reason  string
		query   string
		refused bool
	}{
		"full page":                {"200 offers with all their fields", `{ offers(first: 200) { totalCount nodes { ` + allOfAnOffer + ` } pageInfo { hasNextPage endCursor } } }`, false},
		"full page of edges":       {"nodes and edges both", `{ offers(first: 200) { nodes { ` + allOfAnOffer + ` } edges { cursor node { ` + allOfAnOffer + ` } } } }`, false},
		"catalogue":                {"all accelerators with all figures", `{ gpus { id vendor model formFactor memoryGB memoryBandwidthGBs fp16Tflops fp16SparseTflops fp8Tflops fp32Tflops tdpWatts architecture year } }`, false},
		"cheapest of each":         {"every accelerator with its cheapest offer", `{ gpus { id offers(first: 1) { totalCount nodes { id pricePerGpuHour provider { name } region } } } }`, false},
		"status page":              {"every provider with its runs and rejects", `{ providers { id status problem runs { startedAt duration succeeded error } rejected { at sku text reason source { url } } } }`, false},
		"all offers of everything": {"every accelerator with a page of offers each", `{ gpus { id offers { nodes { ` + allOfAnOffer + ` } } } }`, true},
		"lists within lists":       {"each level multiplies", `{ offers(first: 200) { nodes { ` + nested(3, "(first: 200)") + ` } } }`, true},
		"an overflow":              {"so deep that a number would overflow and look small", `{ offers(first: 200) { nodes { ` + nested(30, "(first: 200)") + ` } } }`, true},
		"lists of one":             {"short lists within lists add up", `{ offers(first: 1) { nodes { ` + nested(100, "(first: 1)") + ` } } }`, false},
		"runs of all offers":       {"a question to the store for each of 200 offers", `{ offers(first: 200) { nodes { provider { runs { error } rejected { reason } } } } }`, true},
		"some searches":            {"a dashboard's ten lists", many(10, `offers(first: 20) { totalCount nodes { `+allOfAnOffer+` } }`), false},
		"many schemas":             {"the whole schema many times", many(50, `__schema { types { fields { name } } }`), true},
		"fragments of fragments":   {"two to the fiftieth fields, in a page of text", fragments(50), true},
		"schema in fragments":      {"hidden in a fragment", `{ ...f ...g } fragment f on Query { a: __schema { types { name } } b: __schema { types { name } } } fragment g on Query { c: __schema { types { name } } d: __schema { types { name } } e: __schema { types { name } } }`, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w, started := newWorld(t), time.Now()
			got, _ := w.send(c.query, nil)
			refused := len(got.Errors) == 1 && got.Errors[0].Extensions.Code == "COMPLEXITY_LIMIT_EXCEEDED"
			if refused != c.refused || !refused && len(got.Errors) > 0 && !strings.HasPrefix(got.Errors[0].Message, "internal error") {
				t.Errorf("%s: refused is %v: %.300s", c.reason, refused, fmt.Sprint(got.Errors))
			}
			if took := time.Since(started); took > 10*time.Second {
				t.Errorf("%s: it took %s", c.reason, took)
			}
		})
	}
}

func TestLengthsInVariablesAreWeighed(t *testing.T) {
	query := `query($n: Int, $runs: Int = 200) { offers(first: $n) { nodes { provider { runs(last: $runs) { error } } } } }`
	w := newWorld(t)
	got, _ := w.send(`query($f: OfferFilter) `+many(100, `offers(filter: $f) { totalCount }`), map[string]any{"f": map[string]any{"regions": make([]string, 100)}})
	if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "COMPLEXITY_LIMIT_EXCEEDED" {
		t.Errorf("every value of a filter is compared with every offer: %+v", got.Errors)
	}
	for n, refused := range map[any]bool{1: false, "200": true, 200: true} {
		got, _ := w.send(query, map[string]any{"n": n})
		if (len(got.Errors) == 1 && got.Errors[0].Extensions.Code == "COMPLEXITY_LIMIT_EXCEEDED") != refused {
			t.Errorf("%v: %+v", n, got.Errors)
		}
	}
}
