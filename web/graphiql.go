package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"text/template"
)

//go:embed graphiql/*.gz graphiql/index.html
var graphiqlFiles embed.FS

// security keeps the page to this server: whatever a schema or an answer contains, nothing goes to another host. GraphiQL
// sets styles from its script.
const security = "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'"

// GraphiQL serves a page to try queries on, which needs nothing from any other host.
func GraphiQL(endpoint string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		if name == "graphiql" {
			page(w, endpoint)
			return
		}
		asset(w, r, name)
	})
}

func page(w http.ResponseWriter, endpoint string) {
	text, err := template.ParseFS(graphiqlFiles, "graphiql/index.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", security)
	_ = text.Execute(w, endpoint) // the client is gone then
}

// asset serves a packed file as it lies there, or unpacked to who does not take gzip.
func asset(w http.ResponseWriter, r *http.Request, name string) {
	packed, err := graphiqlFiles.ReadFile("graphiql/" + name + ".gz")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(packed)
	tag := fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed) // the client is gone then
		return
	}
	unpack(w, packed)
}

func unpack(w http.ResponseWriter, packed []byte) {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, plain) // the client is gone then; the file is ours
}
