package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// moment gives all root fields of one request the same view of the market. Below them it travels in the answers themselves.
type moment struct{ resolver *Resolver }

// ExtensionName is how the request knows it.
func (moment) ExtensionName() string { return "Moment" }

// Validate has nothing to check.
func (moment) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext takes the view.
func (m moment) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.Stats.SetExtension(m.ExtensionName(), m.resolver.now())
	return nil
}

// now is what a request that comes now sees.
func (r *Resolver) now() *model.Env {
	providers := map[string]market.Provider{}
	for _, p := range slices.Concat(r.Registry.Providers(), r.Registry.Collected()) {
		providers[p.ID] = p
	}
	return &model.Env{View: r.Book.View(), Now: r.Now(), Providers: providers, Log: r.Log, NextRun: r.Registry.NextRun, Past: r.Past, Alerts: r.Alerts}
}

// env is what the request sees.
func (r *Resolver) env(ctx context.Context) *model.Env {
	env, taken := graphql.GetOperationContext(ctx).Stats.GetExtension(moment{}.ExtensionName()).(*model.Env)
	if !taken {
		return r.now()
	}
	return env
}
