package scrapers

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Replay answers requests from a folder instead of the network: one with an index.csv (url, method, file, content_type, where
// wanted status, and columns it does not read), or one of WARC files. What the folder does not hold is ErrNotRecorded.
type Replay struct{ answers []recording }

// recording is one line of the index, or one answer of an archive.
type recording struct {
	method, url string
	prefix      bool
	status      int
	header      http.Header
	body        func() ([]byte, error)
}

// NewReplay reads the index of a folder. It names the line that it does not understand.
func NewReplay(dir string) (*Replay, error) {
	read := readIndex
	if _, err := os.Stat(filepath.Join(dir, "index.csv")); errors.Is(err, os.ErrNotExist) {
		read = readWarcs
	}
	answers, err := read(dir)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return &Replay{answers}, nil
}

// RoundTrip answers from the folder; the first recording that fits wins.
func (r *Replay) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		defer request.Body.Close()
	}
	for _, a := range r.answers {
		if a.fits(request) {
			return a.answer(request)
		}
	}
	return nil, fmt.Errorf("%s %s: %w", request.Method, safeURL(request.URL.String()), ErrNotRecorded)
}

func (a recording) fits(request *http.Request) bool {
	if a.method != "ANY" && a.method != request.Method {
		return false
	}
	asked := decoded(request.URL.String())
	if !strings.Contains(a.url, "#") {
		asked, _, _ = strings.Cut(asked, "#")
	}
	if a.prefix {
		return strings.HasPrefix(asked, a.url)
	}
	return asked == a.url
}

func (a recording) answer(request *http.Request) (*http.Response, error) {
	body, err := a.body()
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return &http.Response{
		Status: statusLine(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: request,
	}, nil
}

// decoded is how addresses are compared: "%20" and a space are the same.
func decoded(address string) string {
	if text, err := url.QueryUnescape(address); err == nil {
		return text
	}
	return address
}

func readIndex(dir string) ([]recording, error) {
	path := filepath.Join(dir, "index.csv")
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	columns, err := indexColumns(rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var answers []recording
	for i, row := range rows[1:] {
		a, err := indexRow(dir, row, columns)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, i+2, err)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func indexColumns(rows [][]string) (map[string]int, error) {
	if len(rows) == 0 {
		return nil, errors.New("is empty, expected a header with url, method, file, content_type")
	}
	columns := map[string]int{}
	for _, name := range []string{"url", "method", "file", "content_type"} {
		columns[name] = slices.Index(rows[0], name)
		if columns[name] < 0 {
			return nil, fmt.Errorf("line 1: has no column %q", name)
		}
	}
	columns["status"] = slices.Index(rows[0], "status")
	return columns, nil
}

func indexRow(dir string, row []string, columns map[string]int) (recording, error) {
	address, method, name := row[columns["url"]], row[columns["method"]], row[columns["file"]]
	if !filepath.IsLocal(name) {
		return recording{}, fmt.Errorf("file %q leaves the folder", name)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		return recording{}, err
	}
	status, err := indexStatus(row, columns["status"])
	if err != nil {
		return recording{}, err
	}
	bare, prefix := strings.CutSuffix(address, "*")
	return recording{
		method: strings.ToUpper(method), url: decoded(bare), prefix: prefix, status: status,
		header: http.Header{"Content-Type": {row[columns["content_type"]]}},
		body:   func() ([]byte, error) { return os.ReadFile(path) },
	}, nil
}

// indexStatus is the status a line asks for, 200 where it says none.
func indexStatus(row []string, column int) (int, error) {
	if column < 0 || row[column] == "" {
		return http.StatusOK, nil
	}
	status, err := strconv.Atoi(row[column])
	if err != nil || status < 100 || status > 599 {
		return 0, fmt.Errorf("status %q is not an HTTP status", row[column])
	}
	return status, nil
}

func readWarcs(dir string) ([]recording, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.warc*"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s has neither an index.csv nor WARC files", dir)
	}
	var answers []recording
	for _, path := range paths {
		recorded, err := readWarc(path)
		if err != nil {
			return nil, err
		}
		for _, r := range recorded {
			if r.Status == http.StatusNotModified {
				continue // says nothing to whoever has not the document before it
			}
			answers = append(answers, recording{method: r.Method, url: decoded(r.URL), status: r.Status, header: r.Header,
				body: func() ([]byte, error) { return r.Body, nil }})
		}
	}
	return answers, nil
}
