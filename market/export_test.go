package market

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

func exported(t *testing.T, c Chronicle, q ExportQuestion, rates Rates) string {
	t.Helper()
	x, err := NewExporter(q, rates)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for r, err := range x.Rows(c) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %d: %s %s %s", r.Offer.Region, r.Point.At.Unix()/day, r.Point.Amount.Trim(0), amountOr(r.USD), amountOr(r.CNY)))
	}
	if n, err := x.Count(c); err != nil || n != len(out) {
		t.Errorf("%d rows, and a count of %d (%v)", len(out), n, err)
	}
	return strings.Join(out, "\n")
}

func amountOr(d *Decimal) string {
	if d == nil {
		return "-"
	}
	return d.String()
}

// TestExportRows writes the history of a small provider: eight cards for 8, 16 and so on, with dollars at seven yuan from the second day.
func TestExportRows(t *testing.T) {
	gone := pointAt(40*day, "16")
	gone.Withdrawn = true
	bare := pointAt(3*day, "8")
	bare.Per = PerComponent
	other := told(t, "d", pointAt(day, "24"))
	other.Offer.GpuModel, other.Offer.GpuID, other.Offer.Market = "B200", "", Spot
	c := Chronicle{Provider: "p", Offers: []Told{
		told(t, "b", pointAt(day, "8"), pointAt(35*day, "16"), gone),
		told(t, "a", pointAt(2*day, "8"), pointAt(33*day, "8.5"), pointAt(day, "4")),
		told(t, "c", bare), other,
	}}
	rates := NewRates([]RateTable{{Source: "CFETS", Day: time.Unix(2*day, 0).UTC(), Quotations: []Quotation{{USD, CNY, decimal.MustParse("7")}}}})
	at := func(days int64) time.Time { return time.Unix(days*day, 0).UTC() }
	tests := map[string]struct {
		reason string
		q      ExportQuestion
		want   string
	}{
		"all": {"month by month, each by series and time; no price for what is withdrawn or bare, no yuan before a rate is known", ExportQuestion{}, `
a 1: 4 0.5 -
a 2: 8 1 7
b 1: 8 1 -
c 3: 8 - -
d 1: 24 3 -
a 33: 8.5 1.0625 7.4375
b 35: 16 2 14
b 40: 16 - -`},
		"from":   {"the moment itself belongs to it", ExportQuestion{From: at(35)}, "b 35: 16 2 14\nb 40: 16 - -"},
		"to":     {"the moment itself does not", ExportQuestion{To: at(2)}, "a 1: 4 0.5 -\nb 1: 8 1 -\nd 1: 24 3 -"},
		"gpu":    {"by the model", ExportQuestion{Filter: Filter{Gpus: []string{"B200"}}}, "d 1: 24 3 -"},
		"market": {"by the terms", ExportQuestion{Filter: Filter{Markets: []Market{Spot}}}, "d 1: 24 3 -"},
	}
	for name, tt := range tests {
		if got := exported(t, c, tt.q, rates); got != strings.TrimSpace(tt.want) {
			t.Errorf("%s (%s):\n%s\nwant\n%s", name, tt.reason, got, tt.want)
		}
	}
}

// TestExportNamesSources holds that each change has the document of the run that saw it, or of the last before it that changed anything.
func TestExportNamesSources(t *testing.T) {
	series := told(t, "a", pointAt(day, "1"), pointAt(2*day, "2"), pointAt(3*day, "3"), pointAt(4*day, "4"))
	series.Offer.Sheet, series.Offer.Document = "prices", "https://example.com/"
	proof := func(days int64, url string) Proof {
		return Proof{At: time.Unix(days*day, 0).UTC(), Parser: int(days), Documents: []Source{{URL: url, Digest: fmt.Sprint("digest ", days)}}}
	}
	c := Chronicle{Offers: []Told{series}, Sheets: []SheetLog{
		{Sheet: Sheet{Name: "others"}, Proofs: []Proof{proof(1, series.Offer.Document)}},
		{Sheet: Sheet{Name: "prices"}, Proofs: []Proof{proof(4, "https://example.com/moved"), proof(2, series.Offer.Document)}},
	}}
	x, err := NewExporter(ExportQuestion{}, Rates{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r, err := range x.Rows(c) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%q by %d", r.Source.Digest, r.Parser))
	}
	if text := strings.Join(got, ", "); text != `"" by 0, "digest 2" by 2, "digest 2" by 2, "" by 4` {
		t.Error(text)
	}
}

// TestExportRefuses names the filter that is wrong, and the series that cannot be read.
func TestExportRefuses(t *testing.T) {
	for name, q := range map[string]ExportQuestion{
		"to":          {From: time.Unix(day, 0), To: time.Unix(day, 0)},
		"filter.gpus": {Filter: Filter{Gpus: []string{"H1000"}}},

		"filter.maxPricePerGpuHour": {Filter: Filter{MaxPricePerGpuHour: new(decimal.MustParse("1"))}},
		"filter.includeStale":       {Filter: Filter{ExcludeStale: true}},
		"filter.stock":              {Filter: Filter{Stock: []Stock{SoldOut}}},
	} {
		var invalid *InvalidError
		if _, err := NewExporter(q, Rates{}); !errors.As(err, &invalid) || invalid.Field != name {
			t.Errorf("%s: got %v", name, err)
		}
	}
	torn := told(t, "a", pointAt(day, "8"), pointAt(2*day, "16"))
	torn.Stream = torn.Stream[:len(torn.Stream)-1]
	x, err := NewExporter(ExportQuestion{}, Rates{})
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range x.Rows(Chronicle{Offers: []Told{torn}}) {
		last = err
	}
	if !errors.Is(last, ErrTorn) || !strings.Contains(last.Error(), torn.Offer.ID) {
		t.Errorf("got %v, want which history is torn", last)
	}
}

// TestCoverage says when a sheet was read: a failed run, and a silence of more than three cadences, are gaps until the next success.
func TestCoverage(t *testing.T) {
	log := SheetLog{Runs: runsOf(day, 2*day, -3*day, 4*day, 9*day)}
	got, err := log.Coverage(day*time.Second, time.Unix(10*day, 0))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%d %d %d %d", got.Runs, got.Failed, got.First.Unix()/day, got.Last.Unix()/day)
	for _, g := range got.Gaps {
		text += fmt.Sprintf(" %d-%d", g[0].Unix()/day, g[1].Unix()/day)
	}
	if text != "5 1 1 9 3-4 7-9" {
		t.Error(text)
	}
}

// BenchmarkExportRows makes rows of the histories of fifty offers, converted to yuan at ten years of daily rates.
func BenchmarkExportRows(b *testing.B) {
	random := rand.New(rand.NewPCG(15, 16))
	var c Chronicle
	for range 50 {
		c.Offers = append(c.Offers, told(b, "r", randomPoints(2000, random)...))
	}
	var tables []RateTable
	for i := range int64(3650) {
		tables = append(tables, RateTable{Source: "CFETS", Day: time.Unix(1_600_000_000+i*day, 0).UTC().Truncate(24 * time.Hour), Quotations: []Quotation{{USD, CNY, decimal.MustParse("7.0123")}}})
	}
	x, err := NewExporter(ExportQuestion{}, NewRates(tables))
	if err != nil {
		b.Fatal(err)
	}
	rows := 0
	for b.Loop() {
		for _, err := range x.Rows(c) {
			if err != nil {
				b.Fatal(err)
			}
			rows++
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e3, "krows/s")
}
