package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// journal writes every command that changes the embedded store to a file, in the format of Redis' append-only file. A command is
// on the disk before it is run, so that memory is never ahead of the disk, and nobody reads what a crash could take back. A
// command that then ends in an error is in the journal too, and ends in the same error when it is replayed.
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

// journalMode keeps the journal to who runs the program: it holds the secrets of alert rules.
const journalMode = 0o600

// rewriteFloor is the size below which a journal is never rewritten; above it is when it has doubled.
const rewriteFloor = 4 << 20

// openJournal replays a journal into the server and opens it for more. A torn end, as a crash leaves it, is cut off and said;
// other damage is an error, and the file stays as it is.
func openJournal(ctx context.Context, path string, client redis.UniversalClient, log *slog.Logger) (*journal, error) {
	if err := os.Remove(path + temporarySuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, journalMode)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &journal{path: path, file: file, client: client, log: log}
	if err := errors.Join(syncDir(filepath.Dir(path)), j.replay(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), file.Close())
	}
	if err := j.rewriteIfGrown(ctx); err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

// reading are the commands that change nothing.
var reading = map[string]bool{
	"get": true, "hget": true, "hgetall": true, "hmget": true, "hlen": true, "lrange": true, "llen": true, "xrange": true, "xlen": true,
	"ping": true, "keys": true, "scan": true, "type": true, "exists": true, "strlen": true, "hello": true, "client": true, "select": true,
	"multi": true, "exec": true, "hscan": true, "dbsize": true, "command": true, "hexists": true, "zrange": true, "zrevrange": true,
	"zrangebyscore": true, "hkeys": true,
}

// DialHook leaves connecting as it is.
func (j *journal) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

// ProcessHook journals a command, when it may change something, and then runs it.
func (j *journal) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if reading[cmd.Name()] {
			return next(ctx, cmd)
		}
		return j.write(ctx, []redis.Cmder{cmd}, func(ctx context.Context) error { return next(ctx, cmd) })
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
		return j.write(ctx, writing, func(ctx context.Context) error { return next(ctx, cmds) })
	}
}

// write puts commands on the disk and runs them. When it cannot be known what is on the disk, or when the server did not answer,
// nothing more is accepted until a restart has replayed the file.
func (j *journal) write(ctx context.Context, cmds []redis.Cmder, run func(context.Context) error) error {
	j.guard.Lock()
	defer j.guard.Unlock()
	text, err := spell(cmds)
	if err := errors.Join(j.broken, ctx.Err(), err); err != nil {
		return fail(cmds, err)
	}
	if err := j.append(text); err != nil {
		return fail(cmds, err)
	}
	ctx = context.WithoutCancel(ctx) // what is on the disk has to be run
	if err = run(ctx); err != nil && !isReply(err) {
		j.broken = fmt.Errorf("journal: a command was written and not run: %w; restart", err)
		return fail(cmds, j.broken)
	}
	if problem := j.rewriteIfGrown(ctx); problem != nil {
		j.log.Error("the journal could not be rewritten and goes on growing", "file", j.path, "problem", problem)
		j.live = j.size
	}
	return err
}

func spell(cmds []redis.Cmder) ([]byte, error) {
	var text bytes.Buffer
	for _, cmd := range cmds {
		if err := writeCommand(&text, cmd.Args()); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

func fail(cmds []redis.Cmder, err error) error {
	for _, cmd := range cmds {
		cmd.SetErr(err)
	}
	return err
}

// append leaves the file with the whole text or, after an error, without it. After a sync that failed nobody knows.
func (j *journal) append(text []byte) error {
	if _, err := j.file.WriteAt(text, j.size); err != nil {
		if undo := errors.Join(j.file.Truncate(j.size), j.file.Sync()); undo != nil {
			j.broken = fmt.Errorf("journal: %w; restart when the disk is well", errors.Join(err, undo))
		}
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		j.broken = fmt.Errorf("journal: %w; restart when the disk is well", err)
		return j.broken
	}
	j.size += int64(len(text))
	return nil
}

func (j *journal) close() error {
	j.guard.Lock()
	defer j.guard.Unlock()
	if j.broken == nil {
		j.broken = errors.New("journal: the store is closed")
	}
	return j.file.Close()
}

// isReply says whether an error is an answer of the server, not trouble in reaching it.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply) || strings.HasPrefix(err.Error(), "ERR ")
}
