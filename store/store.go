package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options say where the store is. Log and Now are needed.
type Options struct {
	// Redis is a redis://, rediss:// or unix:// URL; several with commas mean a cluster. Empty is the embedded store in DataDir.
	Redis   string
	DataDir string
	// Address goes into the lock file of the embedded store, so that other commands find the process that holds it.
	Address string
	Log     *slog.Logger
	Now     func() time.Time
}

// Store is the record of everything read. It is safe for concurrent use.
type Store struct {
	client   redis.UniversalClient
	locks    locks
	embedded *embedded // nil with a real Redis
	closing  sync.Once
	closed   error
}

// Open connects to a Redis, or opens the embedded store. An *InUseError names the process that has the embedded store open.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Redis == "" {
		return openEmbedded(ctx, o)
	}
	client, err := connect(o.Redis)
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	s := &Store{client: client, locks: redisLocks{client}}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return s, nil
}

// connect makes a client; it names the address that it cannot read.
func connect(addresses string) (redis.UniversalClient, error) {
	var all []*redis.Options
	for i, address := range strings.Split(addresses, ",") {
		one, err := redis.ParseURL(strings.TrimSpace(address))
		if err != nil {
			return nil, fmt.Errorf("address %d of --redis: %w", i+1, withoutSecret(err))
		}
		all = append(all, one)
	}
	if len(all) > 1 {
		return redis.NewClusterClient(clusterOptions(all)), nil
	}
	// Servers without these commands would answer each connection with an error (redis/go-redis 3536).
	all[0].DisableIdentity, all[0].MaintNotificationsConfig = true, quiet()
	all[0].ContextTimeoutEnabled = true
	return redis.NewClient(all[0]), nil
}

// clusterOptions take user, password and TLS from the first address. Every node is verified under its own name.
func clusterOptions(all []*redis.Options) *redis.ClusterOptions {
	first := all[0]
	o := &redis.ClusterOptions{Username: first.Username, Password: first.Password, TLSConfig: first.TLSConfig,
		DisableIdentity: true, MaintNotificationsConfig: quiet(), ContextTimeoutEnabled: true}
	for _, one := range all {
		o.Addrs = append(o.Addrs, one.Addr)
	}
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = ""
	}
	return o
}

func quiet() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// withoutSecret drops what a URL's error repeats of the URL.
func withoutSecret(err error) error {
	if strings.Contains(err.Error(), "parse") {
		return errors.New("is not a redis://, rediss:// or unix:// URL")
	}
	return err
}

// Ping says whether the store answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Embedded says whether this process has the store for itself.
func (s *Store) Embedded() bool { return s.embedded != nil }

// Close ends the connection; of the embedded store, also the journal and the lock. A second Close says what the first said.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closed = s.close() })
	return s.closed
}

func (s *Store) close() error {
	var journaled, connected error
	if s.embedded != nil {
		journaled = s.embedded.close()
	}
	if s.client != nil {
		connected = s.client.Close()
	}
	return errors.Join(journaled, connected)
}
