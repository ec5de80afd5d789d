package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// node finds anything by its id: its beginning or the number of its segments says what it is.
func (r *Resolver) node(ctx context.Context, id string) (model.Node, error) {
	env := r.env(ctx)
	if d, found := market.DisclosureByID(id); found {
		return model.NewDisclosure(d), nil
	}
	if _, isRule := market.RuleNumber(id); isRule {
		return found[*model.AlertRule](r.alertRule(ctx, env, id))
	}
	if n, isEvent := market.EventNumber(id); isEvent {
		return found[*model.AlertEvent](r.alertEvent(ctx, env, n))
	}
	if host, isHost := market.HostName(id); isHost {
		return found[*model.FleetHost](r.fleetHost(ctx, env, host))
	}
	return inMarket(env, id), nil
}

// found is a node, or none: a pointer that is nil would pass for one.
func found[T interface {
	model.Node
	comparable
}](node T, err error) (model.Node, error) {
	var none T
	if node == none {
		return nil, err
	}
	return node, err
}

// inMarket finds what the view and the catalogue have.
func inMarket(env *model.Env, id string) model.Node {
	switch segments := strings.Count(id, "/") + 1; {
	case segments >= 4:
		if e := env.View.Offer(id); e != nil {
			return model.NewOffer(env, e)
		}
	case segments == 2:
		if g := gpu(env, id); g != nil {
			return g
		}
	case segments == 1:
		if p := providerByID(env, id); p != nil {
			return p
		}
	}
	return nil
}

// longestCompany bounds a company to look for: none has a longer name.
const longestCompany = 200

// disclosures lists the stated figures of a company and of some kinds, newest first.
func disclosures(company *string, kinds []market.DisclosureKind) ([]model.Disclosure, error) {
	out := []model.Disclosure{}
	if company != nil && len(*company) > longestCompany {
		return nil, &market.InvalidError{Field: "company", Reason: fmt.Sprintf("expected at most %d bytes", longestCompany)}
	}
	for _, d := range market.Disclosures() {
		if (company == nil || d.SaidOf(*company)) && (len(kinds) == 0 || slices.Contains(kinds, d.Kind)) {
			out = append(out, model.NewDisclosure(d))
		}
	}
	return out, nil
}

func gpu(env *model.Env, id string) *model.Gpu {
	g, found := market.GpuByID(id)
	if !found {
		return nil
	}
	return model.NewGpu(env, g)
}

func providerByID(env *model.Env, id string) *model.Provider {
	p, found := env.Providers[id]
	if !found {
		return nil
	}
	return model.NewProvider(env, p)
}

func providers(env *model.Env, all []market.Provider, kinds []market.ProviderKind) []model.Provider {
	out := []model.Provider{}
	for _, p := range all {
		if len(kinds) == 0 || slices.Contains(kinds, p.Kind) {
			out = append(out, *model.NewProvider(env, p))
		}
	}
	return out
}

// mostModels bounds a question for models: there are not so many.
const mostModels = 200

// gpus lists the catalogue by id; a model that it does not have is a mistake of the question.
func gpus(env *model.Env, models []string) ([]model.Gpu, error) {
	found := market.Gpus()
	if len(models) > 0 {
		found = nil
	}
	if len(models) > mostModels {
		return nil, &market.InvalidError{Field: "models", Reason: fmt.Sprintf("expected at most %d models, got %d", mostModels, len(models))}
	}
	for _, name := range models {
		variants := market.GpusOfModel(name)
		if len(variants) == 0 {
			return nil, &market.InvalidError{Field: "models", Reason: fmt.Sprintf("no GPU model is called %.60q; query gpus without models lists them", name)}
		}
		found = append(found, variants...)
	}
	slices.SortFunc(found, func(a, b *market.Gpu) int { return strings.Compare(a.ID, b.ID) })
	found = slices.CompactFunc(found, func(a, b *market.Gpu) bool { return a.ID == b.ID })
	out := make([]model.Gpu, len(found))
	for i, g := range found {
		out[i] = *model.NewGpu(env, g)
	}
	return out, nil
}

// longestName bounds a name to identify: no accelerator's is longer.
const longestName = 1000

func identify(name string, provider *string) (market.GpuIdentity, error) {
	if len(name) > longestName {
		return market.GpuIdentity{}, &market.InvalidError{Field: "name", Reason: fmt.Sprintf("expected at most %d bytes", longestName)}
	}
	if provider == nil {
		return market.Identify("", name), nil
	}
	return market.Identify(*provider, name), nil
}
