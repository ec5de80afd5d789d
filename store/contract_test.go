package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// offer is an offer as the domain makes it.
func offer(t testing.TB, provider, sku, price string) market.Offer {
	t.Helper()
	o, err := market.Normalise(market.Origin{Provider: provider, Kind: market.Neocloud, Sheet: "prices", Document: "https://example.com/prices"},
		market.Listing{SKU: sku, GpuName: "NVIDIA H100 SXM", Count: "8", Price: price, Currency: market.USD, Per: market.PerInstance,
			Period: market.PerHour, Market: market.OnDemand})
	if err != nil {
		t.Fatal(err)
	}
	o.FirstSeenAt, o.ChangedAt, o.Decimals = start, start, o.Listed.Amount.Scale()
	return o
}

// manyOffers are copies of one offer under ids of their own.
func manyOffers(t testing.TB, provider string, n int) []market.Offer {
	t.Helper()
	offers := make([]market.Offer, n)
	model := offer(t, provider, "sku", "8")
	for i := range offers {
		offers[i] = model
		offers[i].SKU = fmt.Sprintf("sku%05d", i)
		offers[i].ID = market.OfferID(provider, offers[i].SKU, "", market.OnDemand, 0)
	}
	return offers
}

// commitOf is a run that puts offers in the place of others.
func commitOf(provider, run string, before, after []market.Offer) market.Commit {
	d := market.Diff(before, after, start)
	return market.Commit{
		Run: market.Run{ID: run, Provider: provider, Sheet: "prices", StartedAt: start, EndedAt: start, Offers: len(after), Changed: len(d.Changes)},
		Sheet: market.Sheet{Provider: provider, Name: "prices", LastRunID: run, LastRunAt: start, LastSuccessAt: start,
			Documents: []market.Source{{URL: "https://example.com/prices", FetchedAt: start, Digest: "abc"}}},
		Upserts: d.Upserts, Removed: d.Removed, Changes: d.Changes,
	}
}

// TestContract runs one suite against every store.
func TestContract(t *testing.T) {
	t.Parallel()
	suite := map[string]func(*testing.T, backend, string){
		"a provider never read is empty":            emptyProvider,
		"what is committed is read":                 committedIsRead,
		"a run commits once":                        commitsOnce,
		"a run commits once, however late it asks":  commitsOnceLater,
		"a run without an id is refused":            unnamedRunIsRefused,
		"a lease is renewed until it is lost":       leaseIsRenewed,
		"a holder whose time is over is refused":    expiredHolderIsRefused,
		"a delta is of one moment":                  deltaIsOfOneMoment,
		"a key of another type is no gap":           foreignTypeIsAnError,
		"rejected rows are capped":                  rejectedAreCapped,
		"a run under a lost lock is refused":        lostLockIsRefused,
		"a failed run changes no offer":             failedRunChangesNothing,
		"changes are followed from a place":         changesAreFollowed,
		"a place that is too old is known":          oldPlaceIsKnown,
		"what is held back is kept apart":           heldIsKeptApart,
		"ten thousand offers are one commit":        largeCommit,
		"only one reads a provider":                 onlyOneReads,
		"a scheduled run is made once":              slotIsTakenOnce,
		"rates of a day are frozen":                 ratesAreFrozen,
		"it is known how far rates are known":       ratesKnown,
		"rates kept as they once were are read":     oldRatesAreRead,
		"text of every kind survives":               textSurvives,
		"a value that cannot be decoded is no gap":  foreignValueIsAnError,
		"an ended context ends the call":            contextIsHeeded,
		"rejected rows are those of the last read":  rejectedRows,
		"runs are listed newest first, and capped":  runsAreCapped,
		"providers do not see each other's offers":  providersAreApart,
		"an offer withdrawn is gone with its price": withdrawnIsGone,
		"every change is kept":                      historyIsKept,
		"a long history is sealed in chunks":        longHistoryIsSealed,
		"history from elsewhere is merged":          importsAreMerged,
		"collections stay apart":                    collectionsStayApart,
		"history is thinned":                        historyIsThinned,
		"what came back is thinned":                 cameBackIsThinned,
		"history is whole while it is thinned":      historyIsReadWhileThinned,
		"a collection is thinned":                   collectionIsThinned,
		"changes are told afterwards as at once":    movesAreReplayed,
		"changes are not guessed":                   movesAreNotGuessed,
	}
	for backendName, b := range backends(t) {
		i := 0
		for _, testName := range sortedKeys(suite) {
			i++
			t.Run(backendName+"/"+testName, func(t *testing.T) { suite[testName](t, b, name(i)) })
		}
	}
}

func emptyProvider(t *testing.T, b backend, p string) {
	s := b.open(t)
	state, err := s.Provider(t.Context(), p)
	if err != nil || state.Seq != 0 || len(state.Offers) != 0 || len(state.Sheets) != 0 {
		t.Errorf("got %+v, %v", state, err)
	}
	snapshot, err := s.Snapshot(t.Context(), p, "prices")
	if err != nil || len(snapshot.Offers) != 0 || snapshot.Held != nil || snapshot.Sheet.Name != "" {
		t.Errorf("got %+v, %v", snapshot, err)
	}
	closeStore(t, s)
}

func committedIsRead(t *testing.T, b backend, p string) {
	offers := []market.Offer{offer(t, p, "a", "49.240"), offer(t, p, "b", "$1,234.5")}
	s := b.open(t)
	commit(t, s, commitOf(p, "r1", nil, offers))
	closeStore(t, s)
	s = b.open(t)
	state, err := s.Provider(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(offers, state.Offers, exact); diff != "" {
		t.Errorf("after a restart (-committed +read):\n%s", diff)
	}
	if state.Seq != 1 || len(state.Sheets) != 1 || state.Sheets[0].Documents[0].Digest != "abc" {
		t.Errorf("got %+v", state)
	}
	closeStore(t, s)
}

// exact compares decimals digit for digit: "49.240" is not "49.24".
var exact = cmp.Comparer(func(a, b market.Decimal) bool { return a.String() == b.String() })

func commitsOnce(t *testing.T, b backend, p string) {
	s := b.open(t)
	c := commitOf(p, "r1", nil, []market.Offer{offer(t, p, "a", "8")})
	commit(t, s, c)
	applied, err := s.Commit(t.Context(), c)
	if applied || err != nil {
		t.Errorf("the second time: applied %v, %v", applied, err)
	}
	state, _ := s.Provider(t.Context(), p)
	runs, _ := s.Runs(t.Context(), p, 10)
	if state.Seq != 1 || len(runs) != 1 {
		t.Errorf("seq %d and %d runs, want one of each", state.Seq, len(runs))
	}
	closeStore(t, s)
}

func failedRunChangesNothing(t *testing.T, b backend, p string) {
	s := b.open(t)
	offers := []market.Offer{offer(t, p, "a", "8")}
	commit(t, s, commitOf(p, "r1", nil, offers))
	failed := commitOf(p, "r2", nil, nil)
	failed.Run.Error, failed.Sheet.Problem = "it answered 500", "it answered 500"
	commit(t, s, failed)
	state, _ := s.Provider(t.Context(), p)
	if len(state.Offers) != 1 || state.Sheets[0].Problem == "" || state.Seq != 2 {
		t.Errorf("got %+v", state)
	}
	closeStore(t, s)
}

func changesAreFollowed(t *testing.T, b backend, p string) {
	s := b.open(t)
	old := []market.Offer{offer(t, p, "a", "8"), offer(t, p, "b", "8"), offer(t, p, "c", "8")}
	changed := []market.Offer{offer(t, p, "a", "8"), offer(t, p, "b", "9"), offer(t, p, "d", "7")}
	commit(t, s, commitOf(p, "r1", nil, old))
	commit(t, s, commitOf(p, "r2", old, changed))
	delta, found, err := s.Since(t.Context(), p, 1)
	if err != nil || !found || delta.Seq != 2 {
		t.Fatalf("got %+v, %v, %v", delta, found, err)
	}
	if ids(delta.Upserts) != p+"/b/-/on-demand "+p+"/d/-/on-demand" || strings.Join(delta.Removed, " ") != p+"/c/-/on-demand" || len(delta.Changes) != 3 {
		t.Errorf("upserts %s, removed %s, %d changes", ids(delta.Upserts), delta.Removed, len(delta.Changes))
	}
	if again, found, err := s.Since(t.Context(), p, 2); err != nil || !found || again.Seq != 2 || len(again.Upserts) != 0 {
		t.Errorf("from the end: %+v, %v, %v", again, found, err)
	}
	closeStore(t, s)
}

func oldPlaceIsKnown(t *testing.T, b backend, p string) {
	s := b.open(t)
	for i := range changesKept + 2 {
		commit(t, s, commitOf(p, fmt.Sprintf("r%d", i), nil, nil))
	}
	if _, found, err := s.Since(t.Context(), p, 1); found || err != nil {
		t.Errorf("a place before the stream's start: found %v, %v", found, err)
	}
	if _, found, err := s.Since(t.Context(), p, 2); !found || err != nil {
		t.Errorf("the oldest place: found %v, %v", found, err)
	}
	if _, found, err := s.Since(t.Context(), p, 1<<40); found || err != nil {
		t.Errorf("a place that never was: found %v, %v", found, err)
	}
	closeStore(t, s)
}

func heldIsKeptApart(t *testing.T, b backend, p string) {
	s := b.open(t)
	offers := []market.Offer{offer(t, p, "a", "8")}
	commit(t, s, commitOf(p, "r1", nil, offers))
	c := commitOf(p, "r2", nil, nil)
	c.Held, c.Sheet.Held = &market.Held{Offers: []market.Offer{offer(t, p, "a", "80")}, Agreed: 2, Reason: "moved"}, true
	commit(t, s, c)
	snapshot, err := s.Snapshot(t.Context(), p, "prices")
	if err != nil || snapshot.Held == nil || snapshot.Held.Agreed != 2 || snapshot.Offers[0].Price.String() != "8" || snapshot.Held.Offers[0].Price.String() != "80" {
		t.Fatalf("got %+v, %v", snapshot, err)
	}
	commit(t, s, commitOf(p, "r3", offers, offers))
	if snapshot, _ := s.Snapshot(t.Context(), p, "prices"); snapshot.Held != nil {
		t.Error("still held after a run that was believed")
	}
	closeStore(t, s)
}

func largeCommit(t *testing.T, b backend, p string) {
	s := b.open(t)
	offers := manyOffers(t, p, 10_000)
	commit(t, s, commitOf(p, "r1", nil, offers))
	commit(t, s, commitOf(p, "r2", offers, offers[:1]))
	state, err := s.Provider(t.Context(), p)
	if err != nil || len(state.Offers) != 1 {
		t.Errorf("%d offers, %v", len(state.Offers), err)
	}
	closeStore(t, s)
}

func ratesAreFrozen(t *testing.T, b backend, _ string) {
	s := b.open(t)
	rate := func(text string) market.RateTable {
		return market.RateTable{Source: "CFETS", Day: start.Truncate(24 * time.Hour), Quotations: []market.Quotation{
			{Base: market.USD, Quote: market.CNY, Rate: amount(t, text)}}}
	}
	for _, text := range []string{"7.10", "7.20"} {
		if err := s.SaveRates(t.Context(), []market.RateTable{rate(text)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SaveRateHistory(t.Context(), "CFETS", start, []market.RateTable{rate("7.30")}); err != nil {
		t.Fatal(err)
	}
	checkRates(t, s, "CFETS", rate("7.10"))
	closeStore(t, s)
}

func ratesKnown(t *testing.T, b backend, p string) {
	s := b.open(t)
	day := func(n int) time.Time { return time.Date(2026, 10, n, 0, 0, 0, 0, time.UTC) }
	table := func(n int) market.RateTable {
		return market.RateTable{Source: p, Day: day(n), FetchedAt: start, Quotations: []market.Quotation{
			{Base: market.EUR, Quote: market.USD, Rate: amount(t, "1.1700")}, {Base: market.EUR, Quote: "TRL", Rate: amount(t, "370000")}}}
	}
	before, err := s.RateDays(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		reason           string
		save             func() error
		newest, complete time.Time
		days             int
	}{
		{"nothing is known at first", func() error { return nil }, time.Time{}, time.Time{}, 0},
		{"a day's table says nothing of the days before", func() error { return s.SaveRates(t.Context(), []market.RateTable{table(20)}) }, day(20), time.Time{}, 1},
		{"a history does", func() error {
			return s.SaveRateHistory(t.Context(), p, day(15), []market.RateTable{table(15), table(14)})
		}, day(20), day(15), 3},
		{"of another source it says nothing", func() error { return s.SaveRateHistory(t.Context(), p+"|x", day(25), nil) }, day(20), day(15), 3},
		{"what is known stays known", func() error { return s.SaveRateHistory(t.Context(), p, day(14), nil) }, day(20), day(15), 3},
		{"and grows without a table", func() error { return s.SaveRateHistory(t.Context(), p, day(20), nil) }, day(20), day(20), 3},
	}
	for _, step := range steps {
		if err := step.save(); err != nil {
			t.Fatal(err)
		}
		newest, complete, err := s.RatesKnown(t.Context(), p)
		days, errDays := s.RateDays(t.Context())
		if err != nil || errDays != nil || !newest.Equal(step.newest) || !complete.Equal(step.complete) || days-before != step.days {
			t.Errorf("%s: until %s, all until %s, %d days, %v, %v", step.reason, newest, complete, days-before, err, errDays)
		}
	}
	closeStore(t, s)
	s = b.open(t)
	checkRates(t, s, p, table(14), table(15), table(20))
	if newest, complete, err := s.RatesKnown(t.Context(), p); err != nil || !newest.Equal(day(20)) || !complete.Equal(day(20)) {
		t.Errorf("opened again: until %s, all until %s, %v", newest, complete, err)
	}
	closeStore(t, s)
}

func oldRatesAreRead(t *testing.T, b backend, p string) {
	s := b.open(t)
	old := `{"Source":"` + p + `","Day":"2026-10-30T00:00:00Z","FetchedAt":"2026-11-01T12:00:00Z","Quotations":[{"Base":"USD","Quote":"CNY","Rate":"7.0100"}]}`
	if err := s.client.HSet(t.Context(), ratesKey, p+"|2026-10-30", old).Err(); err != nil {
		t.Fatal(err)
	}
	checkRates(t, s, p, market.RateTable{Source: p, Day: time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC), FetchedAt: start,
		Quotations: []market.Quotation{{Base: market.USD, Quote: market.CNY, Rate: amount(t, "7.0100")}}})
	for _, broken := range []string{`"EUR USD"`, `"EUR USD one"`, `7`, `"USD CNY 7.01  "`} {
		if err := s.client.HSet(t.Context(), ratesKey, p+"|2026-10-30", `{"Source":"`+p+`","Quotations":`+broken+`}`).Err(); err != nil {
			t.Fatal(err)
		}
		if tables, err := s.Rates(t.Context()); !errors.Is(err, errForeign) {
			t.Errorf("%s: got %v, %v", broken, tables, err)
		}
	}
	if err := s.client.HDel(t.Context(), ratesKey, p+"|2026-10-30").Err(); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

func amount(t testing.TB, text string) market.Decimal {
	t.Helper()
	d, err := market.ParseAmount(text, market.USD)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// checkRates compares all rates of one source.
func checkRates(t *testing.T, s *Store, source string, want ...market.RateTable) {
	t.Helper()
	all, err := s.Rates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(all, func(table market.RateTable) bool { return table.Source != source })
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b market.Decimal) bool { return a.String() == b.String() })); diff != "" {
		t.Error(diff)
	}
}

func textSurvives(t *testing.T, b backend, p string) {
	s := b.open(t)
	odd := offer(t, p, "摩尔线程 \r\n$5\r\n \x00 \" <&> \u2028", "8")
	commit(t, s, commitOf(p, "r1", nil, []market.Offer{odd}))
	closeStore(t, s)
	s = b.open(t)
	state, err := s.Provider(t.Context(), p)
	if err != nil || len(state.Offers) != 1 || state.Offers[0].SKU != odd.SKU {
		t.Errorf("got %+v, %v", state.Offers, err)
	}
	closeStore(t, s)
}

func foreignValueIsAnError(t *testing.T, b backend, p string) {
	values := map[string]struct{ reason, text string }{
		"broken":  {"is not JSON", "{not json"},
		"newer":   {"has a field this version would lose", `{"ID":"x","Discount":"10 %"}`},
		"another": {"is the offer of another id", `{"ID":"y"}`},
		"null":    {"is nothing", "null"},
		"two":     {"is more than one value", `{"ID":"x"} {}`},
	}
	s := b.open(t)
	key := keysOf(p).offers()
	for name, v := range values {
		if err := s.client.HSet(t.Context(), key, "x", v.text).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Provider(t.Context(), p); !errors.Is(err, errForeign) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %s: got %v, want an error that names the key", name, v.reason, err)
		}
		if _, err := s.Snapshot(t.Context(), p, "prices"); !errors.Is(err, errForeign) {
			t.Errorf("%s: %s: the snapshot says %v", name, v.reason, err)
		}
	}
	closeStore(t, s)
}

func foreignTypeIsAnError(t *testing.T, b backend, p string) {
	s := b.open(t)
	if err := s.client.Set(t.Context(), keysOf(p).offers(), "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if state, err := s.Provider(t.Context(), p); err == nil {
		t.Errorf("got %+v and no error", state)
	}
	closeStore(t, s)
}

func commitsOnceLater(t *testing.T, b backend, p string) {
	s := b.open(t)
	first := commitOf(p, "r1", nil, []market.Offer{offer(t, p, "a", "8")})
	commit(t, s, first)
	commit(t, s, commitOf(p, "r2", first.Upserts, []market.Offer{offer(t, p, "a", "9")}))
	closeStore(t, s)
	s = b.open(t)
	first.Fence = 1 // an answer that was given stays given, whoever has the lock now
	if _, err := s.Lock(t.Context(), p, time.Time{}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if applied, err := s.Commit(t.Context(), first); applied || err != nil {
		t.Errorf("applied %v, %v", applied, err)
	}
	if state, _ := s.Provider(t.Context(), p); state.Seq != 2 || state.Offers[0].Price.String() != "9" {
		t.Errorf("the old run came back: %+v", state)
	}
	closeStore(t, s)
}

func unnamedRunIsRefused(t *testing.T, b backend, p string) {
	s := b.open(t)
	if applied, err := s.Commit(t.Context(), commitOf(p, "", nil, nil)); applied || err == nil {
		t.Errorf("applied %v, %v", applied, err)
	}
	closeStore(t, s)
}

// deltaIsOfOneMoment follows while others commit: every snapshot has one price, so that a mixture shows.
func deltaIsOfOneMoment(t *testing.T, b backend, p string) {
	s := b.open(t)
	const commits = 40
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 1; n <= commits; n++ {
			price := strconv.Itoa(n)
			offers := []market.Offer{offer(t, p, "a", price), offer(t, p, "b", price), offer(t, p, "c"+price, price)}
			if _, err := s.Commit(t.Context(), commitOf(p, "r"+price, nil, offers)); err != nil {
				t.Error(err)
			}
		}
	})
	for place := int64(0); place < commits && !t.Failed(); {
		delta, found, err := s.Since(t.Context(), p, place)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range delta.Upserts {
			if !strings.Contains(o.ID, "/c") && o.Price.String() != strconv.FormatInt(delta.Seq, 10) {
				t.Fatalf("at %d an offer of commit %s", delta.Seq, o.Price)
			}
		}
		if found {
			place = delta.Seq
		}
	}
	writing.Wait()
	closeStore(t, s)
}

func rejectedAreCapped(t *testing.T, b backend, p string) {
	s := b.open(t)
	c := commitOf(p, "r1", nil, nil)
	c.Rejected = make([]market.Rejected, rejectedKept+10)
	commit(t, s, c)
	if rows, err := s.Rejected(t.Context(), p, 1<<30); err != nil || len(rows) != rejectedKept {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	closeStore(t, s)
}

func contextIsHeeded(t *testing.T, b backend, p string) {
	s := b.open(t)
	ctx, cancel := contextOf(t)
	cancel()
	if _, err := s.Commit(ctx, commitOf(p, "r1", nil, nil)); err == nil {
		t.Error("committed under an ended context")
	}
	if state, _ := s.Provider(t.Context(), p); state.Seq != 0 {
		t.Error("the store changed")
	}
	closeStore(t, s)
}

func rejectedRows(t *testing.T, b backend, p string) {
	s := b.open(t)
	c := commitOf(p, "r1", nil, nil)
	c.Documents = []market.Source{{URL: "u", Digest: "d"}}
	c.Rejected = []market.Rejected{{SKU: "a", Reason: "no price printed", Document: "u"}, {SKU: "b", Reason: "other"}}
	commit(t, s, c)
	kept := commitOf(p, "r2", nil, nil)
	kept.KeepRejected = true
	commit(t, s, kept)
	rows, err := s.Rejected(t.Context(), p, 1)
	if err != nil || len(rows) != 1 || rows[0].SKU != "a" || rows[0].Digest != "d" || !rows[0].At.Equal(start) {
		t.Errorf("got %+v, %v", rows, err)
	}
	commit(t, s, commitOf(p, "r3", nil, nil))
	if rows, _ := s.Rejected(t.Context(), p, 10); len(rows) != 0 {
		t.Errorf("rows of an older document: %+v", rows)
	}
	closeStore(t, s)
}

func runsAreCapped(t *testing.T, b backend, p string) {
	s := b.open(t)
	for i := range runsKept + 5 {
		commit(t, s, commitOf(p, fmt.Sprintf("r%d", i), nil, nil))
	}
	runs, err := s.Runs(t.Context(), p, 1000)
	if err != nil || len(runs) != runsKept || runs[0].ID != fmt.Sprintf("r%d", runsKept+4) {
		t.Errorf("%d runs, the first %s, %v", len(runs), runs[0].ID, err)
	}
	closeStore(t, s)
}

func providersAreApart(t *testing.T, b backend, p string) {
	s := b.open(t)
	commit(t, s, commitOf(p, "r1", nil, []market.Offer{offer(t, p, "a", "8")}))
	commit(t, s, commitOf(p+"x", "r1", nil, nil))
	if state, _ := s.Provider(t.Context(), p+"x"); len(state.Offers) != 0 {
		t.Errorf("%d offers of another provider", len(state.Offers))
	}
	closeStore(t, s)
}

func withdrawnIsGone(t *testing.T, b backend, p string) {
	s := b.open(t)
	offers := []market.Offer{offer(t, p, "a", "8")}
	commit(t, s, commitOf(p, "r1", nil, offers))
	commit(t, s, commitOf(p, "r2", offers, nil))
	delta, found, err := s.Since(t.Context(), p, 0)
	if err != nil || !found || len(delta.Upserts) != 0 || len(delta.Removed) != 1 || !delta.Changes[1].Withdrawn {
		t.Errorf("got %+v, %v, %v", delta, found, err)
	}
	closeStore(t, s)
}

func commit(t testing.TB, s *Store, c market.Commit) {
	t.Helper()
	if applied, err := s.Commit(t.Context(), c); !applied || err != nil {
		t.Fatalf("commit %s: applied %v, %v", c.Run.ID, applied, err)
	}
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func ids(offers []market.Offer) string {
	var out []string
	for _, o := range offers {
		out = append(out, o.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
