package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// step lets the server do something that the command asks for, and reads its answer where one is wanted. What it refuses is an error in its
// own words.
func (r remote) step(ctx context.Context, path string, what, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return r.exchange(ctx, http.MethodPost, path, body, into)
}

func (r remote) exchange(ctx context.Context, method, path string, body []byte, into any) error {
	response, err := r.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 10_000))
		return errors.New(strings.TrimSpace(string(text)))
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// stepHandler does what a command asks for in at most so many bytes, and answers what came of it, or nothing where that is nil. Only JSON is
// read, which no other site's page can send unasked.
func stepHandler[T any](largest int64, do func(context.Context, T) (answer any, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method != http.MethodPost || media != "application/json" {
			http.Error(w, "expected a POST of application/json", http.StatusUnsupportedMediaType)
			return
		}
		var what T
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest)).Decode(&what); err != nil {
			http.Error(w, "the request cannot be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		answer, err := do(r.Context(), what)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		case answer == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			answerJSON(w, answer)
		}
	})
}

func answerJSON(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client is gone otherwise
}
