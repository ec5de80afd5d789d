package market

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Places are how far the changes of every provider have been seen: the number of its last commit. They are never changed. A provider that
// is not among them has none yet.
type Places struct {
	at   map[string]int64
	text func() string
}

func newPlaces(at map[string]int64) *Places {
	return &Places{at, sync.OnceValue(func() string { return encodePlaces(at) })}
}

// with is the same with another place of one provider.
func (p *Places) with(provider string, seq int64) *Places {
	at := maps.Clone(p.at)
	at[provider] = seq
	return newPlaces(at)
}

// spot is a place behind some of the changes of the commit that follows a provider's place; those of an empty provider are none.
type spot struct {
	places   *Places
	provider string
	done     int
}

// cursor spells the spot: the places, and what is begun.
func (s spot) cursor() string {
	if s.done == 0 {
		return s.places.text()
	}
	return s.places.text() + "." + strconv.Itoa(s.done) + "." + base64.RawURLEncoding.EncodeToString([]byte(s.provider))
}

// placesVersion begins a cursor, so that a later version of the program can tell its own.
const placesVersion = 1

func encodePlaces(at map[string]int64) string {
	raw := []byte{placesVersion}
	for _, provider := range slices.Sorted(maps.Keys(at)) {
		if at[provider] == 0 {
			continue
		}
		raw = binary.AppendUvarint(raw, uint64(len(provider)))
		raw = append(raw, provider...)
		raw = binary.AppendUvarint(raw, uint64(at[provider]))
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// decodeSpot reads a cursor; an *InvalidError says that it is none.
func decodeSpot(cursor string) (spot, error) {
	text, rest, begun := strings.Cut(cursor, ".")
	at, err := decodePlaces(text)
	if err != nil {
		return spot{}, err
	}
	s := spot{places: newPlaces(at)}
	if !begun {
		return s, nil
	}
	done, name, _ := strings.Cut(rest, ".")
	provider, err := base64.RawURLEncoding.DecodeString(name)
	s.provider = string(provider)
	if err != nil || s.provider == "" {
		return spot{}, errNoCursor
	}
	if s.done, err = strconv.Atoi(done); err != nil || s.done < 1 {
		return spot{}, errNoCursor
	}
	return s, nil
}

var errNoCursor = &InvalidError{"after", "expected a cursor of an earlier change"}

func decodePlaces(text string) (map[string]int64, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 || raw[0] != placesVersion {
		return nil, errNoCursor
	}
	at := map[string]int64{}
	for raw = raw[1:]; len(raw) > 0; {
		length, n := binary.Uvarint(raw)
		if n <= 0 || length > uint64(len(raw)-n) {
			return nil, errNoCursor
		}
		provider := string(raw[n : n+int(length)])
		raw = raw[n+int(length):]
		seq, n := binary.Uvarint(raw)
		if n <= 0 || seq > 1<<62 {
			return nil, errNoCursor
		}
		at[provider], raw = int64(seq), raw[n:]
	}
	return at, nil
}

// ExpiredError says that the changes behind a cursor are no longer all there.
type ExpiredError struct {
	// Provider is the one whose changes are not.
	Provider string
}

// Error says what to do.
func (e *ExpiredError) Error() string {
	return fmt.Sprintf("the changes of %s behind this cursor are no longer kept: query the offers anew, and subscribe without a cursor", e.Provider)
}
