package scrapers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

// leading is a provider whose answers are "price address": the address is the next page's.
type leading struct{ fake }

func (leading) About() About {
	return About{Provider: market.Provider{ID: "x", Kind: market.Neocloud}, Base: "https://x.example", Hosts: []string{"files.example"}, Parser: 1}
}

func (l leading) Sheets(s Settings) []Sheet {
	first := PostJSON(l.About().Base+"/list#page=1", "{}")
	first.Header.Set("Authorization", "a secret")
	first.Timestamp = "X-Time"
	return []Sheet{{"prices", first}}
}

func (l leading) Parse(d Document) (Page, error) {
	price, next, _ := strings.Cut(string(d.Body), " ")
	page, err := l.fake.Parse(Document{Body: []byte(price)})
	for i := range page.Listings {
		page.Listings[i].Region = d.URL
	}
	if next != "" {
		request := PostJSON(next, "{}")
		page.Next = &request
	}
	return page, err
}

// recordedRequests answers from a list and keeps what was asked.
type recordedRequests struct {
	answers []string
	asked   []*http.Request
}

func (r *recordedRequests) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Path == "/robots.txt" {
		return reply(404, nil, "")(request)
	}
	r.asked = append(r.asked, request)
	return reply(200, nil, r.answers[min(len(r.asked), len(r.answers))-1])(request)
}

// TestFollowingPages follows pages on the same host and on a declared one, with the headers that are due to each.
func TestFollowingPages(t *testing.T) {
	tests := map[string]struct {
		reason  string
		answers []string
		offers  int
		says    string
		secrets []bool // of each request, whether it carried the key and the time
	}{
		"the same host":           {"headers are inherited", []string{"2.00 https://x.example/list#page=2", "2.10"}, 2, "", []bool{true, true}},
		"a declared host":         {"the key stays with its host", []string{"2.00 https://files.example/f", "2.10"}, 2, "", []bool{true, false}},
		"another host":            {"an answer does not send us where it likes", []string{"2.00 https://evil.example/f"}, 0, "on another host", []bool{true}},
		"the declared host, bare": {"without https anybody could answer", []string{"2.00 http://files.example/f"}, 0, "on another host", []bool{true}},
		"a repeated page":         {"a list that repeats its rows has ended", []string{"2.00 https://x.example/list#page=2"}, 1, "", []bool{true, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			host := &recordedRequests{answers: tt.answers}
			runner, store := newTestRunner(t, host)
			run := scrape(t, runner, leading{})
			if run.Offers != tt.offers || !strings.Contains(run.Error, tt.says) || (tt.says == "") != (run.Error == "") {
				t.Errorf("%s: %d offers, problem %q", tt.reason, run.Offers, run.Error)
			}
			var secrets []bool
			for _, r := range host.asked {
				secrets = append(secrets, r.Header.Get("Authorization") == "a secret" && r.Header.Get("X-Time") == fmt.Sprint(noon.UnixMilli()))
			}
			if !slices.Equal(secrets, tt.secrets) {
				t.Errorf("%s: the requests carried the key: %v, want %v", tt.reason, secrets, tt.secrets)
			}
			documents := store.last().Documents
			for i := 1; i < len(documents); i++ {
				if documents[i].URL == documents[0].URL {
					t.Errorf("two documents are called %s", documents[i].URL)
				}
			}
		})
	}
}

// emptyThenMore is a list whose first pages have no rows: it asks for three pages, whatever they say.
type emptyThenMore struct{ fake }

func (e emptyThenMore) Parse(d Document) (Page, error) {
	page, err := e.fake.Parse(d)
	for n, address := range []string{"https://x.example/", "https://x.example/2", "https://x.example/3"} {
		if d.URL == address && n < 2 {
			next := Get(fmt.Sprintf("https://x.example/%d", n+2))
			page.Next = &next
		}
	}
	return page, err
}

// TestEmptyPagesAreNoEnd reads on past two pages that are equal because both are empty.
func TestEmptyPagesAreNoEnd(t *testing.T) {
	host := &recordedRequests{answers: []string{"", "", "2.00"}}
	runner, _ := newTestRunner(t, host)
	if run := scrape(t, runner, emptyThenMore{fake{"x"}}); run.Offers != 1 || len(host.asked) != 3 {
		t.Errorf("%d offers after %d pages, %q", run.Offers, len(host.asked), run.Error)
	}
}

// TestReplayTellsFragmentsApart answers pages of one address by their fragments, and any fragment where the index names none.
func TestReplayTellsFragmentsApart(t *testing.T) {
	dir := t.TempDir()
	archive := NewArchive(dir, "test", func() time.Time { return noon })
	for _, page := range []string{"1", "2"} {
		if err := archive.Record(exchangeOf("POST", "https://a.example/search#page="+page, "page "+page)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Record(exchangeOf("POST", "https://a.example/all", "any page")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	replay, err := NewReplay(dir)
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient(ClientOptions{Transport: replay, Archive: discard{}, Now: func() time.Time { return noon }, Unhurried: true})
	for address, want := range map[string]string{"https://a.example/search#page=2": "page 2", "https://a.example/search#page=1": "page 1", "https://a.example/all#page=7": "any page"} {
		f, err := client.Fetch(t.Context(), PostJSON(address, "{}"), Manners{}, Validators{})
		if err != nil || string(f.Body) != want || f.URL != address {
			t.Errorf("%s: %q from %s, %v", address, f.Body, f.URL, err)
		}
	}
}
