package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// LoopbackOnly refuses requests whose Host is not this machine's own name, nor one of others: a web page can point a name of
// its own at the loopback address, and would reach the server through its visitor's browser (DNS rebinding).
func LoopbackOnly(next http.Handler, others ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostname(r.Host)
		if !isLoopback(host) && !slices.Contains(others, host) {
			http.Error(w, "this server answers to localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostname is a Host header without its port and brackets, in lower case.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
