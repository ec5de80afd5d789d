package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"gpuhour/market"
	"gpuhour/scrapers"
	"gpuhour/store"
)

// TestMain makes the test binary the program itself, for tests that kill it.
func TestMain(m *testing.M) {
	if os.Getenv("GPUHOUR_TEST_PROGRAM") != "" {
		main()
	}
	for _, s := range scrapers.All() {
		if about := s.About(); about.KeyName != "" && !about.KeyOptional {
			_ = os.Setenv(about.KeyName, "a-key") // so that the samples of all providers are read
		}
	}
	os.Exit(m.Run())
}

const samples = "scrapers/testdata"

func parseLine(t *testing.T, args ...string) commandLine {
	t.Helper()
	var line commandLine
	program, err := kong.New(&line, kong.BindTo(t.Context(), (*context.Context)(nil)), kong.Vars{"version": "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := program.Parse(args); err != nil {
		t.Fatal(err)
	}
	return line
}

// runCommand runs the program within the test.
func runCommand(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

// TestScrapeTwice reads the samples twice: the second time nothing has changed.
func TestScrapeTwice(t *testing.T) {
	dir := t.TempDir()
	first := scrapeTable(t, samples, dir)
	second := scrapeTable(t, samples, dir)
	for _, id := range ids() {
		if first[id].offers == 0 || first[id].changed != first[id].offers {
			t.Errorf("%s: the first time %+v", id, first[id])
		}
		if second[id].offers != first[id].offers || second[id].changed != 0 {
			t.Errorf("%s: the second time %+v after %+v", id, second[id], first[id])
		}
	}
}

type counts struct {
	offers, changed, rejected int
	notRecorded               bool
}

func scrapeTable(t *testing.T, replay, dir string, args ...string) map[string]counts {
	t.Helper()
	code, out, errs := runCommand(t, append([]string{"scrape", "--replay", replay, "--data-dir", dir}, args...)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	return readTable(t, out)
}

func readTable(t *testing.T, out string) map[string]counts {
	t.Helper()
	table := map[string]counts{}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n")[1:] {
		var id string
		var c counts
		if _, err := fmt.Sscan(strings.Replace(line, " (rates)", "-rates", 1), &id, &c.offers, &c.changed, &c.rejected); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		c.notRecorded = strings.HasSuffix(line, "not recorded")
		table[id] = c
	}
	return table
}

// TestCaptures reads the recorded answers of the real providers, where they lie beside the repository.
func TestCaptures(t *testing.T) {
	const captures = "../shared/captures"
	if _, err := os.Stat(captures); err != nil {
		t.Skip("no recorded answers beside the repository")
	}
	dir := t.TempDir()
	table := scrapeTable(t, captures, dir)
	if got := table["coreweave"]; got.offers != 32 || got.rejected != 13 {
		t.Errorf("coreweave: %+v, want 32 offers, 12 rows without a price and one that is no GPU", got)
	}
	recorded := 0
	for id, again := range scrapeTable(t, captures, dir) {
		switch {
		case again.notRecorded && table[id].notRecorded:
			continue
		case again.offers == 0 || again.changed != 0 || again.offers != table[id].offers:
			t.Errorf("%s: the second time %+v after %+v", id, again, table[id])
		}
		recorded++
	}
	if recorded < 27 {
		t.Errorf("%d sources were read; 25 providers and two sources of exchange rates are recorded", recorded)
	}
	server := serve(t, dir, "--replay", captures)
	var answer struct {
		Offers struct {
			Nodes []struct {
				PricePerGpuHour string
				Price           struct{ Amount string }
				GpuCount        float64
				Market, Region  string
			}
		}
		Slice, Unnamed struct {
			Nodes []struct {
				GpuCount float64
				Gpu      *struct{ ID string }
			}
		}
		Ascend struct{ TotalCount int }
	}
	server.ask(t, `{
		offers(filter: { providers: ["coreweave"], gpus: ["H100"] }) { nodes { gpuCount market region price { amount } pricePerGpuHour } }
		slice: offers(filter: { providers: ["ctyun"], search: "g7.2xlarge.4" }) { nodes { gpuCount gpu { id } } }
		unnamed: offers(filter: { search: "NVIDIA高性价比显卡" }) { nodes { gpuCount gpu { id } } }
		ascend: offers(filter: { providers: ["ctyun"], gpus: ["Ascend 910B"] }) { totalCount }
	}`, &answer)
	want := map[string]string{"ON_DEMAND NORTH AMERICA": "49.24 6.155", "ON_DEMAND EUROPE": "49.24 6.155", "SPOT NORTH AMERICA": "19.71 2.46375", "SPOT EUROPE": "19.51 2.43875"}
	for _, n := range answer.Offers.Nodes {
		key := n.Market + " " + n.Region
		if got := n.Price.Amount + " " + n.PricePerGpuHour; got != want[key] || n.GpuCount != 8 {
			t.Errorf("HGX H100 %s: %s for %v cards", key, got, n.GpuCount)
		}
	}
	if len(answer.Offers.Nodes) != 4 || len(answer.Slice.Nodes) != 2 || answer.Slice.Nodes[0].GpuCount != 0.25 || answer.Slice.Nodes[0].Gpu == nil {
		t.Errorf("got %+v", answer)
	}
	if len(answer.Unnamed.Nodes) == 0 || answer.Unnamed.Nodes[0].Gpu != nil || answer.Ascend.TotalCount != 2 {
		t.Errorf("unnamed %+v, Ascend %+v", answer.Unnamed, answer.Ascend)
	}
}

// running is a server within the test.
type running struct {
	address string
	stop    func()
	errs    *lockedBuffer
}

type lockedBuffer struct {
	guard sync.Mutex
	text  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.guard.Lock()
	defer b.guard.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.guard.Lock()
	defer b.guard.Unlock()
	return b.text.String()
}

func serve(t *testing.T, dir string, args ...string) running {
	t.Helper()
	return serveAt(t, freeAddress(t), dir, args...)
}

// serveAt serves where a server has been before.
func serveAt(t *testing.T, address, dir string, args ...string) running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	errs := &lockedBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--listen", address, "--data-dir", dir}, args...), io.Discard, errs)
	}()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if code := <-ended; code != 0 {
				t.Errorf("the server ended with %d: %s", code, errs)
			}
		})
	}
	t.Cleanup(stop)
	s := running{address, stop, errs}
	eventually(t, "the server is ready", func() bool {
		answer, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in 30 s it did not come about that %s", what)
		}
	}
}

func (s running) ask(t *testing.T, query string, into any) {
	t.Helper()
	if err := s.tryAsk(t, query, into); err != nil {
		t.Fatal(err)
	}
}

// tryAsk asks what may be refused, or a server that may not be there.
func (s running) tryAsk(t *testing.T, query string, into any) error {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	answer, err := http.Post("http://"+s.address+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return decodeAnswer(answer.Body, into)
}

// TestSampleDataIsMarked holds that the demonstration's prices cannot be taken for anybody's.
func TestSampleDataIsMarked(t *testing.T) {
	dir := t.TempDir()
	scrapeTable(t, samples, dir, "--sample")
	var answer struct {
		Offers struct {
			TotalCount int
			Nodes      []struct{ Sample bool }
		}
	}
	serve(t, dir, "--sample", "--replay", samples).ask(t, `{ offers(first: 200) { totalCount nodes { sample } } }`, &answer)
	for _, n := range answer.Offers.Nodes {
		if !n.Sample {
			t.Fatal("an offer is not marked")
		}
	}
	if answer.Offers.TotalCount == 0 {
		t.Error("no offers")
	}
}

// TestCommandsGoThroughTheServer lets other commands run beside a server that has the embedded store.
func TestCommandsGoThroughTheServer(t *testing.T) {
	dir := t.TempDir()
	scrapeTable(t, samples, dir)
	serve(t, dir, "--replay", samples)
	code, out, errs := runCommand(t, "scrape", "coreweave", "--data-dir", dir)
	if code != 0 || readTable(t, out)["coreweave"].offers == 0 {
		t.Errorf("scrape: %d, %s%s", code, out, errs)
	}
	if code, out, errs := runCommand(t, "providers", "--data-dir", dir); code != 0 || !regexp.MustCompile(`(?m)^coreweave +CoreWeave +.*FRESH`).MatchString(out) {
		t.Errorf("providers: %d, %s%s", code, out, errs)
	}
}

// TestScrapesDoNotMix starts a second command while a first one, which serves nothing, has the store.
func TestScrapesDoNotMix(t *testing.T) {
	dir := t.TempDir()
	a, err := newApp(t.Context(), &session{config: Config{DataDir: dir}, errs: io.Discard, log: slog.New(slog.DiscardHandler), now: time.Now}, "")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runCommand(t, "scrape", "--replay", samples, "--data-dir", dir); code != 1 || !strings.Contains(errs, "is in use by process") {
		t.Errorf("%d, %s", code, errs)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenPageKeepsOffers takes a header out of a page: the run fails by name, the old offers stay, marked stale with their age.
func TestBrokenPageKeepsOffers(t *testing.T) {
	dir, pages := t.TempDir(), t.TempDir()
	page, err := os.ReadFile(filepath.Join(samples, "coreweave/prices/page.html"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(pages, "index.csv"), "url,method,file,content_type\nhttps://www.coreweave.com/pricing,GET,page.html,text/html\n")
	write(t, filepath.Join(pages, "page.html"), string(page))
	before := scrapeTable(t, pages, dir)["coreweave"]
	write(t, filepath.Join(pages, "page.html"), strings.ReplaceAll(string(page), "GPU Count", "Accelerators"))
	code, out, _ := runCommand(t, "scrape", "--replay", pages, "--data-dir", dir)
	if code != 1 || !strings.Contains(out, `no column "GPU Count"`) || !strings.Contains(out, "not recorded") {
		t.Errorf("exit code %d: %s", code, out)
	}
	var answer struct {
		Offers struct {
			TotalCount int
			Nodes      []struct {
				Stale      bool
				ObservedAt time.Time
			}
		}
		Fresh    struct{ TotalCount int }
		Provider struct{ Status, Problem string }
	}
	serve(t, dir, "--replay", pages).ask(t, `{ offers { totalCount nodes { stale observedAt } } fresh: offers(filter: { includeStale: false }) { totalCount }
		provider(id: "coreweave") { status problem } }`, &answer)
	if answer.Offers.TotalCount != before.offers || answer.Fresh.TotalCount != 0 || answer.Provider.Status != "FAILING" || !strings.Contains(answer.Provider.Problem, "GPU Count") {
		t.Errorf("got %+v, before %+v", answer, before)
	}
	for _, n := range answer.Offers.Nodes {
		if !n.Stale || n.ObservedAt.IsZero() {
			t.Errorf("got %+v", n)
		}
	}
}

// offersBySheet counts what a store holds, by provider and sheet.
func offersBySheet(t *testing.T, dir string) map[market.SheetKey]int {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DataDir: dir, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	counts := map[market.SheetKey]int{}
	for _, id := range ids() {
		state, err := s.Provider(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range state.Offers {
			counts[market.SheetKey{Provider: id, Sheet: o.Sheet}]++
		}
	}
	return counts
}

// TestKilledWhileScraping kills the program at random moments while it reads: every sheet is there whole, or not at all.
func TestKilledWhileScraping(t *testing.T) {
	first := t.TempDir()
	whole := scrapeTable(t, samples, first)
	sheets := offersBySheet(t, first)
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for range rounds {
		dir := t.TempDir()
		child := exec.Command(os.Args[0], "scrape", "--replay", samples, "--data-dir", dir)
		child.Env = append(os.Environ(), "GPUHOUR_TEST_PROGRAM=1")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(20+rand.IntN(180))*time.Millisecond, func() { _ = child.Process.Kill() })
		_ = child.Wait() // killed, or done before
		for sheet, n := range offersBySheet(t, dir) {
			if n != sheets[sheet] {
				t.Errorf("%v has %d offers of %d", sheet, n, sheets[sheet])
			}
		}
		if again := scrapeTable(t, samples, dir); len(again) != len(whole) {
			t.Errorf("after the kill: %d sources, before %d", len(again), len(whole))
		}
	}
}

// TestStopsCleanly ends the server while sources hang: it ends soon, and its store is whole.
func TestStopsCleanly(t *testing.T) {
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hang.Close()
	file := write(t, filepath.Join(t.TempDir(), "gpuhour.yaml"), fmt.Sprintf("providers:\n  lambda: {base_url: %[1]q}\n  cfets: {base_url: %[1]q}\n  ecb: {base_url: %[1]q}\n", hang.URL))
	dir := t.TempDir()
	server := serve(t, dir, "--config", file, "--sources", "lambda")
	started := time.Now()
	server.stop()
	if took := time.Since(started); took > 8*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if code, out, errs := runCommand(t, "providers", "--data-dir", dir); code != 0 || !strings.Contains(out, "NEVER_RUN") {
		t.Errorf("after the stop: %d, %s%s", code, out, errs)
	}
}

// TestRebindingIsRefused asks under another name, as a web page would that points its own name here.
func TestRebindingIsRefused(t *testing.T) {
	server := serve(t, t.TempDir(), "--replay", samples)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.address+"/graphql?query={__typename}", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "evil.example"
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		t.Error("it was answered")
	}
}

// TestHelp asks the program to explain itself.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"scrape", "--help"}, {"providers", "--help"}, {"serve", "--help"}} {
		code, out, errs := runCommand(t, args...)
		if code != 0 || !strings.Contains(out, "--data-dir") || errs != "" {
			t.Errorf("%v: %d, %s%s", args, code, out, errs)
		}
	}
}
