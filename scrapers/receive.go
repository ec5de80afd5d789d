package scrapers

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// receive reads an answer whole, archives it as it came, and only then looks at what it is.
func (c *Client) receive(r Request, answer *http.Response) (Fetched, error) {
	raw, err := readCapped(answer.Body)
	if err != nil {
		return Fetched{}, fmt.Errorf("%s: %w", safeURL(r.URL), err)
	}
	now := c.options.Now()
	if err := c.options.Archive.Record(exchange(r, answer, raw, now)); err != nil {
		return Fetched{}, fmt.Errorf("archive: %w", err)
	}
	f := Fetched{FetchedAt: now, Digest: digest(raw), Validators: validatorsOf(answer.Header)}
	if answer.StatusCode == http.StatusNotModified {
		f.NotModified = true
		return f, nil
	}
	body, err := decode(answer.Header, raw)
	if err != nil {
		return f, fmt.Errorf("%s: %w", safeURL(r.URL), err)
	}
	f.Document = Document{URL: safeURL(r.URL), ContentType: answer.Header.Get("Content-Type"), Body: body}
	return f, judge(answer, f.Document, now)
}

func exchange(r Request, answer *http.Response, raw []byte, now time.Time) Exchange {
	return Exchange{Request: r, Status: answer.Status, Proto: answer.Proto, Header: answer.Header, Body: raw, ReceivedAt: now}
}

func readCapped(body io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, largestAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(raw) > largestAnswer {
		return nil, ErrTooLarge
	}
	return raw, nil
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// decode undoes compression and, for text that says so, another character set than UTF-8.
func decode(header http.Header, raw []byte) ([]byte, error) {
	body, err := decompress(header.Get("Content-Encoding"), raw)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "text/") {
		return body, nil
	}
	reader, err := charset.NewReader(bytes.NewReader(body), header.Get("Content-Type"))
	if errors.Is(err, io.EOF) {
		return body, nil
	}
	if err != nil {
		return nil, fmt.Errorf("character set: %w", err)
	}
	return readCapped(reader)
}

func decompress(encoding string, raw []byte) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return readCapped(unzipped)
	}
	return nil, fmt.Errorf("content encoding %q was not asked for", encoding)
}

// judge says what is wrong with an answer that arrived whole.
func judge(answer *http.Response, d Document, now time.Time) error {
	if name := blockedBy(answer, d); name != "" {
		return fmt.Errorf("%w: %s instead of the page at %s", ErrBlocked, name, d.URL)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return &StatusError{Code: answer.StatusCode, URL: d.URL, RetryAfter: retryAfter(answer.Header, now)}
	}
	return nil
}

// retryAfter reads both forms of the header: seconds, and a date (RFC 9110, 10.2.3).
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, min(seconds, 1<<30))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// Validators are what a host gave to ask whether a document has changed.
type Validators struct{ ETag, LastModified string }

func validatorsOf(h http.Header) Validators {
	return Validators{ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified")}
}

func (v Validators) apply(h http.Header) {
	if v.ETag != "" {
		h.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		h.Set("If-Modified-Since", v.LastModified)
	}
}
