package scrapers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
)

// robotsLifetime is how long a robots.txt is believed (RFC 9309, 2.4).
const robotsLifetime = 24 * time.Hour

// robots remembers what each host allows.
type robots struct {
	guard  sync.Mutex
	byHost map[string]*robotsFile
}

type robotsFile struct {
	rules *robotstxt.RobotsData
	until time.Time
}

// allowed asks the host's robots.txt. One that is absent allows everything; one that cannot be read forbids (RFC 9309, 2.3.1).
func (c *Client) allowed(ctx context.Context, address *url.URL, m Manners) error {
	rules, err := c.rules(ctx, address, m)
	if err != nil {
		return fmt.Errorf("robots.txt: %w", err)
	}
	path := address.EscapedPath()
	if address.RawQuery != "" {
		path += "?" + address.RawQuery
	}
	if !rules.TestAgent(path, "gpuhour") {
		return fmt.Errorf("%s: %w", safeURL(address.String()), ErrRobots)
	}
	return nil
}

func (c *Client) rules(ctx context.Context, address *url.URL, m Manners) (*robotstxt.RobotsData, error) {
	key := address.Scheme + "://" + address.Host
	if file := c.robots.find(key, c.options.Now()); file != nil {
		return file.rules, nil
	}
	rules, err := c.fetchRobots(ctx, key+"/robots.txt", m)
	if err == nil {
		c.robots.keep(key, &robotsFile{rules, c.options.Now().Add(robotsLifetime)})
	}
	return rules, err
}

func (c *Client) fetchRobots(ctx context.Context, address string, m Manners) (*robotstxt.RobotsData, error) {
	fetched, err := c.once(ctx, Get(address), m, Validators{})
	var status *StatusError
	switch {
	case errors.As(err, &status) && status.Code < http.StatusInternalServerError,
		errors.Is(err, ErrNotRecorded), errors.Is(err, ErrBlocked):
		return robotstxt.FromStatusAndBytes(http.StatusNotFound, nil)
	case err != nil:
		return nil, err
	}
	return robotstxt.FromBytes(fetched.Body)
}

func (r *robots) find(key string, now time.Time) *robotsFile {
	r.guard.Lock()
	defer r.guard.Unlock()
	if file := r.byHost[key]; file != nil && now.Before(file.until) {
		return file
	}
	return nil
}

func (r *robots) keep(key string, file *robotsFile) {
	r.guard.Lock()
	defer r.guard.Unlock()
	r.byHost[key] = file
}
