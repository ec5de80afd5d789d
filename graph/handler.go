package graph

import (
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"gpuhour/graph/generated"
)

// The bounds of one request.
const (
	largestBody       = 1 << 20
	mostTokens        = 5000
	mostComplexity    = 40_000
	cachedQueries     = 1000
	weightOfList      = 50
	listWithoutLength = 50
)

// NewHandler serves the schema by GET and POST. It is built from its parts: the ready-made server also takes multipart forms,
// which any web page can send.
func NewHandler(r *Resolver, log *slog.Logger) http.Handler {
	config := generated.Config{Resolvers: r}
	weigh(&config.Complexity)
	server := handler.New(generated.NewExecutableSchema(config))
	server.AddTransport(transport.Options{AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodOptions}})
	server.AddTransport(transport.GET{})
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](cachedQueries))
	server.SetParserTokenLimit(mostTokens)
	server.Use(extension.Introspection{})
	server.Use(extension.FixedComplexityLimit(mostComplexity))
	server.SetErrorPresenter(presenter(log))
	server.SetRecoverFunc(recovered(log))
	return http.NewCrossOriginProtection().Handler(bounded(server))
}

// bounded cuts off bodies that are larger than any query.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > largestBody {
			http.Error(w, `{"errors":[{"message":"the request is larger than 1 MiB","extensions":{"code":"BAD_USER_INPUT"}}]}`, http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, largestBody)
		next.ServeHTTP(w, r)
	})
}
