package graph

import (
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

// NewHandler serves the schema by GET and POST after the GraphQL-over-HTTP specification. It is built from its parts: the
// ready-made server also takes multipart forms, which any web page can send.
func NewHandler(r *Resolver, log *slog.Logger) http.Handler {
	server := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: r}))
	for _, t := range []transport{getTransport, postTransport, otherTransport} {
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
	return sameOrigin(server)
}

// sameOrigin refuses what a browser sends for the page of another site.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, mediaJSON, http.StatusForbidden, codeForbidden, "a page of another site may not send requests here")
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
