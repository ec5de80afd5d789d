package graph

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Patience is how long connections that stay open are waited for. What is zero is as usual.
type Patience struct {
	// Init is how long a WebSocket may be open before it says that it is one of GraphQL: 10 s.
	Init time.Duration
	// KeepAlive is how long a connection may be quiet before it is asked whether it still lives: 15 s.
	KeepAlive time.Duration
	// Write is how long a message may take to be sent, and a question to be answered: a minute.
	Write time.Duration
	// Lag is how long a subscription may stand still while more than 1,000 items wait for it: 30 s.
	Lag time.Duration
	// Close is how long a client may take to agree that the connection is closed when the server stops: 2 s.
	Close time.Duration
}

func (p Patience) withDefaults() Patience {
	usual := func(d *time.Duration, u time.Duration) {
		if *d == 0 {
			*d = u
		}
	}
	usual(&p.Init, 10*time.Second)
	usual(&p.KeepAlive, 15*time.Second)
	usual(&p.Write, time.Minute)
	usual(&p.Lag, 30*time.Second)
	usual(&p.Close, 2*time.Second)
	return p
}

// streams are the connections that stay open.
type streams struct {
	patience  Patience
	recovered graphql.RecoverFunc
	// stopping ends when the server does.
	stopping context.Context
	open     sync.WaitGroup
}

// Handler serves the schema.
type Handler struct {
	next    http.Handler
	streams *streams
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.next.ServeHTTP(w, r) }

// Wait waits until every WebSocket is closed, once the context of NewHandler has ended: a server does not wait for these.
func (h *Handler) Wait() { h.streams.open.Wait() }

const crossSite = "a page of another site may not send requests here"

// fromHere says whether a request that opens a stream comes from a page of ours, or from no page. Browsers would let any page open one.
func fromHere(r *http.Request) bool {
	posted := r.Clone(r.Context())
	posted.Method = http.MethodPost // reading is held to be safe elsewhere
	return http.NewCrossOriginProtection().Check(posted) == nil
}

// isSocket says whether a request is to become a WebSocket. Other upgrades are passed over.
func isSocket(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

func (s *streams) socketTransport() transport {
	return transport{
		supports: isSocket,
		do: func(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
			if !fromHere(r) {
				refuse(w, mediaJSON, http.StatusForbidden, codeForbidden, crossSite)
				return
			}
			s.openSocket(w, r, exec)
		},
	}
}
