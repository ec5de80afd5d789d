package scrapers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

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
	case bytes.Count(body, []byte(",")) > mostCommas:
		return errors.New("the answer has more values than any real one")
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
// source has changed. "gpu.name" is a field of the object under gpu, or of every object of the list there; "gpu?.name" only
// where there is a gpu.
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
	if err := needs(raw, name, needed...); err != nil {
		return out, err
	}
	if err := decodeJSON(Document{Body: raw}, &out); err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// needs looks for the fields that an object must have.
func needs(raw json.RawMessage, what string, needed ...string) error {
	var present map[string]json.RawMessage
	if err := json.Unmarshal(raw, &present); err != nil {
		return fmt.Errorf("%s: expected an object: %w", what, err)
	}
	for _, path := range needed {
		name, rest, deeper := strings.Cut(path, ".")
		name, optional := strings.CutSuffix(name, "?")
		value, there := present[name]
		if !there && !optional {
			return fmt.Errorf("%s has no field %q", what, name)
		}
		if !deeper {
			continue
		}
		if err := needsWithin(value, what+"."+name, rest); err != nil {
			return err
		}
	}
	return nil
}

// needsWithin looks into an object, or into every object of a list. Where there is neither, as with null, nothing is missing.
func needsWithin(value json.RawMessage, what, path string) error {
	if bytes.HasPrefix(value, []byte("{")) {
		return needs(value, what, path)
	}
	var list []json.RawMessage
	_ = json.Unmarshal(value, &list) // anything else has no fields to miss
	for i, one := range list {
		if err := needsWithin(one, fmt.Sprintf("%s[%d]", what, i), path); err != nil {
			return err
		}
	}
	return nil
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
