package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"gpuhour/market"
)

// agentTimeout bounds one request of an agent.
const agentTimeout = 10 * time.Second

// ErrNoHello is what AgentStore says of a report of an epoch that was never given.
var ErrNoHello = errors.New("this epoch was never given")

// ErrTooManyHosts is what AgentStore says where there is no room for another host.
var ErrTooManyHosts = errors.New("no more hosts are kept")

// AgentStore is where reports go. Tokens are known by their SHA-256 alone, in hexadecimal.
type AgentStore interface {
	HasAgentTokens(ctx context.Context) (bool, error)
	// AgentTokens are those that are valid for a host, AgentOf is the host of a token, empty where there is none.
	AgentTokens(ctx context.Context, host string) ([]string, error)
	AgentOf(ctx context.Context, digest string) (host string, err error)
	Hello(ctx context.Context, host string) (epoch int64, err error)
	// Report takes a report in, unless it is older than another.
	Report(ctx context.Context, r market.Report, now time.Time) (accepted bool, err error)
}

// AgentOptions say what Agents needs; all but Open are needed.
type AgentOptions struct {
	Store AgentStore
	// Open lets agents report without a token until there is a first one: where only this machine is listened to.
	Open bool
	// Reported is told of a host whose report was accepted.
	Reported func(host string)
	Now      func() time.Time
	Log      *slog.Logger
}

// TokenDigest is what is kept of an agent's token.
func TokenDigest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Agents takes in what the agents of our own hosts report: POST /v1/agents/{host}/hello gives an epoch, POST /v1/agents/{host}/report takes a report.
func Agents(o AgentOptions) http.Handler {
	a := agents{o}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/agents/{host}/hello", a.admitted(a.hello))
	mux.Handle("POST /v1/agents/{host}/report", a.admitted(a.report))
	return mux
}

type agents struct{ AgentOptions }

// refusal is an answer that says what is wrong, and with which field.
type refusal struct {
	status int
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"error"`
}

// Error says what is wrong.
func (r *refusal) Error() string { return r.Reason }

// admitted answers those agents that may report of the host, within a time.
func (a agents) admitted(do func(context.Context, string, []byte) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), agentTimeout)
		defer cancel()
		_ = http.NewResponseController(w).SetReadDeadline(a.Now().Add(agentTimeout)) // a recorder has none
		host := r.PathValue("host")
		body, err := a.admit(ctx, w, r, host)
		var said any
		if err == nil {
			said, err = do(ctx, host, body)
		}
		if err != nil {
			a.refuse(w, err)
			return
		}
		answer(w, http.StatusOK, said)
	})
}

// admit reads a request of somebody who may send it.
func (a agents) admit(ctx context.Context, w http.ResponseWriter, r *http.Request, host string) ([]byte, error) {
	if !market.ValidHost(host) {
		return nil, &refusal{http.StatusBadRequest, "INVALID", "host", "the host in the address is none that can be: letters, digits, dots, dashes and underscores"}
	}
	if err := a.authorize(ctx, host, r.Header.Get("Authorization")); err != nil {
		return nil, err
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "INVALID", "", "expected Content-Type: application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, market.LargestReport))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "TOO_LARGE", "", fmt.Sprintf("a report has at most %d bytes", market.LargestReport)}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "INVALID", "", "the request was cut off, or took too long"}
	}
	return body, nil
}

// authorize lets in whoever has a token of the host; everybody, where agents need none yet.
func (a agents) authorize(ctx context.Context, host, header string) error {
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return a.anonymous(ctx)
	}
	digest := TokenDigest(token)
	valid, err := a.Store.AgentTokens(ctx, host)
	if err != nil {
		return err
	}
	matches := 0
	for _, one := range valid {
		matches |= subtle.ConstantTimeCompare([]byte(one), []byte(digest))
	}
	if matches == 1 {
		return nil
	}
	switch other, err := a.Store.AgentOf(ctx, digest); {
	case err != nil:
		return err
	case other != "":
		return &refusal{http.StatusForbidden, "FORBIDDEN", "", "this token is another host's"}
	}
	return &refusal{http.StatusUnauthorized, "UNAUTHENTICATED", "", "this token is not known: gpuhour agents token makes one"}
}

func (a agents) anonymous(ctx context.Context) error {
	has, err := a.Store.HasAgentTokens(ctx)
	if err != nil || a.Open && !has {
		return err
	}
	return &refusal{http.StatusUnauthorized, "UNAUTHENTICATED", "", "expected Authorization: Bearer and the host's token"}
}

// helloAnswer and reportAnswer tell the server's time, so that an agent can say how far its own is off.
type helloAnswer struct {
	Epoch      int64     `json:"epoch"`
	ServerTime time.Time `json:"serverTime"`
}

type reportAnswer struct {
	Accepted   bool      `json:"accepted"`
	ServerTime time.Time `json:"serverTime"`
}

func (a agents) hello(ctx context.Context, host string, _ []byte) (any, error) {
	epoch, err := a.Store.Hello(ctx, host)
	return helloAnswer{epoch, a.Now().UTC()}, err
}

func (a agents) report(ctx context.Context, host string, body []byte) (any, error) {
	now := a.Now().UTC()
	r, err := market.ReadReport(body)
	if err != nil {
		return nil, err
	}
	if r.Host != host {
		return nil, &refusal{http.StatusBadRequest, "INVALID", "host", "the report is of another host than its address says"}
	}
	accepted, err := a.Store.Report(ctx, r, now)
	if accepted {
		a.Reported(host)
	}
	return reportAnswer{accepted, now}, err
}

// refuse says what is wrong; of the server's own troubles only under which id they were logged.
func (a agents) refuse(w http.ResponseWriter, err error) {
	said, known := errors.AsType[*refusal](err)
	invalid, isInvalid := errors.AsType[*market.InvalidError](err)
	switch {
	case known:
	case isInvalid:
		said = &refusal{http.StatusBadRequest, "INVALID", invalid.Field, invalid.Reason}
	case errors.Is(err, ErrNoHello):
		said = &refusal{http.StatusConflict, "NO_HELLO", "epoch", "this epoch was never given: say hello"}
	case errors.Is(err, ErrTooManyHosts):
		said = &refusal{http.StatusInsufficientStorage, "TOO_MANY_HOSTS", "host", "no more hosts are kept"}
	default:
		id := rand.Text()[:10]
		a.Log.Error("a report could not be taken in", "id", id, "problem", err)
		said = &refusal{http.StatusServiceUnavailable, "INTERNAL", "", "the server could not take it in; its log says why under " + id}
		w.Header().Set("Retry-After", "5")
	}
	if said.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	answer(w, said.status, said)
}
