package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// redisServer is a Redis that can be killed, and started again over what it had.
type redisServer struct {
	t         *testing.T
	arguments []string
	address   string
	running   *exec.Cmd
}

// runRedis runs a server in a folder until the test ends. Without one installed the test is left out on a laptop, and fails
// where all must run.
func runRedis(t *testing.T, dir string, arguments ...string) *redisServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("redis-server is not installed; make test installs it")
	}
	if err != nil {
		t.Skip("redis-server is not installed; make test installs it")
	}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	r := &redisServer{t: t, address: "redis://" + address, arguments: append([]string{path, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", ""}, arguments...)}
	r.start()
	t.Cleanup(r.kill)
	return r
}

// startRedis runs a server, and gives its address.
func startRedis(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	return runRedis(t, dir, arguments...).address
}

func (r *redisServer) start() {
	r.t.Helper()
	r.running = exec.Command(r.arguments[0], r.arguments[1:]...)
	if err := r.running.Start(); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, "redis-server answers", func() bool {
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, "redis-cli", "-p", r.arguments[2], "ping").Output()
		return err == nil && bytes.HasPrefix(out, []byte("PONG"))
	})
}

func (r *redisServer) kill() {
	_ = r.running.Process.Kill()
	_ = r.running.Wait()
}

const wholeMarket = `{
	offers(first: 200, filter: {components: true}) { totalCount nodes { id price { amount currency } cny: pricePerGpuHour(currency: "CNY") stock gpuCount gpu { id } observedAt firstSeenAt changedAt source { url digest } } }
	providers { id status offerCount lastSuccessAt runs { startedAt offers changed rejected } rejected { sku text reason } }
	exchangeRate(base: "GBP", quote: "CNY") { rate date source }
}`

// TestMoveToRedis gives the journal of the embedded store to a real Redis: the answers are the same, to the letter.
func TestMoveToRedis(t *testing.T) {
	dir, redisDir := t.TempDir(), t.TempDir()
	scrapeTable(t, samples, dir)
	var before, after json.RawMessage
	embedded := serve(t, dir, "--replay", samples)
	embedded.ask(t, wholeMarket, &before)
	embedded.stop()
	journal, err := os.ReadFile(filepath.Join(dir, "appendonly.aof"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(redisDir, "appendonly.aof"), string(journal))
	address := startRedis(t, redisDir, "--appendonly", "yes")
	serve(t, t.TempDir(), "--replay", samples, "--redis", address).ask(t, wholeMarket, &after)
	if !bytes.Equal(before, after) {
		t.Errorf("before the move:\n%s\nafter it:\n%s", before, after)
	}
}

// TestReplicasFollow runs two servers on one Redis: what one reads, the other answers.
func TestReplicasFollow(t *testing.T) {
	whole := 0
	for _, id := range ids() {
		whole += scrapeTable(t, samples, t.TempDir(), id)[id].offers
	}
	address, empty := startRedis(t, t.TempDir()), t.TempDir()
	write(t, filepath.Join(empty, "index.csv"), "url,method,file,content_type\n")
	reader := serve(t, t.TempDir(), "--replay", samples, "--redis", address)
	follower := serve(t, t.TempDir(), "--replay", empty, "--redis", address)
	var there, here struct{ Offers struct{ TotalCount int } }
	const count = `{ offers(filter: {components: true}) { totalCount } }`
	eventually(t, "the other replica has the offers too", func() bool {
		reader.ask(t, count, &there)
		follower.ask(t, count, &here)
		return there.Offers.TotalCount == whole && here.Offers.TotalCount == whole
	})
	var rate struct{ ExchangeRate *struct{ Rate string } }
	eventually(t, "it has the rates too", func() bool {
		follower.ask(t, `{ exchangeRate(base: "USD", quote: "CNY") { rate } }`, &rate)
		return rate.ExchangeRate != nil && rate.ExchangeRate.Rate == "7.01"
	})
}
