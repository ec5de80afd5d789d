package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

// The bounds of the cache of parsed queries: about 100 MB where somebody does his worst, a few in daily life.
const (
	cachedQueries     = 500
	longestCachedText = 8 << 10
)

// queryCache keeps parsed and validated queries by their text. Very long ones are parsed each time.
type queryCache struct {
	graphql.Cache[*ast.QueryDocument]
}

func newQueryCache() queryCache { return queryCache{lru.New[*ast.QueryDocument](cachedQueries)} }

// Add keeps a query.
func (c queryCache) Add(ctx context.Context, text string, doc *ast.QueryDocument) {
	if len(text) <= longestCachedText {
		c.Cache.Add(ctx, text, doc)
	}
}
