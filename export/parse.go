package export

import (
	"fmt"
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"gpuhour/market"
)

// fields reads the values of one row, and keeps the first mistake.
type fields struct {
	get func(name string) (text string, there bool)
	err error
}

func (f *fields) fail(name, text, expected string) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %.60q is not %s", name, text, expected)
	}
}

func (f *fields) text(name string) string {
	text, there := f.get(name)
	if !there && f.err == nil {
		f.err = fmt.Errorf("has no column %q", name)
	}
	return text
}

func (f *fields) whole(name string) int {
	text := f.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		f.fail(name, text, "a whole number")
	}
	return n
}

func (f *fields) optional(name string) *int {
	if f.text(name) == "" {
		return nil
	}
	return new(f.whole(name))
}

func (f *fields) number(name string) float64 {
	text := f.text(name)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		f.fail(name, text, "a number")
	}
	return n
}

func (f *fields) moment(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		f.fail(name, text, "a time such as 2026-11-24T12:00:00Z")
	}
	return at.UTC()
}

func (f *fields) flag(name string) bool {
	text := f.text(name)
	value, err := strconv.ParseBool(text)
	if err != nil {
		f.fail(name, text, "true or false")
	}
	return value
}

func (f *fields) amount(name string) market.Decimal {
	text := f.text(name)
	d, err := decimal.ParseExact(text, 0)
	if err != nil || d.Scale() > market.ListedScale {
		f.fail(name, text, "a decimal number of at most nine decimals")
	}
	return d
}

// parseRow reads a row whose values are text.
func parseRow(get func(string) (string, bool)) (market.ExportRow, error) {
	f := &fields{get: get}
	row := market.ExportRow{
		Offer: market.Offer{ID: f.text("series_id"), Provider: f.text("provider"), Kind: market.ProviderKind(f.text("provider_kind")), SKU: f.text("sku"),
			GpuName: f.text("gpu_name"), GpuID: f.text("gpu_id"), GpuModel: f.text("gpu_model"), Region: f.text("region"), Country: f.text("country"),
			Area: market.Area(f.text("area")), Market: market.Market(f.text("market")), CommitmentMonths: f.whole("commitment_months"), Sheet: f.text("sheet"),
			Document: f.text("source_url"), VCPUs: f.optional("vcpus"), Sample: f.flag("sample")},
		Point: market.Point{At: f.moment("observed_at"), Amount: f.amount("listed_amount"), Stock: market.Stock(f.text("stock")),
			GpusAvailable: f.optional("gpus_available"), Withdrawn: f.flag("withdrawn")},
		Source: market.Source{URL: f.text("source_url"), Digest: f.text("source_digest"), FetchedAt: f.moment("recorded_at")},
		Parser: f.whole("parser_version"),
	}
	row.Point.Currency, row.Point.Per, row.Point.Period = market.Currency(f.text("listed_currency")), market.PriceBasis(f.text("listed_per")), market.Period(f.text("listed_period"))
	if f.text("memory_gb") != "" {
		row.Offer.MemoryGB = new(f.number("memory_gb"))
	}
	cards := f.number("gpu_count")
	if version := f.whole("schema_version"); version != SchemaVersion && f.err == nil {
		f.err = fmt.Errorf("schema_version: is %d, this program reads %d", version, SchemaVersion)
	}
	if f.err != nil {
		return row, f.err
	}
	return restored(row, cards)
}

// restored completes a row with what follows from it.
func restored(row market.ExportRow, cards float64) (market.ExportRow, error) {
	count, err := market.CountFromFloat(cards)
	if err != nil {
		return row, fmt.Errorf("gpu_count: %w", err)
	}
	if row.Point.At.IsZero() || row.Point.At.Unix() < 0 {
		return row, fmt.Errorf("observed_at: no time since 1970")
	}
	row.Point.GpuCount = count
	row.Offer, err = market.Restored(row.Offer, row.Point)
	return row, err
}

// restored is a row of Parquet as it was before it was written.
func (row parquetRow) restored() (market.ExportRow, error) {
	amount, err := decimal.New(row.ListedAmount, market.ListedScale)
	if err != nil {
		return market.ExportRow{}, err
	}
	if row.SchemaVersion != SchemaVersion {
		return market.ExportRow{}, fmt.Errorf("schema_version: is %d, this program reads %d", row.SchemaVersion, SchemaVersion)
	}
	out := market.ExportRow{
		Offer: market.Offer{ID: row.SeriesID, Provider: row.Provider, Kind: market.ProviderKind(value(row.ProviderKind)), SKU: value(row.SKU), GpuName: value(row.GpuName),
			GpuID: value(row.GpuID), GpuModel: value(row.GpuModel), Region: value(row.Region), Country: value(row.Country), Area: market.Area(value(row.Area)),
			Market: market.Market(value(row.Market)), CommitmentMonths: int(row.CommitmentMonths), Sheet: row.Sheet, Document: value(row.SourceURL),
			VCPUs: narrow(row.VCPUs), MemoryGB: row.MemoryGB, Sample: row.Sample},
		Point: market.Point{At: row.ObservedAt.UTC(), Amount: amount.Trim(0), Stock: market.Stock(row.Stock), GpusAvailable: narrow(row.GpusAvailable), Withdrawn: row.Withdrawn,
			PointTerms: market.PointTerms{Currency: market.Currency(row.ListedCurrency), Per: market.PriceBasis(row.ListedPer), Period: market.Period(row.ListedPeriod)}},
		Source: market.Source{URL: value(row.SourceURL), Digest: value(row.SourceDigest), FetchedAt: value(row.RecordedAt)},
		Parser: int(value(row.ParserVersion)),
	}
	return restored(out, row.GpuCount)
}

func value[T any](v *T) T {
	var none T
	if v == nil {
		return none
	}
	return *v
}

func narrow(n *int64) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}
