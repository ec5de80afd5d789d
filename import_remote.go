package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

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
	return m, r.post(ctx, importRequest{Import: &in}, &m)
}

// SaveRates lets the server keep exchange rates.
func (r remoteSink) SaveRates(ctx context.Context, tables []market.RateTable) error {
	return r.post(ctx, importRequest{Rates: tables}, nil)
}

// SaveCollected lets the server make providers of collections known.
func (r remoteSink) SaveCollected(ctx context.Context, providers []market.Provider) error {
	return r.post(ctx, importRequest{Collected: providers}, nil)
}

// Rates asks the server for the exchange rates that it knows.
func (r remoteSink) Rates(ctx context.Context) (tables []market.RateTable, err error) {
	err = r.do(ctx, http.MethodGet, nil, &tables)
	return tables, err
}

func (r remoteSink) post(ctx context.Context, what importRequest, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return r.do(ctx, http.MethodPost, body, into)
}

func (r remoteSink) do(ctx context.Context, method string, body []byte, into any) error {
	response, err := r.send(ctx, method, importPath, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 10_000))
		return errors.New(strings.TrimSpace(string(text)))
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// importHandler takes in what the command sends, and tells it the exchange rates. Only JSON is read, which no other site's page can send unasked.
func (a *app) importHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			a.tellRates(w, r)
			return
		}
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method != http.MethodPost || media != "application/json" {
			http.Error(w, "expected a POST of application/json, or a GET", http.StatusUnsupportedMediaType)
			return
		}
		var request importRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestImport)).Decode(&request); err != nil {
			http.Error(w, "the request cannot be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		merged, err := a.take(r.Context(), request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(merged) // the client is gone otherwise
	})
}

// tellRates tells the exchange rates that are known, which archived pages are judged with.
func (a *app) tellRates(w http.ResponseWriter, r *http.Request) {
	tables, err := a.store.Rates(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(tables) // the client is gone otherwise
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
