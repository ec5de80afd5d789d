package model

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"gpuhour/market"
)

// readFilter reads which offers a rule is about. A rule never judges stale prices, so that leaving them out changes nothing.
func (i AlertRuleInput) readFilter(env *Env, rule *market.Rule) (err error) {
	if err := i.checkFilter(env); err != nil {
		return err
	}
	rule.Filter = i.Filter.Asked()
	rule.Filter.ExcludeStale = false
	if err := env.View.CheckFilter(rule.Filter); err != nil {
		return err
	}
	rule.Given, err = i.Filter.given()
	return err
}

// checkFilter refuses what no rule can be about, and then what no filter can say.
func (i AlertRuleInput) checkFilter(env *Env) error {
	f := i.Filter
	for _, mistake := range []struct {
		made          bool
		field, reason string
	}{
		{len(f.Collections) > 0, "filter.collections", "imported history is in no alert"},
		{slices.ContainsFunc(f.Providers, env.imported), "filter.providers", "imported history is in no alert"},
		{slices.Contains(f.Markets, market.MarketUnknown), "filter.markets", "only imported history is of an UNKNOWN market, and that is in no alert"},
		{f.Components != nil && *f.Components, "filter.components", "bare cards are compared with nothing else, and are in no alert"},
		{i.Condition.OfStock() && len(f.Stock) > 0, "filter.stock", "the condition is one of stock already"},
		{len(f.Gpus) == 0 && len(f.Providers) == 0 && strings.TrimSpace(text(f.Search)) == "", "filter", "expected gpus, providers or search at least: a rule over everything is a mistake"},
		{!finite(f.MinGpuCount), "filter.minGpuCount", "expected a number"},
		{!finite(f.MaxGpuCount), "filter.maxGpuCount", "expected a number"},
		{!finite(f.MinMemoryGb), "filter.minMemoryGB", "expected a number"},
	} {
		if mistake.made {
			return &market.InvalidError{Field: mistake.field, Reason: mistake.reason}
		}
	}
	return f.check(env)
}

// imported says whether a provider is one of a collection.
func (e *Env) imported(provider string) bool { return e.Providers[provider].Collection.Name != "" }

func finite(f *float64) bool { return f == nil || !math.IsNaN(*f) && !math.IsInf(*f, 0) }

// given is the filter in JSON, without what asks for nothing: the defaults are written into it before anybody can tell who wrote them.
func (f OfferFilter) given() (string, error) {
	if yes(f.IncludeStale) {
		f.IncludeStale = nil
	}
	f.Components = nil // true is refused
	said, err := json.Marshal(f)
	return string(said), err
}
