package export

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"gpuhour/market"
)

// Row groups hold whole months of one provider, so that a reader that wants one can skip the others: a new one begins with another
// provider or month, once the last is worth the trouble; none is larger than what fits well into memory.
const (
	leastGroup = 20_000
	mostGroup  = 1_000_000
)

// parquetRow is the columns as Parquet has them. Amounts are DECIMAL, kept as whole numbers of their last decimal.
type parquetRow struct {
	SeriesID         string     `parquet:"series_id,dict"`
	Provider         string     `parquet:"provider,dict"`
	ProviderKind     *string    `parquet:"provider_kind,optional,dict"`
	SKU              *string    `parquet:"sku,optional,dict"`
	GpuName          *string    `parquet:"gpu_name,optional,dict"`
	GpuID            *string    `parquet:"gpu_id,optional,dict"`
	GpuCount         float64    `parquet:"gpu_count,dict"`
	Region           *string    `parquet:"region,optional,dict"`
	Country          *string    `parquet:"country,optional,dict"`
	Market           *string    `parquet:"market,optional,dict"`
	CommitmentMonths int32      `parquet:"commitment_months,dict"`
	ObservedAt       time.Time  `parquet:"observed_at,timestamp(millisecond),delta"`
	RecordedAt       *time.Time `parquet:"recorded_at,optional,timestamp(millisecond)"`
	ListedAmount     int64      `parquet:"listed_amount,decimal(9:18)"`
	ListedCurrency   string     `parquet:"listed_currency,dict"`
	ListedPer        string     `parquet:"listed_per,dict"`
	ListedPeriod     string     `parquet:"listed_period,dict"`
	USD              *int64     `parquet:"price_per_gpu_hour_usd,optional,decimal(6:18)"`
	CNY              *int64     `parquet:"price_per_gpu_hour_cny,optional,decimal(6:18)"`
	FxRate           *int64     `parquet:"fx_rate,optional,decimal(9:18)"`
	FxDate           *int32     `parquet:"fx_date,optional,date"`
	Stock            string     `parquet:"stock,dict"`
	GpusAvailable    *int64     `parquet:"gpus_available,optional"`
	Withdrawn        bool       `parquet:"withdrawn"`
	SourceURL        *string    `parquet:"source_url,optional,dict"`
	SourceDigest     *string    `parquet:"source_digest,optional,dict"`
	ParserVersion    *int32     `parquet:"parser_version,optional,dict"`
	SchemaVersion    int32      `parquet:"schema_version,dict"`
	Sheet            string     `parquet:"sheet,dict"`
	GpuModel         *string    `parquet:"gpu_model,optional,dict"`
	Area             *string    `parquet:"area,optional,dict"`
	VCPUs            *int64     `parquet:"vcpus,optional,dict"`
	MemoryGB         *float64   `parquet:"memory_gb,optional,dict"`
	Sample           bool       `parquet:"sample"`
}

// group is what a row group is made of.
type group struct {
	provider    string
	year, month int
}

type parquetWriter struct {
	to *parquet.GenericWriter[parquetRow]
	// group is the last row's, rows how many the row group has.
	group group
	rows  int
	// batch is what has not been handed over yet; a row at a time costs more than the row.
	batch []parquetRow
	// last is the row before, of which the next one of its series differs in what varies.
	last parquetRow
}

const batchRows = 512

func newParquetWriter(to io.Writer) *parquetWriter {
	return &parquetWriter{to: parquet.NewGenericWriter[parquetRow](to, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(mostGroup))}
}

func (w *parquetWriter) Write(r market.ExportRow) error {
	if w.last.SeriesID != r.Offer.ID {
		w.last = newParquetSeries(r.Offer)
	}
	if err := w.last.change(r); err != nil {
		return fmt.Errorf("%s at %s: %w", r.Offer.ID, moment(r.Point.At), err)
	}
	g := group{r.Offer.Provider, r.Point.At.Year(), int(r.Point.At.Month())}
	if g != w.group && w.rows >= leastGroup {
		if err := errors.Join(w.hand(), w.to.Flush()); err != nil {
			return err
		}
		w.rows = 0
	}
	w.group = g
	w.rows++
	if w.batch = append(w.batch, w.last); len(w.batch) < batchRows {
		return nil
	}
	return w.hand()
}

// hand hands the batch over.
func (w *parquetWriter) hand() error {
	_, err := w.to.Write(w.batch)
	w.batch = w.batch[:0]
	return err
}

func (w *parquetWriter) Close() error { return errors.Join(w.hand(), w.to.Close()) }

// newParquetSeries is what all changes of a series share.
func newParquetSeries(o market.Offer) parquetRow {
	return parquetRow{
		SeriesID: o.ID, Provider: o.Provider, ProviderKind: known(string(o.Kind)), SKU: known(o.SKU), GpuName: known(o.GpuName), GpuID: known(o.GpuID),
		Region: known(o.Region), Country: known(o.Country), Market: known(string(o.Market)), CommitmentMonths: int32(o.CommitmentMonths), SchemaVersion: SchemaVersion,
		Sheet: o.Sheet, GpuModel: known(o.GpuModel), Area: known(string(o.Area)), VCPUs: wide(o.VCPUs), MemoryGB: o.MemoryGB, Sample: o.Sample,
	}
}

// change puts what varies into the row of a series.
func (row *parquetRow) change(r market.ExportRow) error {
	p := r.Point
	row.GpuCount, row.ObservedAt, row.ListedCurrency, row.ListedPer, row.ListedPeriod = p.GpuCount.Float(), p.At, string(p.Currency), string(p.Per), string(p.Period)
	row.Stock, row.GpusAvailable, row.Withdrawn = string(p.Stock), wide(p.GpusAvailable), p.Withdrawn
	row.SourceURL, row.SourceDigest, row.RecordedAt, row.ParserVersion = known(r.Source.URL), known(r.Source.Digest), known(r.Source.FetchedAt), known(int32(r.Parser))
	return row.amounts(r)
}

func wide(n *int) *int64 {
	if n == nil {
		return nil
	}
	return new(int64(*n))
}

// known is nil for what is empty.
func known[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

func (row *parquetRow) amounts(r market.ExportRow) error {
	listed, err := units(&r.Point.Amount, market.ListedScale)
	if err != nil {
		return err
	}
	row.ListedAmount, row.FxRate, row.FxDate = *listed, nil, nil
	if row.USD, err = units(r.USD, market.DerivedScale); err != nil {
		return err
	}
	if row.CNY, err = units(r.CNY, market.DerivedScale); err != nil || r.Fx == nil {
		return err
	}
	rate, err := r.Fx.Decimal()
	if err != nil {
		return err
	}
	row.FxDate = known(int32(r.Fx.Day.Unix() / (24 * 3600)))
	row.FxRate, err = units(&rate, market.RateScale)
	return err
}

// mostUnits is what DECIMAL(18) can hold.
const mostUnits = 1_000_000_000_000_000_000 - 1

// units is an amount in whole numbers of its last decimal.
func units(d *market.Decimal, scale int) (*int64, error) {
	if d == nil {
		return nil, nil
	}
	n, err := market.Units(*d, scale)
	if err == nil && (n > mostUnits || n < -mostUnits) {
		err = fmt.Errorf("the amount %s has more than 18 digits", d)
	}
	return &n, err
}
