package export

import (
	"net/url"
	"slices"
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
	// Collections are the imported histories that rows are of.
	Collections []Collection `json:"collections,omitempty"`
	// Rates are the exchange rates of all days that rows or steps of an index can need.
	Rates   []RateDay `json:"rates"`
	Licence string    `json:"licence"`
	Cite    string    `json:"how_to_cite"`
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
	// CadenceSeconds is how often it is read: for three of them a reading counts as fresh.
	CadenceSeconds int64 `json:"cadence_seconds"`
	// Log is every run, for reading the file back: varints, in base64 (docs/adr/0008).
	Log []byte `json:"runs_log"`
}

// Collection is an imported history, and who is in it.
type Collection struct {
	Name           string     `json:"name"`
	Licence        string     `json:"licence,omitempty"`
	Homepage       string     `json:"homepage,omitempty"`
	CadenceSeconds int64      `json:"cadence_seconds"`
	Providers      []Provider `json:"providers"`
}

func (c Collection) cadence() time.Duration { return time.Duration(c.CadenceSeconds) * time.Second }

// Provider is a seller in an imported history.
type Provider struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// Gap is a time without a recent reading.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// NewManifest is a manifest with what is the same for all files.
func NewManifest(program string, now time.Time, filters url.Values) Manifest {
	now = now.UTC().Truncate(time.Second)
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

// Cover adds when the sheets of a provider were read until the manifest's time, by the rules of freshness of its cadence.
func (m *Manifest) Cover(c market.Chronicle, p market.Provider) error {
	m.collect(p)
	for _, log := range c.Sheets {
		read, err := log.Coverage(p.Cadence, m.WrittenAt)
		if err != nil {
			return err
		}
		one := Coverage{Provider: c.Provider, Sheet: log.Sheet.Name, Runs: read.Runs, Failed: read.Failed, First: known(read.First), Last: known(read.Last), Gaps: []Gap{},
			CadenceSeconds: int64(p.Cadence / time.Second), Log: log.Runs}
		for _, g := range read.Gaps {
			one.Gaps = append(one.Gaps, Gap{g[0], g[1]})
		}
		m.Sources = append(m.Sources, one)
	}
	return nil
}

// collect notes of which collection a provider is.
func (m *Manifest) collect(p market.Provider) {
	about := p.Collection
	if about.Name == "" {
		return
	}
	i := slices.IndexFunc(m.Collections, func(c Collection) bool { return c.Name == about.Name })
	if i < 0 {
		i = len(m.Collections)
		m.Collections = append(m.Collections, Collection{Name: about.Name, Licence: about.Licence, Homepage: about.Homepage, CadenceSeconds: int64(about.Cadence / time.Second)})
	}
	m.Collections[i].Providers = append(m.Collections[i].Providers, Provider{p.ID, p.Name, string(p.Kind)})
}

// Convert adds the exchange rates of the days from the first reading on.
func (m *Manifest) Convert(rates market.Rates) {
	first := m.WrittenAt
	for _, c := range m.Sources {
		if c.First != nil && c.First.Before(first) {
			first = *c.First
		}
	}
	m.Rates = []RateDay{}
	for _, table := range rates.From(first) {
		m.Rates = append(m.Rates, newRateDay(table))
	}
}
