package graph

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gpuhour/market"
)

// The values of extensions.code. Documents that are not GraphQL, or not of this schema, have gqlgen's:
// GRAPHQL_PARSE_FAILED and GRAPHQL_VALIDATION_FAILED.
const (
	codeBadInput  = "BAD_USER_INPUT"
	codeNotFound  = "NOT_FOUND"
	codeConflict  = "CONFLICT"
	codeForbidden = "FORBIDDEN"
	codeAmbiguous = "AMBIGUOUS_GPU"
	codeInternal  = "INTERNAL"
	codeExpired   = "CURSOR_EXPIRED"
	codeLagged    = "LAGGED"
)

// presenter lets errors through that are made for clients, and puts in place of all others an id that is in the log.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		var invalid *market.InvalidError
		var ambiguous *market.AmbiguousError
		var expired *market.ExpiredError
		var lagged *LaggedError
		switch {
		case errors.As(err, &expired):
			say(shown, expired, codeExpired)
		case errors.As(err, &lagged):
			say(shown, lagged, codeLagged)
			shown.Extensions["cursor"] = lagged.Cursor
		case errors.As(err, &ambiguous):
			offerChoice(shown, ambiguous)
		case errors.As(err, &invalid):
			explain(ctx, shown, invalid)
		case tell(shown, err):
		case isVariable(shown.Path):
			nameVariable(shown)
		case shown.Extensions["code"] == nil:
			hide(log, shown, err)
		}
		return shown
	}
}

// explain names the argument that is wrong. A scalar does not know its place: there the path goes on behind the field's.
func explain(ctx context.Context, shown *gqlerror.Error, invalid *market.InvalidError) {
	argument := invalid.Field
	if field := graphql.GetFieldContext(ctx); argument == "" && field != nil && len(shown.Path) >= len(field.Path()) {
		argument = shown.Path[len(field.Path()):].String()
		shown.Path = field.Path()
	}
	shown.Message = argument + ": " + invalid.Reason
	shown.Extensions = map[string]any{"code": codeBadInput, "argument": argument}
}

// offerChoice lists the variants of a model to choose from.
func offerChoice(shown *gqlerror.Error, ambiguous *market.AmbiguousError) {
	shown.Message = ambiguous.Error()
	shown.Extensions = map[string]any{"code": codeAmbiguous, "argument": ambiguous.Field, "gpus": ambiguous.Gpus}
}

// told are the errors that are made for clients, with their codes.
var told = map[error]string{
	ErrNoProvider: codeNotFound, ErrNotHeld: codeConflict, ErrBusy: codeConflict,
	ErrNoRule: codeNotFound, ErrEdited: codeConflict, ErrTooManyRules: codeConflict, ErrNoDelivery: codeNotFound, ErrNotDead: codeConflict,
	ErrNoEvent: codeNotFound, ErrEventsGone: codeExpired, ErrNoHost: codeNotFound, ErrNoCards: codeNotFound,
}

// tell shows an error of ours, without what it was wrapped in on its way; false where it is none.
func tell(shown *gqlerror.Error, err error) bool {
	for is, code := range told {
		if errors.Is(err, is) {
			say(shown, is, code)
			return true
		}
	}
	return false
}

func say(shown *gqlerror.Error, is error, code string) {
	shown.Message = is.Error()
	errcode.Set(shown, code)
}

func isVariable(path ast.Path) bool { return len(path) > 1 && path[0] == ast.PathName("variable") }

// nameVariable says in the message too which variable is wrong, because many clients show nothing else.
func nameVariable(shown *gqlerror.Error) {
	name := strings.TrimPrefix(shown.Path[1:].String(), ".")
	shown.Message = "variable " + name + ": " + shown.Message
	shown.Path = nil
	shown.Extensions = map[string]any{"code": codeBadInput, "argument": name}
}

func hide(log *slog.Logger, shown *gqlerror.Error, err error) {
	id := rand.Text()
	log.Error("a query failed", "id", id, "path", shown.Path.String(), "problem", err)
	shown.Message = "internal error " + id
	errcode.Set(shown, codeInternal)
}

// recovered turns a crash in a resolver into an error of that field.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(_ context.Context, crash any) error {
		id := rand.Text()
		log.Error("a query crashed", "id", id, "problem", fmt.Sprint(crash), "stack", string(debug.Stack()))
		failure := gqlerror.Errorf("internal error %s", id)
		errcode.Set(failure, codeInternal)
		return failure
	}
}
