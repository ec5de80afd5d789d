package alerts

import (
	"context"
	"maps"
	"time"

	"gpuhour/market"
)

// MostBacktested is how many events of a backtest are listed.
const MostBacktested = 1000

// backtest is one rule judged over a history.
type backtest struct {
	rule      market.Rule
	replay    *market.Replay
	cadence   func(provider string) time.Duration
	standings map[string]market.Standing
	seen      *market.Quoter
	first     bool
	waiting   bool
	out       market.Backtest
}

// Backtest judges a rule over a history, from the moment at which the replay stands: by the same function, at the same moments and in the
// same order as if the rule had been made then. Standings are how its subjects stood at the beginning; nil is a rule that knows nothing.
// It returns what the rule would have said, and how its subjects stand at the end.
func Backtest(ctx context.Context, r market.Rule, replay *market.Replay, to time.Time, cadence func(string) time.Duration, standings map[string]market.Standing) (market.Backtest, map[string]market.Standing, error) {
	b := backtest{rule: r, replay: replay, cadence: cadence, standings: standings, first: true}
	if b.standings == nil {
		b.standings = map[string]market.Standing{}
	}
	b.judge(replay.At())
	for ctx.Err() == nil {
		at, more := b.next(to)
		if !more {
			return b.out, b.standings, nil
		}
		b.judge(at)
	}
	return market.Backtest{}, nil, ctx.Err()
}

// next goes on to the next moment at which something happens, be it only that a source gets too old.
func (b *backtest) next(to time.Time) (time.Time, bool) {
	at, more := b.replay.Upcoming(b.waiting)
	if lapse, will := b.nextLapse(); will && (!more || lapse.Before(at)) {
		at, more = lapse, true
	}
	if !more || at.After(to) {
		return at, false
	}
	b.replay.GoTo(at)
	return at, true
}

// nextLapse is when the next sheet gets too old, if it is not read before.
func (b *backtest) nextLapse() (next time.Time, will bool) {
	for key, sheet := range b.replay.View().AllSheets() {
		at, can := sheet.LapsesAt(b.cadence(key.Provider))
		if can && at.After(b.seen.Now()) && (!will || at.Before(next)) {
			next, will = at, true
		}
	}
	return next, will
}

func (b *backtest) judge(now time.Time) {
	b.seen = market.NewQuoter(b.replay.View(), b.cadence, now)
	judged := Judge(b.seen, b.rule, Read(b.seen, b.rule), b.standings, nil, b.first)
	b.first = false
	for about, s := range judged.Changed {
		if s == nil {
			delete(b.standings, about)
		} else {
			b.standings[about] = *s
		}
	}
	b.waiting = anyWaits(b.rule, maps.All(b.standings))
	for _, event := range judged.Events {
		b.say(event)
	}
}

func (b *backtest) say(event market.Event) {
	if event.Kind == market.Fired {
		b.out.Fired++
	}
	if len(b.out.Events) == MostBacktested {
		b.out.More = true
		return
	}
	b.out.Events = append(b.out.Events, event)
}

// Prime is how the subjects of a rule stand that begins to look back now: with what is known of its window, and nothing said.
func Prime(ctx context.Context, r market.Rule, replay *market.Replay, to time.Time, cadence func(string) time.Duration) (map[string]market.Standing, error) {
	quiet := r
	quiet.SilencedUntil = to.Add(time.Second)
	_, standings, err := Backtest(ctx, quiet, replay, to, cadence, nil)
	if err != nil {
		return nil, err
	}
	for about, s := range standings {
		if s.Value == nil || isSource(about) || about == wholeRule {
			delete(standings, about)
			continue
		}
		standings[about] = market.Standing{State: market.AlertOK, Value: s.Value, Before: s.Before, OfferID: s.OfferID, Lapsed: s.Lapsed,
			Trail: s.Trail, Vanished: s.Vanished, Members: s.Members}
	}
	return standings, nil
}

// Kept says which offers a replay of a rule needs: those of its filter and, where it compares with the index, whatever that is made of.
func Kept(r market.Rule, chronicles []market.Chronicle) (func(market.Offer) bool, error) {
	f := r.Filter
	f.Stock, f.MaxPricePerGpuHour, f.ExcludeStale = nil, nil, false // these change with time
	if ofIndex(r.Condition) {
		models := make([]string, len(f.Gpus))
		for i, gpu := range f.Gpus {
			models[i] = market.ModelOf(gpu)
		}
		f = market.Filter{Gpus: models, Markets: f.Markets, Components: f.Components}
	}
	return market.Offered(f, chronicles)
}
