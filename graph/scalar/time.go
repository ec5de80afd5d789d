package scalar

import (
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// timeLayout is RFC 3339 to the millisecond.
const timeLayout = "2006-01-02T15:04:05.000Z"

// MarshalTime writes an instant in UTC.
func MarshalTime(t time.Time) graphql.Marshaler { return quoted(t.UTC().Format(timeLayout)) }

// UnmarshalTime reads an instant of any zone.
func UnmarshalTime(v any) (time.Time, error) {
	text, isText := v.(string)
	t, err := time.Parse(time.RFC3339, text)
	if !isText || err != nil {
		return time.Time{}, expected(`a time such as "2026-11-01T12:00:00Z"`, v)
	}
	return t.UTC(), nil
}
