package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// replay runs the whole journal. A rewritten journal begins with plain commands and everything after them is scripts, which
// tells how much of it was live when it was rewritten.
func (j *journal) replay(ctx context.Context) error {
	reader := bufio.NewReaderSize(j.file, 1<<20)
	plain := true
	for {
		command, length, err := readCommand(reader)
		if err != nil {
			return j.cutTail(err)
		}
		plain = plain && command[0] != "eval"
		if err := j.again(ctx, command); err != nil {
			return fmt.Errorf("offset %d: %w", j.size, err)
		}
		j.size += length
		if plain {
			j.live = j.size
		}
	}
}

// again runs a command of the journal. One that failed when it was first made fails again, but one that the server does not
// understand was never made by this store.
func (j *journal) again(ctx context.Context, command []any) error {
	err := j.client.Do(ctx, command...).Err()
	if err == nil || isReply(err) && !notUnderstood(err) {
		return nil
	}
	return err
}

func notUnderstood(err error) bool {
	text := strings.ToLower(err.Error())
	for _, sign := range []string{"unknown command", "wrong number of arguments", "compiling"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// cutTail leaves the file ending with its last whole command, if what follows is the beginning of one. Anything else is damage
// that a person must look at, and the file stays as it is.
func (j *journal) cutTail(problem error) error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	tail, err := io.ReadAll(io.NewSectionReader(j.file, j.size, info.Size()-j.size))
	if err != nil || len(tail) == 0 {
		return err
	}
	if !torn(tail) {
		return fmt.Errorf("offset %d: the journal is damaged, and is left as it is: %w", j.size, problem)
	}
	j.log.Warn("the journal ended in the middle of a command, which was never acknowledged and is cut off", "file", j.path, "bytes", len(tail))
	return errors.Join(j.file.Truncate(j.size), j.file.Sync())
}

// commandWithin matches where a command begins in the middle of a text. No argument of ours holds a bare line end.
var commandWithin = regexp.MustCompile(`\r\n\*[0-9]+\r\n\$[0-9]+\r\n`)

// torn says whether a text is the beginning of one command and no more. A wrong length, which swallows the commands that follow,
// is not. The zeros are what some file systems leave of a write that a power cut interrupted.
func torn(tail []byte) bool {
	tail = bytes.TrimRight(tail, "\x00")
	_, _, err := readCommand(bufio.NewReader(bytes.NewReader(tail)))
	return errors.Is(err, io.EOF) && !commandWithin.Match(tail)
}
