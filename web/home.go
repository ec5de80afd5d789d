package web

import (
	_ "embed"
	"net/http"
)

//go:embed home.html
var homePage []byte

// Home serves the front page: what this is, and where to go.
func Home() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { html(w, homePage) })
}
