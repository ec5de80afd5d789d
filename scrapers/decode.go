package scrapers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gpuhour/market"
)

// decodeJSON reads one JSON document whole. An answer that is none (a page instead, an empty body, something after the end)
// is an error that says so.
func decodeJSON(d Document, into any) error {
	body := bytes.TrimSpace(d.Body)
	switch {
	case len(body) == 0:
		return errors.New("the answer is empty, expected JSON")
	case body[0] == '<':
		return errors.New("the answer is a page, expected JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("json: something follows the document")
	}
	return nil
}

// printed is a JSON number as the source printed it, at most nine decimals; empty when the source gave none. Zero is kept:
// what it means is the provider's to say.
func printed(n json.Number) string { return market.RoundBinary(n.String()) }

// rows decodes the objects of a list. A field that every row must have and one has not is an error that names it: the
// source has changed.
func rows[T any](list []json.RawMessage, what string, needed ...string) ([]T, error) {
	out := make([]T, len(list))
	for i, raw := range list {
		row, err := object[T](raw, fmt.Sprintf("%s[%d]", what, i), needed...)
		if err != nil {
			return nil, err
		}
		out[i] = row
	}
	return out, nil
}

// object decodes one object, which has a name for errors, as rows does.
func object[T any](raw json.RawMessage, name string, needed ...string) (T, error) {
	var out T
	var present map[string]json.RawMessage
	if err := json.Unmarshal(raw, &present); err != nil {
		return out, fmt.Errorf("%s: expected an object: %w", name, err)
	}
	for _, field := range needed {
		if _, there := present[field]; !there {
			return out, fmt.Errorf("%s has no field %q", name, field)
		}
	}
	if err := decodeJSON(Document{Body: raw}, &out); err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// listed decodes the objects of a list that are one listing each.
func listed[T interface{ listing() market.Listing }](list []json.RawMessage, what string, needed ...string) ([]market.Listing, error) {
	decoded, err := rows[T](list, what, needed...)
	var listings []market.Listing
	for _, row := range decoded {
		listings = append(listings, row.listing())
	}
	return listings, err
}

// offered is a printed price where zero and nothing both mean "not offered", as several APIs have it.
func offered(n *json.Number) string {
	if n == nil {
		return ""
	}
	if value, err := n.Float64(); err == nil && value == 0 {
		return ""
	}
	return printed(*n)
}
