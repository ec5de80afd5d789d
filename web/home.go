package web

import (
	"embed"
	"net/http"
)

//go:embed home.html
var homeFiles embed.FS

// Home serves the front page: what this is, and where to go.
func Home() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", security)
		http.ServeFileFS(w, r, homeFiles, "home.html")
	})
}
