package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"gpuhour/market"
)

const row15 = `{ offers(first: %d) { nodes { id sku gpuName gpuModel gpuCount vcpus memoryGB region country market stock gpusAvailable pricePerGpuHour observedAt stale } } }`

// row is what the query asks for, as encoding/json is given it.
type row struct {
	ID              string   `json:"id"`
	SKU             string   `json:"sku"`
	GpuName         string   `json:"gpuName"`
	GpuModel        *string  `json:"gpuModel"`
	GpuCount        float64  `json:"gpuCount"`
	VCPUs           *int     `json:"vcpus"`
	MemoryGB        *float64 `json:"memoryGB"`
	Region          *string  `json:"region"`
	Country         *string  `json:"country"`
	Market          string   `json:"market"`
	Stock           string   `json:"stock"`
	GpusAvailable   *int     `json:"gpusAvailable"`
	PricePerGpuHour *string  `json:"pricePerGpuHour"`
	ObservedAt      string   `json:"observedAt"`
	Stale           bool     `json:"stale"`
}

type rows struct {
	Data struct {
		Offers struct {
			Nodes []row `json:"nodes"`
		} `json:"offers"`
	} `json:"data"`
}

// BenchmarkOffers20x15 compares an answer of 15 fields a row with plain handlers that send the same.
func BenchmarkOffers20x15(b *testing.B) { compare(b, 20) }

// BenchmarkOffers200x15 is the same for a full page.
func BenchmarkOffers200x15(b *testing.B) { compare(b, 200) }

func compare(b *testing.B, n int) {
	w := newWorld(b)
	h := market.Listing{GpuName: "NVIDIA H100 80GB HBM3", Count: "8", Price: "49.24", VCPUs: in(192), MemoryGB: in(2048.0), Region: "us-east-1", Country: "US",
		Market: market.OnDemand, Stock: market.Available, GpusAvailable: in(64), Currency: market.USD, Per: market.PerInstance, Period: market.PerHour}
	var listed []market.Listing
	for i := range 2000 {
		h.SKU = fmt.Sprintf("gpu-%04d", i)
		listed = append(listed, h)
	}
	w.load("alpha", sheetOf("alpha", noon), listed...)
	body, _ := json.Marshal(map[string]string{"query": fmt.Sprintf(row15, n)})
	bytesOnce := post(b, w.handler, body)
	var structs rows
	if err := json.Unmarshal(bytesOnce, &structs); err != nil || len(structs.Data.Offers.Nodes) != n {
		b.Fatalf("%v: %.300s", err, bytesOnce)
	}
	encoded := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(structs) })
	precomputed := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytesOnce) })
	for name, handler := range map[string]http.Handler{"graphql": w.handler, "encoding-json": encoded, "precomputed": precomputed} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				post(b, handler, body)
			}
		})
	}
}

func post(b *testing.B, handler http.Handler, body []byte) []byte {
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}
