package scrapers

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"
)

// hosts keeps one request at a time and the declared time between two of them, for each host.
type hosts struct {
	guard  sync.Mutex
	byName map[string]*host
}

// host is one place in a line: whoever holds the turn may ask.
type host struct {
	turn chan struct{}
	free time.Time // when the next request may start; guarded by the turn
}

// enter waits until the host may be asked; leave must be called when the answer is read.
func (c *Client) enter(ctx context.Context, address string, m Manners) (leave func(), err error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	h := c.hosts.named(at.Host)
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := c.hold(ctx, h, m); err != nil {
		<-h.turn
		return nil, err
	}
	return func() { <-h.turn }, nil
}

func (c *Client) hold(ctx context.Context, h *host, m Manners) error {
	if c.options.Unhurried {
		return nil
	}
	now := c.options.Now()
	if pause := h.free.Sub(now); pause > 0 {
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
	h.free = c.options.Now().Add(m.Spacing)
	return nil
}

func (h *hosts) named(name string) *host {
	h.guard.Lock()
	defer h.guard.Unlock()
	if h.byName[name] == nil {
		h.byName[name] = &host{turn: make(chan struct{}, 1)}
	}
	return h.byName[name]
}

// sameHost says whether two addresses are of one host, whatever way their ports are spelled: Azure names port 443.
func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Hostname() == y.Hostname() && portOf(x) == portOf(y)
}

// isHost says whether an address lies on one of some hosts, by https.
func isHost(address string, hosts []string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && portOf(u) == "443" && slices.Contains(hosts, u.Hostname())
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
