package scrapers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// twins is a provider of two sheets, which differ in nothing but what they ask with.
type twins struct{ fake }

func (t twins) Sheets(s Settings) []Sheet {
	address := t.About().base(s) + "/list"
	return []Sheet{{"a", PostJSON(address, `{"list":"a"}`)}, {"b", PostJSON(address, `{"list":"b"}`)}}
}

func (t twins) Parse(d Document) (Page, error) {
	name, prices, _ := strings.Cut(string(d.Body), " ")
	page, err := t.fake.Parse(Document{Body: []byte(prices)})
	for i := range page.Listings {
		page.Listings[i].Region = name
	}
	return page, err
}

// replied is one recorded answer: so many seconds after noon, to what, and with what.
type replied struct {
	second  int
	request Request
	status  int
	body    string
}

func archiveOf(t *testing.T, answers []replied) []string {
	t.Helper()
	dir := t.TempDir()
	archive := NewArchive(dir, "test", func() time.Time { return noon })
	for _, a := range answers {
		x := Exchange{Request: a.request, Status: statusLine(a.status), Proto: "HTTP/1.1", Header: http.Header{"Content-Type": {"text/plain"}},
			Body: []byte(a.body), ReceivedAt: noon.Add(time.Duration(a.second) * time.Second)}
		if err := archive.Record(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*"))
	return paths
}

// rebuilt makes runs again, and tells all that came of it.
func rebuilt(t *testing.T, paths []string, s ...Scraper) (told, notes []string) {
	t.Helper()
	b, err := NewRebuild(paths, RebuildOptions{Scrapers: s, Read: func() {}, Ran: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Rates(t.Context()); err != nil {
		t.Fatal(err)
	}
	for in, err := range b.Imports(t.Context(), market.NewRates(fixedRates())) {
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, toldBy(t, in)...)
	}
	return told, b.Notes()
}

func toldBy(t *testing.T, in market.Import) (told []string) {
	t.Helper()
	for _, log := range in.Sheets {
		runs, err := market.ReadRuns(log.Runs)
		if err != nil {
			t.Fatal(err)
		}
		text := log.Sheet.Name
		for _, run := range runs {
			text += fmt.Sprintf(" %d%s", since(run.At), map[bool]string{false: "!"}[run.Succeeded])
		}
		for _, p := range log.Proofs {
			for _, d := range p.Documents {
				text += fmt.Sprintf(" [%d %s %d]", since(p.At), d.URL, since(d.FetchedAt))
			}
		}
		told = append(told, text)
	}
	for _, offer := range in.Offers {
		points, err := market.Points(offer.Stream)
		if err != nil {
			t.Fatal(err)
		}
		text := offer.Offer.SKU
		if offer.Offer.Region != "" {
			text += "/" + offer.Offer.Region
		}
		for _, p := range points {
			text += fmt.Sprintf(" %d:%s%s", since(p.At), p.Amount, map[bool]string{true: "-"}[p.Withdrawn])
		}
		told = append(told, text)
	}
	return told
}

func since(at time.Time) int { return int(at.Sub(noon) / time.Second) }

// TestRebuild makes runs again from what was recorded of them. A "!" is a run that failed or was held back, a "-" a withdrawal.
func TestRebuild(t *testing.T) {
	get, page2 := Get("https://x.example/"), Get("https://x.example/2")
	ask := func(body string) Request { return PostJSON("https://x.example/list", body) }
	first := leading{}.Sheets(Settings{})[0].First
	second := PostJSON("https://x.example/list#page=2", "{}")
	const leads = "2 https://x.example/list#page=2"
	tests := map[string]struct {
		reason  string
		scraper Scraper
		answers []replied
		told    []string
		notes   []string
	}{
		"a price that changes": {"each answer is a run", fake{"x"}, []replied{{0, get, 200, "2 3"}, {60, get, 200, "2 3"}, {90, get, 200, "2.5 3"}},
			[]string{"prices 0 60 90 [0 https://x.example/ 0] [90 https://x.example/ 90]", "sku0 0:2 90:2.5", "sku1 0:3"}, nil},
		"out of order": {"files may name a later time first", fake{"x"}, []replied{{60, get, 200, "2.5"}, {0, get, 200, "2"}},
			[]string{"prices 0 60 [0 https://x.example/ 0] [60 https://x.example/ 60]", "sku0 0:2 60:2.5"}, nil},
		"an answer twice": {"the same record in two files is one run", fake{"x"}, []replied{{0, get, 200, "2"}, {0, get, 200, "2"}},
			[]string{"prices 0 [0 https://x.example/ 0]", "sku0 0:2"}, nil},
		"bodies": {"sheets may differ in the body alone", twins{fake{"x"}}, []replied{{0, ask(`{"list":"a"}`), 200, "a 2"}, {5, ask(`{"list":"b"}`), 200, "b 3"}, {9, ask(`{"list":"c"}`), 200, "c 4"}},
			[]string{"a 0 [0 https://x.example/list 0]", "b 5 [5 https://x.example/list 5]", "sku0/a 0:2", "sku0/b 5:3"}, []string{"answers that no source asks for: 1"}},
		"not modified": {"the host confirms what it said before", fake{"x"}, []replied{{0, get, 200, "2"}, {60, get, 304, ""}},
			[]string{"prices 0 60 [0 https://x.example/ 0]", "sku0 0:2"}, nil},
		"not modified at first": {"what it confirms is not there", fake{"x"}, []replied{{0, get, 304, ""}, {60, get, 200, "2"}},
			[]string{"prices 60 [60 https://x.example/ 60]", "sku0 60:2"}, []string{"runs of x left out, as they confirm a page that was not read: 1; the first, prices at 2026-11-01T12:00:00Z: https://x.example/"}},
		"not modified after a failure": {"what it confirms was not read here", fake{"x"}, []replied{{0, get, 200, "2"}, {30, get, 200, ""}, {60, get, 304, ""}},
			[]string{"prices 0 30! [0 https://x.example/ 0]", "sku0 0:2"}, []string{
				"runs of x left out, as they confirm a page that was not read: 1; the first, prices at 2026-11-01T12:01:00Z: https://x.example/",
				"runs of x that failed or were held back: 1; the first, prices at 2026-11-01T12:00:30Z: the document has no rows: has its layout changed?"}},
		"tries": {"a host that asks for patience is asked again within one run", fake{"x"}, []replied{{0, get, 429, ""}, {20, get, 503, ""}, {40, get, 200, "2"}},
			[]string{"prices 0 [0 https://x.example/ 40]", "sku0 0:2"}, nil},
		"tries given up": {"after the last one the run has failed", fake{"x"}, []replied{{0, get, 429, ""}, {20, get, 503, ""}, {40, get, 503, ""}, {60, get, 200, "2"}},
			[]string{"prices 0! 60 [60 https://x.example/ 60]", "sku0 60:2"}, []string{"runs of x that failed or were held back: 1; the first, prices at 2026-11-01T12:00:00Z: https://x.example/ answered 503"}},
		"no try": {"an hour later is another run", fake{"x"}, []replied{{0, get, 503, ""}, {3600, get, 200, "2"}},
			[]string{"prices 0! 3600 [3600 https://x.example/ 3600]", "sku0 3600:2"}, []string{"runs of x that failed or were held back: 1; the first, prices at 2026-11-01T12:00:00Z: https://x.example/ answered 503"}},
		"pages": {"each run has the pages that came after its first", leading{}, []replied{{0, first, 200, leads}, {2, second, 200, "3"}, {60, first, 200, leads}, {61, second, 503, ""}, {70, second, 200, "4"}},
			[]string{"prices 0 60 [0 https://x.example/list#page=1 0] [0 https://x.example/list#page=2 2] [60 https://x.example/list#page=1 60] [60 https://x.example/list#page=2 70]",
				"sku0/https://x.example/list#page=1 0:2", "sku0/https://x.example/list#page=2 0:3 60:4"}, nil},
		"a missing page": {"a page of the next run is none of this one", leading{}, []replied{{0, first, 200, leads}, {60, first, 200, leads}, {62, second, 200, "3"}},
			[]string{"prices 60 [60 https://x.example/list#page=1 60] [60 https://x.example/list#page=2 62]", "sku0/https://x.example/list#page=1 60:2", "sku0/https://x.example/list#page=2 60:3"},
			[]string{"runs of x left out, as they are not recorded whole: 1; the first, prices at 2026-11-01T12:00:00Z: POST https://x.example/list#page=2: not recorded"}},
		"a page too late": {"no run takes longer", leading{}, []replied{{0, first, 200, leads}, {601, second, 200, "3"}}, nil, []string{
			"runs of x left out, as they are not recorded whole: 1; the first, prices at 2026-11-01T12:00:00Z: POST https://x.example/list#page=2: not recorded", "answers that no source asks for: 1"}},
		"an unlikely run": {"it is held back until three agree", fake{"x"}, []replied{{0, get, 200, "2 2.1"}, {60, get, 200, "8 8.4"}, {120, get, 200, "8 8.4"}, {180, get, 200, "8 8.4"}},
			[]string{"prices 0 60! 120! 180 [0 https://x.example/ 0] [180 https://x.example/ 180]", "sku0 0:2 180:8", "sku1 0:2.1 180:8.4"},
			[]string{"runs of x that failed or were held back: 2; the first, prices at 2026-11-01T12:01:00Z: the median price moved from 2 to 8 USD a card-hour: held back until 3 runs in a row agree (1 so far) or an operator releases it with releaseQuarantine"}},
		"nothing asked for": {"what nobody reads is counted", fake{"x"}, []replied{{0, page2, 200, "2"}, {0, Get("https://y.example/"), 200, "2"}, {0, Get("https://y.example/robots.txt"), 200, ""}}, nil,
			[]string{"answers that no source asks for: 2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			told, notes := rebuilt(t, archiveOf(t, tt.answers), tt.scraper)
			if diff := cmp.Diff(tt.told, told); diff != "" {
				t.Errorf("%s (-want +told):\n%s", tt.reason, diff)
			}
			if diff := cmp.Diff(tt.notes, notes); diff != "" {
				t.Errorf("%s (-want +noted):\n%s", tt.reason, diff)
			}
		})
	}
}

// TestRebuildBesideOthers judges a row beside what another provider asked then.
func TestRebuildBesideOthers(t *testing.T) {
	x, y := Get("https://x.example/"), Get("https://y.example/")
	told, _ := rebuilt(t, archiveOf(t, []replied{{0, y, 200, "2.00 2.10 2.20 2.30 2.40 2.50"}, {5, x, 200, "2.20 0.02"}}), fake{"x"}, fake{"y"})
	if all := strings.Join(told, "\n"); !strings.Contains(all, "sku0 5:2.20") || strings.Contains(all, "0.02") {
		t.Error(all)
	}
}

// TestRebuildRates reads the recorded exchange rates with the dates of their records.
func TestRebuildRates(t *testing.T) {
	source := RateSources(nil)[1]
	paths := archiveOf(t, []replied{{0, source.Request, 200, readFixture(t, "rates/eurofxref-daily.xml")}, {60, source.Request, 200, "no XML"}})
	b, err := NewRebuild(paths, RebuildOptions{Read: func() {}, Ran: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := b.Rates(t.Context())
	if err != nil || len(tables) != 1 || !tables[0].FetchedAt.Equal(noon) || len(tables[0].Quotations) == 0 {
		t.Errorf("%+v, %v", tables, err)
	}
	if notes := b.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "readings of exchange rates that failed: 1") {
		t.Errorf("%q", notes)
	}
}

// TestRecordsAreReadAgain walks through archives of all makes, and reads each record a second time from where it lies.
func TestRecordsAreReadAgain(t *testing.T) {
	var plain []byte
	var offsets []int
	for i := range 20 {
		offsets = append(offsets, len(plain))
		body := strings.Repeat(fmt.Sprint(i), 1+i*100)
		plain = fmt.Appendf(plain, "WARC/1.1\r\nWARC-Type: response\r\nWARC-Date: 2026-11-01T12:00:00Z\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(body), body)
	}
	zipped := func(every int) []byte {
		var out bytes.Buffer
		for i := 0; i < len(offsets); i += every {
			end := len(plain)
			if i+every < len(offsets) {
				end = offsets[i+every]
			}
			zip := gzip.NewWriter(&out)
			_, _ = zip.Write(plain[offsets[i]:end]) // a buffer takes everything
			_ = zip.Close()
		}
		return out.Bytes()
	}
	blocks := func(size int) []byte {
		var out bytes.Buffer
		for rest := plain; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			zip := gzip.NewWriter(&out)
			_, _ = zip.Write(rest[:min(size, len(rest))]) // a buffer takes everything
			_ = zip.Close()
		}
		return out.Bytes()
	}
	tests := map[string]struct {
		reason  string
		content []byte
		kept    int
	}{
		"plain":              {"a record is found by its offset", plain, 0},
		"a member each":      {"as we write it: nothing is kept", zipped(1), 0},
		"members of three":   {"only the first of a member is found again", zipped(3), 13},
		"one stream":         {"all but the first are kept", zipped(len(offsets)), 19},
		"blocks of one size": {"a record may lie across two members", blocks(300), 20},
		"smaller blocks":     {"a line may lie across two members", blocks(50), 20},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.warc")
			if err := os.WriteFile(path, tt.content, 0o644); err != nil {
				t.Fatal(err)
			}
			n, kept := 0, 0
			err := walkWarc(path, everyRecord, func(found warcFound) error {
				n++
				if found.place.kept != nil {
					kept++
				}
				return sameAgain(found)
			})
			if err != nil || n != len(offsets) || kept > tt.kept {
				t.Errorf("%s: %d records, %d of them kept, want %d (%v)", tt.reason, n, kept, tt.kept, err)
			}
		})
	}
}

func sameAgain(found warcFound) error {
	header, block, err := found.place.read()
	switch {
	case err != nil:
		return fmt.Errorf("again: %w", err)
	case !bytes.Equal(block, found.block), header.Get("Warc-Date") != found.header.Get("Warc-Date"):
		return errors.New("another record is read the second time")
	}
	return nil
}

// TestRequestsOfAnswers finds requests on either side of their answers.
func TestRequestsOfAnswers(t *testing.T) {
	record := func(kind, id, with string) warcFound {
		return warcFound{header: textproto.MIMEHeader{"Warc-Type": {kind}, "Warc-Record-Id": {id}, "Warc-Concurrent-To": strings.Fields(with)},
			block: []byte("POST / HTTP/1.1\r\nHost: x\r\n\r\n{}")}
	}
	tests := map[string]struct {
		reason          string
		request, answer warcFound
		known           bool
	}{
		"the answer names it":      {"as some write it", record("request", "1", ""), record("response", "2", "1"), true},
		"it names the answer":      {"as others do", record("request", "1", "2"), record("response", "2", ""), true},
		"one of several":           {"an answer may come with more than its request", record("request", "1", ""), record("response", "2", "7 1"), true},
		"neither names the other":  {"nobody knows", record("request", "1", ""), record("response", "2", ""), false},
		"a request without a name": {"an empty name is none", record("request", "", ""), record("response", "", ""), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			requests := newRequestRecords()
			if !requests.take(tt.request) || requests.take(tt.answer) {
				t.Error("a request is a request")
			}
			got, known := requests.of(tt.answer.header)
			if known != tt.known || known && got != (requestRecord{"POST", bodyDigest([]byte("{}"))}) {
				t.Errorf("%s: %+v, %v", tt.reason, got, known)
			}
		})
	}
}

// TestRebuildLeavesBodiesInTheFile makes runs again whose pages, unzipped, are far more than the memory that is taken.
func TestRebuildLeavesBodiesInTheFile(t *testing.T) {
	const pages, most = 200, 64 << 20
	var answers []replied
	for i := range pages {
		answers = append(answers, replied{i * 60, Get("https://x.example/"), 200, "2" + strings.Repeat(" ", 1<<20)})
	}
	paths := archiveOf(t, answers)
	peak := peakMemory(func() {
		if told, _ := rebuilt(t, paths, fake{"x"}); len(told) != 2 {
			t.Errorf("%q", told)
		}
	})
	t.Logf("%d MiB for %d pages of one MiB", peak>>20, pages)
	if peak > most {
		t.Errorf("%d MiB of memory, want at most %d", peak>>20, most>>20)
	}
}

// TestRevisits says which answer a record means that says only that it was the same as another.
func TestRevisits(t *testing.T) {
	const at = "https://x.example/"
	record := func(kind, date, more, block string) string {
		return fmt.Sprintf("WARC/1.1\r\nWARC-Type: %s\r\nWARC-Target-URI: <%s>\r\nWARC-Date: %s\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n", kind, at, date, more, len(block), block)
	}
	const first, second = "2026-11-01T12:00:00Z", "2026-11-01T13:00:00Z"
	tests := map[string]struct {
		reason, original, refers string
		runs                     string
	}{
		"by its id":                {"as a writer of today does", "WARC-Record-ID: <1>\r\n", "WARC-Refers-To: <1>\r\n", "prices 0 3600"},
		"by its address and date":  {"as the standard recommends", "", "WARC-Refers-To-Target-URI: " + at + "\r\nWARC-Refers-To-Date: " + first + "\r\n", "prices 0 3600"},
		"by its digest":            {"as the oldest writers do", "WARC-Payload-Digest: sha1:A\r\n", "WARC-Payload-Digest: sha1:A\r\n", "prices 0 3600"},
		"another digest":           {"it is another page", "WARC-Payload-Digest: sha1:A\r\n", "WARC-Payload-Digest: sha1:B\r\n", "prices 0"},
		"by nothing":               {"an answer without names is not what a record without names means", "", "", "prices 0"},
		"an answer that is absent": {"it lies in another file", "WARC-Record-ID: <1>\r\n", "WARC-Refers-To: <2>\r\n", "prices 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.warc")
			content := record("revisit", second, tt.refers, "") + record("response", first, tt.original, "HTTP/1.1 200 OK\r\n\r\n2")
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			told, notes := rebuilt(t, []string{path}, fake{"x"})
			if runs, _, _ := strings.Cut(told[0], " ["); runs != tt.runs || (len(notes) == 0) != strings.HasSuffix(runs, "3600") {
				t.Errorf("%s: %q, want %q; noted %q", tt.reason, runs, tt.runs, notes)
			}
		})
	}
}
