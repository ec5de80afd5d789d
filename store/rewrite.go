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
)

// rewrite replaces the journal by the shortest one that makes the same store. Killed at any instant, the old file or the new
// one is there, whole.
func (j *journal) rewrite(ctx context.Context) error {
	temporary := j.path + ".tmp"
	if err := j.dumpTo(ctx, temporary); err != nil {
		return errors.Join(fmt.Errorf("rewrite journal: %w", err), os.Remove(temporary))
	}
	if err := os.Rename(temporary, j.path); err != nil {
		return fmt.Errorf("rewrite journal: %w", err)
	}
	if err := syncDir(filepath.Dir(j.path)); err != nil {
		return fmt.Errorf("rewrite journal: %w", err)
	}
	return j.reopen()
}

func (j *journal) reopen() error {
	file, err := os.OpenFile(j.path, os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return errors.Join(fmt.Errorf("journal: %w", err), file.Close())
	}
	old := j.file
	j.file, j.size, j.live = file, size, size
	return old.Close()
}

func (j *journal) dumpTo(ctx context.Context, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	err = j.dump(ctx, w)
	return errors.Join(err, w.Flush(), file.Sync(), file.Close())
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
