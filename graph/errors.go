package graph

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gpuhour/market"
)

// The codes of extensions.code. Documents that are not GraphQL or not this schema's have gqlgen's: GRAPHQL_PARSE_FAILED and
// GRAPHQL_VALIDATION_FAILED.
const (
	codeBadInput = "BAD_USER_INPUT"
	codeNotFound = "NOT_FOUND"
	codeConflict = "CONFLICT"
	codeInternal = "INTERNAL"
)

// presenter lets errors through that are made for clients, and replaces all others by an id that is in the log.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		var invalid *market.InvalidError
		switch {
		case shown.Extensions["code"] != nil:
		case errors.As(err, &invalid):
			shown.Extensions = map[string]any{"code": codeBadInput, "argument": invalid.Field}
		case errors.Is(err, ErrNoProvider):
			shown.Extensions = map[string]any{"code": codeNotFound}
		case errors.Is(err, ErrNotHeld):
			shown.Extensions = map[string]any{"code": codeConflict}
		case errors.Unwrap(shown) == nil:
			shown.Extensions = map[string]any{"code": codeBadInput}
		case isInput(err):
			shown.Extensions = map[string]any{"code": codeBadInput}
		default:
			hide(log, shown, err)
		}
		return shown
	}
}

// isInput says whether an error came from reading an argument: gqlgen marks those with the argument's path only.
func isInput(err error) bool {
	var parse *gqlerror.Error
	return errors.As(err, &parse) && parse.Rule != ""
}

func hide(log *slog.Logger, shown *gqlerror.Error, err error) {
	id := incident()
	log.Error("a query failed", "id", id, "path", shown.Path.String(), "problem", err)
	shown.Message = "internal error " + id
	shown.Extensions = map[string]any{"code": codeInternal}
}

// recovered turns a crash in a resolver into an error of that field.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(_ context.Context, crash any) error {
		id := incident()
		log.Error("a query crashed", "id", id, "problem", fmt.Sprint(crash), "stack", string(debug.Stack()))
		failure := gqlerror.Errorf("internal error %s", id)
		errcode.Set(failure, codeInternal)
		return failure
	}
}

func incident() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
