package graph

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// subprotocol is the one that is spoken: graphql-ws' own, not Apollo's old one of the name graphql-ws.
const subprotocol = "graphql-transport-ws"

// mostOperations is how many operations one WebSocket may have under way.
const mostOperations = 100

const forEver = time.Duration(math.MaxInt64)

const codeTooMany = "TOO_MANY_SUBSCRIPTIONS"

// The protocol's own reasons to close a WebSocket.
const (
	closeBadMessage   websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401
	closeProtocol     websocket.StatusCode = 4406
	closeInitTimeout  websocket.StatusCode = 4408
	closeDuplicate    websocket.StatusCode = 4409
	closeManyInits    websocket.StatusCode = 4429
)

// closing is a reason to close a WebSocket.
type closing struct {
	code   websocket.StatusCode
	reason string
}

// Error is the reason.
func (c *closing) Error() string { return c.reason }

// socket is one WebSocket. One goroutine reads, and each operation has one that writes.
type socket struct {
	conn     *websocket.Conn
	exec     graphql.GraphExecutor
	headers  http.Header
	patience Patience
	// recovered is what a client is told of a crash.
	recovered graphql.RecoverFunc
	ctx       context.Context // ends with the connection
	pinging   *time.Timer
	writing   atomic.Int32
	working   sync.WaitGroup

	guard  sync.Mutex
	active map[string]*underway
}

// underway is an operation that can be ended.
type underway struct{ cancel context.CancelFunc }

// openSocket turns a request into a WebSocket, which lives on without it: what the server keeps of a request would be a third of what a
// subscriber costs.
func (s *streams) openSocket(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true}) // see fromHere
	if err != nil {
		return // it has answered
	}
	conn.SetReadLimit(largestBody)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	c := &socket{conn: conn, exec: exec, headers: credentials(r.Header), patience: s.patience, recovered: s.recovered, ctx: ctx, active: map[string]*underway{}}
	s.open.Go(func() { s.serveSocket(c, cancel) })
}

// serveSocket speaks with a client until one of them has enough.
func (s *streams) serveSocket(c *socket, cancel func()) {
	stopped := context.AfterFunc(s.stopping, func() { c.goAway(cancel) })
	if err := c.converse(); err != nil {
		_ = c.conn.Close(err.code, err.reason)
	}
	cancel()
	stopped()
	c.working.Wait()
	_ = c.conn.CloseNow()
}

// credentials are the headers that may matter for as long as the connection lives.
func credentials(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"Authorization", "Cookie"} {
		if values := h.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	return kept
}

// goAway asks the client to come again later, and does not wait for its answer for long.
func (c *socket) goAway(cancel func()) {
	hurry := time.AfterFunc(c.patience.Close, cancel)
	defer hurry.Stop()
	_ = c.conn.Close(websocket.StatusGoingAway, "the server is stopping: connect again")
}

// converse reads what the client says. It gives a reason to close the connection, or nil where it is closed already.
func (c *socket) converse() *closing {
	if c.conn.Subprotocol() != subprotocol {
		return &closing{closeProtocol, "Subprotocol not acceptable"}
	}
	late := time.AfterFunc(c.patience.Init, func() { _ = c.conn.Close(closeInitTimeout, "Connection initialisation timeout") })
	defer late.Stop()
	c.pinging = time.AfterFunc(forEver, c.ping)
	c.pinging.Reset(c.patience.KeepAlive) // now that ping can see it
	defer c.pinging.Stop()
	for greeted := false; ; {
		message, open, reason := c.read()
		if !open || reason != nil {
			return reason
		}
		if message.Type == typeInit && !greeted {
			late.Stop()
			greeted = true
			c.send(messageOf(typeAck))
			continue
		}
		if err := c.hear(message, greeted); err != nil {
			return err
		}
	}
}

// read reads one message. It is not open where the connection has been closed, and has a reason where it must be.
func (c *socket) read() (m *message, open bool, reason *closing) {
	kind, text, err := c.conn.Read(c.ctx)
	if err != nil {
		return nil, false, nil //nolint:nilerr // however it was closed, nobody listens any more
	}
	if kind != websocket.MessageText {
		return nil, true, &closing{closeBadMessage, "expected messages of text"}
	}
	m = &message{}
	if problem := decode("the message", text, m); problem != nil {
		return nil, true, &closing{closeBadMessage, short(problem.message)}
	}
	return m, true, nil
}

// hear does what a message asks for.
func (c *socket) hear(m *message, greeted bool) *closing {
	switch m.Type {
	case typeInit:
		return &closing{closeManyInits, "Too many initialisation requests"}
	case typeSubscribe:
		if !greeted {
			return &closing{closeUnauthorized, "Unauthorized"}
		}
		return c.subscribe(m)
	case typeComplete:
		c.leave(m.ID, nil)
	case typePing:
		c.send(messageOf(typePong))
	case typePong:
	default:
		return &closing{closeBadMessage, "type: expected one of connection_init, subscribe, complete, ping, pong"}
	}
	return nil
}

// subscribe begins an operation.
func (c *socket) subscribe(m *message) *closing {
	if m.ID == "" {
		return &closing{closeBadMessage, "id: expected one"}
	}
	var p params
	if problem := decode("payload", m.Payload, &p); problem != nil {
		return &closing{closeBadMessage, short(problem.message)}
	}
	raw, problem := p.raw(c.headers)
	if problem != nil {
		return &closing{closeBadMessage, short(problem.message)}
	}
	ctx, cancel := context.WithCancel(graphql.StartOperationTrace(c.ctx))
	it := &underway{cancel}
	if err := c.enter(m.ID, it); err != nil {
		cancel()
		return c.refuse(m.ID, err)
	}
	c.working.Go(func() {
		defer cancel()
		if last := c.operate(ctx, m.ID, raw); c.leave(m.ID, it) {
			c.send(last)
		}
	})
	return nil
}

var errTooMany = errors.New("too many")

// enter notes an operation that is under way.
func (c *socket) enter(id string, it *underway) error {
	c.guard.Lock()
	defer c.guard.Unlock()
	if _, taken := c.active[id]; taken {
		return &closing{closeDuplicate, short("Subscriber for " + id + " already exists")}
	}
	if len(c.active) >= mostOperations {
		return errTooMany
	}
	c.active[id] = it
	return nil
}

// refuse says why an operation is not begun.
func (c *socket) refuse(id string, err error) *closing {
	var reason *closing
	if errors.As(err, &reason) {
		return reason
	}
	c.send(errorMessage(id, gqlerror.List{{Message: fmt.Sprintf("one connection may have %d operations under way", mostOperations),
		Extensions: map[string]any{"code": codeTooMany}}}))
	return nil
}

// leave ends the operation of an id: any, or one, whose id may be another's already. It says whether there was one. An id is free before
// the last message of its operation is sent: the client may use it at once.
func (c *socket) leave(id string, it *underway) bool {
	c.guard.Lock()
	defer c.guard.Unlock()
	now, found := c.active[id]
	if !found || it != nil && it != now {
		return false
	}
	now.cancel()
	delete(c.active, id)
	return true
}

// operate runs an operation to its end, and gives the message that says so.
func (c *socket) operate(ctx context.Context, id string, raw *graphql.RawParams) (last []byte) {
	defer func() {
		if crash := recover(); crash != nil {
			last = errorMessage(id, gqlerror.List{gqlerror.Wrap(c.recovered(ctx, crash))}) // nothing else keeps it from ending the process
		}
	}()
	running, errs := prepare(ctx, c.exec, raw)
	if errs == nil {
		errs = c.run(id, running)
	}
	if errs != nil {
		return errorMessage(id, errs)
	}
	return completeMessage(id)
}

// run sends an operation's responses, and gives the errors that it ends with.
func (c *socket) run(id string, running *running) gqlerror.List {
	for response := running.next(); response != nil; response = running.next() {
		if !c.send(nextMessage(id, response)) {
			return nil
		}
	}
	return running.reason
}

// send sends a message, and closes a connection that does not take it in time. It is not ended by the end of one operation: a message that is cut
// off ends the whole connection.
func (c *socket) send(text []byte) bool {
	c.writing.Add(1)
	defer c.writing.Add(-1)
	ctx, cancel := context.WithTimeout(c.ctx, c.patience.Write)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, text) == nil
}

// ping finds out whether the client still lives. While something is being sent, that does.
func (c *socket) ping() {
	if c.writing.Load() == 0 {
		ctx, cancel := context.WithTimeout(c.ctx, c.patience.Write)
		defer cancel()
		if err := c.conn.Ping(ctx); err != nil && c.writing.Load() == 0 {
			_ = c.conn.CloseNow()
			return
		}
	}
	if c.ctx.Err() == nil {
		c.pinging.Reset(c.patience.KeepAlive)
	}
}
