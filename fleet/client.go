package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gpuhour/market"
)

// The answers of a server that change what the agent does.
var (
	// errRefused is a token that the server does not take for this host.
	errRefused = errors.New("the server refuses the token")
	// errOutdated is an epoch that is over: another process has said hello for this host since.
	errOutdated = errors.New("the server knows a newer epoch of this host")
)

// client is the server's side of the contract, as an agent sees it.
type client struct {
	server *url.URL
	host   string
	token  func() (string, error)
	http   *http.Client
}

const (
	requestTimeout = 10 * time.Second
	largestAnswer  = 64 << 10
)

func newClient(server *url.URL, host string, token func() (string, error), transport http.RoundTripper) *client {
	return &client{server, host, token, &http.Client{Transport: transport, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}} // the token is for this server alone
}

// ParseServer reads a server's address. A token goes over the network only encrypted.
func ParseServer(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--server: %w", err)
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("--server: %q is no address such as https://gpuhour.example", u.Redacted())
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("--server: %q must begin with https://, for it is not this machine", u.Redacted())
	}
	return u, nil
}

func loopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// CheckHost refuses an id that no host can have.
func CheckHost(id string) error {
	if !market.ValidHost(id) {
		return fmt.Errorf("--host: %q must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or a digit", id)
	}
	return nil
}

// hello asks for an epoch.
func (c *client) hello(ctx context.Context) (int64, error) {
	var answer struct{ Epoch int64 }
	if err := c.post(ctx, "hello", struct{}{}, &answer); err != nil {
		return 0, err
	}
	if answer.Epoch <= 0 {
		return 0, fmt.Errorf("hello: the server gave epoch %d", answer.Epoch)
	}
	return answer.Epoch, nil
}

// report sends a report. As no number is ever sent twice, one that is not accepted is of an epoch that is over.
func (c *client) report(ctx context.Context, r market.Report) error {
	var answer struct{ Accepted bool }
	if err := c.post(ctx, "report", r, &answer); err != nil {
		return err
	}
	if !answer.Accepted {
		return errOutdated
	}
	return nil
}

// post sends JSON and reads JSON. The token is read anew each time, so that it can be changed while the agent runs.
func (c *client) post(ctx context.Context, what string, body, into any) error {
	token, err := c.token()
	if err != nil {
		return err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.JoinPath("v1", "agents", c.host, what).String(), bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer response.Body.Close()
	return readAnswer(what, response, into)
}

func readAnswer(what string, response *http.Response, into any) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%s: %w (%s)", what, errRefused, response.Status)
	case response.StatusCode == http.StatusConflict:
		return fmt.Errorf("%s: %w", what, errOutdated)
	case response.StatusCode != http.StatusOK:
		return &statusError{what, response.Status, strings.TrimSpace(string(text[:min(len(text), tailSize)])), retryAfter(response)}
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: the server's answer: %w", what, err)
	}
	return nil
}

// statusError is an answer that is none of those that were foreseen.
type statusError struct {
	what, status, said string
	after              time.Duration
}

// Error names the answer.
func (e *statusError) Error() string {
	return fmt.Sprintf("%s: the server answers %s: %s", e.what, e.status, e.said)
}

// retryAfter is what the server asks for, in seconds; 0 where it does not.
func retryAfter(r *http.Response) time.Duration {
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(refusedWait.Seconds()))) * time.Second
}
