package export

import (
	"strconv"
	"time"

	"gpuhour/market"
)

// SchemaVersion names the columns and their meanings; a reader of an older version stays right while it does not change.
const SchemaVersion = 2

// kind is what a column's values are.
type kind string

const (
	text    kind = "text"
	whole   kind = "whole number"
	number  kind = "number"
	amount  kind = "exact decimal"
	instant kind = "UTC time"
	flag    kind = "true or false"
)

// column is one value of every row; an empty one is unknown.
type column struct {
	name string
	kind kind
	// about says what it is, and in which unit.
	about string
	value func(market.ExportRow) string
	// printed says that it holds a provider's own words, whatever they are.
	printed bool
	// varies says that it differs from one change of a series to the next.
	varies bool
}

func textColumn(name, about string, value func(market.ExportRow) string) column {
	return column{name: name, kind: text, about: about, value: value}
}

func changingColumn(name, about string, value func(market.ExportRow) string) column {
	return column{name: name, kind: text, about: about, value: value, varies: true}
}

func printedColumn(name, about string, value func(market.ExportRow) string) column {
	return column{name: name, kind: text, about: about, value: value, printed: true}
}

// columns are in the order of the files; their names are promised.
var columns = []column{
	textColumn("series_id", "the offer's id; it never changes", func(r market.ExportRow) string { return r.Offer.ID }),
	textColumn("provider", "who lists it", func(r market.ExportRow) string { return r.Offer.Provider }),
	textColumn("provider_kind", "what kind of seller that is", func(r market.ExportRow) string { return string(r.Offer.Kind) }),
	printedColumn("sku", "the provider's own name of it", func(r market.ExportRow) string { return r.Offer.SKU }),
	printedColumn("gpu_name", "the card's name as printed", func(r market.ExportRow) string { return r.Offer.GpuName }),
	textColumn("gpu_id", "the card in our catalogue; empty where the name does not say which", func(r market.ExportRow) string { return r.Offer.GpuID }),
	{varies: true, name: "gpu_count", kind: number, about: "cards; less than one is a slice", value: func(r market.ExportRow) string { return plain(r.Point.GpuCount.Float()) }},
	printedColumn("region", "the provider's own name of the place", func(r market.ExportRow) string { return r.Offer.Region }),
	textColumn("country", "ISO 3166-1 alpha-2", func(r market.ExportRow) string { return r.Offer.Country }),
	textColumn("market", "on what terms", func(r market.ExportRow) string { return string(r.Offer.Market) }),
	{name: "commitment_months", kind: whole, about: "months that are committed to; 0 is none", value: func(r market.ExportRow) string { return strconv.Itoa(r.Offer.CommitmentMonths) }},
	{varies: true, name: "observed_at", kind: instant, about: "when the change was seen; it holds until the series' next row", value: func(r market.ExportRow) string { return moment(r.Point.At) }},
	{varies: true, name: "recorded_at", kind: instant, about: "when the document was fetched; empty where it is not known", value: func(r market.ExportRow) string { return moment(r.Source.FetchedAt) }},
	{varies: true, name: "listed_amount", kind: amount, about: "as printed, in listed_currency", value: func(r market.ExportRow) string { return r.Point.Amount.Trim(0).String() }},
	changingColumn("listed_currency", "ISO 4217", func(r market.ExportRow) string { return string(r.Point.Currency) }),
	changingColumn("listed_per", "what the amount pays for: a card (GPU), the whole machine (INSTANCE), or a bare card (COMPONENT)", func(r market.ExportRow) string { return string(r.Point.Per) }),
	changingColumn("listed_period", "for how long, ISO 8601", func(r market.ExportRow) string { return string(r.Point.Period) }),
	{varies: true, name: "price_per_gpu_hour_usd", kind: amount, about: "USD for one card for one hour; empty where withdrawn, of a bare card, or without a rate", value: func(r market.ExportRow) string { return decimalText(r.USD) }},
	{varies: true, name: "price_per_gpu_hour_cny", kind: amount, about: "CNY for one card for one hour; empty where withdrawn, of a bare card, or without a rate", value: func(r market.ExportRow) string { return decimalText(r.CNY) }},
	{varies: true, name: "fx_rate", kind: amount, about: "CNY for one USD on the day of observed_at", value: fxRate},
	{varies: true, name: "fx_date", kind: text, about: "the day that fx_rate was published for", value: fxDate},
	changingColumn("stock", "whether it could be had", func(r market.ExportRow) string { return string(r.Point.Stock) }),
	{varies: true, name: "gpus_available", kind: whole, about: "cards free; empty where the source does not say", value: func(r market.ExportRow) string { return wholeText(r.Point.GpusAvailable) }},
	{varies: true, name: "withdrawn", kind: flag, about: "true where the offer disappeared; the amounts are its last", value: func(r market.ExportRow) string { return strconv.FormatBool(r.Point.Withdrawn) }},
	changingColumn("source_url", "the document that says so", func(r market.ExportRow) string { return r.Source.URL }),
	changingColumn("source_digest", "SHA-256 of the document, hexadecimal", func(r market.ExportRow) string { return r.Source.Digest }),
	{varies: true, name: "parser_version", kind: whole, about: "the version of the parser that read it", value: func(r market.ExportRow) string { return positive(r.Parser) }},
	{name: "schema_version", kind: whole, about: "of these columns", value: func(market.ExportRow) string { return strconv.Itoa(SchemaVersion) }},
	textColumn("sheet", "which of the provider's documents lists it; the manifest says when each was read", func(r market.ExportRow) string { return r.Offer.Sheet }),
	textColumn("gpu_model", "the card's model where that is certain, even where the variant is not", func(r market.ExportRow) string { return r.Offer.GpuModel }),
	textColumn("area", "the part of the world", func(r market.ExportRow) string { return string(r.Offer.Area) }),
	{name: "vcpus", kind: whole, about: "virtual processors of the machine", value: func(r market.ExportRow) string { return wholeText(r.Offer.VCPUs) }},
	{name: "memory_gb", kind: number, about: "GB of the machine's memory, as its provider counts them", value: func(r market.ExportRow) string { return numberText(r.Offer.MemoryGB) }},
	{name: "sample", kind: flag, about: "true for sample data, which is nobody's price", value: func(r market.ExportRow) string { return strconv.FormatBool(r.Offer.Sample) }},
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func decimalText(d *market.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

func wholeText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func numberText(f *float64) string {
	if f == nil {
		return ""
	}
	return plain(*f)
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func fxRate(r market.ExportRow) string {
	if r.Fx == nil {
		return ""
	}
	rate, err := r.Fx.Decimal()
	if err != nil {
		return ""
	}
	return rate.String()
}

func fxDate(r market.ExportRow) string {
	if r.Fx == nil {
		return ""
	}
	return r.Fx.Day.Format(time.DateOnly)
}
