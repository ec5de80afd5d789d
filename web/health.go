package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// checkTimeout bounds a readiness check.
const checkTimeout = 3 * time.Second

// Healthz says that the process runs.
func Healthz() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
}

// Readyz says whether the process can answer: each check by its name, with what is wrong. 503 when one fails or takes longer
// than three seconds.
func Readyz(checks map[string]func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
		defer cancel()
		status, results := http.StatusOK, map[string]string{}
		for name, err := range runChecks(ctx, checks) {
			results[name] = "ok"
			if err != nil {
				status, results[name] = http.StatusServiceUnavailable, err.Error()
			}
		}
		answer(w, status, results)
	})
}

var errSlow = errors.New("did not answer in time")

// runChecks runs all checks at once. One that does not heed its context is not waited for.
func runChecks(ctx context.Context, checks map[string]func(context.Context) error) map[string]error {
	type result struct {
		name string
		err  error
	}
	results, done := map[string]error{}, make(chan result, len(checks))
	for name, check := range checks {
		results[name] = errSlow
		go func() { done <- result{name, check(ctx)} }()
	}
	for range checks {
		select {
		case r := <-done:
			results[r.name] = r.err
		case <-ctx.Done():
			return results
		}
	}
	return results
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone then
}
