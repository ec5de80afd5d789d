package alerts

import (
	"encoding/json"
	"strings"
	"time"

	"gpuhour/market"
)

// watch is a filter that rules share: what they see is read once for all of them.
type watch struct {
	key   string
	like  market.Rule // any of the rules, for what they have in common
	rules map[string]*ruled
	// sheets are those of the offers that matched last.
	sheets map[market.SheetKey]bool
	// waiting are the rules of which something waits for the next run, whatever it brings.
	waiting map[string]bool
}

// ruled is a rule with how its subjects stand.
type ruled struct {
	rule      market.Rule
	watch     *watch // nil while the rule is not enabled
	standings map[string]market.Standing
	summary   market.RuleStanding
	// first says that the rule has not been judged yet; primed are then its subjects by what is known of the time before, and gone those
	// of its version before.
	first  bool
	primed map[string]market.Standing
	gone   []string
	// unprimed is when to try again to read what has been, where that failed; zero where it did not.
	unprimed time.Time
}

// watchKey is what rules have in common that see the same.
func watchKey(r market.Rule) string {
	key, err := json.Marshal([]any{r.Filter, r.Subject, r.Currency, r.Condition.OfStock(), ofIndex(r.Condition)})
	if err != nil {
		return r.ID // a rule of its own
	}
	return string(key)
}

// indexKey is what changes are looked up by; empty parts are "any".
type indexKey struct {
	model, provider string
	market          market.Market
}

// watches are all watches, and where to find those that an offer may concern.
type watches struct {
	all     map[string]*watch
	index   map[indexKey]map[*watch]bool
	bySheet map[market.SheetKey]map[*watch]bool
}

func newWatches() *watches {
	return &watches{map[string]*watch{}, map[indexKey]map[*watch]bool{}, map[market.SheetKey]map[*watch]bool{}}
}

// put adds a rule.
func (w *watches) put(r *ruled) {
	key := watchKey(r.rule)
	found := w.all[key]
	if found == nil {
		found = &watch{key: key, like: r.rule, rules: map[string]*ruled{}, waiting: map[string]bool{}, sheets: map[market.SheetKey]bool{}}
		w.all[key] = found
		for _, k := range indexKeys(r.rule) {
			add(w.index, k, found)
		}
	}
	found.rules[r.rule.ID], r.watch = r, found
}

// drop takes a rule out, and the watch with its last rule.
func (w *watches) drop(r *ruled) {
	found := r.watch
	if found == nil {
		return
	}
	delete(found.rules, r.rule.ID)
	delete(found.waiting, r.rule.ID)
	r.watch = nil
	if len(found.rules) > 0 {
		return
	}
	delete(w.all, found.key)
	for _, k := range indexKeys(r.rule) {
		remove(w.index, k, found)
	}
	for sheet := range found.sheets {
		remove(w.bySheet, sheet, found)
	}
}

// reads notes which sheets a watch depends on.
func (w *watches) reads(found *watch, sheets map[market.SheetKey]bool) {
	for sheet := range found.sheets {
		if !sheets[sheet] {
			remove(w.bySheet, sheet, found)
		}
	}
	for sheet := range sheets {
		if !found.sheets[sheet] {
			add(w.bySheet, sheet, found)
		}
	}
	found.sheets = sheets
}

// waits notes whether something of a rule waits for the next run.
func (r *ruled) waits(yes bool) {
	switch {
	case r.watch == nil:
	case yes:
		r.watch.waiting[r.rule.ID] = true
	default:
		delete(r.watch.waiting, r.rule.ID)
	}
}

func add[K comparable](m map[K]map[*watch]bool, k K, w *watch) {
	if m[k] == nil {
		m[k] = map[*watch]bool{}
	}
	m[k][w] = true
}

func remove[K comparable](m map[K]map[*watch]bool, k K, w *watch) {
	delete(m[k], w)
	if len(m[k]) == 0 {
		delete(m, k)
	}
}

// mostKeys bounds the keys of one filter. One with more is looked up by its models alone.
const mostKeys = 64

// indexKeys are the keys that a rule is found by: every combination of the models, providers and markets that its filter names. What
// compares with the index is concerned by everybody's offers of the model.
func indexKeys(r market.Rule) []indexKey {
	models, providers, markets := []string{}, r.Filter.Providers, r.Filter.Markets
	for _, gpu := range r.Filter.Gpus {
		models = append(models, market.ModelOf(gpu))
	}
	if ofIndex(r.Condition) {
		providers = nil
	}
	if max(1, len(models))*max(1, len(providers))*max(1, len(markets)) > mostKeys {
		providers, markets = nil, nil
	}
	var out []indexKey
	for _, model := range orAny(models) {
		for _, provider := range orAny(providers) {
			for _, m := range orAny(markets) {
				out = append(out, indexKey{model, provider, m})
			}
		}
	}
	return out
}

func orAny[T ~string](values []T) []T {
	if len(values) == 0 {
		return []T{""}
	}
	return values
}

// concerned calls with every watch that an offer may concern.
func (w *watches) concerned(o market.Offer, with func(*watch)) {
	for _, model := range [...]string{strings.ToLower(o.GpuModel), ""} {
		for _, provider := range [...]string{o.Provider, ""} {
			for _, m := range [...]market.Market{o.Market, ""} {
				for found := range w.index[indexKey{model, provider, m}] {
					with(found)
				}
			}
		}
	}
}
