package scrapers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// nebiusPush is how a script hands over a piece of the data: self.__next_f.push([1,"…"]).
var nebiusPush = regexp.MustCompile(`__next_f(?:\s*\|\|\s*\[\]\s*\))?\.push\(`)

// nebiusData joins the pieces of all scripts: one may end in the middle of a word.
func nebiusData(d Document) (string, error) {
	page, err := parseHTML(d)
	if err != nil {
		return "", err
	}
	var data strings.Builder
	page.Find("script").EachWithBreak(func(_ int, script *goquery.Selection) bool {
		err = nebiusPieces(script.Text(), &data)
		return err == nil
	})
	if err == nil && data.Len() == 0 {
		err = errors.New("the page has no data in its scripts (self.__next_f.push)")
	}
	return data.String(), err
}

func nebiusPieces(script string, data *strings.Builder) error {
	for {
		at := nebiusPush.FindStringIndex(script)
		if at == nil {
			return nil
		}
		decoder := json.NewDecoder(strings.NewReader(script[at[1]:]))
		var piece []json.RawMessage
		if err := decoder.Decode(&piece); err != nil {
			return fmt.Errorf("a piece of the page's data: %w", err)
		}
		if len(piece) == 2 && string(piece[0]) == "1" {
			var words string
			if err := json.Unmarshal(piece[1], &words); err != nil {
				return fmt.Errorf("a piece of the page's data: %w", err)
			}
			data.WriteString(words)
		}
		script = script[at[1]+int(decoder.InputOffset()):]
	}
}

// nebiusTable is one table block of the page.
type nebiusTable struct {
	Type  string `json:"type"`
	Title any    `json:"title"`
	Table struct {
		Content json.RawMessage `json:"content"`
	} `json:"table"`
}

func (t nebiusTable) title() string { return fmt.Sprint(t.Title) }

// What is believed to be a table block, so that a page cannot ask for as much work as it likes.
const (
	nebiusLargestTable = 128 << 10
	nebiusMostTables   = 100
	nebiusDeepestType  = 20
)

var nebiusTableType = regexp.MustCompile(`"type"\s*:\s*"highlight-table-block"`)

// nebiusTables finds the table blocks by their type. The data around them is not one JSON document.
func nebiusTables(data string) ([]nebiusTable, error) {
	marks := nebiusTableType.FindAllStringIndex(data, nebiusMostTables+1)
	if len(marks) > nebiusMostTables {
		return nil, fmt.Errorf("the page's data has more than %d tables", nebiusMostTables)
	}
	tables := make([]nebiusTable, len(marks))
	for i, mark := range marks {
		var whole bool
		if tables[i], whole = nebiusTableAround(data, mark[0]); !whole {
			return nil, fmt.Errorf("table %d of the page's data is not whole, or not a table as known", i+1)
		}
	}
	return tables, nil
}

// nebiusTableAround is the innermost object that has its type at a place, wherever among its fields.
func nebiusTableAround(data string, at int) (nebiusTable, bool) {
	open := at
	for range nebiusDeepestType {
		open = strings.LastIndexByte(data[:open], '{')
		if open < 0 || at-open > nebiusLargestTable {
			break
		}
		var t nebiusTable
		decoder := json.NewDecoder(strings.NewReader(data[open:min(len(data), open+nebiusLargestTable)]))
		if decoder.Decode(&t) == nil && t.Type == "highlight-table-block" && open+int(decoder.InputOffset()) > at {
			return t, true
		}
	}
	return nebiusTable{}, false
}
