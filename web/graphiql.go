package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed graphiql/*.gz graphiql/start.js graphiql/index.html
var graphiqlFiles embed.FS

// security keeps a page to this server: whatever a schema or an answer contains, nothing is run that is not ours, and nothing
// goes to another host. GraphiQL sets styles from its script.
const security = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// GraphiQL serves a page to try queries on, below /graphiql. It needs nothing from any other host.
func GraphiQL(endpoint string) http.Handler {
	mux := http.NewServeMux()
	versions := map[string]string{}
	for name, packed := range graphiqlAssets() {
		a := newAsset(name, packed)
		versions[name] = a.version
		mux.Handle("GET /graphiql/"+name, a)
	}
	page := graphiqlPage(endpoint, versions)
	serve := func(w http.ResponseWriter, _ *http.Request) { html(w, page) }
	mux.HandleFunc("GET /graphiql", serve)
	mux.HandleFunc("GET /graphiql/{$}", serve)
	return mux
}

func graphiqlAssets() map[string][]byte {
	files := map[string][]byte{"start.js": pack(read("graphiql/start.js"))}
	for _, name := range []string{"react.js", "react-dom.js", "graphiql.js", "graphiql.css"} {
		files[name] = read("graphiql/" + name + ".gz")
	}
	return files
}

// read gives an embedded file: that it is there is a matter of the build.
func read(name string) []byte {
	text, err := graphiqlFiles.ReadFile(name)
	if err != nil {
		panic("web: " + err.Error())
	}
	return text
}

func graphiqlPage(endpoint string, versions map[string]string) []byte {
	t := template.Must(template.New("").Parse(string(read("graphiql/index.html"))))
	var page bytes.Buffer
	if err := t.Execute(&page, map[string]any{"Endpoint": endpoint, "Version": versions}); err != nil {
		panic("web: " + err.Error())
	}
	return page.Bytes()
}

// html sends a page of ours.
func html(w http.ResponseWriter, page []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", security)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(page) // the client is gone then
}
