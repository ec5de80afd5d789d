package graph

import (
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The types of a message of graphql-transport-ws.
const (
	typeInit      = "connection_init"
	typeAck       = "connection_ack"
	typeSubscribe = "subscribe"
	typeNext      = "next"
	typeError     = "error"
	typeComplete  = "complete"
	typePing      = "ping"
	typePong      = "pong"
)

// message is what a client says. Its payload is kept as it is written, so that numbers keep their digits.
type message struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

func messageOf(kind string) []byte { return []byte(`{"type":"` + kind + `"}`) }

func completeMessage(id string) []byte { return append(messageHead(id, typeComplete), '}') }

func nextMessage(id string, response *graphql.Response) []byte {
	text := append(messageHead(id, typeNext), `,"payload":`...)
	return append(appendResponse(text, response), '}')
}

func errorMessage(id string, errs gqlerror.List) []byte {
	text := append(messageHead(id, typeError), `,"payload":`...)
	list, err := json.Marshal(errs)
	if err != nil { // there is nothing in it that cannot be written
		list = []byte("[]")
	}
	return append(append(text, list...), '}')
}

func messageHead(id, kind string) []byte {
	name, _ := json.Marshal(id) // text can be written
	return append(append(append([]byte(`{"id":`), name...), `,"type":"`...), kind+`"`...)
}

// longestReason is what fits into the frame that closes a WebSocket.
const longestReason = 123

func short(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), longestReason)], "")
}
