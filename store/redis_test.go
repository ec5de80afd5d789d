package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTwoStoresOnOneRedis runs two replicas: only one reads a provider at a time, a slot is taken by one of them, and who was
// overtaken commits nothing.
func TestTwoStoresOnOneRedis(t *testing.T) {
	for name, address := range map[string]string{"redis": "redis://" + startRedis(t, t.TempDir()), "cluster": startCluster(t)} {
		t.Run(name, func(t *testing.T) {
			b := backend{options("", address)}
			one, other := b.open(t), b.open(t)
			lease := lock(t, one, "p", start)
			if _, err := other.Lock(t.Context(), "p", start.Add(time.Hour), time.Minute); !errors.Is(err, ErrLocked) {
				t.Errorf("while it is held: got %v, want ErrLocked", err)
			}
			if err := lease.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := other.Lock(t.Context(), "p", start, time.Minute); !errors.Is(err, ErrDone) {
				t.Errorf("the same slot: got %v, want ErrDone", err)
			}
			lock(t, other, "p", start.Add(time.Hour))
			late := commitOf("p", "late", nil, nil)
			late.Fence = lease.Fence()
			if _, err := one.Commit(t.Context(), late); !errors.Is(err, ErrSuperseded) {
				t.Errorf("got %v, want ErrSuperseded", err)
			}
			closeStore(t, one)
			closeStore(t, other)
		})
	}
}

// TestUnixSocket reaches a Redis that listens on no port.
func TestUnixSocket(t *testing.T) {
	dir := t.TempDir()
	startRedis(t, dir, "--unixsocket", "redis.sock")
	s := backend{options("", "unix://"+filepath.Join(dir, "redis.sock"))}.open(t)
	commit(t, s, commitOf("p", "r1", nil, nil))
	closeStore(t, s)
}

// TestWrongAddress names the address without telling the password in it.
func TestWrongAddress(t *testing.T) {
	for address, want := range map[string]string{
		"http://:secret@localhost":                 "address 1",
		"redis://:secret@a:1,redis://:se%zzcret@b": "address 2",
		"redis://:secret@a:x":                      "address 1",
	} {
		_, err := Open(t.Context(), options("", address))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}
