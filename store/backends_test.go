package store

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// backend is a store under test; reopen gives the same store anew, as after a restart.
type backend struct {
	options Options
}

func (b backend) open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), b.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a second Close, after the test's own, may complain
	return s
}

func options(dir, address string) Options {
	return Options{Redis: address, DataDir: dir, Address: "127.0.0.1:1", Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

// backends are all the stores that one suite runs against, with no exceptions for any of them.
func backends(t *testing.T) map[string]backend {
	t.Helper()
	return map[string]backend{
		"embedded": {options(t.TempDir(), "")},
		"redis":    {options("", "redis://"+startRedis(t, t.TempDir()))},
		"cluster":  {options("", startCluster(t))},
	}
}

// redisServer finds the server; without one the test is left out on a laptop, and fails where all must run.
func redisServer(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil && (os.Getenv("CI") != "" || os.Getenv("GPUHOUR_TEST_REDIS") == "required") {
		t.Fatal("redis-server is not installed; make test installs it")
	}
	if err != nil {
		t.Skip("redis-server is not installed; make test installs it")
	}
	return path
}

// startRedis runs a server in a folder until the test ends, and waits until it answers.
func startRedis(t testing.TB, dir string, arguments ...string) string {
	t.Helper()
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(redisServer(t), append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", ""}, arguments...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	eventually(t, "redis-server answers", func(ctx context.Context) bool {
		client := redis.NewClient(&redis.Options{Addr: address})
		defer client.Close()
		return client.Ping(ctx).Err() == nil
	})
	return address
}

func freeAddress(t testing.TB) string {
	t.Helper()
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := listener.Addr().String()
		_ = listener.Close()
		if listener.Addr().(*net.TCPAddr).Port < 55000 { // a cluster node also needs the port 10,000 above
			return address
		}
	}
}

// startCluster runs three masters and gives each a third of the slots.
func startCluster(t testing.TB) string {
	t.Helper()
	var addresses []string
	for range 3 {
		addresses = append(addresses, startRedis(t, t.TempDir(), "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"))
	}
	for i, address := range addresses {
		client := redis.NewClient(&redis.Options{Addr: address})
		from, to := i*16384/3, (i+1)*16384/3-1
		if err := client.ClusterAddSlotsRange(t.Context(), from, to).Err(); err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(addresses[0])
		if err := client.ClusterMeet(t.Context(), host, port).Err(); err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
	}
	for _, address := range addresses {
		eventually(t, "the cluster is whole", func(ctx context.Context) bool { return clusterReady(ctx, address) })
	}
	return "redis://" + strings.Join(addresses, ",redis://")
}

func clusterReady(ctx context.Context, address string) bool {
	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	info, err := client.ClusterInfo(ctx).Result()
	return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
}

// eventually waits for a condition, not for a time.
func eventually(t testing.TB, what string, holds func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !holds(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("in 30 s it did not come about that %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func name(i int) string { return fmt.Sprintf("p%d", i) }
