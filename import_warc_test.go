package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// archivist scrapes pages that change, so that an archive of them arises.
type archivist struct {
	dir, pages string
	app        *app
	hour       atomic.Int64
	calls      atomic.Int64
	// step is how much later each look at the clock is.
	step time.Duration
}

var firstHour = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newArchivist(t *testing.T, step time.Duration) *archivist {
	t.Helper()
	a := &archivist{dir: t.TempDir(), pages: t.TempDir(), step: step}
	if err := os.CopyFS(a.pages, os.DirFS(samples)); err != nil {
		t.Fatal(err)
	}
	a.app = openApp(t, a.dir, a.pages, a.now)
	return a
}

func (a *archivist) now() time.Time {
	return firstHour.Add(time.Duration(a.hour.Load())*time.Hour + time.Duration(a.calls.Add(1))*a.step)
}

func openApp(t *testing.T, dir, replay string, now func() time.Time) *app {
	t.Helper()
	a, err := newApp(t.Context(), &session{config: must(readConfig(Settings{DataDir: &dir, Replay: &replay}, "")), errs: io.Discard, log: slog.New(slog.DiscardHandler), now: now}, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// scrape reads sources after a page of CoreWeave's says something else.
func (a *archivist) scrape(t *testing.T, old, new string, sources ...string) {
	t.Helper()
	page := filepath.Join(a.pages, "coreweave/prices/page.html")
	text := must(os.ReadFile(page))
	write(t, page, strings.ReplaceAll(string(text), old, new))
	if _, err := a.app.scrapeOnce(t.Context(), a.app.chosen(sources)); err != nil {
		t.Fatal(err)
	}
	write(t, page, string(text))
	a.hour.Add(1)
	a.calls.Store(0)
}

// archive is what has been recorded once the store is closed.
func (a *archivist) archive(t *testing.T) []string {
	t.Helper()
	if err := a.app.close(); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(a.dir, "archive", "*.warc.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archive: %v", err)
	}
	return paths
}

// scrapeADay reads all sources, then CoreWeave's page as it changes, breaks, and comes to be doubted.
func (a *archivist) scrapeADay(t *testing.T) {
	t.Helper()
	a.scrape(t, "", "")
	a.scrape(t, "", "")
	a.scrape(t, "$18.40", "$17.60", "coreweave")
	a.scrape(t, "$18.40", "N/A", "coreweave")
	a.scrape(t, "GPU Count", "Accelerators", "coreweave")
	a.scrape(t, "$18.40", "$17.90", "coreweave")
	for range 3 {
		a.scrape(t, "$", "$3", "coreweave")
	}
	a.scrape(t, "", "")
}

func importFiles(t *testing.T, dir string, paths ...string) (out, errs string) {
	t.Helper()
	code, out, errs := runCommand(t, append([]string{"import", "--data-dir", dir}, paths...)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	return out, errs
}

const nothingNew = ": 0 changes of 0 offers of 0 providers are new\n"

// TestArchiveIsHistory makes the history again from the archive of its pages: in a fresh store all is as in the one that read them,
// and a second import changes nothing.
func TestArchiveIsHistory(t *testing.T) {
	a := newArchivist(t, 0)
	a.scrapeADay(t)
	paths, fresh := a.archive(t), t.TempDir()
	out, errs := importFiles(t, fresh, paths...)
	if strings.Contains(out, ": 0 changes") || !strings.Contains(errs, `no column "GPU Count"`) || strings.Contains(errs, "no source asks for") {
		t.Errorf("%s%s", out, errs)
	}
	for _, format := range []string{"csv", "ndjson"} {
		if diff := cmp.Diff(exported(t, a.dir, format), exported(t, fresh, format)); diff != "" {
			t.Errorf("export (-read +made again):\n%.3000s", diff)
		}
	}
	now := func() time.Time { return firstHour.Add(24 * time.Hour) }
	before, after := openApp(t, a.dir, a.pages, now), openApp(t, fresh, a.pages, now)
	for hour := -1; hour < 12; hour++ {
		asOf := firstHour.Add(time.Duration(hour)*time.Hour + time.Minute).Format(time.RFC3339)
		if diff := cmp.Diff(marketAt(t, before, asOf), marketAt(t, after, asOf)); diff != "" {
			t.Errorf("market as of %s (-read +made again):\n%.3000s", asOf, diff)
		}
	}
	if err := before.close(); err != nil {
		t.Fatal(err)
	}
	if err := after.close(); err != nil {
		t.Fatal(err)
	}
	if out, _ := importFiles(t, fresh, paths...); !strings.HasSuffix(out, nothingNew) {
		t.Errorf("the second time: %s", out)
	}
}

// TestArchiveOfTheStoreItself brings an archive into the store whose runs it records, each of which began before its first answer came.
func TestArchiveOfTheStoreItself(t *testing.T) {
	a := newArchivist(t, 20*time.Millisecond)
	a.scrapeADay(t)
	paths := a.archive(t)
	before := exported(t, a.dir, "csv")
	if out, _ := importFiles(t, a.dir, paths...); !strings.HasSuffix(out, nothingNew) {
		t.Error(out)
	}
	if diff := cmp.Diff(before, exported(t, a.dir, "csv")); diff != "" {
		t.Errorf("(-before +after):\n%.3000s", diff)
	}
}

// TestArchiveThroughTheServer imports beside the server that holds the store: it judges with the rates that the server knows.
func TestArchiveThroughTheServer(t *testing.T) {
	a := newArchivist(t, 0)
	a.scrape(t, "", "")
	paths, dir := a.archive(t), t.TempDir()
	server := serve(t, dir, "--replay", a.pages, "--sources", "lambda")
	if out, _ := importFiles(t, dir, paths...); strings.HasSuffix(out, nothingNew) {
		t.Error(out)
	}
	var answer struct{ Offers struct{ TotalCount int } }
	if server.ask(t, `{ offers(filter: { providers: ["coreweave"] }) { totalCount } }`, &answer); answer.Offers.TotalCount == 0 {
		t.Error("no offers at the server")
	}
	if out, _ := importFiles(t, dir, paths...); !strings.HasSuffix(out, nothingNew) {
		t.Errorf("the second time: %s", out)
	}
}

// TestForeignArchive imports a crawler's WARC: plain, with no requests, with pages of others, and with a page that was as before.
func TestForeignArchive(t *testing.T) {
	page := string(must(os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))))
	const address = "https://www.coreweave.com/pricing"
	var warc bytes.Buffer
	warcRecord(&warc, "response", address, "2019-05-01T06:00:00Z", "WARC-Payload-Digest: sha1:A\r\n", answered(page))
	warcRecord(&warc, "response", "dns:www.coreweave.com", "2019-05-01T06:00:00Z", "", "20190501060000\nwww.coreweave.com. 300 IN A 192.0.2.1\n")
	warcRecord(&warc, "response", "https://elsewhere.example/", "2019-05-01T06:00:01Z", "", answered("a page of others"))
	warcRecord(&warc, "revisit", address, "2019-06-01T06:00:00Z", "WARC-Payload-Digest: sha1:A\r\n", "")
	warcRecord(&warc, "response", address, "2019-07-01T06:00:00Z", "", answered(strings.ReplaceAll(page, "$18.40", "$17.60")))
	path, dir := write(t, filepath.Join(t.TempDir(), "crawl.warc"), warc.String()), t.TempDir()
	out, errs := importFiles(t, dir, path)
	if !strings.Contains(errs, "answers that no source asks for: 1\n") || !strings.Contains(out, "of 1 providers are new") {
		t.Errorf("%s%s", out, errs)
	}
	a := openApp(t, dir, samples, time.Now)
	_, c, err := a.store.Chronicle(t.Context(), "coreweave")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sheets) != 1 || !c.Sheets[0].Sheet.LastSuccessAt.Equal(time.Date(2019, 7, 1, 6, 0, 0, 0, time.UTC)) || len(c.Sheets[0].Proofs) != 2 {
		t.Errorf("%+v", c.Sheets)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if out, _ := importFiles(t, dir, path); !strings.HasSuffix(out, nothingNew) {
		t.Errorf("the second time: %s", out)
	}
}

func answered(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n" + body
}

func warcRecord(w io.Writer, kind, target, at, more, block string) {
	content := "application/http; msgtype=response"
	if strings.HasPrefix(target, "dns:") {
		content = "text/dns"
	}
	fmt.Fprintf(w, "WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\nWARC-Date: %s\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
		kind, target, at, more, content, len(block), block)
}

func exported(t *testing.T, dir, format string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history."+format)
	if code, out, errs := runCommand(t, "export", "--data-dir", dir, "--out", path); code != 0 {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	return strings.Split(string(must(os.ReadFile(path))), "\n")
}

// marketAt is everything that is told of a moment.
func marketAt(t *testing.T, a *app, asOf string) (answer struct {
	Offers struct {
		TotalCount int
		Nodes      []struct {
			ID, Region, PricePerGpuHour string
			Price                       struct{ Amount, Currency string }
			Stock                       string
			Stale                       bool
			ObservedAt                  string
			Source                      struct{ URL, Digest, FetchedAt string }
		}
	}
}) {
	t.Helper()
	host := httptest.NewServer(routesOf(t, a))
	defer host.Close()
	running{address: strings.TrimPrefix(host.URL, "http://")}.ask(t, fmt.Sprintf(`{ offers(asOf: %q, first: 200, filter: { components: true }) { totalCount nodes {
		id region pricePerGpuHour price { amount currency } stock stale observedAt source { url digest fetchedAt } } } }`, asOf), &answer)
	return answer
}
