package export

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"

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
	to     *csv.Writer
	values []string
}

func newCSVWriter(to io.Writer) (*csvWriter, error) {
	w := &csvWriter{csv.NewWriter(to), make([]string, len(columns))}
	for i, c := range columns {
		w.values[i] = c.name
	}
	return w, w.to.Write(w.values)
}

func (w *csvWriter) Write(r market.ExportRow) error {
	for i, c := range columns {
		w.values[i] = c.value(r)
	}
	return w.to.Write(w.values)
}

func (w *csvWriter) Close() error {
	w.to.Flush()
	return w.to.Error()
}

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
