package scrapers

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// mostSpan bounds rowspan and colspan, and mostColumns the cells of a row, so that a page cannot make a table as large as it likes.
// What stands to the right of them is not read: a header that is wanted and stands there is missed by name.
const (
	mostSpan    = 200
	mostColumns = 100
)

// parseHTML reads a page. One without any text is an error: it is what a broken server sends.
func parseHTML(d Document) (*goquery.Document, error) {
	if len(bytes.TrimSpace(d.Body)) == 0 {
		return nil, errors.New("the page is empty")
	}
	if err := checkPage(d.Body); err != nil {
		return nil, err
	}
	page, err := goquery.NewDocumentFromReader(bytes.NewReader(d.Body))
	if err != nil {
		return nil, fmt.Errorf("html: %w", err)
	}
	return page, checkTree(page)
}

// text is an element's text with its white space collapsed.
func text(s *goquery.Selection) string { return tidy(s.Text()) }

func tidy(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), " ")
}

// grid lays out a table's cells by row and column, with rowspan and colspan filled in. The rows of a table within are not its own.
func grid(table *goquery.Selection) [][]string {
	var rows [][]string
	hanging := map[int]*hangingCell{}
	table.Find("tr").Each(func(_ int, tr *goquery.Selection) {
		if !tr.Closest("table").IsNodes(table.Nodes...) {
			return
		}
		var row []string
		tr.ChildrenFiltered("td,th").Each(func(_ int, cell *goquery.Selection) {
			row = fillHanging(row, hanging)
			value := text(cell)
			for range min(span(cell, "colspan"), mostColumns-len(row)) {
				if rowspan := span(cell, "rowspan"); rowspan > 1 {
					hanging[len(row)] = &hangingCell{value, rowspan - 1}
				}
				row = append(row, value)
			}
		})
		rows = append(rows, fillHanging(row, hanging))
	})
	return rows
}

// hangingCell is a cell that reaches down into the rows after it.
type hangingCell struct {
	value string
	rows  int
}

func fillHanging(row []string, hanging map[int]*hangingCell) []string {
	for {
		cell := hanging[len(row)]
		if cell == nil {
			return row
		}
		if cell.rows--; cell.rows == 0 {
			delete(hanging, len(row))
		}
		row = append(row, cell.value)
	}
}

func span(cell *goquery.Selection, attribute string) int {
	n, err := strconv.Atoi(strings.TrimSpace(cell.AttrOr(attribute, "1")))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, mostSpan)
}

// column is one that a table must have, known by the text of its header.
type column struct {
	name   string
	header *regexp.Regexp
}

// columns finds each wanted column by its header, wherever it stands. One that is missing or stands there twice is an error:
// the page has changed.
func columns(headers []string, wanted []column) (map[string]int, error) {
	found := map[string]int{}
	var problems []error
	for _, w := range wanted {
		var places []int
		for i, h := range headers {
			if w.header.MatchString(h) {
				places = append(places, i)
			}
		}
		if len(places) != 1 {
			problems = append(problems, columnError(w.name, len(places), headers))
			continue
		}
		found[w.name] = places[0]
	}
	return found, errors.Join(problems...)
}

func columnError(name string, times int, headers []string) error {
	if times == 0 {
		return fmt.Errorf("the page has no column %q; its columns are %q", name, headers)
	}
	return fmt.Errorf("the page has %d columns that could be %q; its columns are %q", times, name, headers)
}

// record is one row of a table, its cells by the name of their column.
type record map[string]string

// records reads the rows below the headers. A row of another width than the headers is an error: its cells cannot be told apart.
func records(rows [][]string, at map[string]int, width int) ([]record, error) {
	var out []record
	for i, row := range rows {
		if len(row) == 0 {
			continue
		}
		if len(row) != width {
			return nil, fmt.Errorf("row %d has %d cells under %d headers", i+1, len(row), width)
		}
		r := record{}
		for name, c := range at {
			r[name] = row[c]
		}
		out = append(out, r)
	}
	return out, nil
}

// wholeNumber reads a count such as "2,048"; nil when the text is no number, because a size nobody prints is unknown.
func wholeNumber(s string) *int {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(s), ",", ""))
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

// quantity reads a size such as "4,096" or "61.44"; nil when the text is none.
func quantity(s string) *float64 {
	q, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 64)
	if err != nil || !(q >= 0 && q < 1e12) {
		return nil
	}
	return &q
}

// tableRecords reads a table whose first row holds its headers.
func tableRecords(table *goquery.Selection, wanted []column) ([]record, error) {
	rows := grid(table)
	if len(rows) == 0 {
		return nil, errors.New("the table has no rows")
	}
	at, err := columns(rows[0], wanted)
	if err != nil {
		return nil, err
	}
	return records(rows[1:], at, len(rows[0]))
}
