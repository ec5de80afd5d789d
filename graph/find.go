package graph

import (
	"fmt"
	"slices"
	"strings"

	"gpuhour/graph/model"
	"gpuhour/market"
)

// node finds anything by its id: the number of segments says what it is.
func node(env *model.Env, id string) model.Node {
	if d, found := market.DisclosureByID(id); found {
		return model.NewDisclosure(d)
	}
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
