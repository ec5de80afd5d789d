package graph

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"gpuhour/graph/generated"
)

// mostTokens is the longest query that is parsed: validation takes the square of it. The query that GraphiQL reads the schema
// with has 200.
const mostTokens = 2000

// NewHandler serves the schema by GET and POST after the GraphQL-over-HTTP specification, and what can be followed by WebSocket and as
// server-sent events; these end with the context. It is built from its parts: the ready-made server also takes multipart forms, which any
// web page can send, and its own transports for streams never end a blocked write, and crash on a client that leaves.
func NewHandler(ctx context.Context, r *Resolver, log *slog.Logger) *Handler {
	server := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: r}))
	s := &streams{patience: r.Patience.withDefaults(), recovered: recovered(log), stopping: ctx}
	for _, t := range []transport{s.socketTransport(), s.eventTransport(), getTransport, postTransport, otherTransport} {
		server.AddTransport(t)
	}
	server.SetQueryCache(newQueryCache())
	server.SetParserTokenLimit(mostTokens)
	server.SetValidationRulesFn(validationRules)
	server.Use(extension.Introspection{})
	server.Use(limits{r.lists()})
	server.Use(moment{r})
	server.SetErrorPresenter(presenter(log))
	server.SetRecoverFunc(recovered(log))
	return &Handler{sameOrigin(server), s}
}

// sameOrigin refuses what a browser sends for the page of another site.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, mediaJSON, http.StatusForbidden, codeForbidden, crossSite)
	}))
	return protection.Handler(next)
}

// validationRules are the specification's, and one of ours.
func validationRules() *rules.Rules {
	all := rules.NewDefaultRules()
	all.AddRule("ExactNumbers", exactNumbers)
	return all
}

// exactNumbers keeps numbers written for our scalars as they are written. As numbers they would pass through a float, or, of
// more than 19 digits, crash where the arguments are collected.
func exactNumbers(observers *core.Events, _ core.AddErrFunc) {
	builtin := []string{"Int", "Float", "String", "Boolean", "ID"}
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		number := value.Kind == ast.IntValue || value.Kind == ast.FloatValue
		if number && value.Definition != nil && value.Definition.Kind == ast.Scalar && !value.Definition.OneOf(builtin...) {
			value.Kind = ast.StringValue
		}
	})
}
