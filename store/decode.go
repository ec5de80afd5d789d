package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"gpuhour/market"
)

// errForeign says that a value is not what this version of the program writes. Nothing is skipped in silence, and nothing that
// a newer version knows is dropped by rewriting it.
var errForeign = errors.New("not written by this version of the program")

// decode reads one value; an error names the key.
func decode[T any](key, field, text string) (T, error) {
	var v T
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		return v, fmt.Errorf("%s, %s: %w: %w", key, field, errForeign, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || strings.TrimSpace(text) == "null" {
		return v, fmt.Errorf("%s, %s: %w", key, field, errForeign)
	}
	return v, nil
}

// decodeAll decodes the values of a hash in the order of its fields.
func decodeAll[T any](key string, fields map[string]string) ([]T, error) {
	names, out := sortedKeys(fields), make([]T, len(fields))
	err := onAllCores(len(names), func(i int) (err error) {
		out[i], err = decode[T](key, names[i], fields[names[i]])
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// onAllCores does something n times, on all cores where that is worth the trouble. It gives the first error.
func onAllCores(n int, do func(i int) error) error {
	const least = 200
	parts := max(1, min(runtime.GOMAXPROCS(0), n/least))
	problems := make([]error, parts)
	var working sync.WaitGroup
	for part := range parts {
		working.Go(func() {
			for i := n * part / parts; i < n*(part+1)/parts && problems[part] == nil; i++ {
				problems[part] = do(i)
			}
		})
	}
	working.Wait()
	return cmp.Or(problems...)
}

// decodeNamed is decodeAll for values that know under which name they are kept.
func decodeNamed[T any](key string, fields map[string]string, name func(T) string) ([]T, error) {
	out, err := decodeAll[T](key, fields)
	if err != nil {
		return nil, err
	}
	for i, field := range sortedKeys(fields) {
		if name(out[i]) != field {
			return nil, fmt.Errorf("%s, %s: %w: it holds %q", key, field, errForeign, name(out[i]))
		}
	}
	return out, nil
}

func decodeOffers(k keys, fields map[string]string) ([]market.Offer, error) {
	return decodeNamed(k.offers(), fields, func(o market.Offer) string { return o.ID })
}

func decodeSheets(k keys, fields map[string]string) ([]market.Sheet, error) {
	return decodeNamed(k.sheets(), fields, func(s market.Sheet) string { return s.Name })
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// decodeSecret is decode for values that hold secrets: its error says nothing of what it found.
func decodeSecret[T any](key, field, text string) (T, error) {
	v, err := decode[T](key, field, text)
	if err != nil {
		return v, fmt.Errorf("%s, %s: %w", key, field, errForeign)
	}
	return v, nil
}
