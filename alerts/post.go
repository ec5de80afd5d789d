package alerts

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// What an answer may cost.
const (
	largestAnswer = 64 << 10
	longestError  = 200
)

// post is one HTTP request that tells a target.
type post struct {
	url    string
	header http.Header
	body   []byte
	// refused says why an answer of 2xx is a refusal after all, as some services answer; nil where the status says all.
	refused func(answer []byte) string
}

// newClient is an HTTP client that goes through the guard alone: no proxy, no redirect, no cookie, no compressed answer, no connection
// kept.
func newClient(guard Guard, config *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: guard.DialContext, TLSClientConfig: config, ForceAttemptHTTP2: true, DisableKeepAlives: true, DisableCompression: true,
			TLSHandshakeTimeout: connectTimeout, MaxResponseHeaderBytes: largestAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes the request, and says what came of it without a secret of its URL.
func (s *Sender) send(ctx context.Context, p post) Outcome {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return failure(errors.New("the address cannot be asked"))
	}
	request.Header = p.header.Clone()
	request.Header.Set("User-Agent", "gpuhour/"+s.options.Version)
	response, err := s.client.Do(request)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer response.Body.Close()
	good := response.StatusCode/100 == 2
	if good && p.refused == nil {
		return Outcome{}
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil && good {
		return unanswered(ctx, err)
	}
	return s.judge(p, response, answer)
}

// judge says what an answer means.
func (s *Sender) judge(p post, response *http.Response, answer []byte) Outcome {
	status := response.StatusCode
	out := Outcome{Gone: status == http.StatusGone, RetryAfter: retryAfter(response.Header.Get("Retry-After"), s.options.Now())}
	switch status / 100 {
	case 2:
		reason := p.refused(answer)
		if reason == "" {
			return Outcome{}
		}
		out.Err = fmt.Errorf("refused: %s", printable(reason))
	case 3:
		out.Err = fmt.Errorf("answered %d: redirects are not followed, give the address it leads to", status)
	default:
		out.Err = errors.New(strings.TrimSuffix("answered "+statusText(status)+": "+printable(string(answer)), ": "))
	}
	return out
}

// statusText is a status as it is known, not as a target words it.
func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// unanswered is an attempt that got no answer. What net/http says of it repeats the URL, so only the cause is kept.
func unanswered(ctx context.Context, err error) Outcome {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var network net.Error
	switch {
	case errors.Is(err, errNotPublic):
		return failure(errNotPublic)
	case errors.Is(ctx.Err(), context.Canceled):
		return failure(context.Canceled)
	case ctx.Err() != nil, errors.As(err, &network) && network.Timeout():
		return Outcome{Err: errTimeout, Silent: true}
	}
	return Outcome{Err: errors.New(printable(cause(err))), Silent: true}
}

// cause says what went wrong without the addresses of this machine and of its name server, which are no rule's business.
func cause(err error) string {
	var name *net.DNSError
	var network *net.OpError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "lookup " + name.Name + ": no such host"
	case errors.As(err, &name):
		return "lookup " + name.Name + ": the name server failed"
	case errors.As(err, &network):
		return network.Op + ": " + network.Err.Error()
	}
	return err.Error()
}

// retryAfter reads the header's seconds or HTTP date: at most a day, zero where it says nothing.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(longestWish/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestWish)
}

// printable is what a target says on one line, as far as it can be printed.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// clip cuts a text to so many bytes, between two characters.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most - len("…")
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}
