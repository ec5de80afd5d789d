package scrapers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gpuhour/market"
)

func unpackedArchive(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	paths, _ := filepath.Glob(filepath.Join(dir, "*.warc.gz"))
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, plain); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
	}
	return all.String()
}

func exchangeOf(method, url, body string) Exchange {
	return Exchange{Request: Request{Method: method, URL: url, Body: []byte("{}")}, Status: "200 OK", Proto: "HTTP/1.1",
		Header: http.Header{"Content-Type": {"text/html"}, "Set-Cookie": {"session=1"}}, Body: []byte(body), ReceivedAt: noon}
}

// TestArchiveIsReplayed writes exchanges and answers requests from them.
func TestArchiveIsReplayed(t *testing.T) {
	dir := t.TempDir()
	archive := NewArchive(dir, "test", func() time.Time { return noon })
	for _, x := range []Exchange{exchangeOf("GET", "https://a.example/p?q=1%202", "one\r\n\r\ntwo"), exchangeOf("POST", "https://a.example/p", ""), exchangeOf("GET", "https://a.example/p", "get")} {
		if err := archive.Record(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	text := unpackedArchive(t, dir)
	for _, needed := range []string{"WARC/1.1\r\n", "WARC-Type: warcinfo", "WARC-Type: request", "WARC-Type: response", "WARC-Date: 2026-11-01T12:00:00.000Z", "WARC-Payload-Digest: sha256:", "WARC-Concurrent-To: <urn:uuid:"} {
		if !strings.Contains(text, needed) {
			t.Errorf("the archive has no %q", needed)
		}
	}
	if strings.Contains(text, "session=1") {
		t.Error("the archive keeps a cookie")
	}
	replay, err := NewReplay(dir)
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{"GET https://a.example/p?q=1%202": "one\r\n\r\ntwo", "POST https://a.example/p": "", "GET https://a.example/p": "get"} {
		if got := replayBody(t, replay, request); got != want {
			t.Errorf("%s: got %q, want %q", request, got, want)
		}
	}
}

func replayBody(t *testing.T, replay *Replay, request string) string {
	t.Helper()
	method, address, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := replay.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestTornArchiveIsRead cuts an archive short, as a crash does: what is whole before the cut is read.
func TestTornArchiveIsRead(t *testing.T) {
	dir := t.TempDir()
	archive := NewArchive(dir, "test", func() time.Time { return noon })
	for range 3 {
		if err := archive.Record(exchangeOf("GET", "https://a.example/p", strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	_ = archive.Close()
	paths, _ := filepath.Glob(filepath.Join(dir, "*"))
	whole, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(whole); cut > 1; cut -= 37 {
		if err := os.WriteFile(paths[0], whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if answers, err := readWarc(paths[0]); err != nil || len(answers) > 3 {
			t.Fatalf("cut at %d: %d answers, %v", cut, len(answers), err)
		}
	}
}

func TestReplayIndex(t *testing.T) {
	tests := map[string]struct{ reason, index, says string }{
		"no folder content":      {"the folder must hold something", "", "neither an index.csv nor WARC files"},
		"a column is missing":    {"the column is named", "url,file,content_type\n", `no column "method"`},
		"a file is missing":      {"the line is named", "url,method,file,content_type\nhttps://a.example/,GET,none.html,text/html\n", "line 2"},
		"a file elsewhere":       {"an index cannot read the rest of the disk", "url,method,file,content_type\nhttps://a.example/,GET,../../etc/passwd,text/html\n", "leaves the folder"},
		"a status that is none":  {"the status is named", "url,method,file,content_type,status\nhttps://a.example/,GET,index.csv,text/html,abc\n", `status "abc"`},
		"a row of another width": {"csv names the line", "url,method,file,content_type\nx\n", "line 2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.index != "" {
				if err := os.WriteFile(filepath.Join(dir, "index.csv"), []byte(tt.index), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := NewReplay(dir); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: got %v", tt.reason, err)
			}
		})
	}
}

// FuzzReadWarc reads anything as an archive: what is read once is read the same again.
func FuzzReadWarc(f *testing.F) {
	const record = "WARC/1.1\r\nWARC-Type: response\r\nWARC-Date: 2026-11-01T12:00:00Z\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n\r\n"
	f.Add([]byte(record))
	var zipped bytes.Buffer
	for _, text := range []string{record, record + record, record[:40], record[40:]} {
		zip := gzip.NewWriter(&zipped)
		_, _ = zip.Write([]byte(text)) // a buffer takes everything
		_ = zip.Close()
	}
	f.Add(zipped.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.warc")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _ = readWarc(path)
		_ = walkWarc(path, everyRecord, func(found warcFound) error {
			if err := sameAgain(found); err != nil {
				t.Error(err)
			}
			return nil
		})
		if b, err := NewRebuild([]string{path}, RebuildOptions{Scrapers: []Scraper{fake{"x"}}, Read: func() {}, Ran: func() {}}); err == nil {
			for _, err := range b.Imports(t.Context(), market.Rates{}) {
				if err != nil {
					t.Error(err)
				}
			}
		}
	})
}
