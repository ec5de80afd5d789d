package alerts

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gpuhour/market"
)

// turn is one pass over the rules that something happened to. What comes of it is taken over only after it has been kept.
type turn struct {
	session   *session
	quoter    *market.Quoter
	judgement market.Judgement
	rules     map[string]*outcome
	sheets    map[*watch]map[market.SheetKey]bool
}

// outcome is how a rule stands after the turn.
type outcome struct {
	changed map[string]*market.Standing
	summary market.RuleStanding
	waits   bool
}

func newTurn(s *session, q *market.Quoter) *turn {
	return &turn{session: s, quoter: q, rules: make(map[string]*outcome, s.usual), sheets: map[*watch]map[market.SheetKey]bool{},
		judgement: market.Judgement{Versions: make(map[string]int64, s.usual), Standings: make(map[market.StandingKey]*market.Standing, s.usual), Rules: map[string]market.RuleStanding{}}}
}

// judge judges the rules of the touched watches, and those that are due anyway.
func (r *turn) judge(ctx context.Context, t touched) error {
	for id := range r.session.due {
		r.include(t, r.session.rules[id])
	}
	for id := range r.session.silenced {
		if rule := r.session.rules[id]; !r.session.due[id] && r.silenceEnded(rule.rule) {
			r.include(t, rule)
		}
	}
	order := slices.SortedFunc(maps.Keys(t), func(a, b *watch) int { return cmp.Compare(a.key, b.key) })
	r.primeAll(ctx)
	for i, found := range r.all(order, t) {
		r.sheets[order[i]] = found.sheets
		for _, it := range found.rules {
			r.settle(it.rule, it.judged)
		}
	}
	return ctx.Err()
}

// watched is what one watch came to.
type watched struct {
	sheets map[market.SheetKey]bool
	rules  []judgedRule
}

type judgedRule struct {
	rule   *ruled
	judged Judged
}

// all judges watches on all cores; what comes of them is in their order.
func (r *turn) all(order []*watch, t touched) []watched {
	out := make([]watched, len(order))
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(order)) {
		working.Go(func() {
			q := r.quoter.Another()
			for i := int(next.Add(1)) - 1; i < len(order); i = int(next.Add(1)) - 1 {
				out[i] = order[i].judge(q, t[order[i]])
			}
		})
	}
	working.Wait()
	return out
}

// include has a rule judged whole; one that is not enabled is put to rest.
func (r *turn) include(t touched, rule *ruled) {
	if !rule.rule.Enabled {
		r.settle(rule, Judged{})
		return
	}
	t.due(rule)
}

func (r *turn) silenceEnded(rule market.Rule) bool {
	was := r.session.seen
	return was != nil && rule.Silenced(was.Now()) && !rule.Silenced(r.quoter.Now())
}

// judge judges the rules of a watch that are due and, where something happened, all of them.
func (w *watch) judge(q *market.Quoter, t *touch) watched {
	readings := Read(q, w.like)
	ids := maps.Keys(t.rules)
	if t.all || len(t.subjects) > 0 {
		ids = maps.Keys(w.rules)
	}
	touched := t.only()
	out := watched{sheets: dependsOn(q, w.like, readings)}
	for _, id := range slices.Sorted(ids) {
		rule, only := w.rules[id], touched
		if rule.waitsForPast(q.Now()) {
			continue
		}
		if rule.first || t.rules[id] {
			only = nil
		}
		judged := Judge(q, rule.rule, readings, rule.standings, only, rule.first)
		if rule.first || len(judged.Changed)+len(judged.Events) > 0 {
			out.rules = append(out.rules, judgedRule{rule, judged})
		}
	}
	return out
}

// dependsOn are the sheets that the readings are of, those that their index is of, and those of the providers that are asked for by name.
func dependsOn(q *market.Quoter, rule market.Rule, readings map[string]*Reading) map[market.SheetKey]bool {
	out := map[market.SheetKey]bool{}
	for _, seen := range readings {
		for _, quote := range seen.Quotes {
			out[quote.Sheet()] = true
		}
		if ofIndex(rule.Condition) && seen.Of != nil {
			index, _ := q.Index(seen.Of.Offer, rule.Currency)
			for _, key := range index.Sheets {
				out[key] = true
			}
		}
	}
	for _, provider := range rule.Filter.Providers {
		for _, sheet := range q.View().Sheets(provider) {
			out[market.SheetKey{Provider: provider, Sheet: sheet.Name}] = true
		}
	}
	return out
}

// primeAll lets new rules that look back know what has been. One whose past cannot be read is not judged yet, and keeps no other from it.
func (r *turn) primeAll(ctx context.Context) {
	for id := range r.session.due {
		rule := r.session.rules[id]
		if rule.watch == nil || !rule.first || !windowed(rule.rule.Condition) || r.session.Prime == nil {
			continue
		}
		r.session.getsOn()
		if err := r.prime(ctx, rule); err != nil {
			r.session.Log.Warn("what has been is not known; the rule is judged later", "rule", id, "problem", err)
			rule.unprimed = r.quoter.Now().Add(unprimedPause)
		}
	}
}

// unprimedPause is how long a rule waits whose past could not be read.
const unprimedPause = time.Minute

func (r *turn) prime(ctx context.Context, rule *ruled) error {
	if rule.primed == nil && !rule.waitsForPast(r.quoter.Now()) {
		primed, err := r.session.Prime(ctx, rule.rule, r.quoter.Now())
		if err != nil {
			return err
		}
		rule.primed, rule.standings, rule.unprimed = primed, maps.Clone(primed), time.Time{}
	}
	for about, s := range rule.primed {
		r.judgement.Standings[market.StandingKey{Rule: rule.rule.ID, About: about}] = &s
	}
	return nil
}

// waitsForPast says whether a rule is not to be judged before its past is tried to be read again.
func (r *ruled) waitsForPast(now time.Time) bool { return now.Before(r.unprimed) }

// settle notes what judging a rule came to.
func (r *turn) settle(rule *ruled, judged Judged) {
	id := rule.rule.ID
	r.judgement.Versions[id] = rule.rule.Version
	for _, about := range rule.gone {
		r.judgement.Standings[market.StandingKey{Rule: id, About: about}] = nil
	}
	for about, s := range judged.Changed {
		r.judgement.Standings[market.StandingKey{Rule: id, About: about}] = s
	}
	after := summarise(rule, judged)
	if after.summary != rule.summary || rule.first {
		r.judgement.Rules[id] = after.summary
	}
	r.rules[id] = after
	for _, event := range judged.Events {
		r.judgement.Spoken = append(r.judgement.Spoken, market.Spoken{Event: event, Targets: targets(rule.rule)})
	}
}

// summarise sums up how a rule stands after it has been judged, by how its subjects do.
func summarise(rule *ruled, judged Judged) *outcome {
	out := &outcome{changed: judged.Changed, summary: market.RuleStanding{Version: rule.rule.Version, State: market.AlertOK, LastFiredAt: rule.summary.LastFiredAt}}
	for _, event := range judged.Events {
		if event.Kind == market.Fired {
			out.summary.LastFiredAt = event.At
		}
	}
	if !rule.rule.Enabled {
		return out
	}
	out.summary.State = market.AlertNoData
	for about, s := range overlay(rule.standings, judged.Changed) {
		if about != wholeRule && weight(s.State) > weight(out.summary.State) {
			out.summary.State = s.State
		}
		out.waits = out.waits || waits(rule.rule, about, s)
	}
	return out
}

// overlay is standings with changes laid over them.
func overlay(standings map[string]market.Standing, changed map[string]*market.Standing) iter.Seq2[string, market.Standing] {
	return func(yield func(string, market.Standing) bool) {
		for about, s := range standings {
			if _, other := changed[about]; !other && !yield(about, s) {
				return
			}
		}
		for about, s := range changed {
			if s != nil && !yield(about, *s) {
				return
			}
		}
	}
}

// waits says whether a subject has something pending, is firing by what lies in a window that moves on, or has gone further while it had
// to be quiet.
func waits(r market.Rule, about string, s market.Standing) bool {
	further := s.Fired && s.Spoken != nil && s.Value != nil && beyond(r.Condition, *s.Value, *s.Spoken)
	return !s.Pending.IsZero() || s.Fired && windowed(r.Condition) || further || isSource(about)
}

func anyWaits(r market.Rule, standings iter.Seq2[string, market.Standing]) bool {
	for about, s := range standings {
		if waits(r, about, s) {
			return true
		}
	}
	return false
}

// weight orders the states of subjects by what they say of their rule: what fires comes first, then what may fire, then what keeps it from
// being judged.
func weight(s market.AlertState) int {
	switch s {
	case market.AlertFiring:
		return 5
	case market.AlertRecovering:
		return 4
	case market.AlertPending:
		return 3
	case market.AlertSourceError:
		return 2
	case market.AlertOK:
		return 1
	}
	return 0
}

func (r *turn) empty() bool {
	return len(r.judgement.Standings) == 0 && len(r.judgement.Rules) == 0 && len(r.judgement.Spoken) == 0
}

// accept takes over what has been kept.
func (r *turn) accept() {
	r.session.usual = len(r.judgement.Standings)
	for w, sheets := range r.sheets {
		r.session.watches.reads(w, sheets)
	}
	for id, came := range r.rules {
		rule := r.session.rules[id]
		for about, s := range came.changed {
			if s == nil {
				delete(rule.standings, about)
			} else {
				rule.standings[about] = *s
			}
		}
		rule.summary, rule.first, rule.primed, rule.gone = came.summary, false, nil, nil
		rule.waits(came.waits)
	}
	maps.DeleteFunc(r.session.due, func(id string, _ bool) bool { return !r.session.rules[id].waitsForPast(r.quoter.Now()) })
}
