package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/parquet-go/parquet-go"

	"gpuhour/market"
)

// longestLine bounds a line of NDJSON.
const longestLine = 1 << 20

// readRows reads a file of a format back; an error names the row.
func readRows(file *os.File, f Format) iter.Seq2[market.ExportRow, error] {
	switch f {
	case CSV:
		return readCSV(file)
	case NDJSON:
		return readNDJSON(file)
	}
	return readParquet(file)
}

func failed(err error) iter.Seq2[market.ExportRow, error] {
	return func(yield func(market.ExportRow, error) bool) { yield(market.ExportRow{}, err) }
}

func readCSV(from io.Reader) iter.Seq2[market.ExportRow, error] {
	rows := csv.NewReader(bufio.NewReaderSize(from, 1<<16))
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return failed(fmt.Errorf("line 1: %w", err))
	}
	places := map[string]int{}
	for i, name := range header {
		places[name] = i
	}
	return func(yield func(market.ExportRow, error) bool) {
		for {
			values, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(market.ExportRow{}, err) // it names the line
				return
			}
			row, err := parseRow(func(name string) (string, bool) {
				i, there := places[name]
				if !there {
					return "", false
				}
				return values[i], true
			})
			if err != nil {
				line, _ := rows.FieldPos(0)
				err = fmt.Errorf("line %d: %w", line, err)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func readNDJSON(from io.Reader) iter.Seq2[market.ExportRow, error] {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 1<<16), longestLine)
	return func(yield func(market.ExportRow, error) bool) {
		n := 0
		for lines.Scan() {
			n++
			row, err := parseLine(lines.Bytes())
			if err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if lines.Err() != nil {
			yield(market.ExportRow{}, fmt.Errorf("line %d: %w", n+1, lines.Err()))
		}
	}
}

func parseLine(line []byte) (market.ExportRow, error) {
	values := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return market.ExportRow{}, err
	}
	return parseRow(func(name string) (string, bool) {
		value, there := values[name]
		switch v := value.(type) {
		case nil:
			return "", there
		case string:
			return v, true
		}
		return fmt.Sprint(value), there
	})
}

func readParquet(file *os.File) iter.Seq2[market.ExportRow, error] {
	info, err := file.Stat()
	if err != nil {
		return failed(err)
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return failed(err)
	}
	for _, c := range columns {
		if _, there := opened.Schema().Lookup(c.name); !there {
			return failed(fmt.Errorf("has no column %q", c.name))
		}
	}
	return func(yield func(market.ExportRow, error) bool) {
		reader := parquet.NewGenericReader[parquetRow](opened)
		defer func() { _ = reader.Close() }()
		buffer := make([]parquetRow, 512)
		for at := 1; ; {
			n, err := reader.Read(buffer)
			for _, one := range buffer[:n] {
				row, err := one.restored()
				if err != nil {
					err = fmt.Errorf("row %d: %w", at, err)
				}
				if !yield(row, err) || err != nil {
					return
				}
				at++
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(market.ExportRow{}, fmt.Errorf("row %d: %w", at, err))
				return
			}
		}
	}
}
