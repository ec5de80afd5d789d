package scrapers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The bounds of one request.
const (
	requestTimeout = 30 * time.Second
	largestAnswer  = 32 << 20
	mostRedirects  = 5
	mostTries      = 3
	longestWait    = 60 * time.Second
	shortWait      = 3 * time.Second
)

// Recorder keeps every exchange before anybody reads it.
type Recorder interface {
	// Record stores the exchange durably, or says why it could not.
	Record(Exchange) error
}

// Exchange is one request with its answer, as sent and as received.
type Exchange struct {
	Request    Request
	Status     string
	Proto      string
	Header     http.Header
	Body       []byte
	ReceivedAt time.Time
}

// ClientOptions are what a Client is made of.
type ClientOptions struct {
	// Transport carries the requests: the network's, or recorded answers.
	Transport http.RoundTripper
	// Contact is a URL or address that hosts can complain to; it goes into the User-Agent.
	Contact string
	Version string
	Archive Recorder
	Now     func() time.Time
	// Unhurried leaves out the spacing between requests and asks nobody twice: for recorded answers, which stay what they are.
	Unhurried bool
}

// Client is the one way to the network: it names itself, asks robots.txt, leaves hosts the time between requests that their
// providers declare, keeps what it received, and recognises answers that are no pages. It is safe for concurrent use.
type Client struct {
	options ClientOptions
	http    *http.Client
	agent   string
	hosts   hosts
	robots  robots
}

// NewClient makes a client.
func NewClient(o ClientOptions) *Client {
	return &Client{
		options: o,
		agent:   userAgent(o.Version, o.Contact),
		http:    &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect},
		hosts:   hosts{byName: map[string]*host{}},
		robots:  robots{byHost: map[string]*robotsFile{}},
	}
}

func userAgent(version, contact string) string {
	if contact == "" {
		return "gpuhour/" + version
	}
	return fmt.Sprintf("gpuhour/%s (+%s)", version, contact)
}

func checkRedirect(to *http.Request, via []*http.Request) error {
	if len(via) > mostRedirects {
		return fmt.Errorf("more than %d redirects", mostRedirects)
	}
	if via[0].URL.Scheme == "https" && to.URL.Scheme != "https" {
		return errors.New("redirected from https to " + to.URL.Scheme)
	}
	if !sameHost(to.URL.String(), via[0].URL.String()) {
		dropSecrets(to.Header)
	}
	return nil
}

// Manners are how one provider's host wants to be asked.
type Manners struct {
	Spacing      time.Duration
	IgnoreRobots bool
}

// Fetched is a document with what proves it.
type Fetched struct {
	Document
	FetchedAt time.Time
	// Digest is the SHA-256 of the body as received.
	Digest string
	// Validators are for asking again whether the document has changed.
	Validators Validators
	// NotModified says that the host answered that it has not; the document is empty then.
	NotModified bool
}

// Fetch asks for a document, waits its turn, tries again where the host asks for patience, and archives what it received.
func (c *Client) Fetch(ctx context.Context, r Request, m Manners, known Validators) (Fetched, error) {
	address, err := url.Parse(r.URL)
	if err != nil || address.Host == "" {
		return Fetched{}, fmt.Errorf("address %q is not a URL", r.URL)
	}
	if !m.IgnoreRobots {
		if err := c.allowed(ctx, address, m); err != nil {
			return Fetched{}, err
		}
	}
	return c.persist(ctx, r, m, known)
}

// persist repeats a request while the host asks for patience.
func (c *Client) persist(ctx context.Context, r Request, m Manners, known Validators) (Fetched, error) {
	for try := 1; ; try++ {
		fetched, err := c.once(ctx, r, m, known)
		var status *StatusError
		if !errors.As(err, &status) || !worthRetrying(status.Code) || try == mostTries || c.options.Unhurried {
			return fetched, err
		}
		pause := max(status.RetryAfter, time.Duration(try)*shortWait)
		if pause > longestWait {
			return fetched, err
		}
		if err := wait(ctx, pause); err != nil {
			return fetched, err
		}
	}
}

func worthRetrying(code int) bool {
	return code == http.StatusTooManyRequests || code == http.StatusBadGateway ||
		code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout
}

// once waits for the host's turn, sends one request and reads its answer whole.
func (c *Client) once(ctx context.Context, r Request, m Manners, known Validators) (Fetched, error) {
	leave, err := c.enter(ctx, r.URL, m)
	if err != nil {
		return Fetched{}, err
	}
	defer leave()
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := c.newRequest(ctx, r, known)
	if err != nil {
		return Fetched{}, err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return Fetched{}, patience(outer, plain(err))
	}
	defer answer.Body.Close()
	fetched, err := c.receive(r, answer)
	return fetched, patience(outer, err)
}

// patience says in plain words that a host took too long, unless it is the caller who ended the waiting.
func patience(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("no answer within %s", requestTimeout)
	}
	return err
}

// plain takes the address out of net/http's error where it may hold a key, and keeps what it wraps.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func (c *Client) newRequest(ctx context.Context, r Request, known Validators) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	if r.Timestamp != "" {
		request.Header.Set(r.Timestamp, strconv.FormatInt(c.options.Now().UnixMilli(), 10))
	}
	request.Header.Set("User-Agent", c.agent)
	request.Header.Set("Accept-Encoding", "gzip")
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "text/html,application/json;q=0.9,*/*;q=0.5")
	}
	known.apply(request.Header)
	return request, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
