package graph

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The media types of an answer.
const (
	mediaGraphQL = "application/graphql-response+json"
	mediaJSON    = "application/json"
)

// acceptable is the media type that a client likes best of those there are; empty when it takes none of them.
func acceptable(accept []string) string {
	all := strings.Join(accept, ",")
	if strings.TrimSpace(all) == "" {
		return mediaJSON
	}
	best, weight := "", 0.0
	for part := range strings.SplitSeq(all, ",") {
		media, parameters, err := mime.ParseMediaType(strings.TrimSpace(part))
		if q := quality(parameters["q"]); err == nil && offered(media) != "" && q > weight {
			best, weight = offered(media), q
		}
	}
	return best
}

func offered(media string) string {
	switch media {
	case mediaGraphQL:
		return mediaGraphQL
	case mediaJSON, "application/*", "*/*":
		return mediaJSON
	}
	return ""
}

func quality(q string) float64 {
	if q == "" {
		return 1
	}
	f, _ := strconv.ParseFloat(q, 64) // what is no number is not wanted
	return f
}

// write sends an answer. Its data is JSON already and is copied as it is.
func write(w http.ResponseWriter, media string, response *graphql.Response) {
	header(w, media, http.StatusOK)
	if isPlain(response) {
		_, _ = io.WriteString(w, `{"data":`)
		_, _ = w.Write(response.Data)
		_, _ = io.WriteString(w, "}\n")
		return
	}
	_ = json.NewEncoder(w).Encode(response) // the client is gone then
}

// isPlain says whether an answer is data and nothing else.
func isPlain(r *graphql.Response) bool {
	return len(r.Errors) == 0 && len(r.Extensions) == 0 && r.Data != nil
}

// appendResponse writes an answer behind something else.
func appendResponse(to []byte, response *graphql.Response) []byte {
	if isPlain(response) {
		to = append(append(to, `{"data":`...), response.Data...)
		return append(to, '}')
	}
	text, err := json.Marshal(response)
	if err != nil { // there is nothing in it that cannot be written
		return append(to, "null"...)
	}
	return append(to, text...)
}

// refuse answers a request that could not be understood.
func refuse(w http.ResponseWriter, media string, status int, code, message string) {
	writeErrors(w, media, status, gqlerror.List{{Message: message, Extensions: map[string]any{"code": code}}})
}

func writeErrors(w http.ResponseWriter, media string, status int, errs gqlerror.List) {
	header(w, media, status)
	_ = json.NewEncoder(w).Encode(struct { // the client is gone then
		Errors gqlerror.List `json:"errors"`
	}{errs})
}

func header(w http.ResponseWriter, media string, status int) {
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}
