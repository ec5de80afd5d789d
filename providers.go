package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"
)

// providersCommand lists the providers.
type providersCommand struct{}

// providerLine is one line of the list.
type providerLine struct {
	ID, Name, Kind, Country, Status, Schedule string
	Problem                                   *string
	LastSuccessAt                             *time.Time
	OfferCount                                int
}

// Run lists the providers, from the store or through the server that holds it.
func (c *providersCommand) Run(ctx context.Context, s *session) error {
	a, err := newApp(ctx, s, "")
	if server := heldBy(err); server != "" {
		lines, err := remote{s, server}.providers(ctx)
		return errors.Join(err, printProviders(s, lines))
	}
	if err != nil {
		return err
	}
	return errors.Join(printProviders(s, a.lines()), a.close())
}

func (a *app) lines() []providerLine {
	view, now := a.book.View(), a.now()
	var lines []providerLine
	for _, p := range a.registry.Providers() {
		health := p.Judge(view.Sheets(p.ID), now)
		line := providerLine{ID: p.ID, Name: p.Name, Kind: string(p.Kind), Country: p.Country, Schedule: p.Schedule,
			Status: string(health.Status), Problem: &health.Problem, OfferCount: view.Count(p.ID)}
		if !health.LastSuccessAt.IsZero() {
			line.LastSuccessAt = &health.LastSuccessAt
		}
		lines = append(lines, line)
	}
	return lines
}

func printProviders(s *session, lines []providerLine) error {
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tNAME\tKIND\tCOUNTRY\tOFFERS\tSTATUS\tLAST READ (UTC)\tSCHEDULE (UTC)\tPROBLEM")
	for _, l := range lines {
		read, problem := "never", ""
		if l.LastSuccessAt != nil {
			read = l.LastSuccessAt.UTC().Format("2006-01-02 15:04")
		}
		if l.Problem != nil {
			problem = *l.Problem
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", l.ID, l.Name, l.Kind, l.Country, l.OfferCount, l.Status, read, l.Schedule, problem)
	}
	return table.Flush()
}
