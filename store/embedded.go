package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// embedded is a Redis within the process, whose writes are on the disk before they are answered.
type embedded struct {
	server  *miniredis.Miniredis
	journal *journal
	lock    *dirLock
}

// JournalName is the journal's file in the data folder: a Redis append-only file.
const JournalName = "appendonly.aof"

func openEmbedded(ctx context.Context, o Options) (*Store, error) {
	if err := os.MkdirAll(o.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockDir(o.DataDir, o.Address)
	if err != nil {
		return nil, err
	}
	e := &embedded{server: miniredis.NewMiniRedis(), lock: lock}
	s := &Store{embedded: e}
	if s.client, err = e.connect(); err == nil {
		e.journal, err = openJournal(ctx, filepath.Join(o.DataDir, JournalName), s.client, o.Log)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded store: %w", err), s.Close())
	}
	s.client.AddHook(e.journal)
	s.locks = &processLocks{client: s.client, now: o.Now, held: map[keys]hold{}}
	return s, nil
}

// connect makes a client that talks to the server within the process, without a socket.
func (e *embedded) connect() (redis.UniversalClient, error) {
	first, err := e.server.Dial() // starts the server
	if err != nil {
		return nil, err
	}
	if err := first.Close(); err != nil {
		return nil, err
	}
	dial := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := newPipe()
		e.server.Server().ServeConn(theirs)
		return ours, nil
	}
	return redis.NewClient(&redis.Options{
		Dialer: dial, Protocol: 2, DisableIdentity: true, ReadTimeout: -1, WriteTimeout: -1, MaxRetries: -1,
		MaintNotificationsConfig: quiet(),
	}), nil
}

// close lets a command that is being journaled finish first.
func (e *embedded) close() error {
	var err error
	if e.journal != nil {
		err = e.journal.close()
	}
	e.server.Close()
	return errors.Join(err, e.lock.release())
}
