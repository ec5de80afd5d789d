package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"gpuhour/export"
	"gpuhour/mapping"
	"gpuhour/market"
)

// importCommand takes history in.
type importCommand struct {
	Files   []string `arg:"" name:"file" help:"Exports of ours (.csv, .ndjson, .parquet, best with their manifests), WARC files (.warc, .warc.gz), or with --mapping the CSV of others."`
	Mapping string   `placeholder:"FILE" help:"A YAML file that says what the columns of a CSV of others mean; docs/import.md describes it."`
}

// Help says what an import does.
func (*importCommand) Help() string {
	return `Exports come back exactly: offers, changes, runs, documents and exchange rates. WARC files are read by the same parsers as live pages,
as of the dates of their records; those of one command belong together, as the pages of one run may lie in two of them. Files of others become collections, which are asked for by name and never mixed with what was read here.

What is known already stays as it is; a second import of the same file changes nothing. Each provider is taken in whole or not at all, so
that an import that was cut off is simply run again.`
}

// sink is where history goes: the store, or the server that holds it.
type sink interface {
	Import(ctx context.Context, in market.Import) (market.Merged, error)
	SaveRates(ctx context.Context, tables []market.RateTable) error
	SaveCollected(ctx context.Context, providers []market.Provider) error
	Rates(ctx context.Context) ([]market.RateTable, error)
}

// history is what a file holds.
type history struct {
	// name of the file, and how many rows it has, or what else its steps are; 0 where that is not known.
	name      string
	rows      int64
	steps     string
	imports   func(read func()) iter.Seq2[market.Import, error]
	collected []market.Provider
	rates     []market.RateTable
	// notes are what the user must know of it.
	notes []string
	close func() error
}

// Run takes the files in, one after another.
func (c *importCommand) Run(ctx context.Context, s *session) error {
	a, err := newApp(ctx, s, "")
	if server := heldBy(err); server != "" {
		return c.all(ctx, s, remoteSink{remote{s, server}})
	}
	if err != nil {
		return err
	}
	return errors.Join(c.all(ctx, s, a.store), a.close())
}

func (c *importCommand) all(ctx context.Context, s *session, to sink) error {
	files, archives := c.Files, []string(nil)
	if c.Mapping == "" {
		archives = slices.DeleteFunc(slices.Clone(files), func(path string) bool { return !isArchive(path) })
		files = slices.DeleteFunc(slices.Clone(files), isArchive)
	}
	for _, path := range files {
		if err := take(ctx, s, to, func() (*history, error) { return c.open(s, path) }); err != nil {
			return err
		}
	}
	if len(archives) == 0 {
		return nil
	}
	return take(ctx, s, to, func() (*history, error) { return openArchives(ctx, s, to, archives) })
}

func isArchive(path string) bool {
	return strings.HasSuffix(path, ".warc") || strings.HasSuffix(path, ".warc.gz")
}

// take takes in what a file holds, or several that belong together, and says what was new.
func take(ctx context.Context, s *session, to sink, open func() (*history, error)) (err error) {
	h, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	total, err := h.into(ctx, s, to)
	if err != nil {
		return fmt.Errorf("%w\n%s: %s so far; run the import again when that is mended: what is known already stays as it is", err, h.name, total)
	}
	for _, note := range h.notes {
		fmt.Fprintf(s.errs, "%s: %s\n", h.name, note)
	}
	_, err = fmt.Fprintf(s.out, "%s: %s\n", h.name, total)
	return err
}

// open finds out what a file is.
func (c *importCommand) open(s *session, path string) (*history, error) {
	if c.Mapping != "" {
		return openMapped(s, path, c.Mapping)
	}
	return openExport(path)
}

func openExport(path string) (*history, error) {
	file, err := export.Open(path)
	if err != nil {
		return nil, err
	}
	h := &history{name: path, steps: "rows", rows: file.Rows(), imports: file.Imports, collected: file.Collected(), close: file.Close}
	if file.Manifest == nil {
		h.notes = append(h.notes, "without its manifest: of the runs only those are known that changed something")
	}
	if h.rates, err = file.Rates(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return h, nil
}

func openMapped(s *session, path, by string) (*history, error) {
	m, err := mapping.Read(by)
	if err != nil {
		return nil, err
	}
	bar := newProgress(s.errs, "reading rows", 0)
	file, err := mapping.Parse(path, m, func() { bar.tick() })
	bar.end()
	if err != nil {
		return nil, err
	}
	h := &history{name: path, steps: "rows", imports: func(func()) iter.Seq2[market.Import, error] { return file.Imports() }, close: func() error { return nil }}
	for _, id := range slices.Sorted(maps.Keys(file.Providers)) {
		h.collected = append(h.collected, file.Providers[id])
	}
	for _, reason := range slices.Sorted(maps.Keys(file.Rejected)) {
		r := file.Rejected[reason]
		h.notes = append(h.notes, fmt.Sprintf("%d rows kept out, the first on line %d: %s", r.Rows, r.First, reason))
	}
	return h, nil
}

// tally is what an import has brought.
type tally struct {
	providers, offers, points int
}

func (t tally) String() string {
	return fmt.Sprintf("%d changes of %d offers of %d providers are new", t.points, t.offers, t.providers)
}

// into takes a file in. Providers of collections become known once all of them are there.
func (h *history) into(ctx context.Context, s *session, to sink) (total tally, err error) {
	if err := to.SaveRates(ctx, h.rates); err != nil {
		return total, err
	}
	bar := newProgress(s.errs, "importing "+h.steps, int(h.rows))
	defer bar.end()
	changed := map[string]bool{}
	for in, err := range h.imports(bar.tick) {
		if err := errors.Join(err, ctx.Err(), importable(in.Provider)); err != nil {
			return total, err
		}
		merged, err := to.Import(ctx, in)
		if err != nil {
			return total, err
		}
		if len(merged.Sheets) > 0 {
			changed[in.Provider] = true
			total.providers++
		}
		total.offers, total.points = total.offers+len(merged.Offers), total.points+merged.Points
	}
	for i, p := range h.collected {
		if changed[p.ID] {
			h.collected[i].ImportedAt = s.now().UTC()
		}
	}
	return total, to.SaveCollected(ctx, h.collected)
}

// importable refuses providers that would never be asked for again.
func importable(provider string) error {
	if provider == "" || market.CollectionOf(provider) != "" {
		return nil
	}
	return checkIDs([]string{provider})
}
