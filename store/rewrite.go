package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// temporarySuffix names the file that a rewrite is written to.
const temporarySuffix = ".tmp"

func (j *journal) rewriteIfGrown(ctx context.Context) error {
	if j.size <= rewriteFloor || j.size <= 2*j.live {
		return nil
	}
	return j.rewrite(ctx)
}

// rewrite replaces the journal by the shortest one that makes the same store. Killed at any instant, the old file or the new
// one is there, whole. From the rename on, the new file is the one that is written to.
func (j *journal) rewrite(ctx context.Context) error {
	file, size, err := j.dumpTo(ctx, j.path+temporarySuffix)
	if err != nil {
		return fmt.Errorf("rewrite journal: %w", err)
	}
	if err := os.Rename(file.Name(), j.path); err != nil {
		return errors.Join(fmt.Errorf("rewrite journal: %w", err), file.Close(), os.Remove(file.Name()))
	}
	old := j.file
	j.file, j.size, j.live = file, size, size
	if err := syncDir(filepath.Dir(j.path)); err != nil {
		// A power cut could bring the old file back, without what is written from now on.
		j.broken = fmt.Errorf("rewrite journal: %w; restart when the disk is well", err)
	}
	return errors.Join(j.broken, old.Close())
}

// dumpTo writes a new journal and leaves it open; after an error there is no such file.
func (j *journal) dumpTo(ctx context.Context, path string) (*os.File, int64, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, journalMode)
	if err != nil {
		return nil, 0, err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	err = errors.Join(j.dump(ctx, w), w.Flush(), file.Sync())
	size, seekErr := file.Seek(0, io.SeekEnd)
	if err := errors.Join(err, seekErr); err != nil {
		return nil, 0, errors.Join(err, file.Close(), os.Remove(path))
	}
	return file, size, nil
}

// dump writes the commands that make every key anew.
func (j *journal) dump(ctx context.Context, w io.Writer) error {
	names, err := j.client.Keys(ctx, "*").Result()
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		commands, err := j.commandsFor(ctx, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, command := range commands {
			if err := writeCommand(w, command); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func (j *journal) commandsFor(ctx context.Context, name string) ([][]any, error) {
	kind, err := j.client.Type(ctx, name).Result()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "hash":
		return j.hashCommands(ctx, name)
	case "list":
		values, err := j.client.LRange(ctx, name, 0, -1).Result()
		return inParts([]any{"RPUSH", name}, anys(values), 1), err
	case "stream":
		return j.streamCommands(ctx, name)
	case "zset":
		return j.rankCommands(ctx, name)
	case "string":
		value, err := j.client.Get(ctx, name).Result()
		return [][]any{{"SET", name, value}}, err
	}
	return nil, fmt.Errorf("keys of type %q are not the store's", kind)
}

func (j *journal) hashCommands(ctx context.Context, name string) ([][]any, error) {
	fields, err := j.client.HGetAll(ctx, name).Result()
	var pairs []any
	for _, field := range sortedKeys(fields) {
		pairs = append(pairs, field, fields[field])
	}
	return inParts([]any{"HSET", name}, pairs, 2), err
}

func (j *journal) streamCommands(ctx context.Context, name string) ([][]any, error) {
	entries, err := j.client.XRange(ctx, name, "-", "+").Result()
	var commands [][]any
	for _, e := range entries {
		command := []any{"XADD", name, e.ID}
		for _, field := range sortedKeys(e.Values) {
			command = append(command, field, fmt.Sprint(e.Values[field]))
		}
		commands = append(commands, command)
	}
	return commands, err
}

func (j *journal) rankCommands(ctx context.Context, name string) ([][]any, error) {
	members, err := j.client.ZRangeWithScores(ctx, name, 0, -1).Result()
	var pairs []any
	for _, m := range members {
		pairs = append(pairs, strconv.FormatFloat(m.Score, 'f', -1, 64), m.Member)
	}
	return inParts([]any{"ZADD", name}, pairs, 2), err
}

// inParts splits a command's values over several commands, a few hundred units each.
func inParts(head, values []any, unit int) [][]any {
	var commands [][]any
	for part := range slices.Chunk(values, 200*unit) {
		commands = append(commands, append(slices.Clone(head), part...))
	}
	return commands
}

func anys(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
