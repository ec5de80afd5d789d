package web

import (
	"context"
	"encoding/json"
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

// Readyz says whether the process can answer: every check by its name, with what is wrong. 503 when one fails.
func Readyz(checks map[string]func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
		defer cancel()
		status, results := http.StatusOK, map[string]string{}
		for name, check := range checks {
			results[name] = "ok"
			if err := check(ctx); err != nil {
				status, results[name] = http.StatusServiceUnavailable, err.Error()
			}
		}
		answer(w, status, results)
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone then
}
