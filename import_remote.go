package main

import (
	"context"
	"errors"
	"net/http"

	"gpuhour/market"
)

// importPath is where the server that holds the store takes history in from the command beside it.
const importPath = "/v1/import"

// largestImport bounds one provider's history on its way to the server.
const largestImport = 1 << 30

// importRequest is one step of an import.
type importRequest struct {
	Import    *market.Import     `json:",omitempty"`
	Rates     []market.RateTable `json:",omitempty"`
	Collected []market.Provider  `json:",omitempty"`
}

// remoteSink is the server that holds the store.
type remoteSink struct{ remote }

// Import lets the server merge; it tells only how much was new.
func (r remoteSink) Import(ctx context.Context, in market.Import) (m market.Merged, err error) {
	err = r.step(ctx, importPath, importRequest{Import: &in}, &m)
	return m, err
}

// SaveRates lets the server keep exchange rates.
func (r remoteSink) SaveRates(ctx context.Context, tables []market.RateTable) error {
	return r.step(ctx, importPath, importRequest{Rates: tables}, nil)
}

// SaveCollected lets the server make providers of collections known.
func (r remoteSink) SaveCollected(ctx context.Context, providers []market.Provider) error {
	return r.step(ctx, importPath, importRequest{Collected: providers}, nil)
}

// Rates asks the server for the exchange rates that it knows.
func (r remoteSink) Rates(ctx context.Context) (tables []market.RateTable, err error) {
	err = r.exchange(ctx, http.MethodGet, importPath, nil, &tables)
	return tables, err
}

// importHandler takes in what the command sends, and tells it the exchange rates.
func (a *app) importHandler() http.Handler {
	take := stepHandler(largestImport, func(ctx context.Context, request importRequest) (any, error) { return a.take(ctx, request) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			a.tellRates(w, r)
			return
		}
		take.ServeHTTP(w, r)
	})
}

// tellRates tells the exchange rates that are known, which archived pages are judged with.
func (a *app) tellRates(w http.ResponseWriter, r *http.Request) {
	tables, err := a.store.Rates(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answerJSON(w, tables)
}

// take does one step of an import, and lets the book follow. Of a merge it tells what was new, without the histories themselves.
func (a *app) take(ctx context.Context, request importRequest) (m market.Merged, err error) {
	if request.Import != nil {
		if err := importable(request.Import.Provider); err != nil {
			return m, err
		}
		if m, err = a.store.Import(ctx, *request.Import); err != nil {
			return m, err
		}
		if market.CollectionOf(request.Import.Provider) == "" {
			err = a.feed.follow(ctx, request.Import.Provider)
		}
	}
	err = errors.Join(err, a.store.SaveRates(ctx, request.Rates), a.store.SaveCollected(ctx, request.Collected), a.feed.rates(ctx), a.registry.learn(ctx, a.store))
	for i := range m.Offers {
		m.Offers[i].Chunks = nil
	}
	for i := range m.Sheets {
		m.Sheets[i].Chunks = nil
	}
	return m, err
}
