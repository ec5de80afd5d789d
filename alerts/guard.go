package alerts

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Guard dials for everything that rules send. It looks at the address that DNS gave, at the moment of connecting, so that no name can
// point somewhere else later.
type Guard struct {
	// AllowPrivate lets rules send to private, local and other addresses that are not public.
	AllowPrivate bool
	// Resolver asks DNS; nil is the system's.
	Resolver *net.Resolver
}

// errNotPublic does not say the address: it may be the name's of an inner network, which is no rule's business.
var errNotPublic = errors.New("the address is not a public one, and private targets are not allowed here")

// connectTimeout is how long one connection may take to stand.
const connectTimeout = 10 * time.Second

// DialContext connects, unless the address is refused.
func (g Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: connectTimeout, Resolver: g.Resolver, ControlContext: g.control}
	return dialer.DialContext(ctx, network, address)
}

// control is called with the address itself, after DNS and before the first packet.
func (g Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	if g.AllowPrivate {
		return nil
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || !public(to.Addr()) {
		return errNotPublic
	}
	return nil
}

// inner are the IPv4 networks that are nobody's in public, by the registry of special addresses and what clouds made of theirs.
var inner = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carriers' NAT; Alibaba's metadata
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's host, as seen from its machines
	"169.254.0.0/16",   // link-local; the other clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; Oracle's metadata
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarking
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
)

// global are the IPv6 addresses in public use, and what within them is not.
var (
	global      = netip.MustParsePrefix("2000::/3")
	notGlobal   = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20") // protocol assignments with Teredo, documentation, 6to4, documentation
	translation = netip.MustParsePrefix("64:ff9b::/96")                            // NAT64: the last four bytes are an IPv4 address
)

// public says whether an address can be somebody's on the internet. IPv6 forms of an IPv4 address are judged by that one.
func public(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case a.Zone() != "":
		return false
	case a.Is4():
		return !within(inner, a)
	case translation.Contains(a):
		last := a.As16()
		return public(netip.AddrFrom4([4]byte(last[12:])))
	}
	return global.Contains(a) && !within(notGlobal, a)
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}
