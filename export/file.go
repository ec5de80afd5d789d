package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"gpuhour/market"
)

// Rows are what is to be written; they end with the first error.
type Rows = iter.Seq2[market.ExportRow, error]

// ToFile writes rows into a file, and its manifest beside it. The file has its name only once it is whole: whatever ends the writing
// before, an older file of that name stays as it was. The manifest is asked for when the rows have been read.
func ToFile(ctx context.Context, path string, f Format, rows Rows, manifest func() Manifest) (Manifest, error) {
	return toFile(path, f, manifest, func(to io.Writer) (int64, error) { return Copy(ctx, to, f, rows) })
}

func toFile(path string, f Format, manifest func() Manifest, write func(io.Writer) (int64, error)) (m Manifest, err error) {
	var rows int64
	var sum digesting
	err = writeWhole(path, func(to io.Writer) error {
		sum = newDigesting(to)
		rows, err = write(sum)
		return err
	})
	if err != nil {
		return m, err
	}
	m = manifest()
	m.File, m.Format, m.Rows, m.Digest = filepath.Base(path), f, rows, sum.sum()
	return m, writeWhole(ManifestPath(path), func(to io.Writer) error {
		encoder := json.NewEncoder(to)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(m)
	})
}

// ManifestPath is where a file's manifest lies.
func ManifestPath(path string) string { return path + ".manifest.json" }

// writeWhole gives a file its name when all of it is on the disk.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("export to %s: %w", path, err), os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// Copy writes rows in a format, and says how many.
func Copy(ctx context.Context, to io.Writer, format Format, rows Rows) (count int64, err error) {
	w, err := NewWriter(format, to)
	if err != nil {
		return 0, err
	}
	for row, err := range rows {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return count, err
		}
		if err := w.Write(row); err != nil {
			return count, err
		}
		count++
	}
	return count, w.Close()
}

// digesting passes on what is written, and adds up its SHA-256.
type digesting struct {
	to   io.Writer
	hash hash.Hash
}

func newDigesting(to io.Writer) digesting { return digesting{to, sha256.New()} }

func (d digesting) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }

func (d digesting) Write(p []byte) (int, error) {
	n, err := d.to.Write(p)
	_, _ = d.hash.Write(p[:n]) // never fails
	return n, err
}

// FormatOf is the format that a file's name ends with.
func FormatOf(path string) Format {
	return Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")))
}
