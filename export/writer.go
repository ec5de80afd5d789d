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
		return &ndjsonWriter{to: bufio.NewWriterSize(to, 1<<16)}, nil
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

type csvWriter struct {
	to   *bufio.Writer
	line []byte
}

func newCSVWriter(to io.Writer) (*csvWriter, error) {
	w := &csvWriter{to: bufio.NewWriterSize(to, 1<<16)}
	return w, w.write(func(c column) string { return c.name })
}

func (w *csvWriter) Write(r market.ExportRow) error {
	return w.write(func(c column) string { return c.value(r) })
}

func (w *csvWriter) write(value func(column) string) error {
	w.line = w.line[:0]
	for i, c := range columns {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.line = c.appendCSV(w.line, value(c))
	}
	_, err := w.to.Write(append(w.line, '\n'))
	return err
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

func (w *csvWriter) Close() error { return w.to.Flush() }

type ndjsonWriter struct {
	to   *bufio.Writer
	line []byte
}

func (w *ndjsonWriter) Write(r market.ExportRow) error {
	w.line = append(w.line[:0], '{')
	for i, c := range columns {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.line = append(append(append(w.line, '"'), c.name...), `":`...)
		w.line = c.appendJSON(w.line, c.value(r))
	}
	_, err := w.to.Write(append(w.line, "}\n"...))
	return err
}

// appendJSON writes exact decimals as strings: most readers of JSON would make floats of them.
func (c column) appendJSON(line []byte, value string) []byte {
	switch {
	case value == "":
		return append(line, "null"...)
	case c.kind == whole, c.kind == number, c.kind == flag:
		return append(line, value...)
	}
	quoted, _ := json.Marshal(value) // a string always can be
	return append(line, quoted...)
}

func (w *ndjsonWriter) Close() error { return w.to.Flush() }
