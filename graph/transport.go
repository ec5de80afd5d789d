package graph

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// transport is one way that requests come in by.
type transport struct {
	supports func(*http.Request) bool
	do       func(http.ResponseWriter, *http.Request, graphql.GraphExecutor)
}

// Supports says whether the request is one of these.
func (t transport) Supports(r *http.Request) bool { return t.supports(r) }

// Do answers the request.
func (t transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	t.do(w, r, exec)
}

// getTransport takes queries from the address; what changes something must be posted.
var getTransport = transport{
	supports: func(r *http.Request) bool { return r.Method == http.MethodGet && !isSocket(r) },
	do: func(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
		serve(w, r, exec, readAddress, func(op ast.Operation) bool { return op == ast.Query })
	},
}

// postTransport takes queries and mutations from a JSON body. Forms are refused: any web page can send them.
var postTransport = transport{
	supports: isJSONPost,
	do: func(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
		serve(w, r, exec, readBody, func(ast.Operation) bool { return true })
	},
}

// otherTransport says what is wrong with all other requests.
var otherTransport = transport{
	supports: func(*http.Request) bool { return true },
	do: func(w http.ResponseWriter, r *http.Request, _ graphql.GraphExecutor) {
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		switch r.Method {
		case http.MethodOptions:
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPost:
			refuse(w, mediaJSON, http.StatusUnsupportedMediaType, codeBadInput, "Content-Type: expected application/json in UTF-8")
		default:
			refuse(w, mediaJSON, http.StatusMethodNotAllowed, codeBadInput, "expected GET or POST")
		}
	},
}

// reader finds the query and its variables in a request.
type reader func(http.ResponseWriter, *http.Request) (*graphql.RawParams, *httpError)

// serve answers one query or mutation.
func serve(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, read reader, allowed func(ast.Operation) bool) {
	media := acceptable(r.Header.Values("Accept"))
	if media == "" {
		refuse(w, mediaJSON, http.StatusNotAcceptable, codeBadInput, "Accept: expected application/graphql-response+json or application/json")
		return
	}
	params, problem := read(w, r)
	if problem != nil {
		refuse(w, media, problem.status, codeBadInput, problem.message)
		return
	}
	op, errs := exec.CreateOperationContext(r.Context(), params)
	if errs != nil {
		fail(w, media, exec.DispatchError(graphql.WithOperationContext(r.Context(), op), errs).Errors)
		return
	}
	if op.Operation.Operation == ast.Subscription {
		refuse(w, media, http.StatusNotAcceptable, codeBadInput, "a subscription is a stream: connect by WebSocket (graphql-transport-ws), or send Accept: text/event-stream")
		return
	}
	if !allowed(op.Operation.Operation) {
		w.Header().Set("Allow", "POST")
		refuse(w, media, http.StatusMethodNotAllowed, codeBadInput, "a "+string(op.Operation.Operation)+" must be sent by POST")
		return
	}
	responses, ctx := exec.DispatchOperation(r.Context(), op)
	if response := responses(ctx); response != nil {
		write(w, media, response)
	}
}

// fail answers a query that cannot be run. Old clients expect 200 for all that is well-formed.
func fail(w http.ResponseWriter, media string, errs gqlerror.List) {
	status := http.StatusBadRequest
	if media == mediaJSON {
		status = http.StatusOK
	}
	writeErrors(w, media, status, errs)
}
