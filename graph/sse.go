package graph

import (
	"context"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const mediaEvents = "text/event-stream"

// eventTransport sends responses as server-sent events, by the graphql-sse protocol in its mode of distinct connections: a connection for
// each operation. The mode of a single connection is for browsers' six connections of HTTP/1.1; those have WebSocket here.
func (s *streams) eventTransport() transport {
	return transport{
		supports: func(r *http.Request) bool {
			return wantsEvents(r.Header.Values("Accept")) && (isJSONPost(r) || r.Method == http.MethodGet)
		},
		do: s.serveEvents,
	}
}

func wantsEvents(accept []string) bool {
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, _, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err == nil && media == mediaEvents {
			return true
		}
	}
	return false
}

// serveEvents answers one operation. What is no operation is refused as any request; all other errors are events, because clients that read
// a stream see nothing else.
func (s *streams) serveEvents(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if !fromHere(r) {
		refuse(w, mediaJSON, http.StatusForbidden, codeForbidden, crossSite)
		return
	}
	read := readAddress
	if r.Method == http.MethodPost {
		read = readBody
	}
	params, problem := read(w, r)
	if problem != nil {
		refuse(w, mediaJSON, problem.status, codeBadInput, problem.message)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	running, errs := prepare(ctx, exec, params)
	switch {
	case isUnreadable(errs):
		writeErrors(w, mediaJSON, http.StatusBadRequest, errs)
	case running != nil && r.Method == http.MethodGet && running.op.Operation.Operation == ast.Mutation:
		w.Header().Set("Allow", "POST")
		refuse(w, mediaJSON, http.StatusMethodNotAllowed, codeBadInput, "a mutation must be sent by POST")
	default:
		s.sendEvents(ctx, cancel, w, running, errs)
	}
}

// isUnreadable says whether a document is no GraphQL.
func isUnreadable(errs gqlerror.List) bool {
	for _, err := range errs {
		if err.Extensions["code"] == errcode.ParseFailed {
			return true
		}
	}
	return false
}

// sendEvents writes the events of an operation, and comments while there are none. It alone writes, and what makes the events has ended when
// it returns. A client that has gone is found out by writing.
func (s *streams) sendEvents(ctx context.Context, cancel func(), w http.ResponseWriter, running *running, errs gqlerror.List) {
	out := newEventWriter(w, s.patience.Write)
	events := make(chan []byte)
	go func() {
		defer close(events)
		makeEvents(ctx, running, errs, events)
	}()
	quiet := time.NewTimer(s.patience.KeepAlive)
	defer quiet.Stop()
	for going := out.begin(); going; {
		select {
		case event, more := <-events:
			going = more && out.write(event)
		case <-quiet.C:
			going = out.write([]byte(":\n\n"))
		case <-ctx.Done():
			going = false
		case <-s.stopping.Done(): // without the event of completion: the client is to come again
			going = false
		}
		quiet.Reset(s.patience.KeepAlive)
	}
	cancel()
	for range events { // until it has ended
	}
	out.end()
}

// makeEvents spells the responses of an operation; each is a copy, because the next one is made in the place of the last.
func makeEvents(ctx context.Context, running *running, errs gqlerror.List, to chan<- []byte) {
	send := func(event []byte) bool {
		select {
		case to <- event:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if running != nil {
		for response := running.next(); response != nil; response = running.next() {
			if !send(nextEvent(response)) {
				return
			}
		}
		errs = running.reason
	}
	if ctx.Err() != nil || len(errs) > 0 && !send(nextEvent(&graphql.Response{Errors: errs})) {
		return
	}
	send([]byte("event: complete\ndata:\n\n"))
}

// nextEvent is a response as an event. JSON of ours has no line breaks.
func nextEvent(response *graphql.Response) []byte {
	event := appendResponse([]byte("event: next\ndata: "), response)
	return append(event, "\n\n"...)
}

// eventWriter writes to a client until that fails or takes too long.
type eventWriter struct {
	to       http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

func newEventWriter(w http.ResponseWriter, patience time.Duration) *eventWriter {
	return &eventWriter{to: w, control: http.NewResponseController(w), patience: patience}
}

// begin sends the head, so that the client knows that it is heard.
func (e *eventWriter) begin() bool {
	e.to.Header().Set("Content-Type", mediaEvents)
	e.to.Header().Set("Cache-Control", "no-cache")
	e.to.Header().Set("X-Accel-Buffering", "no")
	e.to.Header().Set("X-Content-Type-Options", "nosniff")
	e.to.WriteHeader(http.StatusOK)
	return e.write([]byte(":\n\n"))
}

func (e *eventWriter) write(text []byte) bool {
	_ = e.control.SetWriteDeadline(time.Now().Add(e.patience)) // a connection that has none is a test's
	_, err := e.to.Write(text)
	return err == nil && e.control.Flush() == nil
}

// end lets the connection be used for the next request.
func (e *eventWriter) end() { _ = e.control.SetWriteDeadline(time.Time{}) }
