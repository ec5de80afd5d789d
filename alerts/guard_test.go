package alerts

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestPublicAddresses(t *testing.T) {
	tests := []struct {
		address string
		public  bool
		why     string
	}{
		{"93.184.216.34", true, "somebody's"},
		{"2606:2800:220:1:248:1893:25c8:1946", true, "somebody's"},
		{"64:ff9b::5db8:d822", true, "NAT64 of a public one: how networks without IPv4 reach the others"},
		{"::ffff:93.184.216.34", true, "IPv4 written as IPv6"},
		{"127.0.0.1", false, "loopback"}, {"127.8.9.1", false, "all of loopback"}, {"::1", false, "loopback"},
		{"0.0.0.0", false, "unspecified, which connects to loopback"}, {"0.1.2.3", false, "this network"}, {"::", false, "unspecified"},
		{"10.1.2.3", false, "private"}, {"172.16.0.1", false, "private"}, {"172.31.255.255", false, "private, its end"}, {"192.168.1.1", false, "private"},
		{"172.32.0.1", true, "the first after the private ones"}, {"100.128.0.1", true, "the first after carriers' NAT"},
		{"169.254.169.254", false, "metadata"}, {"fe80::1", false, "link-local"}, {"fe80::1%eth0", false, "link-local with its zone"}, {"2606:2800::1%eth0", false, "a zone is local"},
		{"fc00::1", false, "unique local"}, {"fd00:ec2::254", false, "Amazon's metadata"}, {"fec0::1", false, "site-local of old"},
		{"100.64.0.1", false, "carriers' NAT"}, {"100.100.100.200", false, "Alibaba's metadata"}, {"168.63.129.16", false, "Azure's host"}, {"192.0.0.192", false, "Oracle's metadata"},
		{"224.0.0.1", false, "multicast"}, {"ff02::1", false, "multicast"}, {"255.255.255.255", false, "broadcast"}, {"240.0.0.1", false, "reserved"},
		{"192.0.2.1", false, "documentation"}, {"198.51.100.1", false, "documentation"}, {"203.0.113.1", false, "documentation"}, {"2001:db8::1", false, "documentation"}, {"3fff::1", false, "documentation"},
		{"198.18.0.1", false, "benchmarking"}, {"198.19.255.255", false, "benchmarking"}, {"2001:2::1", false, "benchmarking"}, {"192.88.99.1", false, "6to4 relays"},
		{"::ffff:127.0.0.1", false, "loopback as mapped IPv6"}, {"::ffff:169.254.169.254", false, "metadata as mapped IPv6"}, {"::7f00:1", false, "loopback as IPv6 of old"},
		{"64:ff9b::7f00:1", false, "NAT64 of loopback"}, {"64:ff9b::a9fe:a9fe", false, "NAT64 of metadata"}, {"64:ff9b:1::1", false, "local NAT64"},
		{"2002:7f00:1::", false, "6to4 of loopback"}, {"2002:5db8:d822::1", false, "6to4 at all"}, {"2001:0:7f00:1::", false, "Teredo"}, {"100::1", false, "discarded"},
	}
	for _, test := range tests {
		if got := public(netip.MustParseAddr(test.address)); got != test.public {
			t.Errorf("%s (%s): public is %t", test.address, test.why, got)
		}
	}
}

// TestGuardLooksAfterDNS holds that it is the address that counts, not the name.
func TestGuardLooksAfterDNS(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	resolver := namesAt(t, netip.MustParseAddr("127.0.0.1"))
	address := net.JoinHostPort("public.example.com", port)
	if conn, err := (Guard{Resolver: resolver}).DialContext(t.Context(), "tcp", address); !errors.Is(err, errNotPublic) {
		t.Errorf("connected to %v, %v, by a name that is at a private address", conn, err)
	}
	conn, err := Guard{Resolver: resolver, AllowPrivate: true}.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatalf("private targets are allowed: %v", err)
	}
	_ = conn.Close()
}

// TestErrorsTellNothingOfTheInside holds that what a rule's owner is shown of a failure names no address of the operator's.
func TestErrorsTellNothingOfTheInside(t *testing.T) {
	inside := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 53), Port: 53}
	for _, test := range []struct {
		err  error
		want string
		why  string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "hooks.example.com", Server: inside.String(), IsNotFound: true}},
			"lookup hooks.example.com: no such host", "the name server asked"},
		{&net.DNSError{Err: "read udp 10.0.0.7:4711->10.0.0.53:53: connection refused", Name: "hooks.example.com"}, "lookup hooks.example.com: the name server failed", "both ends of the question"},
		{&net.OpError{Op: "read", Net: "tcp", Source: inside, Addr: inside, Err: errors.New("connection reset by peer")}, "read: connection reset by peer", "both ends of the connection"},
		{errors.New("EOF"), "EOF", "nothing to hide"},
	} {
		if out := unanswered(t.Context(), test.err); out.Err.Error() != test.want || !out.Silent {
			t.Errorf("%s: got %v, want %s", test.why, out.Err, test.want)
		}
	}
}

// namesAt is a resolver for which every name is at one address.
func namesAt(t *testing.T, address netip.Addr) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerDNS(theirs, address)
		return ours, nil
	}}
}

// answerDNS answers one question, as over TCP.
func answerDNS(conn net.Conn, address netip.Addr) {
	defer func() { _ = conn.Close() }()
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	var m dnsmessage.Message
	if _, err := io.ReadFull(conn, query); err != nil || m.Unpack(query) != nil {
		return
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address.As4()}}}
	}
	answer, err := m.Pack()
	if err != nil {
		return
	}
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}
