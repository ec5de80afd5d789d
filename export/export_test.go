package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"github.com/parquet-go/parquet-go"

	"gpuhour/market"
)

// rows are one offer's changes: a price, and its withdrawal; the words are such as files must quote.
func rows(t testing.TB) Rows {
	t.Helper()
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	var w market.PointWriter
	eight := market.PointTerms{Currency: market.USD, Per: market.PerInstance, Period: market.PerHour, GpuCount: market.Cards(8)}
	free := 0
	p := market.Point{PointTerms: eight, At: day.Add(time.Hour), Amount: decimal.MustParse("8.000000001"), Stock: market.SoldOut, GpusAvailable: &free}
	stream, err := w.Append(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	p.At, p.Withdrawn, p.GpusAvailable, p.Stock = p.At.Add(time.Hour), true, nil, market.StockUnknown
	if stream, err = w.Append(stream, p); err != nil {
		t.Fatal(err)
	}
	o := market.Offer{ID: "p/a%2C%22/华北2/spot-1", Provider: "p", Kind: market.Neocloud, Sheet: "prices", SKU: "a,\"\n<b>", GpuName: "H100", Region: "华北2", Market: market.Spot,
		CommitmentMonths: 1, Document: "https://example.com/"}
	proof := market.Proof{At: day, Parser: 3, Documents: []market.Source{{URL: o.Document, Digest: "abc", FetchedAt: day}}}
	x, err := market.NewExporter(market.ExportQuestion{}, market.NewRates([]market.RateTable{{Source: "CFETS", Day: day, Quotations: []market.Quotation{{Base: market.USD, Quote: market.CNY, Rate: decimal.MustParse("7.0123")}}}}))
	if err != nil {
		t.Fatal(err)
	}
	return x.Rows(market.Chronicle{Provider: "p", Offers: []market.Told{{Offer: o, Stream: stream}},
		Sheets: []market.SheetLog{{Sheet: market.Sheet{Provider: "p", Name: "prices"}, Proofs: []market.Proof{proof}}}})
}

func firstRow(t testing.TB) market.ExportRow {
	t.Helper()
	next, stop := iter.Pull2(rows(t))
	defer stop()
	row, err, there := next()
	if err != nil || !there {
		t.Fatal("there is no row", err)
	}
	return row
}

// failing are rows that end with an error.
func failing(rows Rows) Rows {
	return func(yield func(market.ExportRow, error) bool) {
		for row, err := range rows {
			if !yield(row, err) {
				return
			}
		}
		yield(market.ExportRow{}, errors.New("the store went away"))
	}
}

func written(t testing.TB, f Format) []byte {
	t.Helper()
	var out bytes.Buffer
	if n, err := Copy(t.Context(), &out, f, rows(t)); err != nil || n != 2 {
		t.Fatalf("%s: %d rows, %v", f, n, err)
	}
	return out.Bytes()
}

// want is each row as text; empty is unknown.
var want = [][]string{
	{"p/a%2C%22/华北2/spot-1", "p", "NEOCLOUD", "a,\"\n<b>", "H100", "", "8", "华北2", "", "SPOT", "1", "2026-11-24T01:00:00Z", "2026-11-24T00:00:00Z", "8.000000001", "USD", "INSTANCE", "PT1H",
		"1", "7.0123", "7.0123", "2026-11-24", "SOLD_OUT", "0", "false", "https://example.com/", "abc", "3", "2", "prices", "", "", "", "", "false"},
	{"p/a%2C%22/华北2/spot-1", "p", "NEOCLOUD", "a,\"\n<b>", "H100", "", "8", "华北2", "", "SPOT", "1", "2026-11-24T02:00:00Z", "2026-11-24T00:00:00Z", "8.000000001", "USD", "INSTANCE", "PT1H",
		"", "", "7.0123", "2026-11-24", "UNKNOWN", "", "true", "https://example.com/", "abc", "3", "2", "prices", "", "", "", "", "false"},
}

func names() []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}

// TestCSV reads what was written with another reader.
func TestCSV(t *testing.T) {
	got, err := csv.NewReader(bytes.NewReader(written(t, CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([][]string{names()}, want...), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNDJSON holds that a line is an object with all columns in their order; exact decimals are strings, the unknown is null.
func TestNDJSON(t *testing.T) {
	var got [][]string
	for line := range bytes.Lines(written(t, NDJSON)) {
		var object map[string]any
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		var values []string
		last := -1
		for _, c := range columns {
			at := bytes.Index(line, []byte(`"`+c.name+`":`))
			if at <= last {
				t.Errorf("%s stands out of its order", c.name)
			}
			last = at
			values = append(values, jsonText(t, c, object[c.name]))
		}
		got = append(got, values)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func jsonText(t *testing.T, c column, value any) string {
	t.Helper()
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case float64:
		if c.kind == amount {
			t.Errorf("%s is a float", c.name)
		}
		return plain(value)
	}
	t.Errorf("%s is a %T", c.name, value)
	return ""
}

// TestParquet holds that the file has the same columns in the same order, amounts as DECIMAL and times as UTC timestamps.
func TestParquet(t *testing.T) {
	data := written(t, Parquet)
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range file.Schema().Fields() {
		got = append(got, f.Name())
	}
	if diff := cmp.Diff(names(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	logical := map[kind]string{amount: "DECIMAL", instant: "TIMESTAMP(isAdjustedToUTC=true"}
	for i, f := range file.Schema().Fields() {
		if want := logical[columns[i].kind]; want != "" && !strings.HasPrefix(f.Type().LogicalType().String(), want) {
			t.Errorf("%s is %s, want %s", f.Name(), f.Type().LogicalType(), want)
		}
	}
	read, err := parquet.Read[parquetRow](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var made []parquetRow
	for r, err := range rows(t) {
		row := newParquetSeries(r.Offer)
		if err := errors.Join(err, row.change(r)); err != nil {
			t.Fatal(err)
		}
		made = append(made, row)
	}
	if diff := cmp.Diff(made, read); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := read[0]; r.ListedAmount != 8_000_000_001 || *r.USD != 1_000_000 || *r.CNY != 7_012_300 || *r.FxRate != 7_012_300_000 || read[1].USD != nil {
		t.Errorf("amounts: %d, %d, %d, %d, then %v", r.ListedAmount, *r.USD, *r.CNY, *r.FxRate, read[1].USD)
	}
}

// TestParquetGroups holds that a row group is not torn within a month once it is worth the trouble.
func TestParquetGroups(t *testing.T) {
	first := firstRow(t)
	var out bytes.Buffer
	w := newParquetWriter(&out)
	write := func(provider string, month, n int) {
		first.Offer.Provider, first.Point.At = provider, time.Date(2026, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		for range n {
			if err := w.Write(first); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("p", 1, leastGroup-1)
	write("p", 2, leastGroup) // begins in the first group, which is not worth ending
	write("p", 3, 5)
	write("q", 3, 5)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, g := range file.RowGroups() {
		got = append(got, g.NumRows())
	}
	if diff := cmp.Diff([]int64{2*leastGroup - 1, 10}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestToFile holds that a file is whole or not there, and that the manifest fits it.
func TestToFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prices.csv")
	manifest := func() Manifest {
		return NewManifest("gpuhour x", time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), url.Values{"gpu": {"H100"}})
	}
	if _, err := ToFile(t.Context(), path, CSV, rows(t), manifest); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(data, written(t, CSV)) {
		t.Fatalf("%v: %s", err, data)
	}
	text, err := os.ReadFile(ManifestPath(path))
	var m Manifest
	if err := errors.Join(err, json.Unmarshal(text, &m)); err != nil {
		t.Fatal(err)
	}
	if m.File != "prices.csv" || m.Rows != 2 || m.Digest != digestOf(data) || m.Filters["gpu"] != "H100" || len(m.Columns) != len(columns) {
		t.Errorf("the manifest says %s", text)
	}
	if _, err := ToFile(t.Context(), path, CSV, failing(rows(t)), manifest); err == nil || !strings.Contains(err.Error(), "the store went away") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ToFile(ended, path, CSV, rows(t), manifest); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(after, data) {
		t.Errorf("the older file has changed: %v", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}

func digestOf(data []byte) string {
	d := newDigesting(io.Discard)
	_, _ = d.Write(data)
	return d.sum()
}

type served struct{ rows func() Rows }

func (s served) Rows(_ context.Context, q market.ExportQuestion) (Rows, error) {
	if len(q.Filter.Gpus) > 0 {
		return nil, &market.InvalidError{Field: "filter.gpus", Reason: "no such card"}
	}
	return s.rows(), nil
}

func (served) Manifest(_ context.Context, _ market.ExportQuestion, values url.Values) (Manifest, error) {
	return NewManifest("gpuhour x", time.Time{}, values), nil
}

// TestFetch writes what a server sends; an answer that is cut off leaves nothing.
func TestFetch(t *testing.T) {
	source := served{func() Rows { return rows(t) }}
	server := httptest.NewServer(Handler(&source))
	defer server.Close()
	for _, f := range Formats() {
		path := filepath.Join(t.TempDir(), "x")
		m, err := Fetch(t.Context(), server.Client(), server.URL, url.Values{"market": {"spot"}}, path, f)
		data, _ := os.ReadFile(path)
		if err != nil || m.Rows != 2 || m.Filters["market"] != "spot" || !bytes.Equal(data, written(t, f)) {
			t.Errorf("%s: %v, %v, %d bytes", f, err, m.Rows, len(data))
		}
		if f != Parquet && m.Digest != digestOf(data) {
			t.Errorf("%s: the digest is another", f)
		}
	}
	path := filepath.Join(t.TempDir(), "x")
	if _, err := Fetch(t.Context(), server.Client(), server.URL, url.Values{"gpu": {"x"}}, path, CSV); err == nil || !strings.Contains(err.Error(), "no such card") {
		t.Errorf("got %v", err)
	}
	source.rows = func() Rows { return failing(rows(t)) }
	for _, f := range Formats() {
		if _, err := Fetch(t.Context(), server.Client(), server.URL, nil, path, f); err == nil {
			t.Errorf("%s: an answer that was cut off was taken for a whole one", f)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

// TestBadQuestions names the filter that is wrong.
func TestBadQuestions(t *testing.T) {
	server := httptest.NewServer(Handler(served{func() Rows { return rows(t) }}))
	defer server.Close()
	for query, field := range map[string]string{"from=yesterday": "from", "to=1": "to", "market=black": "market", "gpus=H100": "gpus", "gpu=x": "filter.gpus"} {
		for _, file := range []string{"prices.csv", "manifest.json"} {
			if file == "manifest.json" && query == "gpu=x" {
				continue // the test's own source does not look
			}
			response, err := http.Get(server.URL + Path + file + "?" + query)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusBadRequest || !strings.HasPrefix(string(text), field+": ") {
				t.Errorf("%s?%s: %d %s", file, query, response.StatusCode, text)
			}
		}
	}
}
