package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"gpuhour/export"
	"gpuhour/market"
)

// exportCommand writes the history of prices into a file.
type exportCommand struct {
	Format   string   `enum:"csv,ndjson,parquet," default:"" placeholder:"FORMAT" help:"csv, ndjson or parquet; without it, what the file's name ends with."`
	Out      string   `required:"" placeholder:"FILE" help:"Where to write; FILE.manifest.json beside it says what it holds. A file of that name is replaced once the new one is whole."`
	From     string   `placeholder:"TIME" help:"The first day or moment (UTC), such as 2026-01-01: what came after the last export can be had alone."`
	To       string   `placeholder:"TIME" help:"The day or moment before which it ends."`
	Gpu      []string `placeholder:"GPU,..." help:"Models (H100) or catalogue ids."`
	Provider []string `placeholder:"ID,..." help:"Providers."`
	Market   []string `placeholder:"MARKET,..." help:"on-demand, spot, reserved or unknown."`

	Collection []string `placeholder:"NAME,..." help:"Imported histories instead of what was read here; * is all of them."`
}

// Run writes the file from the store, or from the answer of the server that holds it.
func (c *exportCommand) Run(ctx context.Context, s *session) error {
	format := cmp.Or(export.Format(c.Format), export.FormatOf(c.Out))
	values := c.values()
	q, err := export.ParseQuestion(values)
	if err == nil {
		err = format.Check()
	}
	if err != nil {
		return err
	}
	a, err := newApp(ctx, s, "")
	if server := heldBy(err); server != "" {
		m, err := export.Fetch(ctx, http.DefaultClient, "http://"+server, values, c.Out, format)
		return c.report(s, m, err)
	}
	if err != nil {
		return err
	}
	m, err := a.export(ctx, c.Out, format, q, values)
	return c.report(s, m, errors.Join(err, a.close()))
}

// values are the filters as an address has them.
func (c *exportCommand) values() url.Values {
	values := url.Values{"gpu": c.Gpu, "provider": c.Provider, "market": c.Market, "collection": c.Collection}
	for name, text := range map[string]string{"from": c.From, "to": c.To} {
		if text != "" {
			values.Set(name, text)
		}
	}
	for name, given := range values {
		if len(given) == 0 {
			delete(values, name)
		}
	}
	return values
}

func (c *exportCommand) report(s *session, m export.Manifest, err error) error {
	if err == nil {
		_, err = fmt.Fprintf(s.out, "%s: %d rows, sha256 %s\n", c.Out, m.Rows, m.Digest)
	}
	return err
}

func (a *app) export(ctx context.Context, path string, f export.Format, q market.ExportQuestion, values url.Values) (export.Manifest, error) {
	x, err := a.exporter(q)
	if err != nil {
		return export.Manifest{}, err
	}
	bar := newProgress(a.errs, "exporting providers", len(a.registry.wanted(q.Filter)))
	defer bar.end()
	m := export.NewManifest("gpuhour "+version(), a.now(), values)
	rows := a.rows(ctx, x, func(c market.Chronicle) error {
		bar.count("")
		return m.Cover(c, a.registry.provider(c.Provider))
	})
	return export.ToFile(ctx, path, f, rows, func() export.Manifest {
		m.Convert(a.book.View().Rates())
		return m
	})
}

func (a *app) exporter(q market.ExportQuestion) (*market.Exporter, error) {
	if err := a.registry.check(q.Filter); err != nil {
		return nil, err
	}
	return market.NewExporter(q, a.book.View().Rates())
}

// rows are the rows of one provider after the other, so that only one's history is in memory.
func (a *app) rows(ctx context.Context, x *market.Exporter, read func(market.Chronicle) error) export.Rows {
	return func(yield func(market.ExportRow, error) bool) {
		for c, err := range a.chronicles(ctx, x) {
			if err := errors.Join(err, read(c)); err != nil {
				yield(market.ExportRow{}, err)
				return
			}
			for row, err := range x.Rows(c) {
				if !yield(row, err) {
					return
				}
			}
		}
	}
}

func (a *app) chronicles(ctx context.Context, x *market.Exporter) iter.Seq2[market.Chronicle, error] {
	return func(yield func(market.Chronicle, error) bool) {
		for _, p := range a.registry.wanted(x.Filter()) {
			if _, c, err := a.store.Chronicle(ctx, p.ID); !yield(c, err) {
				return
			}
		}
	}
}

// ExportCount is how many rows an export has.
func (p *past) ExportCount(ctx context.Context, q market.ExportQuestion) (total int, err error) {
	x, err := market.NewExporter(q, p.feed.book.View().Rates())
	if err != nil {
		return 0, err
	}
	all, err := p.chronicles(ctx, q.Filter)
	if err != nil {
		return 0, err
	}
	for _, c := range all {
		n, err := x.Count(c)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// exports is the history as it is served.
type exports struct{ *app }

// Rows are the rows that a question asks for.
func (e exports) Rows(ctx context.Context, q market.ExportQuestion) (export.Rows, error) {
	x, err := e.exporter(q)
	if err != nil {
		return nil, err
	}
	return e.rows(ctx, x, func(market.Chronicle) error { return nil }), nil
}

// Manifest says when what a question asks for was read.
func (e exports) Manifest(ctx context.Context, q market.ExportQuestion, values url.Values) (export.Manifest, error) {
	m := export.NewManifest("gpuhour "+version(), e.now(), values)
	x, err := e.exporter(q)
	if err != nil {
		return m, err
	}
	for c, err := range e.chronicles(ctx, x) {
		if err := errors.Join(err, m.Cover(c, e.registry.provider(c.Provider))); err != nil {
			return m, err
		}
	}
	m.Convert(e.book.View().Rates())
	return m, nil
}

// provider is what is known of a provider, of a collection or not.
func (r *registry) provider(id string) market.Provider {
	all := r.wanted(market.Filter{Providers: []string{id}})
	if len(all) == 0 {
		return market.Provider{ID: id}
	}
	return all[0]
}
