package export

import (
	"compress/gzip"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"gpuhour/market"
)

// TestPreferredCoding reads what clients really send, and what they may.
func TestPreferredCoding(t *testing.T) {
	tests := map[string]struct {
		reason string
		accept []string
		want   string
	}{
		"Go":               {"its client asks for gzip and unpacks it itself", []string{"gzip"}, "gzip"},
		"curl":             {"without --compressed it says nothing", nil, "identity"},
		"curl compressed":  {"of equals the denser one", []string{"deflate, gzip, br, zstd"}, "zstd"},
		"Chrome, Firefox":  {"br is not ours", []string{"gzip, deflate, br, zstd"}, "zstd"},
		"Safari, requests": {"zstd is not theirs", []string{"gzip, deflate, br"}, "gzip"},
		"wget":             {"it wants the file as it is", []string{"identity"}, "identity"},
		"named and a star": {"what is named wins over what is left to us", []string{"gzip;q=1.0, identity; q=0.5, *;q=0"}, "gzip"},
		"Java":             {"an old name of gzip", []string{"x-gzip"}, "gzip"},
		"gzip preferred":   {"the client's wish goes before ours", []string{"zstd;q=0.5, gzip;q=0.8"}, "gzip"},
		"itself preferred": {"it can unpack but would rather not", []string{"gzip;q=0.2, zstd;q=0.1, identity;q=0.9"}, "identity"},
		"two lines":        {"a header may come in pieces", []string{"gzip;q=0.5", "zstd;q=0.7"}, "zstd"},
		"refused":          {"zero means never", []string{"gzip;q=0, zstd;q=0"}, "identity"},
		"zstd refused":     {"what is refused by name is not meant by the star", []string{"zstd;q=0, *"}, "gzip"},
		"whatever":         {"the star means all", []string{"*"}, "zstd"},
		"nothing at all":   {"a readable answer is better than none", []string{"*;q=0"}, "identity"},
		"letters":          {"names have no case", []string{"GZIP;Q=1"}, "gzip"},
		"a part of a name": {"another coding is not ours", []string{"notgzip, zstdx"}, "identity"},
		"a weight of 2":    {"what cannot be read is no wish", []string{"zstd;q=2, gzip;q=0.1"}, "gzip"},
		"not a number":     {"what cannot be read is no wish", []string{"zstd;q=NaN, gzip;level=9"}, "identity"},
		"empty":            {"nothing is asked for", []string{""}, "identity"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := preferred(tt.accept); got != tt.want {
				t.Errorf("%s: %q gives %s, want %s", tt.reason, tt.accept, got, tt.want)
			}
		})
	}
}

// asked gets an answer as it goes over the line: Go's client unpacks nothing that it has not asked for itself.
func asked(t *testing.T, server *httptest.Server, f Format, accept string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+Path+"prices."+string(f), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", accept)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func unpacked(t *testing.T, r *http.Response) ([]byte, error) {
	t.Helper()
	switch r.Header.Get("Content-Encoding") {
	case "zstd":
		from, err := zstd.NewReader(r.Body, zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		return io.ReadAll(from)
	case "gzip":
		from, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(from)
	}
	return io.ReadAll(r.Body)
}

// TestCompressedAnswers unpacks each answer to the same text, whose digest follows it.
func TestCompressedAnswers(t *testing.T) {
	server := httptest.NewServer(Handler(served{func() Rows { return rows(t) }}))
	defer server.Close()
	tests := map[string]struct {
		reason, accept string
		format         Format
		coding         string
	}{
		"CSV to a browser":     {"zstd is denser", "gzip, deflate, br, zstd", CSV, "zstd"},
		"NDJSON to a browser":  {"zstd is denser", "gzip, deflate, br, zstd", NDJSON, "zstd"},
		"CSV to Python":        {"it has no zstd", "gzip, deflate", CSV, "gzip"},
		"CSV to wget":          {"it wants the file as it is", "identity", CSV, ""},
		"Parquet to a browser": {"it is compressed already", "gzip, deflate, br, zstd", Parquet, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			response := asked(t, server, tt.format, tt.accept)
			got, err := unpacked(t, response)
			if coding := response.Header.Get("Content-Encoding"); err != nil || coding != tt.coding || string(got) != string(written(t, tt.format)) {
				t.Errorf("%s: coded %q, %d bytes, %v", tt.reason, coding, len(got), err)
			}
			_, _ = io.Copy(io.Discard, response.Body) // trailers come after the end
			if response.Trailer.Get(TrailerRows) != "2" || response.Trailer.Get(TrailerDigest) != digestOf(got) || response.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: the trailers are %v", tt.reason, response.Trailer)
			}
		})
	}
}

// endless are so many rows that a part of them has gone over the line before they fail.
func endless(rows Rows) Rows {
	return func(yield func(market.ExportRow, error) bool) {
		next, stop := iter.Pull2(rows)
		defer stop()
		row, err, _ := next()
		for i := range 30_000 {
			row.Offer.ID, row.Offer.SKU = "p/"+strconv.Itoa(i), strings.Repeat(string(rune('a'+i%26)), i%97)
			if !yield(row, err) {
				return
			}
		}
		yield(row, errors.New("the store went away"))
	}
}

// TestCutOffAnswers holds that half a compressed answer is not taken for a whole one, even by those who look at no trailers.
func TestCutOffAnswers(t *testing.T) {
	server := httptest.NewServer(Handler(served{func() Rows { return endless(rows(t)) }}))
	defer server.Close()
	for _, coding := range []string{"zstd", "gzip", "identity"} {
		response := asked(t, server, CSV, coding)
		got, err := unpacked(t, response)
		if err == nil || len(got) == 0 {
			t.Errorf("%s: %d bytes were taken for all (%v)", coding, len(got), err)
		}
		if response.Trailer.Get(TrailerDigest) != "" {
			t.Errorf("%s: a digest follows what was cut off", coding)
		}
	}
}
