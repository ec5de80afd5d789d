package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"go.uber.org/goleak"

	"gpuhour/graph"
	"gpuhour/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the moment all tests happen at.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is a small market behind a real handler.
type world struct {
	t      testing.TB
	book   *market.Book
	log    bytes.Buffer
	store  *fakeStore
	alerts *fakeAlerts
	fleet  *fakeFleet
	// more is what the index is of beside its two offers, and indexed are the questions for it.
	more    []market.Chronicle
	indexed []market.IndexQuestion
	record  *fakeRecord
	tape    *market.Tape
	handler http.Handler
}

// The providers: alpha is fresh, beta's latest run failed, cathay lists in yuan, delta is disabled, epsilon was never read,
// held is in quarantine.
var sellers = []market.Provider{
	{ID: "alpha", Name: "Alpha Cloud", Kind: market.Hyperscaler, Country: "US", Homepage: "https://alpha.example", Schedule: "0 4 * * *", Cadence: 24 * time.Hour},
	{ID: "beta", Name: "Beta Market", Kind: market.Marketplace, Country: "US", Homepage: "https://beta.example", Schedule: "0 * * * *", Cadence: time.Hour},
	{ID: "cathay", Name: "Cathay Compute", Kind: market.Neocloud, Country: "CN", Homepage: "https://cathay.example", Schedule: "0 4 * * *", Cadence: 24 * time.Hour},
	{ID: "delta", Name: "Delta", Kind: market.Neocloud, Country: "US", Homepage: "https://delta.example", Schedule: "0 4 * * *", Cadence: 24 * time.Hour, Disabled: "needs a key: set DELTA_KEY"},
	{ID: "epsilon", Name: "Epsilon", Kind: market.Aggregator, Country: "US", Homepage: "https://epsilon.example", Schedule: "0 4 * * *", Cadence: 24 * time.Hour},
	{ID: "held", Name: "Held", Kind: market.Neocloud, Country: "DE", Homepage: "https://held.example", Schedule: "0 4 * * *", Cadence: 24 * time.Hour},
}

// newWorld fills a book as the pipeline does: listings, normalised, put in place with their sheets and rates.
func newWorld(t testing.TB) *world {
	w := &world{t: t, book: market.NewBook(), store: &fakeStore{}, alerts: newFakeAlerts(), fleet: newFakeFleet()}
	w.record = &fakeRecord{commits: map[string][]market.Moves{}}
	w.tape = market.NewTape(w.record, func(o market.Offer, at time.Time) *market.Entry { return w.book.View().Entry(o, at) })
	w.book.SetRates(market.NewRates([]market.RateTable{{Source: "CFETS", Day: time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), FetchedAt: noon,
		Quotations: []market.Quotation{{Base: market.USD, Quote: market.CNY, Rate: decimal.MustParse("7.2")}}}}), noon)
	w.load("alpha", sheetOf("alpha", noon.Add(-2*time.Hour)), alphaRows()...)
	beta := sheetOf("beta", noon.Add(-5*time.Hour))
	beta.Problem, beta.LastRunAt = "answered 503", noon.Add(-time.Hour)
	w.load("beta", beta, betaRows()...)
	w.load("cathay", sheetOf("cathay", noon.Add(-3*time.Hour)), cathayRows()...)
	held := sheetOf("held", noon.Add(-30*time.Hour))
	held.Held, held.Problem = true, "5 of 6 offers are gone"
	w.load("held", held)
	for _, p := range sellers {
		w.tape.Start(p.ID, 0)
	}
	w.serve(t.Context(), graph.Patience{})
	return w
}

// serve puts a handler in place, whose streams have so much patience and end with the context.
func (w *world) serve(ctx context.Context, patience graph.Patience) *graph.Handler {
	resolver := &graph.Resolver{Book: w.book, Past: w, Registry: fakeRegistry{}, Log: w.store, Scraper: w.store, Alerts: w.alerts,
		Now: func() time.Time { return noon }, Changes: w.tape, Patience: patience}
	if w.fleet != nil {
		resolver.Fleet = w.fleet
	}
	h := graph.NewHandler(ctx, resolver, slog.New(slog.NewTextHandler(&w.log, nil)))
	w.handler = h
	return h
}

// At is a market of one offer, which the collection knows too, as it stood at any moment but in the year 2000, of which nothing can be read.
func (w *world) At(_ context.Context, moment time.Time, f market.Filter) (*market.View, error) {
	if moment.Year() == 2000 {
		return nil, errStore
	}
	c, err := w.chronicle()
	if err != nil {
		return nil, err
	}
	collected := c
	collected.Provider, collected.Offers = others.Provider("Alpha"), slices.Clone(c.Offers)
	collected.Offers[0].Offer.Provider = collected.Provider
	wanted := slices.DeleteFunc([]market.Chronicle{c, collected}, func(c market.Chronicle) bool { return !f.Wants(c.Provider) })
	return market.NewPast(wanted, w.book.View().Rates(), moment)
}

// ExportCount is of the one offer.
func (w *world) ExportCount(_ context.Context, q market.ExportQuestion) (int, error) {
	c, err := w.chronicle()
	if err != nil {
		return 0, err
	}
	x, err := market.NewExporter(q, w.book.View().Rates())
	if err != nil {
		return 0, err
	}
	return x.Count(c)
}

// Index is that of the one offer, and of a neocloud's. Nothing can be read of the year 2001.
func (w *world) Index(_ context.Context, q market.IndexQuestion) ([]market.Index, error) {
	w.store.guard.Lock()
	w.indexed = append(w.indexed, q)
	w.store.guard.Unlock()
	if q.From.Year() == 2001 {
		return nil, errStore
	}
	c, err := w.chronicle()
	if err != nil {
		return nil, err
	}
	neocloud, err := w.neocloud()
	if err != nil {
		return nil, err
	}
	return market.NewIndex(append([]market.Chronicle{c, neocloud}, w.more...), w.book.View().Rates(), q)
}

func (w *world) chronicle() (market.Chronicle, error) {
	eightCards := market.PointTerms{Currency: market.CNY, Per: market.PerInstance, Period: market.PerHour, GpuCount: market.Cards(8)}
	return w.told("alpha", alphaRows()[0], market.Point{PointTerms: eightCards, At: noon.Add(-48 * time.Hour), Amount: decimal.MustParse("72"), Stock: market.Limited})
}

// neocloud is an A800 in yuan that was dearer thirty days ago.
func (w *world) neocloud() (market.Chronicle, error) {
	oneCard := market.PointTerms{Currency: market.CNY, Per: market.PerGPU, Period: market.PerHour, GpuCount: market.Cards(1)}
	then := market.Point{PointTerms: oneCard, At: noon.AddDate(0, 0, -30), Amount: decimal.MustParse("6"), Stock: market.StockUnknown}
	now := then
	now.At, now.Amount = noon.AddDate(0, 0, -1), decimal.MustParse("4.99")
	return w.told("cathay", cathayRows()[1], then, now)
}

// told is an offer with its changes, each of which was read then.
func (w *world) told(provider string, row market.Listing, points ...market.Point) (market.Chronicle, error) {
	var writer market.PointWriter
	var stream, runs []byte
	var err error
	for _, p := range points {
		if stream, err = writer.Append(stream, p); err != nil {
			return market.Chronicle{}, err
		}
		run, _ := market.RunMark{At: p.At, Succeeded: true}.Append(time.Time{})
		runs = append(runs, run...)
	}
	return market.Chronicle{Provider: provider, Offers: []market.Told{{Offer: w.offers(provider, row)[0], Stream: stream}},
		Sheets: []market.SheetLog{{Sheet: market.Sheet{Provider: provider, Name: "main"}, Runs: runs}}}, nil
}

func sheetOf(provider string, read time.Time) market.Sheet {
	return market.Sheet{Provider: provider, Name: "main", LastRunAt: read, LastSuccessAt: read,
		Documents: []market.Source{{URL: "https://" + provider + ".example/prices", FetchedAt: read, Digest: "d1" + provider}}}
}

func (w *world) load(provider string, sheet market.Sheet, rows ...market.Listing) {
	w.t.Helper()
	w.book.Load(provider, []market.Sheet{sheet}, w.offers(provider, rows...))
}

func (w *world) offers(provider string, rows ...market.Listing) []market.Offer {
	w.t.Helper()
	var out []market.Offer
	for i, row := range rows {
		o, err := market.Normalise(market.Origin{Provider: provider, Kind: kindOf(provider), Sheet: "main", Document: "https://" + provider + ".example/prices"}, row)
		if err != nil {
			w.t.Fatalf("%s %s: %v", provider, row.SKU, err)
		}
		o.FirstSeenAt, o.ChangedAt = noon.Add(-1000*time.Hour), noon.Add(-time.Duration(i*7%5)*time.Hour)
		out = append(out, o)
	}
	return out
}

func kindOf(provider string) market.ProviderKind {
	for _, p := range sellers {
		if p.ID == provider {
			return p.Kind
		}
	}
	return market.Neocloud
}

func in[T any](v T) *T { return &v }

func alphaRows() []market.Listing {
	row := market.Listing{Region: "us-east-1", Country: "US", Area: market.NorthAmerica, Market: market.OnDemand, Currency: market.USD, Per: market.PerInstance, Period: market.PerHour}
	h100 := row
	h100.SKU, h100.GpuName, h100.Count, h100.Price, h100.VCPUs, h100.MemoryGB = "a8.h100", "NVIDIA H100 80GB HBM3", "8", "$49.24", in(192), in(2048.0)
	spot := h100
	spot.Market, spot.Price, spot.Stock, spot.GpusAvailable = market.Spot, "$19.70", market.Available, in(16)
	reserved := h100
	reserved.Market, reserved.Months, reserved.Price, reserved.Period = market.Reserved, 12, "$250000", market.PerYear
	a100 := row
	a100.SKU, a100.GpuName, a100.Count, a100.Price, a100.MemoryGB, a100.Region, a100.Country, a100.Area = "a1.a100", "NVIDIA A100 80GB PCIe", "1", "1.10", in(120.0), "eu-west", "DE", market.Europe
	slice := row
	slice.SKU, slice.GpuName, slice.Count, slice.Price, slice.Stock = "a1.slice", "A10", "1/6", "0.40", market.Limited
	return []market.Listing{h100, spot, reserved, a100, slice}
}

func betaRows() []market.Listing {
	row := market.Listing{Market: market.OnDemand, Currency: market.USD, Per: market.PerGPU, Period: market.PerHour, Stock: market.SoldOut}
	h100, odd, euro, community := row, row, row, row
	h100.SKU, h100.GpuName, h100.Price = "h100", "H100", "1.99"
	odd.SKU, odd.GpuName, odd.Price = "quantum-9", "Quantum 9", "3.30"
	euro.SKU, euro.GpuName, euro.Price, euro.Currency = "l40s", "L40S", "0.90", market.EUR
	community.SKU, community.GpuName, community.Price, community.Kind = "rtx-4090 community", "RTX 4090", "0.34", market.Aggregator
	return []market.Listing{h100, odd, euro, community}
}

func cathayRows() []market.Listing {
	row := market.Listing{Region: "华北1", Country: "CN", Area: market.China, Market: market.Reserved, Months: 1, Currency: market.CNY, Per: market.PerInstance, Period: market.PerMonth}
	h800, a800 := row, row
	h800.SKU, h800.GpuName, h800.Count, h800.Price = "h800-8", "H800", "8", "72000"
	a800.SKU, a800.GpuName, a800.Count, a800.Price, a800.Market, a800.Months, a800.Period, a800.Per = "a800-1", "A800", "1", "4.99", market.OnDemand, 0, market.PerHour, market.PerGPU
	return []market.Listing{h800, a800}
}

type fakeRegistry struct{}

func (fakeRegistry) Providers() []market.Provider { return sellers }

// others is a collection that knows one of the sellers.
var others = market.Collection{Name: "others", Cadence: 24 * time.Hour, Licence: "CC0"}

func (fakeRegistry) Collected() []market.Provider {
	return []market.Provider{others.Collected("Alpha", market.Hyperscaler)}
}

func (fakeRegistry) NextRun(provider string) (time.Time, bool) {
	return noon.Add(16 * time.Hour), provider == "alpha"
}

// fakeStore is the run log and the scraper.
type fakeStore struct {
	guard     sync.Mutex
	asked     []string
	sizes     []int
	meanwhile func()
	points    map[string][]market.Point
}

func (s *fakeStore) note(size int) {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.sizes = append(s.sizes, size)
}

var errStore = errors.New("dial tcp 10.0.0.7:6379: connection refused")

func (s *fakeStore) Runs(_ context.Context, provider string, last int) ([]market.Run, error) {
	s.note(last)
	switch provider {
	case "beta":
		return []market.Run{{StartedAt: noon.Add(-time.Hour), EndedAt: noon.Add(-time.Hour + 65250*time.Millisecond), Error: "answered 503", Rejected: 1}}, nil
	case "epsilon":
		return nil, errStore
	}
	return nil, nil
}

func (s *fakeStore) History(_ context.Context, provider, offer string) ([]market.Point, error) {
	if provider == "epsilon" {
		return nil, errStore
	}
	s.note(len(s.points[offer]))
	return s.points[offer], nil
}

func (s *fakeStore) Rejected(_ context.Context, _ string, first int) ([]market.Rejection, error) {
	s.note(first)
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return []market.Rejection{{Rejected: market.Rejected{SKU: "cpu-8", Text: `"0.10"`, Reason: "not a GPU", Document: "https://beta.example/prices"}, At: noon, Digest: "abc"}}, nil
}

func (s *fakeStore) Scrape(_ context.Context, provider string) (market.Run, error) {
	s.asked = append(s.asked, "scrape "+provider)
	switch provider {
	case "alpha":
		return market.Run{StartedAt: noon, EndedAt: noon.Add(1500 * time.Millisecond), Offers: 5, Changed: 2}, nil
	case "beta":
		return market.Run{StartedAt: noon, EndedAt: noon, Error: "answered 503"}, nil
	case "held":
		return market.Run{StartedAt: noon, EndedAt: noon, Held: true, Offers: 1}, nil
	case "delta":
		panic("a bug of delta")
	case "epsilon":
		return market.Run{}, errStore
	}
	return market.Run{}, graph.ErrNoProvider
}

func (s *fakeStore) ReleaseQuarantine(_ context.Context, provider string) (market.Run, error) {
	s.asked = append(s.asked, "release "+provider)
	switch provider {
	case "held":
		return market.Run{StartedAt: noon, EndedAt: noon, Offers: 1, Changed: 5}, nil
	case "alpha":
		return market.Run{}, graph.ErrNotHeld
	case "beta":
		return market.Run{}, fmt.Errorf("lock: %w", graph.ErrBusy)
	}
	return market.Run{}, graph.ErrNoProvider
}

// answer is what the API says.
type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct {
			Code, Argument string
			Gpus           []string
		}
	}
}

// send posts a query and gives the answer with its HTTP response.
func (w *world) send(query string, variables any) (answer, *http.Response) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return w.do(r)
}

func (w *world) do(r *http.Request) (answer, *http.Response) {
	w.t.Helper()
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		w.t.Fatalf("%d, not JSON: %.300q", response.StatusCode, text)
	}
	return a, response
}

// ask posts a query that must succeed, and decodes its data.
func ask[T any](w *world, query string, variables any) T {
	w.t.Helper()
	a, _ := w.send(query, variables)
	if len(a.Errors) > 0 {
		w.t.Fatalf("%s\n%+v", query, a.Errors)
	}
	var into T
	if err := json.Unmarshal(a.Data, &into); err != nil {
		w.t.Fatalf("%s: %v", a.Data, err)
	}
	return into
}

// list is an answer to a query for offers.
type list struct{ Offers ids }

// ids are what a list has, whatever it lists.
type ids struct {
	TotalCount int
	Nodes      []struct{ ID string }
	Edges      []struct {
		Cursor string
		Node   struct{ ID string }
	}
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
}

func (l list) ids() []string {
	ids := []string{}
	for _, n := range l.Offers.Nodes {
		ids = append(ids, n.ID)
	}
	return ids
}
