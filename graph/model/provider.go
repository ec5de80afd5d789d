package model

import (
	"context"
	"time"

	"gpuhour/market"
)

// Provider is a provider with the view of the request.
type Provider struct {
	env *Env
	market.Provider
}

// NewProvider is a provider as the request sees it.
func NewProvider(env *Env, p market.Provider) *Provider { return &Provider{env, p} }

// IsNode says that it has an id.
func (Provider) IsNode() {}

func (p Provider) health() market.Health {
	return p.Judge(p.env.View.Sheets(p.ID), p.env.Now)
}

// Status says how far its offers can be believed.
func (p Provider) Status() market.ProviderStatus { return p.health().Status }

// Problem is why it is not fresh.
func (p Provider) Problem() *string { return optional(p.health().Problem) }

// LastRunAt is null before the first run.
func (p Provider) LastRunAt() *time.Time { return optional(p.health().LastRunAt) }

// LastSuccessAt is null before the first success.
func (p Provider) LastSuccessAt() *time.Time { return optional(p.health().LastSuccessAt) }

// NextRunAt is null where this process does not schedule it.
func (p Provider) NextRunAt() *time.Time {
	at, scheduled := p.env.NextRun(p.ID)
	if !scheduled {
		return nil
	}
	return &at
}

// OfferCount is the number of its offers.
func (p Provider) OfferCount() int { return p.env.View.Count(p.ID) }

// The lengths of the lists of runs and of rejected rows: where none is asked for, and the longest.
const (
	UsualRuns     = 20
	MostRuns      = 200
	UsualRejected = 100
	MostRejected  = 1000
)

// Runs are its latest runs.
func (p Provider) Runs(ctx context.Context, last *int) ([]ScrapeRun, error) {
	n, err := length("last", last, UsualRuns, MostRuns)
	if err != nil {
		return nil, err
	}
	runs, err := p.env.Log.Runs(ctx, p.ID, n)
	out := make([]ScrapeRun, len(runs))
	for i, r := range runs {
		out[i] = ScrapeRun{r}
	}
	return out, err
}

// Rejected are the rows that were not believed.
func (p Provider) Rejected(ctx context.Context, first *int) ([]Rejected, error) {
	n, err := length("first", first, UsualRejected, MostRejected)
	if err != nil {
		return nil, err
	}
	rows, err := p.env.Log.Rejected(ctx, p.ID, n)
	out := make([]Rejected, len(rows))
	for i, r := range rows {
		out[i] = Rejected{r}
	}
	return out, err
}

// PageLength is how many items of a page are asked for; an *market.InvalidError says that it cannot be.
func PageLength(first *int) (int, error) {
	return length("first", first, market.DefaultPage, market.LargestPage)
}

func length(field string, asked *int, otherwise, most int) (int, error) {
	switch {
	case asked == nil:
		return otherwise, nil
	case *asked < 0:
		return 0, &market.InvalidError{Field: field, Reason: "expected zero or more"}
	}
	return min(*asked, most), nil
}

// Rejected is a row that was not believed.
type Rejected struct{ row market.Rejection }

// At is when it was read.
func (r Rejected) At() time.Time { return r.row.At }

// Sku is the provider's name of it.
func (r Rejected) Sku() string { return r.row.SKU }

// Text is what it says.
func (r Rejected) Text() string { return r.row.Text }

// Reason is why it is no offer.
func (r Rejected) Reason() string { return r.row.Reason }

// Source is the document it stood in.
func (r Rejected) Source() market.Source {
	return market.Source{URL: r.row.Document, FetchedAt: r.row.At, Digest: r.row.Digest}
}

// ScrapeRun is one reading of a provider.
type ScrapeRun struct{ run market.Run }

// NewScrapeRun is a run.
func NewScrapeRun(r market.Run) *ScrapeRun { return &ScrapeRun{r} }

// StartedAt is when it started.
func (r ScrapeRun) StartedAt() time.Time { return r.run.StartedAt }

// Duration is how long it took.
func (r ScrapeRun) Duration() time.Duration { return r.run.EndedAt.Sub(r.run.StartedAt) }

// Succeeded says whether its offers are the current ones.
func (r ScrapeRun) Succeeded() bool { return r.run.Succeeded() }

// Held says whether it is in quarantine.
func (r ScrapeRun) Held() bool { return r.run.Held }

// Error is why it failed.
func (r ScrapeRun) Error() *string { return optional(r.run.Error) }

// Offers is how many it read.
func (r ScrapeRun) Offers() int { return r.run.Offers }

// Changed is how many differ.
func (r ScrapeRun) Changed() int { return r.run.Changed }

// Rejected is how many rows it did not believe.
func (r ScrapeRun) Rejected() int { return r.run.Rejected }
