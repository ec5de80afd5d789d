package scrapers

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

// FuzzParse throws every fixture, bent out of shape, at every parser: it must not panic, what it makes of a document must be the
// same each time, its sizes must be sizes, and no offer may have a price that is not positive.
func FuzzParse(f *testing.F) {
	all := All()
	files, _ := filepath.Glob("testdata/*/*/*")
	digits := regexp.MustCompile(`\d+(\.\d+)?`)
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil || strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, "want.json") {
			continue
		}
		for i, s := range all {
			if !strings.Contains(path, "/"+s.About().ID+"/") {
				continue
			}
			f.Add(uint8(i), content)
			for _, number := range []string{"-1", "0", "1e308"} {
				f.Add(uint8(i), digits.ReplaceAll(content, []byte(number)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		s := all[int(which)%len(all)]
		d := Document{URL: s.Sheets(Settings{})[0].First.URL, ContentType: "text/html", Body: body}
		page, err := s.Parse(d)
		again, errAgain := s.Parse(d)
		if !reflect.DeepEqual(page, again) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Errorf("the same document gives %v, %v and then %v, %v", page, err, again, errAgain)
		}
		if err != nil {
			return
		}
		for _, l := range page.Listings {
			checkListing(t, s.About(), l)
		}
	})
}

func checkListing(t *testing.T, about About, l market.Listing) {
	t.Helper()
	for _, size := range []float64{l.CardMemoryGB, orZero(l.MemoryGB)} {
		if math.IsNaN(size) || math.IsInf(size, 0) {
			t.Errorf("%s: a size of %v", l.SKU, size)
		}
	}
	o, err := market.Normalise(market.Origin{Provider: about.ID, Kind: about.Kind, Sheet: "prices"}, l)
	if err != nil {
		return
	}
	if !o.Price.IsPos() || !o.Listed.Amount.IsPos() || !(o.GpuCount.Float() > 0) {
		t.Errorf("%s: %s for %s cards, listed at %q", o.ID, o.Price, o.GpuCount, l.Price)
	}
	if orZero(o.MemoryGB) < 0 || orZero(o.VCPUs) < 0 || orZero(o.GpusAvailable) < 0 || o.Stock == market.SoldOut && orZero(l.GpusAvailable) < 0 {
		t.Errorf("%s: %s, %v free", o.ID, size(o), orZero(o.GpusAvailable))
	}
}

func orZero[T any](value *T) T {
	if value == nil {
		return *new(T)
	}
	return *value
}

// TestParsersSurviveJunk gives every parser the largest documents that the client lets through, and that are nothing.
func TestParsersSurviveJunk(t *testing.T) {
	const size = largestAnswer
	junk := map[string]func() string{
		"zeros":        func() string { return strings.Repeat("\x00", size) },
		"text":         func() string { return strings.Repeat("8*A 1/月", size/10) },
		"open tags":    func() string { return strings.Repeat("<div>", size/5) },
		"paragraphs":   func() string { return "<b x><b y>" + strings.Repeat("<p>1", size/4-3) },
		"table":        func() string { return "<table>" + strings.Repeat("<tr><td>1", size/9-1) },
		"brackets":     func() string { return strings.Repeat("[", size) },
		"objects":      func() string { return strings.Repeat(`{"data":`, size/8) },
		"items":        func() string { return `{"items":[` + strings.Repeat("{},", size/3-5) + `{}]}` },
		"numbers":      func() string { return `[` + strings.Repeat("0,", size/2-2) + `0]` },
		"another kind": func() string { return strings.Repeat("%PDF", size/4) },
	}
	for name, content := range junk {
		body := []byte(content())
		for _, s := range All() {
			t.Run(name+"/"+s.About().ID, func(t *testing.T) {
				page, _ := parse(s, Document{ContentType: "text/html", Body: body})
				for _, l := range page.Listings {
					if o, err := market.Normalise(market.Origin{Provider: "x", Kind: market.Neocloud}, l); err == nil {
						t.Fatalf("junk became an offer: %s", o.ID)
					}
				}
			})
		}
	}
}

// TestLargestDocuments reads documents that ask for as much work as the bounds let in, and holds what memory they take.
func TestLargestDocuments(t *testing.T) {
	const most = 1 << 30
	row := `{"id":"NVIDIA L40S","memoryInGb":48,"securePrice":0.98,"communityPrice":0.77,"secureSpotPrice":0.49,"communitySpotPrice":0.41}`
	tests := map[string]struct{ provider, document string }{
		"one value":            {"gitee-ai", `{"items":[{"name":"` + strings.Repeat("a", largestAnswer-24) + `"}]}`},
		"many rows":            {"runpod", `{"data":{"gpuTypes":[` + strings.Repeat(row+",", 2<<20/len(row)) + row + `]}}`},
		"elements left open":   {"omniyq", "<p>" + leftOpen(200) + strings.Repeat("<p>1", 19_000)},
		"attributes left open": {"omniyq", "<p><b" + attributes(4000) + ">" + strings.Repeat("<p>1", 1_900)},
		"attributes":           {"omniyq", strings.Repeat("<br"+attributes(4000)+">", 100)},
		"beginnings":           {"omniyq", strings.Repeat("<body"+attributes(4000)+">", 20)},
		"lines":                {"omniyq", "<p>" + strings.Repeat("8*910B - 1/月 ", 30_000)},
		"paragraphs":           {"hyperstack", strings.Repeat("<p>1", 190_000)},
		"spans":                {"ctyun", "<table>" + strings.Repeat(`<tr><td rowspan=200 colspan=200>1`, 40_000)},
		"tables within":        {"ctyun", strings.Repeat("<table><tr><td>", 120) + strings.Repeat("<tr><td>1", 5_000)},
		"many tables": {"lambda", "<section><h2>Instances</h2><i role=tab id=t>8x</i><div role=tabpanel aria-labelledby=t>" +
			strings.Repeat("<table><tr><th>Plan<th>VRAM/GPU<th>vCPUs<th>RAM<th>PRICE/GPU/HR</table>", 10_000)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			peak := peakMemory(func() {
				_, _ = parse(registry[tt.provider], Document{URL: "https://example.com/", Body: []byte(tt.document)})
			})
			t.Logf("%d MiB for a document of %d", peak>>20, len(tt.document)>>20)
			if peak > most {
				t.Errorf("%d MiB of memory, want at most %d", peak>>20, most>>20)
			}
		})
	}
}

// leftOpen are formatting elements that differ, none of them ended.
func leftOpen(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<b a%d>", i)
	}
	return b.String()
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d", i)
	}
	return b.String()
}

// peakMemory is the most memory in use while work is done, beyond what was in use before.
func peakMemory(work func()) uint64 {
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, most := inUse(), uint64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	for ticker := time.NewTicker(5 * time.Millisecond); ; {
		most = max(most, inUse())
		select {
		case <-done:
			ticker.Stop()
			return most - min(most, before)
		case <-ticker.C:
		}
	}
}
