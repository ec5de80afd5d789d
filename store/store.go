package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options say where the store is.
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
	now      func() time.Time
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
	s := &Store{client: client, now: o.Now, locks: redisLocks{client}}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return s, nil
}

// connect makes a client; it names the address that it cannot read.
func connect(addresses string) (redis.UniversalClient, error) {
	var all redis.UniversalOptions
	for i, address := range strings.Split(addresses, ",") {
		one, err := redis.ParseURL(strings.TrimSpace(address))
		if err != nil {
			return nil, fmt.Errorf("address %d of --redis: %w", i+1, withoutSecret(err))
		}
		all.Addrs = append(all.Addrs, one.Addr)
		if i == 0 {
			all.Username, all.Password, all.DB, all.TLSConfig = one.Username, one.Password, one.DB, one.TLSConfig
		}
	}
	// Servers without these commands would answer each connection with an error (redis/go-redis 3536).
	all.DisableIdentity = true
	all.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	all.ContextTimeoutEnabled = true
	return redis.NewUniversalClient(&all), nil
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

// Close ends the connection; of the embedded store, also the journal and the lock.
func (s *Store) Close() error {
	err := s.client.Close()
	if s.embedded != nil {
		err = errors.Join(err, s.embedded.close())
	}
	return err
}
