package export

import (
	"net/url"
	"time"

	"gpuhour/market"
)

// Manifest says what a file holds, and what it does not.
type Manifest struct {
	File          string `json:"file"`
	Format        Format `json:"format"`
	SchemaVersion int    `json:"schema_version"`
	// Digest is the SHA-256 of the file, hexadecimal.
	Digest    string    `json:"sha256"`
	Rows      int64     `json:"rows"`
	WrittenAt time.Time `json:"written_at"`
	// Program is the version that wrote it.
	Program string `json:"program"`
	// Filters are as they were given; without any the file holds everything.
	Filters map[string]string `json:"filters"`
	Order   string            `json:"order"`
	Columns []Column          `json:"columns"`
	Sources []Coverage        `json:"sources"`
	Licence string            `json:"licence"`
	Cite    string            `json:"how_to_cite"`
}

// Column says what a column holds, with its unit.
type Column struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	About string `json:"about"`
}

// Coverage says when a sheet of a provider was read.
type Coverage struct {
	Provider string `json:"provider"`
	Sheet    string `json:"sheet"`
	// Runs are all that were made, Failed those of them that failed or were held back.
	Runs   int        `json:"runs"`
	Failed int        `json:"failed_runs"`
	First  *time.Time `json:"first_success"`
	Last   *time.Time `json:"last_success"`
	// Gaps are the times after the first success in which nothing recent was known.
	Gaps []Gap `json:"gaps"`
}

// Gap is a time without a recent reading.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// NewManifest is a manifest with what is the same for all files.
func NewManifest(program string, now time.Time, filters url.Values) Manifest {
	now = now.UTC()
	m := Manifest{SchemaVersion: SchemaVersion, WrittenAt: now, Program: program, Filters: filtersOf(filters), Sources: []Coverage{},
		Order:   "provider, month of observed_at (UTC), series_id, observed_at",
		Licence: "Each row is a fact that its source published (source_url); the sources' own terms apply to further use of their documents.",
		Cite:    "gpuhour price history, written " + now.Format(time.DateOnly) + "; name the file's sha256 with it",
	}
	for _, c := range columns {
		m.Columns = append(m.Columns, Column{c.name, string(c.kind), c.about})
	}
	return m
}

// Cover adds when the sheets of a provider were read until now, by the rules of freshness of its cadence.
func (m *Manifest) Cover(c market.Chronicle, cadence time.Duration, now time.Time) error {
	for _, log := range c.Sheets {
		read, err := log.Coverage(cadence, now)
		if err != nil {
			return err
		}
		one := Coverage{Provider: c.Provider, Sheet: log.Sheet.Name, Runs: read.Runs, Failed: read.Failed, First: known(read.First), Last: known(read.Last), Gaps: []Gap{}}
		for _, g := range read.Gaps {
			one.Gaps = append(one.Gaps, Gap{g[0], g[1]})
		}
		m.Sources = append(m.Sources, one)
	}
	return nil
}
