package scrapers

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gpuhour/market"
)

var update = flag.Bool("update", false, "rewrite the golden files; read them before committing")

var errTaken = errors.New("taken")

// noon is the moment at which all tests run.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// discard archives nothing.
type discard struct{}

func (discard) Record(Exchange) error { return nil }

// fixedRates are what the tests convert with: far from any real day, so that a mistake shows.
func fixedRates() []market.RateTable {
	return []market.RateTable{{Source: "CFETS", Day: noon.Truncate(24 * time.Hour), Quotations: []market.Quotation{
		{Base: market.USD, Quote: market.CNY, Rate: mustDecimal("7.0000")}}}}
}

func mustDecimal(text string) market.Decimal {
	d, err := market.ParseAmount(text, market.USD)
	if err != nil {
		panic(err)
	}
	return d
}

// newTestRunner is a runner over a transport, with its store and a book that follows it.
func newTestRunner(t *testing.T, transport http.RoundTripper) (*Runner, *memory) {
	t.Helper()
	book := market.NewBook()
	book.SetRates(market.NewRates(fixedRates()), noon)
	store := newMemory()
	now := func() time.Time { return noon }
	client := NewClient(ClientOptions{Transport: transport, Version: "test", Archive: discard{}, Now: now, Unhurried: true})
	return NewRunner(Options{
		Store: store, Client: client, View: book.View, Now: now, Log: slog.New(slog.DiscardHandler),
		Committed: func(context.Context, string) {},
	}), store
}

func readFixture(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
