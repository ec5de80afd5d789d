package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"gpuhour/market"
)

// monday is the day on which all stories begin.
var monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

// sellers of the stories: alpha and beta are of one kind, gamma of another; all are read each hour.
var sellers = map[string]market.ProviderKind{"alpha": market.Neocloud, "beta": market.Neocloud, "gamma": market.Marketplace}

func hourly(string) time.Duration { return time.Hour }

// story is a rule, what happens, and what is said. A happening is "day hour:minute provider" and what its page lists: "sku=price" in
// dollars for a card-hour, "sku=¥price", with "+", "~" or "-" behind it for stock; or "fails", "held"; or "clock" for time that passes.
type story struct {
	reason  string
	rule    market.Rule
	happens []string
	says    []string
}

// telling is a story being told: a live engine over a book, and a history that grows with it.
type telling struct {
	t         *testing.T
	book      *market.Book
	gather    map[string]*market.Gatherer
	listed    map[string][]market.Offer
	sheets    map[string]market.Sheet
	tables    []market.RateTable
	now       time.Time
	ledger    *ledger
	session   *session
	places    map[string]int64
	beginning time.Time
	patience  time.Duration
	// pastBroken makes what has been unreadable.
	pastBroken bool
}

func newTelling(t *testing.T, r market.Rule) *telling {
	s := &telling{t: t, book: market.NewBook(), gather: map[string]*market.Gatherer{}, listed: map[string][]market.Offer{},
		sheets: map[string]market.Sheet{}, ledger: newLedger(), places: map[string]int64{}}
	s.ledger.rules[r.ID] = r
	return s
}

// tell lets everything happen, with the engine looking after each.
func (s *telling) tell(happens []string) {
	for _, line := range happens {
		s.happen(line)
		s.look()
	}
}

func (s *telling) look() {
	s.t.Helper()
	if s.session == nil {
		s.beginning = s.now
		s.restart()
	}
	if err := s.session.pass(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// restart is another engine that goes on from what the store holds.
func (s *telling) restart() {
	engine := NewEngine(Options{Store: s.ledger, Book: func() (map[string]int64, *market.View) { return maps.Clone(s.places), s.book.View() },
		Cadence: hourly, Spoken: func([]market.Event) {}, Prime: s.prime, Patience: s.patience,
		Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler)})
	var err error
	if s.session, err = engine.begin(s.t.Context(), 1); err != nil {
		s.t.Fatal(err)
	}
}

func (s *telling) prime(ctx context.Context, r market.Rule, now time.Time) (map[string]market.Standing, error) {
	replay, err := s.replay(r, now.Add(-r.Window), now)
	if s.pastBroken {
		err = errors.New("the past cannot be read")
	}
	if err != nil {
		return nil, err
	}
	return Prime(ctx, r, replay, now, hourly)
}

func (s *telling) chronicles() []market.Chronicle {
	var out []market.Chronicle
	for _, provider := range slices.Sorted(maps.Keys(s.gather)) {
		out = append(out, s.gather[provider].Chronicle())
	}
	return out
}

func (s *telling) replay(r market.Rule, from, to time.Time) (*market.Replay, error) {
	keep, err := Kept(r, s.chronicles())
	if err != nil {
		return nil, err
	}
	return market.NewReplay(s.chronicles(), s.tables, market.ReplayQuestion{Keep: keep, Providers: r.Filter.Providers, From: from, To: to, Cadence: hourly})
}

func (s *telling) happen(line string) {
	s.t.Helper()
	words := strings.Fields(line)
	s.wait(moment(s.t, words[0], words[1]))
	switch words[2] {
	case "clock":
		return
	case "rates":
		s.tables = append(s.tables, market.RateTable{Source: "CFETS", Day: s.now.Truncate(24 * time.Hour), FetchedAt: s.now,
			Quotations: []market.Quotation{{Base: market.USD, Quote: market.CNY, Rate: decimal.MustParse(words[3])}}})
		s.book.SetRates(market.NewRates(s.tables), s.now)
		return
	}
	s.run(words[2], words[3:])
}

// wait lets time pass, with the engine waking up whenever it wants to.
func (s *telling) wait(until time.Time) {
	for s.session != nil {
		due := s.now.Add(max(s.session.untilDue(), 0))
		if !due.Before(until) || due.Equal(s.now) {
			break
		}
		s.now = due
		s.look()
	}
	s.now = until
}

func moment(t *testing.T, day, clock string) time.Time {
	t.Helper()
	at, err := time.Parse("15:04", clock)
	n := slices.Index([]string{"mo", "tu", "we", "th", "fr", "sa", "su"}, day)
	if err != nil || n < 0 {
		t.Fatalf("no moment: %s %s", day, clock)
	}
	return monday.AddDate(0, 0, n).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
}

// run is one run of a provider as the runner commits it.
func (s *telling) run(provider string, words []string) {
	s.t.Helper()
	before := s.sheets[provider]
	sheet := before
	sheet.Provider, sheet.Name, sheet.LastRunAt, sheet.Problem, sheet.Held = provider, "main", s.now, "", false
	s.places[provider]++
	sheet.LastRunID = fmt.Sprint(provider, s.places[provider])
	c := market.Commit{Run: market.Run{ID: sheet.LastRunID, Provider: provider, Sheet: "main", StartedAt: s.now}}
	switch words[0] {
	case "fails":
		sheet.Problem, c.Run.Error = "the page has another layout", "the page has another layout"
	case "held":
		sheet.Problem, sheet.Held, c.Run.Held = "half of it is gone", true, true
	default:
		sheet.LastSuccessAt = s.now
		sheet.Documents = []market.Source{{URL: page(provider), FetchedAt: s.now, Digest: sheet.LastRunID}}
		after := s.offers(provider, words)
		d := market.Diff(s.listed[provider], after, s.now)
		c.Upserts, c.Removed, c.Changes = d.Upserts, d.Removed, d.Changes
		s.listed[provider] = merged(s.listed[provider], after, d)
	}
	c.Sheet = sheet
	s.sheets[provider] = sheet
	s.book.Apply(provider, []market.Sheet{sheet}, c.Upserts, c.Removed)
	if s.gather[provider] == nil {
		s.gather[provider] = market.NewGatherer(provider)
	}
	if err := s.gather[provider].Run(c); err != nil {
		s.t.Fatal(err)
	}
}

// merged are the offers as the store has them after a run.
func merged(before, after []market.Offer, d market.Difference) []market.Offer {
	kept := map[string]market.Offer{}
	for _, o := range slices.Concat(before, d.Upserts) {
		kept[o.ID] = o
	}
	out := make([]market.Offer, len(after))
	for i, o := range after {
		out[i] = kept[o.ID]
	}
	return out
}

func page(provider string) string { return "https://" + provider + ".example/prices" }

func (s *telling) offers(provider string, words []string) []market.Offer {
	s.t.Helper()
	var out []market.Offer
	for _, word := range words {
		if word == "nothing" {
			continue
		}
		sku, price, _ := strings.Cut(word, "=")
		out = append(out, s.offer(provider, sku, price))
	}
	return out
}

// offer is a card on demand; "sku.spot" is one on the spot market, and "sku.12" one for twelve months.
func (s *telling) offer(provider, sku, price string) market.Offer {
	s.t.Helper()
	row := market.Listing{SKU: sku, GpuName: "H100 SXM5 80GB", Count: "1", Market: market.OnDemand, Per: market.PerGPU, Period: market.PerHour, Currency: market.USD,
		Stock: market.StockUnknown}
	if strings.HasPrefix(sku, "b200") {
		row.GpuName = "B200"
	}
	if strings.HasPrefix(sku, "pcie") {
		row.GpuName = "H100 PCIe"
	}
	if strings.HasSuffix(sku, ".spot") {
		row.Market = market.Spot
	}
	if rest, found := strings.CutPrefix(price, "¥"); found {
		row.Currency, price = market.CNY, rest
	}
	for mark, stock := range map[string]market.Stock{"+": market.Available, "~": market.Limited, "-": market.SoldOut} {
		if rest, found := strings.CutSuffix(price, mark); found {
			row.Stock, price = stock, rest
		}
	}
	row.Price = price
	o, err := market.Normalise(market.Origin{Provider: provider, Kind: sellers[provider], Sheet: "main", Document: page(provider)}, row)
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// said is everything that was said, in the words of the stories.
func said(events []market.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, sentence(e))
	}
	return out
}

func sentence(e market.Event) string {
	words := []string{strings.ToLower(e.At.Format("Mon")[:2]) + strings.TrimSuffix(e.At.Format(" 15:04:05"), ":00"), string(e.Kind)}
	switch {
	case e.Kind == market.SourceError:
		words = append(words, e.About)
	case e.Offer != nil:
		words = append(words, e.Offer.Provider+"/"+e.Offer.SKU)
	default:
		words = append(words, e.About)
	}
	if e.Value != nil {
		words = append(words, e.Value.String())
	}
	if e.Condition.OfStock() && e.Kind != market.NoData && e.Kind != market.SourceError {
		words = append(words, string(e.Stock))
	}
	if e.Previous != nil {
		words = append(words, "was", e.Previous.String())
	}
	if e.Kind == market.NoData {
		words = append(words, "because", e.Reason)
	}
	return strings.Join(words, " ")
}

// check tells a story live, with a restart of the engine after every happening too, and once more as a backtest over the history that
// came of it: all three say the same.
func (s story) check(t *testing.T) {
	t.Helper()
	s.rule = completed(s.rule)
	live := newTelling(t, s.rule)
	live.tell(s.happens)
	if diff := cmp.Diff(s.says, said(live.ledger.events)); diff != "" {
		t.Errorf("%s\n(-want +said)\n%s", s.reason, diff)
	}
	restarted := newTelling(t, s.rule)
	for _, line := range s.happens {
		restarted.happen(line)
		restarted.look()
		restarted.restart()
		restarted.look()
	}
	if diff := cmp.Diff(said(live.ledger.events), said(restarted.ledger.events)); diff != "" {
		t.Errorf("%s\nwith restarts (-without +with)\n%s", s.reason, diff)
	}
	s.checkBacktest(t, live)
}

func (s story) checkBacktest(t *testing.T, live *telling) {
	t.Helper()
	standings := map[string]market.Standing{}
	if windowed(s.rule.Condition) {
		before, err := live.prime(t.Context(), s.rule, live.beginning)
		if err != nil {
			t.Fatal(err)
		}
		standings = before
	}
	replay, err := live.replay(s.rule, live.beginning, live.now)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Backtest(t.Context(), s.rule, replay, live.now, hourly, standings)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stripped(live.ledger.events), stripped(got.Events), cmp.Comparer(sameDecimal)); diff != "" {
		t.Errorf("%s\nbacktest (-live +backtest)\n%s", s.reason, diff)
	}
}

func sameDecimal(a, b market.Decimal) bool { return a.Cmp(b) == 0 }

// stripped are events without what only a live source says of itself: the words of its problem, and what history does not keep.
func stripped(events []market.Event) []market.Event {
	out := slices.Clone(events)
	for i := range out {
		out[i].Sequence, out[i].Number, out[i].Sources, out[i].Offer = 0, 0, nil, nil
		if out[i].Kind == market.SourceError {
			out[i].Reason = ""
		}
	}
	return out
}

// completed is a rule with what every story shares.
func completed(r market.Rule) market.Rule {
	r.ID, r.Version, r.Name, r.Enabled, r.CreatedAt = market.RuleID(1), 1, "a rule", true, monday
	if r.Currency == "" {
		r.Currency = market.USD
	}
	if r.Subject == "" {
		r.Subject = market.Cheapest
	}
	if len(r.Filter.Gpus) == 0 {
		r.Filter.Gpus = []string{"H100"}
	}
	return r
}

func price(text string) *market.Decimal {
	d := decimal.MustParse(text)
	return &d
}

// ledger is a store in memory: what the engine needs of one, and no more.
type ledger struct {
	rules     map[string]market.Rule
	edits     []string
	standings map[market.StandingKey]market.Standing
	summaries map[string]market.RuleStanding
	places    map[string]int64
	events    []market.Event
	broken    bool
}

func newLedger() *ledger {
	return &ledger{rules: map[string]market.Rule{}, standings: map[market.StandingKey]market.Standing{}, summaries: map[string]market.RuleStanding{}, places: map[string]int64{}}
}

func (m *ledger) Lead(context.Context) (Lease, error) { return nil, errors.New("is not asked") }

func (m *ledger) AllRules(context.Context) ([]market.Rule, int64, error) {
	return slices.Collect(maps.Values(m.rules)), int64(len(m.edits)), nil
}

func (m *ledger) EditsSince(_ context.Context, place int64) ([]string, int64, bool, error) {
	return m.edits[place:], int64(len(m.edits)), true, nil
}

func (m *ledger) Rule(_ context.Context, id string) (market.Rule, bool, error) {
	r, found := m.rules[id]
	return r, found, nil
}

func (m *ledger) Standings(context.Context) (map[market.StandingKey]market.Standing, error) {
	return maps.Clone(m.standings), nil
}

func (m *ledger) RuleStandings(context.Context, []string) (map[string]market.RuleStanding, error) {
	return maps.Clone(m.summaries), nil
}

func (m *ledger) Places(context.Context) (map[string]int64, error) { return maps.Clone(m.places), nil }

func (m *ledger) Judged(_ context.Context, j market.Judgement) ([]market.Event, error) {
	if m.broken {
		return nil, errors.New("the store is away")
	}
	for key, s := range j.Standings {
		if s == nil {
			delete(m.standings, key)
		} else {
			m.standings[key] = *s
		}
	}
	maps.Copy(m.summaries, j.Rules)
	maps.Copy(m.places, j.Places)
	var out []market.Event
	for _, spoken := range j.Spoken {
		event := spoken.Event
		event.Sequence = int64(len(m.events)) + 1
		event.Number = event.Sequence
		m.events = append(m.events, event)
		out = append(out, event)
	}
	return out, nil
}

// edit puts a rule in place as the API does.
func (m *ledger) edit(r market.Rule) {
	m.rules[r.ID] = r
	m.edits = append(m.edits, r.ID)
}
