package main

import (
	"context"
	"fmt"
	"iter"

	"gpuhour/market"
	"gpuhour/scrapers"
)

// openArchives finds the runs that WARC files recorded. All of them belong together: the pages of one run may lie in two.
func openArchives(ctx context.Context, s *session, to sink, paths []string) (*history, error) {
	h := &history{name: together(paths), steps: "runs", close: func() error { return nil }}
	bar := newProgress(s.errs, "reading records", 0)
	defer bar.end()
	var ran func()
	archives, err := scrapers.NewRebuild(paths, scrapers.RebuildOptions{Scrapers: scrapers.All(), Settings: s.config.Providers, Sample: s.config.Sample,
		Read: bar.tick, Ran: func() { ran() }})
	if err != nil {
		return nil, err
	}
	h.rows = int64(archives.Runs())
	if h.rates, err = archives.Rates(ctx); err != nil {
		return nil, err
	}
	h.imports = func(read func()) iter.Seq2[market.Import, error] {
		ran = read
		return rebuilt(ctx, archives, to, h)
	}
	return h, nil
}

// rebuilt judges the runs with the exchange rates that the store has once those of the archive are there.
func rebuilt(ctx context.Context, archives *scrapers.Rebuild, to sink, h *history) iter.Seq2[market.Import, error] {
	return func(yield func(market.Import, error) bool) {
		tables, err := to.Rates(ctx)
		if err != nil {
			yield(market.Import{}, err)
			return
		}
		for in, err := range archives.Imports(ctx, market.NewRates(tables)) {
			if !yield(in, err) {
				return
			}
		}
		h.notes = archives.Notes()
	}
}

// together is what files are called that are imported together.
func together(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	return fmt.Sprintf("%s and %d more", paths[0], len(paths)-1)
}
