package scalar

import (
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalFloat writes a number with as many digits as tell it from all others.
func MarshalFloat(f float64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var space [32]byte
		_, _ = w.Write(strconv.AppendFloat(space[:0], f, 'f', -1, 64))
	})
}

// UnmarshalFloat reads a number.
func UnmarshalFloat(v any) (float64, error) {
	f, err := graphql.UnmarshalFloat(v)
	if err != nil {
		return 0, expected("a number", v)
	}
	return f, nil
}

// MarshalInt writes a whole number.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads a whole number.
func UnmarshalInt(v any) (int, error) {
	n, err := graphql.UnmarshalInt(v)
	if err != nil {
		return 0, expected("a whole number", v)
	}
	return n, nil
}
