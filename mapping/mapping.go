package mapping

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"gpuhour/market"
)

// Meaning is what a column of a file holds.
type Meaning string

// The meanings. A row is one price of one thing at one time.
const (
	// ObservedAt is when the price was seen: RFC 3339.
	ObservedAt Meaning = "observed_at"
	// Recorder is who recorded it: each is a collection.
	Recorder Meaning = "recorder"
	// Provider is who sells it.
	Provider Meaning = "provider"
	SKU      Meaning = "sku"
	GpuName  Meaning = "gpu_name"
	GpuCount Meaning = "gpu_count"
	Region   Meaning = "region"
	Market   Meaning = "market"
	Amount   Meaning = "amount"
	// Unit is what the amount pays for, and for how long.
	Unit     Meaning = "unit"
	Currency Meaning = "currency"
	// Nothing has no counterpart here, and is not read.
	Nothing Meaning = "nothing"
)

var meanings = []Meaning{ObservedAt, Recorder, Provider, SKU, GpuName, GpuCount, Region, Market, Amount, Unit, Currency, Nothing}

// needed are the meanings without which a price is none.
var needed = []Meaning{ObservedAt, Provider, SKU, Market, Amount, Unit, Currency}

// Mapping says what a file of others holds. Everything is stated, nothing guessed: a column, a word, a recorder or a provider that is
// not in it is an error, or keeps its rows out.
type Mapping struct {
	// Columns are the file's columns, each with its meaning.
	Columns map[string]Meaning
	// Markets and Units are the file's words for ours: "on_demand: ON_DEMAND", "gpu_hour: GPU PT1H".
	Markets map[string]market.Market
	Units   map[string]string
	// Kinds are the providers of each kind of seller, as the file spells them.
	Kinds map[market.ProviderKind][]string
	// Collections are those who recorded, as the file spells them; "*" is all where there is no such column.
	Collections map[string]Recording

	kinds map[string]market.ProviderKind
	units map[string]unit
}

// Recording is how somebody recorded.
type Recording struct {
	// Name is the collection's, one lower-case word.
	Name string
	// Cadence is how often it was recorded, as in "24h": a price that is not seen for three of them, while others of the same provider and
	// market are, was withdrawn.
	Cadence  string
	Licence  string
	Homepage string
}

type unit struct {
	per    market.PriceBasis
	period market.Period
}

// Read reads a mapping from a YAML file. An error names the line, or what is missing.
func Read(path string) (*Mapping, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &Mapping{kinds: map[string]market.ProviderKind{}, units: map[string]unit{}}
	if err := yaml.UnmarshalWithOptions(text, m, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func (m *Mapping) check() error {
	var problems []error
	for column, meaning := range m.Columns {
		if !slices.Contains(meanings, meaning) {
			problems = append(problems, fmt.Errorf("columns: %s: there is no meaning %q; they are %v", column, meaning, meanings))
		}
	}
	for _, meaning := range needed {
		if !slices.Contains(slices.Collect(maps.Values(m.Columns)), meaning) {
			problems = append(problems, fmt.Errorf("columns: none holds %q", meaning))
		}
	}
	for word, ours := range m.Markets {
		if !slices.Contains(market.Terms()["Market"], string(ours)) {
			problems = append(problems, fmt.Errorf("markets: %s: there is no market %q", word, ours))
		}
	}
	problems = append(problems, m.checkUnits(), m.checkKinds(), m.checkCollections())
	return errors.Join(problems...)
}

func (m *Mapping) checkUnits() error {
	for word, ours := range m.Units {
		per, period, _ := strings.Cut(ours, " ")
		u := unit{market.PriceBasis(per), market.Period(period)}
		_, err := u.period.Seconds()
		if !slices.Contains(market.Terms()["PriceBasis"], per) || err != nil {
			return fmt.Errorf("units: %s: %q is no unit such as \"GPU PT1H\" or \"INSTANCE P30D\"", word, ours)
		}
		m.units[word] = u
	}
	return nil
}

func (m *Mapping) checkKinds() error {
	for kind, providers := range m.Kinds {
		if !slices.Contains(market.Terms()["ProviderKind"], string(kind)) {
			return fmt.Errorf("kinds: there is no kind of seller %q", kind)
		}
		for _, name := range providers {
			if other, twice := m.kinds[name]; twice {
				return fmt.Errorf("kinds: %s is %s and %s", name, other, kind)
			}
			m.kinds[name] = kind
		}
	}
	return nil
}

func (m *Mapping) checkCollections() error {
	for recorder := range m.Collections {
		if _, err := m.collection(recorder); err != nil {
			return fmt.Errorf("collections: %s: %w", recorder, err)
		}
	}
	if len(m.Collections) == 0 {
		return errors.New("collections: who recorded this, and how often?")
	}
	return nil
}

// everybody stands for all who recorded.
const everybody = "*"

// collection is that of a recorder.
func (m *Mapping) collection(recorder string) (market.Collection, error) {
	r, known := m.Collections[recorder]
	if !known {
		if r, known = m.Collections[everybody]; !known {
			return market.Collection{}, fmt.Errorf("the mapping has no collection for the recorder %q", recorder)
		}
	}
	cadence, err := time.ParseDuration(r.Cadence)
	if err != nil {
		return market.Collection{}, fmt.Errorf("cadence %q is no length of time such as 24h", r.Cadence)
	}
	c := market.Collection{Name: r.Name, Cadence: cadence, Licence: r.Licence, Homepage: r.Homepage}
	return c, c.Check()
}
