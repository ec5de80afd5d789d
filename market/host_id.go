package market

import (
	"net/url"
	"strings"
)

const hostPrefix = "host/"

// HostID is the id under which a host is found in queries, from the one that the operator gave it.
func HostID(host string) string { return hostPrefix + url.PathEscape(host) }

// HostName is the host that an id names, as the operator calls it; false where it is none.
func HostName(id string) (string, bool) {
	host, err := url.PathUnescape(strings.TrimPrefix(id, hostPrefix))
	return host, err == nil && host != "" && HostID(host) == id
}
