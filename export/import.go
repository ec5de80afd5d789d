package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"gpuhour/market"
)

// File is an export that is read back.
type File struct {
	// Manifest is what lies beside it; nil where nothing does. The runs are then only those that changed something.
	Manifest *Manifest
	format   Format
	file     *os.File
	from     market.ExportQuestion
}

// Open begins to read an export. Where its manifest lies beside it the file must be the one that the manifest tells of.
func Open(path string) (*File, error) {
	f := &File{format: FormatOf(path)}
	if err := f.format.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var err error
	if f.file, err = os.Open(path); err != nil {
		return nil, err
	}
	if err := f.readManifest(ManifestPath(path)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close ends the reading.
func (f *File) Close() error { return f.file.Close() }

func (f *File) readManifest(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &f.Manifest); err != nil || f.Manifest == nil {
		return fmt.Errorf("%s: is no manifest: %w", path, err)
	}
	if f.from, err = ParseQuestion(f.Manifest.values()); err != nil {
		return fmt.Errorf("%s: filters: %w", path, err)
	}
	if f.Manifest.SchemaVersion != SchemaVersion {
		return fmt.Errorf("%s: schema_version: is %d, this program reads %d", path, f.Manifest.SchemaVersion, SchemaVersion)
	}
	return f.checkDigest()
}

// checkDigest holds that the file is whole, before anything of it is believed.
func (f *File) checkDigest() error {
	sum := sha256.New()
	if _, err := io.Copy(sum, bufio.NewReaderSize(f.file, 1<<20)); err != nil {
		return err
	}
	if digest := hex.EncodeToString(sum.Sum(nil)); digest != f.Manifest.Digest {
		return fmt.Errorf("%s: its SHA-256 is %s, its manifest says %s: it was cut off or altered", f.file.Name(), digest, f.Manifest.Digest)
	}
	_, err := f.file.Seek(0, io.SeekStart)
	return err
}

// Rows is how many there are; 0 where that is not known.
func (f *File) Rows() int64 {
	if f.Manifest == nil {
		return 0
	}
	return f.Manifest.Rows
}

// Imports are what the file holds, one provider after another; each row is told as it is read. It ends with the first error.
func (f *File) Imports(read func()) iter.Seq2[market.Import, error] {
	return func(yield func(market.Import, error) bool) {
		var g *market.Gatherer
		for row, err := range readRows(f.file, f.format) {
			if err != nil {
				yield(market.Import{}, fmt.Errorf("%s: %w", f.file.Name(), err))
				return
			}
			if g == nil || g.Provider() != row.Offer.Provider {
				if g != nil && !yield(f.imported(g)) {
					return
				}
				g = market.NewGatherer(row.Offer.Provider)
			}
			if err := g.Add(row.Offer, row.Point, row.Source, row.Parser); err != nil {
				yield(market.Import{}, fmt.Errorf("%s: %w", f.file.Name(), err))
				return
			}
			read()
		}
		if g != nil {
			yield(f.imported(g))
		}
	}
}

// imported adds to what was gathered what the manifest says of the runs.
func (f *File) imported(g *market.Gatherer) (market.Import, error) {
	if f.Manifest == nil {
		if name := market.CollectionOf(g.Provider()); name != "" {
			return market.Import{}, fmt.Errorf("%s: it is of the collection %q: put %s beside the file, which says how often that was recorded", g.Provider(), name, ManifestPath(f.file.Name()))
		}
		return market.Import{Chronicle: g.Chronicle(), Partial: true}, nil
	}
	for _, c := range f.Manifest.Sources {
		if c.Provider != g.Provider() {
			continue
		}
		runs, err := market.ReadRuns(c.Log)
		if err != nil {
			return market.Import{}, fmt.Errorf("%s: runs_log of %s, %s: %w", ManifestPath(f.file.Name()), c.Provider, c.Sheet, err)
		}
		for _, run := range runs {
			if f.from.To.IsZero() || run.At.Before(f.from.To) {
				g.Read(c.Sheet, run.At, run.Succeeded)
			}
		}
	}
	return market.Import{Chronicle: g.Chronicle(), Since: f.from.From, Partial: len(f.from.Filter.Gpus)+len(f.from.Filter.Markets) > 0}, nil
}

// Collected are the providers of collections that the file holds.
func (f *File) Collected() []market.Provider {
	if f.Manifest == nil {
		return nil
	}
	var out []market.Provider
	for _, c := range f.Manifest.Collections {
		for _, p := range c.Providers {
			about := market.Collection{Name: c.Name, Cadence: c.cadence(), Licence: c.Licence, Homepage: c.Homepage}
			out = append(out, about.Collected(p.Name, market.ProviderKind(p.Kind)))
		}
	}
	return out
}

// Rates are the exchange rates that the file's prices were converted with.
func (f *File) Rates() ([]market.RateTable, error) {
	if f.Manifest == nil {
		return nil, nil
	}
	var out []market.RateTable
	for _, day := range f.Manifest.Rates {
		table, err := day.table()
		if err != nil {
			return nil, fmt.Errorf("%s: rates of %s, %s: %w", ManifestPath(f.file.Name()), day.Source, day.Day, err)
		}
		out = append(out, table)
	}
	return out, nil
}

// values are the filters as an address has them.
func (m *Manifest) values() map[string][]string {
	out := map[string][]string{}
	for name, all := range m.Filters {
		out[name] = slices.DeleteFunc(strings.Split(all, ", "), func(s string) bool { return s == "" })
	}
	return out
}
