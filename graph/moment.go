package graph

import (
	"context"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
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

// MutateOperationContext takes the view. A subscription sees another with each of its items, and must not hold this one for as long as it lives.
func (m moment) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation == ast.Subscription {
		return nil
	}
	op.Stats.SetExtension(m.ExtensionName(), m.resolver.now())
	return nil
}

// now is what a request that comes now sees.
func (r *Resolver) now() *model.Env {
	providers := map[string]market.Provider{}
	for _, p := range slices.Concat(r.Registry.Providers(), r.Registry.Collected()) {
		providers[p.ID] = p
	}
	return &model.Env{View: r.Book.View(), Now: r.Now(), Providers: providers, Log: r.Log, NextRun: r.Registry.NextRun, Past: r.Past, Alerts: r.Alerts,
		Fleet: r.fleet(), References: &r.references}
}

// sameMoment is how long what one item of a subscription sees is shown to others, while the market stays the same.
const sameMoment = time.Second

// current is what an item of a subscription sees that is sent now. Thousands share it.
func (r *Resolver) current() *model.Env {
	known, now := r.latest.Load(), r.Now()
	if known != nil && known.View == r.Book.View() && now.Sub(known.Now).Abs() < sameMoment {
		return known
	}
	fresh := r.now()
	r.latest.Store(fresh)
	return fresh
}

// env is what the request sees.
func (r *Resolver) env(ctx context.Context) *model.Env {
	env, taken := graphql.GetOperationContext(ctx).Stats.GetExtension(moment{}.ExtensionName()).(*model.Env)
	if !taken {
		return r.now()
	}
	return env
}
