package mapping

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gpuhour/market"
)

// File is a file of others while it is read.
type File struct {
	mapping *Mapping
	places  map[Meaning]int
	series  map[string]*series
	sheets  map[market.SheetKey]*sheet
	// Providers are those that it holds, by id.
	Providers map[string]market.Provider
	// Rejected is how many rows of each reason were kept out, First the line of the first.
	Rejected map[string]Rejected
}

// Rejected are rows that were kept out for one reason.
type Rejected struct{ Rows, First int }

// Parse reads a CSV file, gzipped or not. Rows that are no price are kept out and counted; a file that is none is an error. Each row is told
// as it is read.
func Parse(path string, m *Mapping, read func()) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	plain, err := unzipped(bufio.NewReaderSize(file, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &File{mapping: m, series: map[string]*series{}, sheets: map[market.SheetKey]*sheet{}, Providers: map[string]market.Provider{}, Rejected: map[string]Rejected{}}
	if err := f.parse(plain, read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func unzipped(r *bufio.Reader) (io.Reader, error) {
	magic, _ := r.Peek(2)
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return r, nil
	}
	return gzip.NewReader(r)
}

func (f *File) parse(from io.Reader, read func()) error {
	rows := csv.NewReader(from)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	if err := f.bind(header); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	for {
		values, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // it names the line
		}
		if err := f.row(values); err != nil {
			line, _ := rows.FieldPos(0)
			f.reject(err, line)
		}
		read()
	}
}

// bind finds the columns by their names. One that the mapping does not name is an error, and so is one that the file lacks.
func (f *File) bind(header []string) error {
	f.places = map[Meaning]int{}
	for i, name := range header {
		meaning, named := f.mapping.Columns[name]
		if !named {
			return fmt.Errorf("the mapping does not say what the column %q holds", name)
		}
		f.places[meaning] = i
	}
	for name, meaning := range f.mapping.Columns {
		if _, there := f.places[meaning]; !there {
			return fmt.Errorf("there is no column %q", name)
		}
	}
	return nil
}

// mostReasons bounds the reasons that are told apart.
const mostReasons = 100

func (f *File) reject(reason error, line int) {
	text := reason.Error()
	if _, known := f.Rejected[text]; !known && len(f.Rejected) >= mostReasons {
		text = "other reasons"
	}
	r := f.Rejected[text]
	if r.Rows++; r.First == 0 {
		r.First = line
	}
	f.Rejected[text] = r
}

// value is what a row has for a meaning; empty where the file has no such column.
func (f *File) value(row []string, m Meaning) string {
	i, there := f.places[m]
	if !there {
		return ""
	}
	return row[i]
}

func (f *File) row(row []string) error {
	at, err := time.Parse(time.RFC3339, f.value(row, ObservedAt))
	if err != nil || at.Unix() < 0 {
		return errors.New("the time is none such as 2026-11-24T12:00:00Z")
	}
	s, err := f.find(row)
	if err != nil {
		return err
	}
	amount, err := market.ParseAmount(f.value(row, Amount), s.offer.Listed.Currency)
	switch {
	case errors.Is(err, market.ErrNoPrice), err == nil && !amount.IsPos():
		return market.ErrNoPrice
	case err != nil:
		return errors.New("the amount is no decimal number such as 2.39")
	}
	return s.see(at.Unix(), amount)
}

// find is the series of a row: everything but when and how much.
func (f *File) find(row []string) (*series, error) {
	var key strings.Builder
	for _, m := range meanings {
		if m != ObservedAt && m != Amount {
			key.WriteString(f.value(row, m))
			key.WriteByte(0)
		}
	}
	s, known := f.series[key.String()]
	if !known {
		s = &series{}
		f.series[key.String()] = s
		s.err = f.describe(s, row)
	}
	return s, s.err
}
