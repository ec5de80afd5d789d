package alerts

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"gpuhour/market"
)

// session is what an engine knows while it leads.
type session struct {
	*Engine
	fence   int64
	began   time.Time
	edits   int64
	rules   map[string]*ruled
	watches *watches
	// due are rules to judge whatever the market does: those edited. Silenced are rules whose silence has an end.
	due, silenced map[string]bool
	// seen is what was judged last; nil before the first time.
	seen   *market.Quoter
	places map[string]int64
	// usual is how many subjects stood otherwise after the turn before: about as many will after the next.
	usual int
}

// begin takes up what the engine before left.
func (e *Engine) begin(ctx context.Context, fence int64) (*session, error) {
	s := &session{Engine: e, fence: fence, began: e.Now(), rules: map[string]*ruled{}, watches: newWatches(), due: map[string]bool{}, silenced: map[string]bool{}}
	rules, place, err := e.Store.AllRules(ctx)
	if err != nil {
		return nil, err
	}
	standings, err := e.Store.Standings(ctx)
	if err != nil {
		return nil, err
	}
	if s.places, err = e.Store.Places(ctx); err != nil {
		return nil, err
	}
	summaries, err := e.Store.RuleStandings(ctx, idsOf(rules))
	if err != nil {
		return nil, err
	}
	s.edits = place
	byRule := map[string]map[string]market.Standing{}
	for key, standing := range standings {
		if byRule[key.Rule] == nil {
			byRule[key.Rule] = map[string]market.Standing{}
		}
		byRule[key.Rule][key.About] = standing
	}
	for _, r := range rules {
		summary := summaries[r.ID]
		s.put(&ruled{rule: r, standings: byRule[r.ID], summary: summary, first: summary.Version != r.Version})
	}
	return s, nil
}

func idsOf(rules []market.Rule) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.ID
	}
	return out
}

func (s *session) put(r *ruled) {
	if r.standings == nil {
		r.standings = map[string]market.Standing{}
	}
	s.rules[r.rule.ID] = r
	if r.rule.Enabled {
		s.watches.put(r)
		r.waits(anyWaits(r.rule, maps.All(r.standings)))
	}
	s.due[r.rule.ID] = true
	delete(s.silenced, r.rule.ID)
	if !r.rule.SilencedUntil.IsZero() {
		s.silenced[r.rule.ID] = true
	}
}

// learn takes in the edits of rules.
func (s *session) learn(ctx context.Context) error {
	ids, now, found, err := s.Store.EditsSince(ctx, s.edits)
	if err != nil {
		return err
	}
	if !found {
		all, place, err := s.Store.AllRules(ctx)
		if err != nil {
			return err
		}
		s.relearn(all)
		s.edits = place
		return nil
	}
	for _, id := range ids {
		rule, exists, err := s.Store.Rule(ctx, id)
		if err != nil {
			return err
		}
		s.edit(id, rule, exists)
	}
	s.edits = now
	return nil
}

func (s *session) relearn(all []market.Rule) {
	exist := map[string]bool{}
	for _, r := range all {
		exist[r.ID] = true
		s.edit(r.ID, r, true)
	}
	for id := range s.rules {
		if !exist[id] {
			s.edit(id, market.Rule{}, false)
		}
	}
}

// edit puts a rule in the place of its version before. Another version starts afresh; a silence does not.
func (s *session) edit(id string, rule market.Rule, exists bool) {
	old := s.rules[id]
	if old != nil {
		s.watches.drop(old)
	}
	switch {
	case !exists:
		delete(s.rules, id)
		delete(s.due, id)
		delete(s.silenced, id)
	case old != nil && old.rule.Version == rule.Version:
		old.rule = rule
		s.put(old)
	default:
		next := &ruled{rule: rule, first: true, gone: subjectsOf(old)}
		if old != nil {
			next.summary.LastFiredAt = old.summary.LastFiredAt
		}
		s.put(next)
	}
}

func subjectsOf(r *ruled) []string {
	if r == nil {
		return nil
	}
	return slices.Concat(slices.Collect(maps.Keys(r.standings)), r.gone)
}

// behind says whether the book has not reached commits yet that have been judged already: judging older ones would take back what was
// said. One that stays behind has lost them for good, and is judged as it is.
func (s *session) behind(places map[string]int64) bool {
	for provider, judged := range s.places {
		if at, known := places[provider]; known && at < judged {
			return s.Now().Before(s.patient())
		}
	}
	return false
}

func (s *session) patient() time.Time { return s.began.Add(s.Patience) }

// pass judges everything that has changed since the last time, and keeps it. After an error nothing is taken as judged.
func (s *session) pass(ctx context.Context) error {
	s.getsOn()
	if err := s.learn(ctx); err != nil {
		return err
	}
	places, view := s.Book()
	if s.behind(places) {
		return errBehind
	}
	q := market.NewQuoter(view, s.Cadence, s.Now()).Patient(s.patient())
	turn := newTurn(s, q)
	if err := turn.judge(ctx, s.toJudge(q)); err != nil {
		return err
	}
	if err := s.keep(ctx, turn, places); err != nil {
		return err
	}
	turn.accept()
	s.seen = q
	return nil
}

// toJudge are the watches that the market or the clock has touched.
func (s *session) toJudge(q *market.Quoter) touched {
	if s.seen != nil {
		return route(s.watches, s.seen, q)
	}
	all := touched{}
	for _, w := range s.watches.all {
		all.all(w)
	}
	return all
}

// keep stores the turn, unless nothing came of it.
func (s *session) keep(ctx context.Context, r *turn, places map[string]int64) error {
	if r.empty() {
		return nil
	}
	j := r.judgement
	j.ID, j.Fence, j.Places = rand.Text(), s.fence, map[string]int64{}
	for provider, at := range places {
		if s.places[provider] != at {
			j.Places[provider] = at
		}
	}
	events, err := s.Store.Judged(ctx, j)
	if err != nil {
		return err
	}
	maps.Copy(s.places, j.Places)
	if len(events) > 0 {
		s.Spoken(events)
	}
	return nil
}

// untilDue is how long nothing happens by the clock alone: no sheet gets too old, and no silence ends.
func (s *session) untilDue() time.Duration {
	now := s.Now()
	least := time.Hour
	if s.seen == nil {
		return 0
	}
	for key, sheet := range s.seen.View().AllSheets() {
		if at, will := sheet.LapsesAt(s.Cadence(key.Provider)); will && at.After(s.seen.Now()) && len(s.watches.bySheet[key]) > 0 {
			least = min(least, at.Sub(now))
		}
	}
	for id := range s.due {
		least = min(least, s.rules[id].unprimed.Sub(now))
	}
	if patient := s.patient(); patient.After(s.seen.Now()) {
		least = min(least, patient.Sub(now))
	}
	for id := range s.silenced {
		if end := s.rules[id].rule.SilencedUntil; end.After(s.seen.Now()) {
			least = min(least, end.Sub(now))
		}
	}
	return least
}
