package scrapers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"gpuhour/market"
)

// Store is what the runner keeps its work in.
type Store interface {
	// Snapshot is what a run is judged against; an empty one when the sheet has never been read.
	Snapshot(ctx context.Context, provider, sheet string) (market.Snapshot, error)
	// Commit applies a run whole or not at all; applied is false when it had been before.
	Commit(ctx context.Context, c market.Commit) (applied bool, err error)
	// Lock gives one runner the provider. ErrElsewhere when another has it, or when the slot has been taken.
	Lock(ctx context.Context, provider string, slot time.Time) (Lease, error)
	// SaveRates keeps exchange rates; a day that is known stays as it is.
	SaveRates(ctx context.Context, tables []market.RateTable) error
	// SaveRateHistory is SaveRates for all that a source has published up to a day.
	SaveRateHistory(ctx context.Context, source string, complete time.Time, tables []market.RateTable) error
	// RatesKnown tells a source's newest day, and the day up to which its history has been read; zero when there is none.
	RatesKnown(ctx context.Context, source string) (newest, complete time.Time, err error)
}

// Lease is the right to read one provider, until it is released or lost.
type Lease interface {
	// Fence goes into every commit, so that a runner that lost its lease cannot write.
	Fence() int64
	// Renew keeps the lease for as long again; an error says that it is lost.
	Renew(ctx context.Context) error
	Release(ctx context.Context) error
}

// Options are what a Runner is made of.
type Options struct {
	Store  Store
	Client *Client
	// View is the market as it stands, for judging rows beside what others ask.
	View func() *market.View
	// Committed is called after each commit, so that the book follows.
	Committed func(ctx context.Context, provider string)
	Settings  map[string]Settings
	Sample    bool
	Now       func() time.Time
	Log       *slog.Logger
}

// Runner takes sheets from fetch to commit. It is safe for concurrent use.
type Runner struct{ Options }

// NewRunner makes a runner.
func NewRunner(o Options) *Runner { return &Runner{o} }

// mostPages bounds a sheet; runTimeout bounds the time its pages may take together.
const (
	mostPages  = 500
	runTimeout = 10 * time.Minute
)

// Result is what became of one provider.
type Result struct {
	Provider string
	Runs     []market.Run
	// NotRecorded says that the recorded answers hold nothing of the provider, which is no failure.
	NotRecorded bool
	Took        time.Duration
	// Err is why the provider could not be run at all: the lock, the store.
	Err error
}

// Scrape reads all sheets of a provider once. A slot other than zero is the scheduled time: it is taken only once, by
// whichever replica comes first.
func (r *Runner) Scrape(ctx context.Context, s Scraper, slot time.Time) Result {
	started := r.Now()
	result := Result{Provider: s.About().ID}
	result.Runs, result.Err = r.scrape(ctx, s, slot)
	result.NotRecorded = errors.Is(result.Err, ErrNotRecorded)
	if result.NotRecorded {
		result.Err = nil
	}
	result.Took = r.Now().Sub(started)
	r.log(result)
	return result
}

func (r *Runner) scrape(ctx context.Context, s Scraper, slot time.Time) (runs []market.Run, err error) {
	about := s.About()
	lease, err := r.Store.Lock(ctx, about.ID, slot)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	defer func() { err = errors.Join(err, lease.Release(context.WithoutCancel(ctx))) }()
	unrecorded := 0
	sheets := s.Sheets(r.Settings[about.ID])
	for _, sheet := range sheets {
		if err := lease.Renew(ctx); err != nil {
			return runs, fmt.Errorf("lock: %w", err)
		}
		run, err := r.sheet(ctx, s, sheet, lease.Fence())
		switch {
		case errors.Is(err, ErrNotRecorded):
			unrecorded++
		case err != nil:
			return runs, err
		default:
			runs = append(runs, run)
		}
	}
	if unrecorded == len(sheets) {
		return nil, ErrNotRecorded
	}
	return runs, nil
}

// sheet reads one sheet and commits what became of it. Only trouble with the store, an end of the program, and a sheet that
// is not recorded are errors; trouble with the source is in the run.
func (r *Runner) sheet(ctx context.Context, s Scraper, sheet Sheet, fence int64) (market.Run, error) {
	about := s.About()
	before, err := r.Store.Snapshot(ctx, about.ID, sheet.Name)
	if err != nil {
		return market.Run{}, fmt.Errorf("snapshot: %w", err)
	}
	attempt := r.attempt(about, sheet, before)
	attempt.fence = fence
	readErr := attempt.read(ctx, r, s)
	if errors.Is(readErr, ErrNotRecorded) || ctx.Err() != nil {
		return market.Run{}, errors.Join(readErr, ctx.Err())
	}
	commit := attempt.commit(r, readErr)
	if _, err := r.Store.Commit(ctx, commit); err != nil {
		return commit.Run, fmt.Errorf("commit: %w", err)
	}
	r.Committed(context.WithoutCancel(ctx), about.ID)
	return commit.Run, nil
}

// ErrNotHeld says that a provider has nothing in quarantine.
var ErrNotHeld = errors.New("nothing is held back")

// Release believes what a provider's quarantine holds.
func (r *Runner) Release(ctx context.Context, s Scraper) (Result, error) {
	about := s.About()
	lease, err := r.Store.Lock(ctx, about.ID, time.Time{})
	if err != nil {
		return Result{}, fmt.Errorf("lock: %w", err)
	}
	result := Result{Provider: about.ID}
	for _, sheet := range s.Sheets(r.Settings[about.ID]) {
		run, err := r.release(ctx, about, sheet, lease.Fence())
		if err == nil {
			result.Runs = append(result.Runs, run)
		} else if !errors.Is(err, ErrNotHeld) {
			return result, errors.Join(err, lease.Release(context.WithoutCancel(ctx)))
		}
	}
	if len(result.Runs) == 0 {
		err = ErrNotHeld
	}
	return result, errors.Join(err, lease.Release(context.WithoutCancel(ctx)))
}

func (r *Runner) release(ctx context.Context, about About, sheet Sheet, fence int64) (market.Run, error) {
	before, err := r.Store.Snapshot(ctx, about.ID, sheet.Name)
	switch {
	case err != nil:
		return market.Run{}, fmt.Errorf("snapshot: %w", err)
	case before.Held == nil:
		return market.Run{}, ErrNotHeld
	}
	now := r.Now()
	run := market.Run{ID: runID(), Provider: about.ID, Sheet: sheet.Name, StartedAt: now, EndedAt: now, Offers: len(before.Held.Offers)}
	c := market.Commit{Sheet: before.Sheet, RunBefore: before.Sheet.LastRunAt, Fence: fence, KeepRejected: true}
	run.Changed = believe(&c, before.Offers, before.Held.Offers, now)
	c.Sheet.LastRunID, c.Sheet.LastRunAt, c.Sheet.Documents = run.ID, now, before.Held.Documents
	c.Run = run
	if _, err := r.Store.Commit(ctx, c); err != nil {
		return run, fmt.Errorf("commit: %w", err)
	}
	r.Committed(context.WithoutCancel(ctx), about.ID)
	return run, nil
}

// firstFrame is the line of a stack trace where a panic happened.
func firstFrame(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+3 < len(lines) {
			at, _, _ := strings.Cut(strings.TrimSpace(lines[i+3]), " ")
			return filepath.Base(at)
		}
	}
	return "an unknown place"
}

// parse runs a parser; a panic in it is an error of that document.
func parse(s Scraper, d Document) (page Page, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the parser crashed: %v at %s", p, firstFrame(debug.Stack()))
		}
	}()
	return s.Parse(d)
}

func (r *Runner) log(result Result) {
	for _, run := range result.Runs {
		level := slog.LevelInfo
		if !run.Succeeded() {
			level = slog.LevelWarn
		}
		r.Log.Log(context.Background(), level, "scraped", "provider", run.Provider, "sheet", run.Sheet, "offers", run.Offers,
			"changed", run.Changed, "rejected", run.Rejected, "took", run.EndedAt.Sub(run.StartedAt), "problem", run.Error)
	}
	switch {
	case errors.Is(result.Err, ErrElsewhere):
		r.Log.Info("not scraped", "provider", result.Provider, "reason", result.Err)
	case result.Err != nil:
		r.Log.Warn("not scraped", "provider", result.Provider, "problem", result.Err)
	}
}
