package export

import (
	"strconv"
	"time"

	"gpuhour/market"
)

// SchemaVersion names the columns and their meanings; a reader of an older version stays right while it does not change.
const SchemaVersion = 1

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
}

func textColumn(name, about string, value func(market.ExportRow) string) column {
	return column{name, text, about, value}
}

// columns are in the order of the files; their names are promised.
var columns = []column{
	textColumn("series_id", "the offer's id; it never changes", func(r market.ExportRow) string { return r.Offer.ID }),
	textColumn("provider", "who lists it", func(r market.ExportRow) string { return r.Offer.Provider }),
	textColumn("provider_kind", "what kind of seller that is", func(r market.ExportRow) string { return string(r.Offer.Kind) }),
	textColumn("sku", "the provider's own name of it", func(r market.ExportRow) string { return r.Offer.SKU }),
	textColumn("gpu_name", "the card's name as printed", func(r market.ExportRow) string { return r.Offer.GpuName }),
	textColumn("gpu_id", "the card in our catalogue; empty where the name does not say which", func(r market.ExportRow) string { return r.Offer.GpuID }),
	{"gpu_count", number, "cards; less than one is a slice", func(r market.ExportRow) string { return plain(r.Point.GpuCount.Float()) }},
	textColumn("region", "the provider's own name of the place", func(r market.ExportRow) string { return r.Offer.Region }),
	textColumn("country", "ISO 3166-1 alpha-2", func(r market.ExportRow) string { return r.Offer.Country }),
	textColumn("market", "on what terms", func(r market.ExportRow) string { return string(r.Offer.Market) }),
	{"commitment_months", whole, "months that are committed to; 0 is none", func(r market.ExportRow) string { return strconv.Itoa(r.Offer.CommitmentMonths) }},
	{"observed_at", instant, "when the change was seen; it holds until the series' next row", func(r market.ExportRow) string { return moment(r.Point.At) }},
	{"recorded_at", instant, "when the document was fetched; empty where it is not known", func(r market.ExportRow) string { return moment(r.Source.FetchedAt) }},
	{"listed_amount", amount, "as printed, in listed_currency", func(r market.ExportRow) string { return r.Point.Amount.Trim(0).String() }},
	textColumn("listed_currency", "ISO 4217", func(r market.ExportRow) string { return string(r.Point.Currency) }),
	textColumn("listed_per", "what the amount pays for: a card (GPU), the whole machine (INSTANCE), or a bare card (COMPONENT)", func(r market.ExportRow) string { return string(r.Point.Per) }),
	textColumn("listed_period", "for how long, ISO 8601", func(r market.ExportRow) string { return string(r.Point.Period) }),
	{"price_per_gpu_hour_usd", amount, "USD for one card for one hour; empty where withdrawn, of a bare card, or without a rate", func(r market.ExportRow) string { return decimalText(r.USD) }},
	{"price_per_gpu_hour_cny", amount, "CNY for one card for one hour; empty where withdrawn, of a bare card, or without a rate", func(r market.ExportRow) string { return decimalText(r.CNY) }},
	{"fx_rate", amount, "CNY for one USD on the day of observed_at", fxRate},
	{"fx_date", text, "the day that fx_rate was published for", fxDate},
	textColumn("stock", "whether it could be had", func(r market.ExportRow) string { return string(r.Point.Stock) }),
	{"gpus_available", whole, "cards free; empty where the source does not say", func(r market.ExportRow) string { return wholeText(r.Point.GpusAvailable) }},
	{"withdrawn", flag, "true where the offer disappeared; the amounts are its last", func(r market.ExportRow) string { return strconv.FormatBool(r.Point.Withdrawn) }},
	textColumn("source_url", "the document that says so", func(r market.ExportRow) string { return r.Source.URL }),
	textColumn("source_digest", "SHA-256 of the document, hexadecimal", func(r market.ExportRow) string { return r.Source.Digest }),
	{"parser_version", whole, "the version of the parser that read it", func(r market.ExportRow) string { return positive(r.Parser) }},
	{"schema_version", whole, "of these columns", func(market.ExportRow) string { return strconv.Itoa(SchemaVersion) }},
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
