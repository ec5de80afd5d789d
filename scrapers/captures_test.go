package scrapers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gpuhour/market"
)

// captures are recorded answers of real providers, which are not part of the repository.
const captures = "../../shared/captures"

// capturesReplay skips the test where the recorded answers are absent.
func capturesReplay(t *testing.T) *Replay {
	t.Helper()
	if _, err := os.Stat(captures); err != nil {
		t.Skip("no recorded answers beside the repository")
	}
	answers, err := NewReplay(captures)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestCaptures reads every provider's recorded answer: all that are recorded must succeed, and no other is taken for recorded.
func TestCaptures(t *testing.T) {
	answers := capturesReplay(t)
	for _, s := range All() {
		t.Run(s.About().ID, func(t *testing.T) {
			runner, store := newTestRunner(t, answers)
			result := runner.Scrape(t.Context(), s, time.Time{})
			if _, recorded := counted[s.About().ID]; result.Err != nil || result.NotRecorded == recorded {
				t.Fatalf("not recorded %v, problem %v", result.NotRecorded, result.Err)
			}
			if result.NotRecorded {
				return
			}
			for _, run := range result.Runs {
				if !run.Succeeded() || run.Offers == 0 {
					t.Errorf("%s: %d offers, problem %q", run.Sheet, run.Offers, run.Error)
				}
			}
			for _, r := range store.last().Rejected {
				t.Logf("rejected %s %q: %s", r.SKU, r.Text, r.Reason)
			}
		})
	}
}

// capturedOffers are the offers of one provider's recorded answer, by id.
func capturedOffers(t *testing.T, provider string) map[string]market.Offer {
	t.Helper()
	runner, store := newTestRunner(t, capturesReplay(t))
	result := runner.Scrape(t.Context(), registry[provider], time.Time{})
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	offers := map[string]market.Offer{}
	for _, c := range store.commits {
		for _, o := range c.Upserts {
			offers[o.ID] = o
		}
	}
	return offers
}

// counted says for each provider how many listings its recorded documents have, without asking its parser. A document that a
// rule does not fit has none, so a provider of several kinds of documents has several rules.
var counted = map[string][]rule{
	"azure": {inJSON("Items.*", 1)},
	"coreweave": {inPage(`.table-row-v2[class*="kubernetes-gpu-pricing"]`, 2), // on demand, spot
		inPage(`.table-row-v2[class*="kubernetes-cpu-pricing"]`, 1)},
	"akash":        {inJSON("models.*", 1)},
	"aws":          {inJSON("regions.*.*", 1)},
	"crusoe":       {inPage(".prixing-item", 2)}, // on demand, spot
	"digitalocean": {inPage("tbody tr", 1)},
	"hotaisle":     {inText(`\$2\.99/GPU/hr`, 3), inText(`\$(?:3\.39|1\.99)/GPU/hr`, 1)}, // machines of 1, 2 and 4 cards have one price
	"huawei":       {inJSON("product.ec2_vm.*.planList.*", 1)},
	"nebius":       {inText(`\[\\"NVIDIA `, 2), inText(`\[\\"(?:AMD EPYC|Intel Ice Lake)`, 1)}, // preemptible, on demand; processors
	"shadeform":    {inJSON("instance_types.*.availability.*", 1)},
	"tencent":      {inText(`"UnitPriceDiscount":`, 1), inText(`"DiscountPrice(?:OneYear)?":`, 1)},
	"together":     {inPage("table.is-gpu tbody tr", 5)},
	"vastai":       {inText(`"verification": "verified"`, 2), inText(`"verification": "(?:unverified|deverified)"`, 1)}, // for rent and for a bid
	"vultr":        {inJSON("plans.*.locations.*", 1), inJSON("plans_metal.*.locations.*", 2)},                          // on demand, preemptible
	"ctyun":        {inText(`<tr><td>[a-z]\w*\.\d*xlarge`, 2)},                                                          // an hour, a month
	"gitee-ai":     {inJSON("items.*", 1)},
	"hyperstack":   {inPage(".page-price_card_row_item", 1)},
	"lambda":       {inPage("tr[data-plan]", 1)},
	"matpool":      {inJSON("pools.*", 1)},
	"oci":          {inJSON("items.*", 1)},
	"omniyq":       {inText("/月", 1)},
	"runpod":       {inJSON("data.gpuTypes.*", 4)}, // secure and community, on demand and spot
	"scaleway":     {inJSON("servers.*", 1)},
	"verda":        {inJSON("*", 2)},         // on demand, spot
	"voltagepark":  {inJSON("results.*", 2)}, // Ethernet, InfiniBand
}

// TestCapturesLoseNoRow holds that every row of a recorded answer is an offer or has been refused: what an independent rule counts
// is what the parser lists, and what it lists is kept or is the same as another row.
func TestCapturesLoseNoRow(t *testing.T) {
	for _, s := range All() {
		t.Run(s.About().ID, func(t *testing.T) {
			documents, parsed := &taped{Replay: capturesReplay(t)}, &watched{Scraper: s}
			runner, store := newTestRunner(t, documents)
			result := runner.Scrape(t.Context(), parsed, time.Time{})
			if result.NotRecorded {
				t.Skipf("no answer of %s is recorded", s.About().ID)
			}
			rules, known := counted[s.About().ID]
			if result.Err != nil || !known {
				t.Fatalf("problem %v; a rule that counts its rows: %v", result.Err, known)
			}
			if rows := documents.count(rules); rows == 0 || rows != len(parsed.listings) {
				t.Errorf("the documents have %d listings, the parser found %d", rows, len(parsed.listings))
			}
			if kept, same := keptRows(store), parsed.repeated(s); kept+same != len(parsed.listings) && !parsed.cut() {
				t.Errorf("of %d listings %d are offers or rejects, and %d are the same as another", len(parsed.listings), kept, same)
			}
		})
	}
}

// rule counts the listings of a document.
type rule func(body []byte) int

// inJSON counts the values at a path; "*" is every value of a list or an object. Each makes so many listings.
func inJSON(path string, listings int) rule {
	return func(body []byte) int {
		var document any
		if json.Unmarshal(body, &document) != nil {
			return 0
		}
		return listings * valuesAt(document, strings.Split(path, "."))
	}
}

func valuesAt(value any, path []string) int {
	if len(path) == 0 {
		return 1
	}
	object, _ := value.(map[string]any)
	if path[0] != "*" {
		if within, there := object[path[0]]; there {
			return valuesAt(within, path[1:])
		}
		return 0
	}
	n := 0
	list, _ := value.([]any)
	for _, within := range list {
		n += valuesAt(within, path[1:])
	}
	for _, within := range object {
		n += valuesAt(within, path[1:])
	}
	return n
}

// inPage counts the elements that a selector finds.
func inPage(selector string, listings int) rule {
	return func(body []byte) int {
		page, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
		if err != nil {
			return 0
		}
		return listings * page.Find(selector).Length()
	}
}

// inText counts the places where an expression matches.
func inText(expression string, listings int) rule {
	matcher := regexp.MustCompile(expression)
	return func(body []byte) int { return listings * len(matcher.FindAll(body, -1)) }
}

// taped keeps the documents that a replay gave.
type taped struct {
	*Replay
	bodies [][]byte
}

func (r *taped) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.Replay.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if n := len(r.bodies); n == 0 || !bytes.Equal(r.bodies[n-1], body) { // a list that repeats its last page has ended
		r.bodies = append(r.bodies, body)
	}
	return answer, err
}

func (r *taped) count(rules []rule) int {
	n := 0
	for _, body := range r.bodies {
		for _, count := range rules {
			n += count(body)
		}
	}
	return n
}

// watched keeps what a parser makes of its documents.
type watched struct {
	Scraper
	listings []market.Listing
}

func (w *watched) Parse(d Document) (Page, error) {
	page, err := w.Scraper.Parse(d)
	w.listings = append(w.listings, page.Listings...)
	return page, err
}

// repeated is how many listings say the same as another.
func (w *watched) repeated(s Scraper) int {
	var reading market.Reading
	reading.Read(market.Origin{Provider: s.About().ID, Kind: s.About().Kind, Sheet: "prices"}, w.listings)
	reading.Settle()
	return len(w.listings) - len(reading.Offers) - len(reading.Rejected)
}

// cut says that a pool's depth is not known, so that its rows cannot be counted.
func (w *watched) cut() bool {
	return slices.ContainsFunc(w.listings, func(l market.Listing) bool { return l.Cut })
}

// keptRows is how many rows became offers, each pool with all of its listings, or were refused.
func keptRows(store *memory) int {
	n := 0
	for _, c := range store.commits {
		n += len(c.Rejected) + len(c.Upserts)
		for _, o := range c.Upserts {
			if o.Depth != nil {
				n += o.Depth.Listings - 1
			}
		}
	}
	return n
}
