// Package scalar spells the schema's scalars and enums. Each refuses what it cannot read exactly with a *market.InvalidError
// that says what was expected; the argument's name is filled in where the error is shown.
package scalar

import (
	"fmt"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"gpuhour/market"
)

// expected is the refusal of a value.
func expected(what string, got any) error {
	return &market.InvalidError{Reason: fmt.Sprintf("expected %s, got %s", what, shown(got))}
}

// shown abbreviates what a client sent, so that an answer never repeats a whole request.
func shown(v any) string {
	const most = 60
	text := []rune(fmt.Sprint(v))
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return strconv.Quote(string(text))
}

// quoted writes text that needs no escaping.
func quoted(text string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, `"`+text+`"`) })
}
