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

// largestStep bounds what a command beside the server sends to it in one step.
const largestStep = 64 << 10

// step lets the server do something that the command asks for.
func (r remote) step(ctx context.Context, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	response, err := r.send(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 10_000))
		return errors.New(strings.TrimSpace(string(text)))
	}
	return nil
}

// stepHandler does what a command asks for.
func stepHandler[T any](do func(context.Context, T) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method != http.MethodPost || media != "application/json" {
			http.Error(w, "expected a POST of application/json", http.StatusUnsupportedMediaType)
			return
		}
		var what T
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestStep)).Decode(&what); err != nil {
			http.Error(w, "the request cannot be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		if err := do(r.Context(), what); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
