package scrapers

import (
	"net/http"
	"net/url"
	"strings"
)

// secretParameters are query parameters that carry keys; secretHeaders are
// parts of the names of headers that do.
var (
	secretParameters = map[string]bool{"key": true, "token": true, "apikey": true, "api_key": true, "access_token": true, "signature": true}
	secretHeaders    = []string{"auth", "cookie", "key", "token", "secret", "sign"}
)

const masked = "REDACTED"

// safeURL is an address that may be stored and shown: keys and passwords are masked.
func safeURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return masked
	}
	query := u.Query()
	changed := u.User != nil
	u.User = nil
	for name := range query {
		if secretParameters[strings.ToLower(name)] {
			query.Set(name, masked)
			changed = true
		}
	}
	if !changed {
		return address
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// safeHeader is a copy of a header that may be stored.
func safeHeader(h http.Header) http.Header {
	out := h.Clone()
	for name := range out {
		if isSecret(name) {
			out.Set(name, masked)
		}
	}
	return out
}

// dropSecrets takes the keys out of a request that another host redirected us to: net/http takes out only those it knows.
func dropSecrets(h http.Header) {
	for name := range h {
		if isSecret(name) {
			h.Del(name)
		}
	}
}

func isSecret(header string) bool { return containsAny(strings.ToLower(header), secretHeaders) }
