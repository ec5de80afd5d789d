package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

func date(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return day
}

func TestRatesOfThePast(t *testing.T) {
	replay, err := NewReplay("testdata")
	if err != nil {
		t.Fatal(err)
	}
	runner, store := newTestRunner(t, replay)
	for _, s := range RateSources(nil) {
		if _, err := runner.Rates(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := runner.Backfill(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	rates := market.NewRates(store.rates)
	tests := map[string]struct {
		reason      string
		base, quote market.Currency
		at          string
		want, of    string
	}{
		"the day before":          {"CFETS' fixing of that day", "USD", "CNY", "2026-10-29", "7.02", "2026-10-29"},
		"a hundred yen":           {"the history quotes them as the day's table does", "JPY", "CNY", "2026-10-29", "0.0455", "2026-10-29"},
		"long before":             {"the latest at or before", "USD", "CNY", "2026-03-01", "7.15", "2025-10-31"},
		"absent in CFETS":         {"a dash is no rate, and nobody else has the pataca", "MOP", "CNY", "2025-11-01", "", ""},
		"rupees":                  {"the ECB has them since 2009", "USD", "INR", "2026-10-29", "82.5", "2026-10-29"},
		"absent in the ECB":       {"N/A is no rate", "ISK", "EUR", "2010-05-04", "", ""},
		"before CFETS' year":      {"the ECB's document goes back further", "USD", "CNY", "2010-05-05", "6.8", "2010-05-04"},
		"before the yuan":         {"the ECB quotes it since 2005", "USD", "CNY", "1999-01-04", "", ""},
		"before anybody's rates":  {"null, never a later one", "USD", "EUR", "1999-01-03", "", ""},
		"the first day of all":    {"it is kept as the others are", "EUR", "USD", "1999-01-04", "1.15", "1999-01-04"},
		"a currency that is gone": {"large numbers fit", "EUR", "TRL", "2000-01-01", "370000", "1999-01-04"},
	}
	for name, tt := range tests {
		rate, found := rates.Between(tt.base, tt.quote, date(tt.at))
		if tt.want == "" && !found {
			continue
		}
		got, err := rate.Decimal()
		if !found || err != nil || got.String() != tt.want || !rate.Day.Equal(date(tt.of)) {
			t.Errorf("%s: %s: got %s of %s, %v, want %s of %s", name, tt.reason, got, rate.Day, err, tt.want, tt.of)
		}
	}
}

// parityHost answers as CFETS does: at most fifty days a page and less than a year at once, the newest first.
type parityHost struct {
	days  []time.Time // the newest first
	fails string      // the page that it fails on
	asked []string
}

// workingDays are those from one day until another, the newest first, but for holidays.
func workingDays(since, until string, holidays ...string) []time.Time {
	var days []time.Time
	for at := date(until); !at.Before(date(since)); at = at.Add(-day) {
		if at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && !slices.Contains(holidays, at.Format(time.DateOnly)) {
			days = append(days, at)
		}
	}
	return days
}

func (h *parityHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	since, until := date(q.Get("startDate")), date(q.Get("endDate"))
	page, size := number(q.Get("pageNum")), number(q.Get("pageSize"))
	h.asked = append(h.asked, fmt.Sprintf("%s %s %d", q.Get("startDate"), q.Get("endDate"), page))
	if r.Method != http.MethodPost || size > 50 || q.Get("pageNum") == h.fails {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var answer cfetsHistory
	answer.Head.Code, answer.Data.Pairs = "200", []string{"USD/CNY"}
	answer.Data.Since, answer.Data.Until, answer.Data.Page, answer.Data.Size = q.Get("startDate"), q.Get("endDate"), page, size
	if !until.Before(since.AddDate(1, 0, 0)) {
		answer.Data.Refusal = "只提供一年历史数据查询及下载"
	} else {
		days := slices.DeleteFunc(slices.Clone(h.days), func(d time.Time) bool { return d.Before(since) || d.After(until) })
		answer.Data.Total = len(days)
		for _, d := range days[min(len(days), size*(page-1)):min(len(days), size*page)] {
			answer.Records = append(answer.Records, cfetsDay{d.Format(time.DateOnly), []string{"7." + d.Format("20060102")}})
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// hosted is a source of rates whose requests go to a host of the test's, and a store that knows its newest day.
func hosted(t *testing.T, id int, host http.HandlerFunc, complete, newest string) (*Runner, *memory, RateSource) {
	t.Helper()
	runner, store := newTestRunner(t, http.DefaultTransport)
	address := Settings{BaseURL: served(t, host)}
	s := RateSources(map[string]Settings{"cfets": address, "ecb": address})[id]
	quotation := market.Quotation{Base: "USD", Quote: "CNY", Rate: mustDecimal("7.5")}
	store.rates = []market.RateTable{{Source: s.Name, Day: date(newest), Quotations: []market.Quotation{quotation}}}
	if complete != "" {
		store.complete[s.Name] = date(complete)
	}
	return runner, store, s
}

// TestBackfill reads what is missing, and nothing a second time.
func TestBackfill(t *testing.T) {
	pages := func(since, until string, n int) (out []string) {
		for page := range n {
			out = append(out, fmt.Sprintf("%s %s %d", since, until, page+1))
		}
		return out
	}
	all := workingDays("2024-01-01", "2026-10-30")
	golden := workingDays("2024-01-01", "2026-10-30", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07", "2026-10-08")
	tests := map[string]struct {
		reason           string
		published        []time.Time
		complete, newest string
		asked            []string
		known            int // days that the store knows afterwards
	}{
		"never read":       {"a year, fifty days a page", all, "", "2026-10-30", pages("2025-10-31", "2026-10-30", 6), 261},
		"read yesterday":   {"the day's table is enough", all, "2026-10-29", "2026-10-30", nil, 1},
		"read on Friday":   {"nothing is published on Saturday and Sunday", all, "2026-10-23", "2026-10-26", nil, 1},
		"read today":       {"several times a day", all, "2026-10-30", "2026-10-30", nil, 1},
		"missed a day":     {"a Thursday lies between", all, "2026-10-28", "2026-10-30", pages("2026-10-29", "2026-10-30", 1), 2},
		"off for a month":  {"only what is missing", all, "2026-09-30", "2026-10-30", pages("2026-10-01", "2026-10-30", 1), 22},
		"off for a year":   {"no request for more than a year", all, "2025-03-03", "2026-10-30", append(pages("2025-03-04", "2026-03-03", 6), pages("2026-03-04", "2026-10-30", 4)...), 434},
		"after a holiday":  {"they are not known in advance, so it is asked, once", golden, "2026-09-30", "2026-10-09", pages("2026-10-01", "2026-10-09", 1), 1},
		"a table of today": {"an old one is no newer than what is known", all, "2026-10-30", "2026-10-28", nil, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			host := &parityHost{days: tt.published}
			runner, store, s := hosted(t, 0, host.ServeHTTP, tt.complete, tt.newest)
			for range 2 {
				if err := runner.Backfill(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.asked, host.asked); diff != "" || len(store.rates) != tt.known {
				t.Errorf("%s: %d days are known; asked: %s", tt.reason, len(store.rates), diff)
			}
			if got := store.complete[s.Name]; got.Before(date(tt.newest)) {
				t.Errorf("all is known until %s", got)
			}
		})
	}
}

// TestBackfillFails fails in the middle, keeps what is known, and is tried again.
func TestBackfillFails(t *testing.T) {
	tests := map[string]struct {
		reason   string
		complete string
		fails    string
		says     string
		known    int
		until    string
	}{
		"at once":         {"nothing is lost", "", "1", "answered 403", 1, ""},
		"on a later page": {"half a history is none: nobody would ask for the rest", "", "3", "page 3: ", 1, ""},
		"after a year":    {"what was read whole is kept, and not asked for again", "2025-03-03", "6", "page 6: ", 1, "2025-03-03"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			host := &parityHost{days: workingDays("2024-01-01", "2026-10-30"), fails: tt.fails}
			runner, store, s := hosted(t, 0, host.ServeHTTP, tt.complete, "2026-10-30")
			err := runner.Backfill(t.Context(), s)
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "cfets: history: ") {
				t.Errorf("%s: got %v", tt.reason, err)
			}
			if len(store.rates) != tt.known || !store.complete[s.Name].Equal(date(tt.until)) {
				t.Errorf("%s: %d days are known, all until %s", tt.reason, len(store.rates), store.complete[s.Name])
			}
			host.fails = ""
			if err := runner.Backfill(t.Context(), s); err != nil || len(store.rates) < 261 {
				t.Errorf("the second time: %d days, %v", len(store.rates), err)
			}
		})
	}
}

// TestBackfillOfAStaleHistory keeps what an old copy of the ECB's document says, and does not take it for all.
func TestBackfillOfAStaleHistory(t *testing.T) {
	document := readFixture(t, "rates/eurofxref-hist.xml")
	var asked []string
	runner, store, s := hosted(t, 1, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		fmt.Fprint(w, document)
	}, "", "2026-11-30")
	err := runner.Backfill(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), "ends on 2026-10-30, before 2026-11-30") || len(store.rates) != 5 {
		t.Errorf("got %v, %d days", err, len(store.rates))
	}
	document = strings.ReplaceAll(document, "2026-10-30", "2026-11-27")
	if err := runner.Backfill(t.Context(), s); err != nil || len(store.rates) != 6 {
		t.Errorf("the second time %v, %d days", err, len(store.rates))
	}
	want := []string{"/stats/eurofxref/eurofxref-hist.xml", "/stats/eurofxref/eurofxref-hist-90d.xml"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// parityPage is what the fixture of CFETS' history answers.
const parityPage = "https://www.chinamoney.com.cn/ags/ms/cm-u-bk-ccpr/CcprHisNew?currency=&endDate=2026-10-30&pageNum=1&pageSize=50&startDate=2025-10-31"

func TestHistoryRefusesWhatItDoesNotKnow(t *testing.T) {
	good := readFixture(t, "rates/CcprHisNew.json")
	tests := map[string]struct{ reason, old, text, says string }{
		"the fixture":         {"what is changed below is right", "200", "200", ""},
		"no":                  {"the code is shown", `"rep_code": "200"`, `"rep_code": "500"`, `code "500"`},
		"another year":        {"it is no answer to what was asked", `"startDate": "2025-10-31"`, `"startDate": "2024-10-31"`, "page 1 of 2024-10-31 to 2026-10-30"},
		"another page":        {"a list that always gives its first page would lose the rest", `"pageNum": 1`, `"pageNum": 2`, "page 2 of"},
		"a page cut short":    {"the rest would be lost", `"total": 3`, `"total": 4`, "page 1 has 3 days, expected 4 of 4"},
		"more than there are": {"the total is wrong, or the days", `"total": 3`, `"total": 2`, "page 1 has 3 days, expected 2 of 2"},
		"pages of no size":    {"they would never end", `"pageSize": 50`, `"pageSize": 0`, "how many days a page has"},
		"a pair without name": {"whose rate is it?", `"searchlist": ["USD/CNY", `, `"searchlist": [`, "2026-10-30: has 4 values for 3 pairs"},
		"pairs no more named": {"whose rates are they?", `"searchlist"`, `"list"`, "has 4 values for 0 pairs"},
		"a price of words":    {"the day and the pair are named", `"7.0200"`, `"seven"`, "2026-10-29: rate USD/CNY"},
		"a day that is none":  {"it is named", `"date": "2026-10-29"`, `"date": "Thursday"`, `date "Thursday"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(good, tt.old, tt.text, 1)
			page, err := parseCFETSHistory(Document{URL: parityPage, Body: []byte(body)})
			switch {
			case tt.says == "" && (err != nil || len(page.Tables) != 3 || page.Next != nil):
				t.Errorf("%s: got %+v, %v", tt.reason, page, err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
	refusal := `{"head":{"rep_code":"200"},"data":{"flagMessage":"只提供一年历史数据查询及下载"},"records":null}`
	if _, err := parseCFETSHistory(Document{URL: parityPage, Body: []byte(refusal)}); err == nil || !strings.Contains(err.Error(), "只提供一年") {
		t.Errorf("a refusal: got %v", err)
	}
}

// TestHistoryOfTheCaptures reads CFETS' recorded page, of which only two days were kept.
func TestHistoryOfTheCaptures(t *testing.T) {
	answers := capturesReplay(t)
	request, err := http.NewRequest(http.MethodPost, "https://www.chinamoney.com.cn/ags/ms/cm-u-bk-ccpr/CcprHisNew?"+
		url.Values{"startDate": {"2026-01-08"}, "endDate": {"2026-02-07"}, "pageNum": {"1"}}.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := answers.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := readCapped(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	d := Document{URL: request.URL.String(), Body: raw}
	if _, err := parseCFETSHistory(d); err == nil || !strings.Contains(err.Error(), "page 1 has 2 days, expected 10 of 22") {
		t.Errorf("the page as it is: %v", err)
	}
	d.Body = []byte(strings.Replace(string(raw), `"total": 22`, `"total": 2`, 1))
	page, err := parseCFETSHistory(d)
	if err != nil || len(page.Tables) != 2 || page.Next != nil {
		t.Fatalf("got %+v, %v", page, err)
	}
	rates := market.NewRates(page.Tables)
	for base, want := range map[market.Currency]string{"USD": "6.957", "EUR": "8.2036", "JPY": "0.044328", "HKD": "0.89062"} {
		rate, found := rates.Between(base, "CNY", date("2026-02-05"))
		if got, err := rate.Decimal(); !found || err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v", base, got, err)
		}
	}
}

// TestNoHistoryIsRecorded asks recorded answers for a history that they do not hold: nothing is missing then, nothing is made up.
func TestNoHistoryIsRecorded(t *testing.T) {
	runner, store := newTestRunner(t, capturesReplay(t))
	for _, s := range RateSources(nil) {
		if err := runner.Backfill(t.Context(), s); err != nil {
			t.Errorf("before any rate: %v", err)
		}
		if _, err := runner.Rates(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		err := runner.Backfill(t.Context(), s)
		if s.ID == "ecb" && !errors.Is(err, ErrNotRecorded) || s.ID == "cfets" && !strings.Contains(fmt.Sprint(err), "2026-01-08 to 2026-02-07, which was not asked for") {
			t.Errorf("%s: got %v", s.ID, err)
		}
	}
	if len(store.rates) != 2 || len(store.complete) != 0 {
		t.Errorf("got %d days, all until %v", len(store.rates), store.complete)
	}
}

// FuzzRates bends the fixtures: no parser of rates may panic, nor take for a rate what is not positive.
func FuzzRates(f *testing.F) {
	parsers := []func(Document) (RatePage, error){parseCFETS, parseCFETSHistory, parseECB}
	for i, name := range []string{"ccpr.json", "CcprHisNew.json", "eurofxref-hist.xml"} {
		content, err := os.ReadFile("testdata/rates/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), content)
		for _, number := range []string{"-1", "0", "1e308", "9999999999.999999999"} {
			f.Add(uint8(i), regexp.MustCompile(`\d+\.\d+`).ReplaceAll(content, []byte(number)))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		page, err := parsers[int(which)%len(parsers)](Document{URL: parityPage, Body: body})
		if err != nil {
			return
		}
		for _, table := range page.Tables {
			for _, q := range table.Quotations {
				if !q.Rate.IsPos() {
					t.Errorf("%s/%s is %s", q.Base, q.Quote, q.Rate)
				}
			}
		}
	})
}

// BenchmarkParseECBHistory reads 7,100 days of 31 currencies, as long as the ECB's document is.
func BenchmarkParseECBHistory(b *testing.B) {
	var text strings.Builder
	text.WriteString("<Envelope><Cube>")
	for _, d := range workingDays("1999-01-04", "2026-03-20") {
		fmt.Fprintf(&text, `<Cube time="%s">`, d.Format(time.DateOnly))
		for c := range 31 {
			fmt.Fprintf(&text, `<Cube currency="%c%cX" rate="1%d.%04d"/>`, 'A'+c/26, 'A'+c%26, c, d.Unix()%10000)
		}
		text.WriteString("</Cube>")
	}
	text.WriteString("</Cube></Envelope>")
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if page, err := parseECB(Document{Body: []byte(text.String())}); err != nil || len(page.Tables) < 7000 {
			b.Fatal(len(page.Tables), err)
		}
	}
}
