package scrapers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// drift is testdata/<provider>/drift.json: how the documents of the case "prices" may change, and what must come of it.
type drift struct {
	// Altered is a value that the provider changes: the offer follows.
	Altered struct{ Old, New, ID, Listed string }
	// Needed are the literal texts without which the documents are refused, each with the words of the refusal: a header
	// (">GPU Model<"), a field ("\"hourly_price\"").
	Needed map[string]string
	// Optional are the texts without which the offers lose their sizes or their stock and nothing else; Unread those that nobody reads.
	Optional, Unread []string
	// Rows and Cells select what the columns of a page are made of; "tr" and "td,th" when left out.
	Rows, Cells string
	// NoColumns is why a page has no columns that could change places.
	NoColumns string `json:"no_columns"`
}

// TestDrift changes the documents of every provider as their owners do: a value, the order of columns and fields, a column
// taken away.
func TestDrift(t *testing.T) {
	for _, s := range All() {
		t.Run(s.About().ID, func(t *testing.T) {
			d := readDrift(t, s.About().ID)
			before := bent(t, s, func(body []byte) []byte { return body })
			if len(before.Errors) > 0 {
				t.Fatal(before.Errors)
			}
			d.checkAltered(t, s)
			d.checkOrder(t, s, before)
			d.checkNeeded(t, s)
			d.checkSpare(t, s, before)
		})
	}
}

func readDrift(t *testing.T, id string) drift {
	t.Helper()
	var d drift
	file, err := os.Open(filepath.Join("testdata", id, "drift.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if d.Altered.Old == "" || len(d.Needed) == 0 {
		t.Fatal("drift.json needs a value that is altered, and what is needed")
	}
	return d
}

// checkAltered changes one value and expects one offer to follow.
func (d drift) checkAltered(t *testing.T, s Scraper) {
	t.Helper()
	got := bent(t, s, func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(d.Altered.Old), []byte(d.Altered.New))
	})
	for _, o := range got.Offers {
		if o.ID == d.Altered.ID {
			if listed, _, _ := strings.Cut(o.Listed, " "); listed != d.Altered.Listed {
				t.Errorf("%q became %q: %s is listed at %s, want %s", d.Altered.Old, d.Altered.New, o.ID, listed, d.Altered.Listed)
			}
			return
		}
	}
	t.Errorf("%q became %q: there is no %s; errors %q", d.Altered.Old, d.Altered.New, d.Altered.ID, got.Errors)
}

// checkOrder lets neighbouring columns and the fields of objects change places, and expects the same offers.
func (d drift) checkOrder(t *testing.T, s Scraper, before outcome) {
	t.Helper()
	moved := false
	for column := range 12 {
		got := bent(t, s, func(body []byte) []byte {
			after := d.reordered(t, body, column)
			moved = moved || !bytes.Equal(after, body)
			return after
		})
		if len(got.Errors) > 0 || !slices.Equal(got.Offers, before.Offers) || !sameRows(got.Rejected, before.Rejected) {
			t.Errorf("with the order of columns %d and %d or of fields changed: errors %q, offers %v, want %v", column, column+1, got.Errors, got.Offers, before.Offers)
		}
	}
	if moved != (d.NoColumns == "") {
		t.Errorf("columns or fields were moved: %v, but no_columns says %q", moved, d.NoColumns)
	}
}

// checkNeeded takes away one text at a time and expects an error that names it.
func (d drift) checkNeeded(t *testing.T, s Scraper) {
	t.Helper()
	for text, says := range d.Needed {
		got, found := d.without(t, s, text)
		if !found {
			t.Errorf("no document has %q", text)
		}
		if len(got.Offers) > 0 || len(got.Errors) == 0 || says == "" || !strings.Contains(got.Errors[0], says) {
			t.Errorf("without %q: %d offers, errors %q, want one that says %q", text, len(got.Offers), got.Errors, says)
		}
	}
}

// checkSpare takes away what can be missed, and expects the same offers.
func (d drift) checkSpare(t *testing.T, s Scraper, before outcome) {
	t.Helper()
	for i, text := range slices.Concat(d.Optional, d.Unread) {
		got, found := d.without(t, s, text)
		if !found {
			t.Errorf("no document has %q", text)
		}
		want := before
		if i < len(d.Optional) {
			got.Offers, want.Offers = bare(got.Offers), bare(want.Offers)
		}
		if len(got.Errors) > 0 || !slices.Equal(got.Offers, want.Offers) || !slices.Equal(got.Rejected, want.Rejected) {
			t.Errorf("without %q: errors %q, offers %v, want %v", text, got.Errors, got.Offers, want.Offers)
		}
	}
}

// without is what becomes of the documents when a text is gone.
func (d drift) without(t *testing.T, s Scraper, text string) (got outcome, found bool) {
	t.Helper()
	got = bent(t, s, func(body []byte) []byte {
		found = found || bytes.Contains(body, []byte(text))
		return bytes.ReplaceAll(body, []byte(text), []byte(gone(text)))
	})
	return got, found
}

// bare are offers without their sizes and their stock.
func bare(offers []outcomeRow) []outcomeRow {
	out := slices.Clone(offers)
	for i := range out {
		out[i].Size, out[i].Stock = "", ""
	}
	return out
}

// gone is another text of the same kind: a field's name stays one, and a header stays within its tag.
func gone(text string) string {
	inner := strings.Trim(text, `"<>`)
	return strings.Replace(text, inner, "gone", 1)
}

func sameRows(a, b []rejectedRow) bool {
	order := func(x, y rejectedRow) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}

// bent reads the case "prices" with its documents bent.
func bent(t *testing.T, s Scraper, bend func([]byte) []byte) outcome {
	t.Helper()
	answers, err := NewReplay(filepath.Join("testdata", s.About().ID, "prices"))
	if err != nil {
		t.Fatal(err)
	}
	runner, store := newTestRunner(t, bender{answers, bend})
	runner.Settings = map[string]Settings{s.About().ID: caseSettings(t, s, "prices")}
	result := runner.Scrape(t.Context(), s, time.Time{})
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return summary(t, result, store)
}

// bender changes the answers of a replay.
type bender struct {
	*Replay
	bend func([]byte) []byte
}

func (b bender) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := b.Replay.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(b.bend(body)))
	return answer, err
}

func (d drift) reordered(t *testing.T, body []byte, column int) []byte {
	t.Helper()
	if json.Valid(body) {
		return reversedFields(t, body)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if !d.swap(doc, column) {
		return body
	}
	out, err := doc.Html()
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

// swap exchanges a column with the next; in a row with fewer cells, and in a table with spans, nothing moves.
func (d drift) swap(doc *goquery.Document, column int) bool {
	rows, cells, moved := d.Rows, d.Cells, false
	if rows == "" {
		rows, cells = "tr", "td,th"
	}
	doc.Find(rows).Each(func(_ int, row *goquery.Selection) {
		all := row.Find(cells)
		if all.Length() <= column+1 || row.Closest("table").Find("[rowspan],[colspan]").Length() > 0 {
			return
		}
		a, _ := goquery.OuterHtml(all.Eq(column))
		b, _ := goquery.OuterHtml(all.Eq(column + 1))
		all.Eq(column).ReplaceWithHtml(b)
		all.Eq(column + 1).ReplaceWithHtml(a)
		moved = true
	})
	return moved
}

// reversedFields writes a JSON document with the fields of every object in reverse.
func reversedFields(t *testing.T, body []byte) []byte {
	t.Helper()
	var fields map[string]json.RawMessage
	var items []json.RawMessage
	switch {
	case json.Unmarshal(body, &fields) == nil && fields != nil:
		names := sortedNames(fields)
		slices.SortFunc(names, func(a, b string) int {
			return bytes.Index(body, []byte(`"`+b+`"`)) - bytes.Index(body, []byte(`"`+a+`"`))
		})
		var out []string
		for _, name := range names {
			key, _ := json.Marshal(name)
			out = append(out, string(key)+":"+string(reversedFields(t, fields[name])))
		}
		return []byte("{" + strings.Join(out, ",") + "}")
	case json.Unmarshal(body, &items) == nil && items != nil:
		var out []string
		for _, item := range items {
			out = append(out, string(reversedFields(t, item)))
		}
		return []byte("[" + strings.Join(out, ",") + "]")
	}
	return body
}
