package scrapers

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// reference is a moment to count firings from, so that reading an expression needs no clock.
var reference = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Schedule is when a provider is read.
type Schedule struct {
	// Cadence is the longest time between two firings in a row.
	Cadence time.Duration
	spread  time.Duration
	fires   cron.Schedule
}

// ParseSchedule reads a cron expression of five fields, in UTC, or "@every 30m". It refuses what cron accepts by mistake:
// time zones, steps that do nothing, dates that never come, intervals under a minute. Providers of one schedule are spread
// over a tenth of it, five minutes at most, by their names.
func ParseSchedule(expression, provider string) (Schedule, error) {
	fires, err := parseCron(expression)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", expression, err)
	}
	cadence, err := cadence(fires)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", expression, err)
	}
	return Schedule{Cadence: cadence, spread: spread(provider, cadence), fires: fires}, nil
}

// parseCron guards cron's parser, which crashes on some inputs (robfig/cron 554, 555).
func parseCron(expression string) (fires cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cannot be read")
		}
	}()
	if strings.Contains(expression, "TZ=") {
		return nil, errors.New("schedules are in UTC, without a time zone")
	}
	if every, isEvery := strings.CutPrefix(expression, "@every "); isEvery {
		return parseEvery(every)
	}
	fires, err = cron.ParseStandard(expression)
	if err != nil {
		return nil, fmt.Errorf("expected five fields (minute hour day month weekday) such as \"17 4 * * *\": %w", err)
	}
	return fires, nil
}

func parseEvery(interval string) (cron.Schedule, error) {
	d, err := time.ParseDuration(interval)
	if err != nil {
		return nil, err
	}
	if d < time.Minute {
		return nil, errors.New("expected an interval of a minute or more")
	}
	return cron.Every(d), nil
}

// cadence is the longest gap of a year's firings, of which it looks at no more than two thousand.
func cadence(fires cron.Schedule) (time.Duration, error) {
	var longest time.Duration
	at := fires.Next(reference)
	for n := 0; n < 2000 && at.Sub(reference) < 366*24*time.Hour; n++ {
		next := fires.Next(at)
		if at.IsZero() || next.IsZero() {
			return 0, errors.New("never comes")
		}
		longest = max(longest, next.Sub(at))
		at = next
	}
	if longest == 0 {
		return 0, errors.New("does not come within a year")
	}
	return longest, nil
}

func spread(provider string, cadence time.Duration) time.Duration {
	const tooShortToSpread, mostSpread = 10 * time.Minute, 5 * time.Minute
	if cadence < tooShortToSpread {
		return 0
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(provider)) // never fails
	window := min(cadence/10, mostSpread)
	return (time.Duration(hash.Sum32()) * time.Millisecond) % window
}

// Next is the first firing after a moment.
func (s Schedule) Next(after time.Time) time.Time {
	next := s.fires.Next(after.UTC().Add(-s.spread))
	if next.IsZero() {
		return next
	}
	return next.Add(s.spread)
}

// slot is the scheduled time that a firing at a moment belongs to, the same on every replica.
func (s Schedule) slot(at time.Time) time.Time { return at.UTC().Add(-s.spread).Truncate(time.Minute) }

// Scheduler fires each provider by its schedule, never twice at once. It does nothing until it is started.
type Scheduler struct {
	cron      *cron.Cron
	schedules map[string]Schedule
	now       func() time.Time
	log       *slog.Logger
}

// NewScheduler makes a scheduler of nothing.
func NewScheduler(now func() time.Time, log *slog.Logger) *Scheduler {
	logger := cronLog{log}
	// A crash is caught innermost: outside, it would take along the mark that the job has ended, and the job would never run again.
	chain := cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger))
	return &Scheduler{
		cron:      cron.New(cron.WithLocation(time.UTC), chain, cron.WithLogger(logger)),
		schedules: map[string]Schedule{}, now: now, log: log,
	}
}

// Add calls do by a provider's schedule, with the scheduled time.
func (s *Scheduler) Add(provider string, schedule Schedule, do func(slot time.Time)) {
	s.schedules[provider] = schedule
	s.cron.Schedule(schedule, cron.FuncJob(func() { do(schedule.slot(s.now())) }))
}

// Next is when a provider is read next; false when it is not scheduled.
func (s *Scheduler) Next(provider string) (time.Time, bool) {
	schedule, found := s.schedules[provider]
	if !found {
		return time.Time{}, false
	}
	return schedule.Next(s.now()), true
}

// Run fires until the context ends, then waits for the jobs that are running.
func (s *Scheduler) Run(ctx context.Context) {
	s.cron.Start()
	<-ctx.Done()
	<-s.cron.Stop().Done()
}

// cronLog carries cron's words into ours: quiet but for a crash, and a run that was left out because the last one still runs.
type cronLog struct{ log *slog.Logger }

// Info logs a run that was left out; cron's other news are of no use.
func (l cronLog) Info(message string, _ ...any) {
	if message == "skip" {
		l.log.Info("a scheduled run was left out: the one before it is still running")
	}
}

// Error logs a crash of a job.
func (l cronLog) Error(err error, message string, _ ...any) {
	l.log.Error("scheduled run crashed", "problem", err, "what", message)
}
