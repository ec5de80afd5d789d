package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// journal writes every command that changes the embedded store to a file, in the format of Redis' append-only file, and returns
// when it is on the disk. A command that ends in an error is written too: it may have changed something before.
type journal struct {
	guard  sync.Mutex
	path   string
	file   *os.File
	size   int64 // bytes on the disk
	live   int64 // bytes it had when it was last rewritten
	client redis.UniversalClient
	log    *slog.Logger
	broken error
}

// rewriteFloor is the size below which a journal is never rewritten; above it is when it has doubled.
const rewriteFloor = 16 << 20

// openJournal replays a journal into the server and opens it for more. A torn end, as a crash leaves it, is cut off and said;
// other damage is an error, and the file stays as it is.
func openJournal(ctx context.Context, path string, client redis.UniversalClient, log *slog.Logger) (*journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &journal{path: path, file: file, client: client, log: log}
	if err := j.replay(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), file.Close())
	}
	j.live = j.size
	if j.size > rewriteFloor {
		err = j.rewrite(ctx)
	}
	return j, err
}

func (j *journal) replay(ctx context.Context) error {
	reader := bufio.NewReaderSize(j.file, 1<<20)
	for {
		command, length, err := readCommand(reader)
		if errors.Is(err, io.EOF) {
			return j.cutTail(err)
		}
		if err != nil {
			return fmt.Errorf("offset %d: %w", j.size, err)
		}
		// A command that failed when it was first made fails again.
		if err := j.client.Do(ctx, command...).Err(); err != nil && !isReply(err) {
			return fmt.Errorf("offset %d: %w", j.size, err)
		}
		j.size += length
	}
}

// cutTail leaves the file ending with its last whole command.
func (j *journal) cutTail(end error) error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if torn := info.Size() - j.size; torn > 0 {
		j.log.Warn("the journal ended in the middle of a command, which was never acknowledged and is cut off", "file", j.path, "bytes", torn, "problem", end)
		if err := j.file.Truncate(j.size); err != nil {
			return err
		}
	}
	_, err = j.file.Seek(j.size, io.SeekStart)
	return err
}

// reading are the commands that change nothing.
var reading = map[string]bool{
	"get": true, "hget": true, "hgetall": true, "hmget": true, "hlen": true, "lrange": true, "llen": true, "xrange": true, "xlen": true,
	"ping": true, "keys": true, "scan": true, "type": true, "exists": true, "strlen": true, "hello": true, "client": true, "select": true,
	"multi": true, "exec": true, "hscan": true, "dbsize": true, "command": true,
}

// DialHook leaves connecting as it is.
func (j *journal) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

// ProcessHook runs a command and, when it may have changed something, journals it before it is answered.
func (j *journal) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if reading[cmd.Name()] {
			return next(ctx, cmd)
		}
		return j.write(ctx, []redis.Cmder{cmd}, func() error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook does the same for several commands.
func (j *journal) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		var writing []redis.Cmder
		for _, cmd := range cmds {
			if !reading[cmd.Name()] {
				writing = append(writing, cmd)
			}
		}
		if len(writing) == 0 {
			return next(ctx, cmds)
		}
		return j.write(ctx, writing, func() error { return next(ctx, cmds) })
	}
}

// write runs commands and puts them on the disk, one after the other. When the disk fails, memory is ahead of it: nothing more
// is accepted then, so that an answer is never lost after it was given.
func (j *journal) write(ctx context.Context, cmds []redis.Cmder, run func() error) error {
	j.guard.Lock()
	defer j.guard.Unlock()
	if j.broken != nil {
		return j.fail(cmds, j.broken)
	}
	if err := ctx.Err(); err != nil {
		return j.fail(cmds, err)
	}
	outcome := run()
	var text bytes.Buffer
	for _, cmd := range cmds {
		if err := writeCommand(&text, cmd.Args()); err != nil {
			return j.fail(cmds, err)
		}
	}
	if err := j.append(text.Bytes()); err != nil {
		j.broken = fmt.Errorf("journal: %w; restart when the disk has room", err)
		return j.fail(cmds, j.broken)
	}
	if j.size > rewriteFloor && j.size > 2*j.live {
		if err := j.rewrite(ctx); err != nil {
			j.log.Error("the journal could not be rewritten and goes on growing", "file", j.path, "problem", err)
			j.live = j.size
		}
	}
	return outcome
}

func (j *journal) fail(cmds []redis.Cmder, err error) error {
	for _, cmd := range cmds {
		cmd.SetErr(err)
	}
	return err
}

func (j *journal) append(text []byte) error {
	n, err := j.file.Write(text)
	if err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(n)
	return j.file.Sync()
}

func (j *journal) close() error { return j.file.Close() }

// isReply says whether an error is an answer of the server, not trouble in reaching it.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply) || strings.HasPrefix(err.Error(), "ERR ")
}
