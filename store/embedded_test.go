package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// snapshotSize is how many offers each of the child's snapshots has: all of one price, so that a mixture shows.
const snapshotSize = 200

func snapshotOf(price int) []market.Offer {
	var out []market.Offer
	for i := range snapshotSize {
		amount, _ := market.ParseAmount(fmt.Sprint(price), market.USD)
		out = append(out, market.Offer{ID: fmt.Sprintf("child/sku%d/-/on-demand", i), Provider: "child", Sheet: "prices", SKU: "s", Price: amount,
			GpuCount: market.Cards(1), Listed: market.ListedPrice{Amount: amount, Currency: market.USD, Per: market.PerGPU, Period: market.PerHour}})
	}
	return out
}

// childCommitsForEver is what the killed process does: snapshot after snapshot, each announced once it is acknowledged.
func childCommitsForEver(dir string) {
	s, err := Open(context.Background(), options(dir, ""))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	state, _ := s.Provider(context.Background(), "child")
	for n := int(state.Seq) + 1; ; n++ {
		_, err := s.Commit(context.Background(), commitOf("child", fmt.Sprint("r", n), nil, snapshotOf(n)))
		fmt.Println(n, err)
		if os.Getenv("GPUHOUR_TEST_REWRITE") != "" {
			rewriteNow(s)
		}
	}
}

func rewriteNow(s *Store) {
	j := s.embedded.journal
	j.guard.Lock()
	defer j.guard.Unlock()
	if err := j.rewrite(context.Background()); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

// TestKilledAtAnyMoment kills a process while it commits, or while it rewrites its journal, many times: what it leaves is one whole snapshot, and never less than
// what was acknowledged.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	rounds := 32
	if testing.Short() {
		rounds = 8
	}
	dir := t.TempDir()
	for round := range rounds {
		rewriting := ""
		if round%2 == 1 {
			rewriting = "1"
		}
		acknowledged := runAndKill(t, dir, rewriting)
		s, err := Open(t.Context(), options(dir, ""))
		if err != nil {
			t.Fatal(err)
		}
		state, err := s.Provider(t.Context(), "child")
		if err != nil {
			t.Fatal(err)
		}
		if int(state.Seq) < acknowledged {
			t.Fatalf("%d commits were acknowledged, %d are there", acknowledged, state.Seq)
		}
		for _, o := range state.Offers {
			if o.Price.String() != fmt.Sprint(state.Seq) || len(state.Offers) != snapshotSize {
				t.Fatalf("after commit %d: an offer of %s among %d", state.Seq, o.Price, len(state.Offers))
			}
		}
		closeStore(t, s)
	}
}

// runAndKill starts the child, kills it at a random moment after its first commit, and returns the last it acknowledged.
func runAndKill(t *testing.T, dir, rewriting string) int {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "GPUHOUR_TEST_CHILD="+dir, "GPUHOUR_TEST_REWRITE="+rewriting)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	last, stopAfter := 0, 1+rand.IntN(12)
	for n := 0; lines.Scan(); n++ {
		var problem string
		if _, err := fmt.Sscan(lines.Text(), &last, &problem); err != nil || problem != "<nil>" {
			t.Fatalf("the child says %q", lines.Text())
		}
		if n == stopAfter {
			time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { _ = child.Process.Kill() })
		}
	}
	_ = child.Wait() // it was killed
	return last
}

// TestTornTail cuts a journal at every byte of its last command.
func TestTornTail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, commitOf("p", "r1", nil, []market.Offer{offer(t, "p", "a", "1")}))
	whole := journalSize(t, dir)
	commit(t, s, commitOf("p", "r2", nil, []market.Offer{offer(t, "p", "a", "2")}))
	closeStore(t, s)
	journal, err := os.ReadFile(filepath.Join(dir, JournalName))
	if err != nil {
		t.Fatal(err)
	}
	for length := whole; length < len(journal); length++ {
		copied := t.TempDir()
		write(t, filepath.Join(copied, JournalName), journal[:length])
		s, err := Open(t.Context(), options(copied, ""))
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", length, len(journal), err)
		}
		state, err := s.Provider(t.Context(), "p")
		if err != nil || state.Seq != 1 || state.Offers[0].Price.String() != "1" {
			t.Fatalf("cut at %d: %+v, %v", length, state, err)
		}
		commit(t, s, commitOf("p", "r3", nil, nil))
		closeStore(t, s)
	}
}

// TestDamagedJournalIsRefused damages a journal, and expects the file to stay as it is.
func TestDamagedJournalIsRefused(t *testing.T) {
	whole := journalOf(t, 3)
	middle := bytes.Index(whole[1:], []byte("\r\n*")) + 3
	at := func(offset int, old, replacement string) []byte {
		i := offset + bytes.Index(whole[offset:], []byte(old))
		return slices.Concat(whole[:i], []byte(replacement), whole[i+len(old):])
	}
	for name, damage := range map[string]struct {
		reason string
		text   []byte
	}{
		"mark":          {"a command must begin with a star", at(middle, "*", "?")},
		"length beyond": {"a length that swallows the rest is no torn tail", at(middle, "$4\r\neval", "$9999999\r\neval")},
		"length short":  {"an argument must end where it should", at(middle, "$4\r\neval", "$3\r\neval")},
		"count":         {"an argument must stand where one is announced", at(middle, "*", "*9")},
		"missing bytes": {"a hole shifts everything", slices.Concat(whole[:middle+40], whole[middle+60:])},
		"command":       {"no command of ours", at(middle, "eval", "evil")},
		"script":        {"no script of ours", at(middle, "local meta", "locol meta")},
		"zeros inside":  {"only zeros at the end are a write cut short", slices.Concat(whole[:middle], make([]byte, 512), whole[middle:])},
		"another file":  {"it was never a journal", []byte("REDIS0011 and so on")},
		"text":          {"it was never a journal", []byte("price,gpu\n")},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, JournalName)
			write(t, path, damage.text)
			_, err := Open(t.Context(), options(dir, ""))
			if err == nil || !strings.Contains(err.Error(), "offset") || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: got %v, want an error with file and offset", damage.reason, err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, damage.text) {
				t.Errorf("%s: the damaged file was changed", damage.reason)
			}
		})
	}
}

// TestZerosAfterPowerCut leaves what a file system may make of a write that was cut short.
func TestZerosAfterPowerCut(t *testing.T) {
	whole := journalOf(t, 3)
	for name, text := range map[string][]byte{
		"after a whole command":  slices.Concat(whole, make([]byte, 4096)),
		"in place of the end":    slices.Concat(whole, []byte("*2\r\n$4\r\nev"), make([]byte, 4096)),
		"in place of everything": slices.Concat(whole, make([]byte, 1)),
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, JournalName), text)
		s, err := Open(t.Context(), options(dir, ""))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if state, err := s.Provider(t.Context(), "p"); err != nil || state.Seq != 3 || journalSize(t, dir) != len(whole) {
			t.Errorf("%s: got %+v, %v, %d bytes", name, state, err, journalSize(t, dir))
		}
		closeStore(t, s)
	}
}

// journalOf is a journal of so many commits.
func journalOf(t *testing.T, commits int) []byte {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	for i := range commits {
		commit(t, s, commitOf("p", fmt.Sprint(i), nil, []market.Offer{offer(t, "p", "a", fmt.Sprint(i+1))}))
	}
	closeStore(t, s)
	text, err := os.ReadFile(filepath.Join(dir, JournalName))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestJournalIsRewrittenWhenGrown commits the same offers until the journal must have been rewritten, and opens it again.
func TestJournalIsRewrittenWhenGrown(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	written := 0
	for n := 1; written < 3*rewriteFloor; n++ {
		before := journalSize(t, dir)
		commit(t, s, commitOf("child", fmt.Sprint("r", n), nil, snapshotOf(n)))
		written += max(0, journalSize(t, dir)-before)
	}
	want, err := s.Provider(t.Context(), "child")
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	if size := journalSize(t, dir); size > 2*rewriteFloor {
		t.Errorf("%d bytes, of %d that were written", size, written)
	}
	if s, err = Open(t.Context(), options(dir, "")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Provider(t.Context(), "child")
	if diff := cmp.Diff(want, got, exact); diff != "" || err != nil {
		t.Errorf("%v (-before +after):\n%s", err, diff)
	}
	closeStore(t, s)
}

// TestSecondProcessIsKeptOut tells who has the folder.
func TestSecondProcessIsKeptOut(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	var busy *InUseError
	if _, err := Open(t.Context(), options(dir, "")); !errors.As(err, &busy) || busy.Address != "127.0.0.1:1" || busy.PID != os.Getpid() {
		t.Errorf("got %v", err)
	}
	closeStore(t, s)
	s, err = Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

// TestJournalLoadsIntoRedis moves a store to a real Redis in both documented ways, also after the journal was rewritten.
func TestJournalLoadsIntoRedis(t *testing.T) {
	for _, rewritten := range []bool{false, true} {
		t.Run(fmt.Sprint("rewritten ", rewritten), func(t *testing.T) {
			dir := t.TempDir()
			want := fillForMove(t, dir, rewritten)
			journal, err := os.ReadFile(filepath.Join(dir, JournalName))
			if err != nil {
				t.Fatal(err)
			}
			asFile := t.TempDir()
			write(t, filepath.Join(asFile, "appendonly.aof"), journal)
			placed := backend{options("", "redis://"+startRedis(t, asFile, "--appendonly", "yes"))}.open(t)
			if diff := cmp.Diff(want, answers(t, placed), exact); diff != "" {
				t.Errorf("as appendonly.aof (-embedded +redis):\n%s", diff)
			}
			closeStore(t, placed)
			address := startRedis(t, t.TempDir())
			pipeInto(t, address, journal)
			piped := backend{options("", "redis://"+address)}.open(t)
			if diff := cmp.Diff(want, answers(t, piped), exact); diff != "" {
				t.Errorf("through redis-cli --pipe (-embedded +redis):\n%s", diff)
			}
			closeStore(t, piped)
		})
	}
}

func fillForMove(t *testing.T, dir string, rewritten bool) []any {
	t.Helper()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	old := []market.Offer{offer(t, "p", "a", "8"), offer(t, "p", "摩尔线程", "9.10")}
	lease := lock(t, s, "p", start)
	commit(t, s, commitOf("p", "r1", nil, old))
	refused := commitOf("p", "r0", nil, nil)
	refused.Fence = lease.Fence() - 1
	_, _ = s.Commit(t.Context(), refused) // journaled although it changes nothing
	commit(t, s, commitOf("p", "r2", old, old[1:]))
	held := commitOf("q", "r1", nil, nil)
	held.Held, held.Rejected = &market.Held{Offers: old, Agreed: 1}, []market.Rejected{{SKU: "x", Reason: "y"}}
	commit(t, s, held)
	rate, _ := market.ParseAmount("7.0100", market.CNY)
	if err := s.SaveRates(t.Context(), []market.RateTable{{Source: "CFETS", Day: start, Quotations: []market.Quotation{{Base: "USD", Quote: "CNY", Rate: rate}}}}); err != nil {
		t.Fatal(err)
	}
	fillAlerts(t, s)
	if rewritten {
		if err := s.embedded.journal.rewrite(t.Context()); err != nil {
			t.Fatal(err)
		}
		commit(t, s, commitOf("p", "r3", nil, nil))
	}
	want := answers(t, s)
	closeStore(t, s)
	return want
}

// answers are what the store says to everything that can be asked.
func answers(t *testing.T, s *Store) []any {
	t.Helper()
	var out []any
	add := func(v any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	for _, p := range []string{"p", "q"} {
		state, err := s.Provider(t.Context(), p)
		add(state, err)
		runs, err := s.Runs(t.Context(), p, 100)
		add(runs, err)
		rejected, err := s.Rejected(t.Context(), p, 100)
		add(rejected, err)
		snapshot, err := s.Snapshot(t.Context(), p, "prices")
		add(snapshot, err)
		delta, found, err := s.Since(t.Context(), p, 0)
		add(delta, err)
		add(found, nil)
	}
	rates, err := s.Rates(t.Context())
	add(rates, err)
	add(all(t, s), nil)
	due, found, err := s.NextDue(t.Context())
	add(due, err)
	add(found, nil)
	dead, err := s.DeadLetters(t.Context(), 10)
	add(dead, err)
	_, place, found, err := s.EditsSince(t.Context(), 0)
	add(place, err)
	add(found, nil)
	return out
}

// fillAlerts leaves a delivery of every status.
func fillAlerts(t *testing.T, s *Store) {
	t.Helper()
	judged(t, s, fires("j", 4, createRule(t, s, "a")))
	for i, status := range []market.DeliveryStatus{market.Delivered, market.DeliveryRetrying, market.DeliveryFailed} {
		claimed, err := s.Claim(t.Context(), start, leaseTime, 1)
		if err != nil || len(claimed) != 1 {
			t.Fatalf("%d: claimed %d, %v", i, len(claimed), err)
		}
		finish(t, s, ended(claimed[0], status, start.Add(time.Hour)), true)
	}
}

func pipeInto(t *testing.T, address string, journal []byte) {
	t.Helper()
	_, port, _ := strings.Cut(address, ":")
	cli := exec.Command("redis-cli", "-p", port, "--pipe")
	cli.Stdin = bytes.NewReader(journal)
	out, err := cli.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("errors: 0")) {
		t.Fatalf("redis-cli --pipe: %v\n%s", err, out)
	}
}

// TestRewriteKeepsAnswers rewrites the journal and reads it back; a leftover of a rewrite that was cut short does no harm.
func TestRewriteKeepsAnswers(t *testing.T) {
	dir := t.TempDir()
	want := fillForMove(t, dir, true)
	write(t, filepath.Join(dir, JournalName+".tmp"), []byte("*3\r\n$3\r\nSET"))
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, answers(t, s), exact); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	closeStore(t, s)
}

// TestFullDiskLosesNothing takes the journal's file away and expects a refusal, not an answer that is lost later.
func TestFullDiskLosesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, commitOf("p", "r1", nil, nil))
	if err := s.embedded.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Commit(t.Context(), commitOf("p", "r2", nil, nil)); err == nil {
			t.Error("acknowledged without being written")
		}
	}
	_ = s.Close() // the file is closed already
}

// FuzzReadCommand reads anything as a journal.
func FuzzReadCommand(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"))
	f.Add([]byte("*1\r\n$99999999999\r\n"))
	f.Add([]byte("*99999999\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		command, n, err := readCommand(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeCommand(&again, command); err != nil {
			t.Fatal(err)
		}
		if read, _, err := readCommand(bufio.NewReader(&again)); err != nil || !cmp.Equal(read, command) || n > int64(len(data)) {
			t.Errorf("%q became %q, %v", command, read, err)
		}
	})
}

// TestJournalIsPrivate holds that nobody else on the machine reads the secrets of alert rules, before and after a rewrite.
func TestJournalIsPrivate(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), options(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, when := range []string{"made", "rewritten"} {
		info, err := os.Stat(filepath.Join(dir, JournalName))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: the journal's mode is %o", when, mode)
		}
		rewriteNow(s)
	}
}

func journalSize(t *testing.T, dir string) int {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, JournalName))
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
