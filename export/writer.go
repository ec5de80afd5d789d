package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"gpuhour/market"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
)

// Formats are all formats.
func Formats() []Format { return []Format{CSV, NDJSON, Parquet} }

// ContentType is the media type of a format.
func (f Format) ContentType() string {
	return map[Format]string{CSV: "text/csv; charset=utf-8", NDJSON: "application/x-ndjson", Parquet: "application/vnd.apache.parquet"}[f]
}

// Writer writes rows. Without Close the file is not whole.
type Writer interface {
	Write(market.ExportRow) error
	Close() error
}

// NewWriter begins a file. An error names the formats there are.
func NewWriter(f Format, to io.Writer) (Writer, error) {
	switch f {
	case CSV:
		return newCSVWriter(to)
	case NDJSON:
		return newNDJSONWriter(to), nil
	case Parquet:
		return newParquetWriter(to), nil
	}
	return nil, f.Check()
}

// Check says which formats there are where f is none of them.
func (f Format) Check() error {
	if slices.Contains(Formats(), f) {
		return nil
	}
	return fmt.Errorf("there is no format %q; they are csv, ndjson and parquet", string(f))
}

// lineWriter writes rows as lines of text. What all changes of a series share is spelled once a series.
type lineWriter struct {
	to    *bufio.Writer
	spell func(c column, line []byte, value string) []byte
	// begin, between and end stand around the values of a line.
	begin, between, end string
	line                []byte
	series              string
	shared              [][]byte
}

func (w *lineWriter) Write(r market.ExportRow) error {
	if r.Offer.ID != w.series || w.shared == nil {
		w.share(r)
	}
	w.line = append(w.line[:0], w.begin...)
	for i, c := range columns {
		if i > 0 {
			w.line = append(w.line, w.between...)
		}
		if c.varies {
			w.line = w.spell(c, w.line, c.value(r))
		} else {
			w.line = append(w.line, w.shared[i]...)
		}
	}
	_, err := w.to.Write(append(w.line, w.end...))
	return err
}

func (w *lineWriter) share(r market.ExportRow) {
	w.series, w.shared = r.Offer.ID, make([][]byte, len(columns))
	for i, c := range columns {
		if !c.varies {
			w.shared[i] = w.spell(c, nil, c.value(r))
		}
	}
}

func (w *lineWriter) Close() error { return w.to.Flush() }

func newCSVWriter(to io.Writer) (*lineWriter, error) {
	w := &lineWriter{to: bufio.NewWriterSize(to, 1<<16), spell: column.appendCSV, between: ",", end: "\n"}
	var names []byte
	for i, c := range columns {
		if i > 0 {
			names = append(names, ',')
		}
		names = c.appendCSV(names, c.name)
	}
	_, err := w.to.Write(append(names, '\n'))
	return w, err
}

func newNDJSONWriter(to io.Writer) *lineWriter {
	return &lineWriter{to: bufio.NewWriterSize(to, 1<<16), begin: "{", between: ",", end: "}\n", spell: func(c column, line []byte, value string) []byte {
		return c.appendJSON(append(append(append(line, '"'), c.name...), `":`...), value)
	}}
}

// appendCSV quotes what must be quoted (RFC 4180), and what providers print in every row: readers that guess a file's manner from its
// first rows would not expect quotes that come late.
func (c column) appendCSV(line []byte, value string) []byte {
	if !c.printed && !strings.ContainsAny(value, ",\"\r\n") {
		return append(line, value...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(value, `"`, `""`)...)
	return append(line, '"')
}

// appendJSON writes exact decimals as strings: most readers of JSON would make floats of them.
func (c column) appendJSON(line []byte, value string) []byte {
	switch {
	case value == "":
		return append(line, "null"...)
	case c.kind == whole, c.kind == number, c.kind == flag:
		return append(line, value...)
	}
	if !slices.ContainsFunc([]byte(value), mustEscape) {
		return append(append(append(line, '"'), value...), '"')
	}
	quoted, _ := json.Marshal(value) // a string always can be
	return append(line, quoted...)
}

// mustEscape says of what is no plain ASCII that the library decides how it is written.
func mustEscape(b byte) bool {
	return b < ' ' || b > '~' || b == '"' || b == '\\' || b == '<' || b == '>' || b == '&'
}
