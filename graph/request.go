package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/99designs/gqlgen/graphql"
)

// largestBody is the longest request that is read.
const largestBody = 1 << 20

// httpError is a request that is no GraphQL request.
type httpError struct {
	status  int
	message string
}

func badRequest(format string, args ...any) *httpError {
	return &httpError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// params is a request as it is written. Numbers keep their digits, so that whole ones stay whole and decimals exact.
type params struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

func (p params) raw(headers http.Header) (*graphql.RawParams, *httpError) {
	if strings.TrimSpace(p.Query) == "" {
		return nil, badRequest("query: expected a GraphQL document")
	}
	return &graphql.RawParams{Query: p.Query, OperationName: p.OperationName, Variables: p.Variables, Extensions: p.Extensions, Headers: headers}, nil
}

func isJSONPost(r *http.Request) bool {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, named := parameters["charset"]
	return err == nil && r.Method == http.MethodPost && media == "application/json" && (!named || strings.EqualFold(charset, "utf-8"))
}

func readBody(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *httpError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &httpError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", tooLarge.Limit)}
	case err != nil:
		return nil, badRequest("the request did not arrive whole")
	}
	var p params
	if problem := decode("the body", body, &p); problem != nil {
		return nil, problem
	}
	return p.raw(r.Header)
}

func readAddress(_ http.ResponseWriter, r *http.Request) (*graphql.RawParams, *httpError) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the address has parameters that cannot be read")
	}
	p := params{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		if text := values.Get(name); text != "" {
			if problem := decode(name, []byte(text), into); problem != nil {
				return nil, problem
			}
		}
	}
	return p.raw(r.Header)
}

// decode reads one JSON object and nothing after it. What it refuses is not repeated: it may hold anything.
func decode(name string, text []byte, into any) *httpError {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(into)
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return badRequest("%s: expected %s, got %s", mismatch.Field, jsonKind(mismatch), mismatch.Value)
	case errors.As(err, &mismatch):
		return badRequest("%s: expected a JSON object, got %s", name, mismatch.Value)
	case err != nil:
		return badRequest("%s: expected a JSON object, which this is not from byte %d on", name, d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("%s: expected nothing after the JSON object", name)
	}
	return nil
}

func jsonKind(e *json.UnmarshalTypeError) string {
	if e.Field == "variables" || e.Field == "extensions" {
		return "an object"
	}
	return "a string"
}
