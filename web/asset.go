package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// contentTypes are those of the files we ship; the machine's own table may say anything.
var contentTypes = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

// asset is a file of a page as it is shipped: packed. Its version is in its address, so that browsers keep it for good.
type asset struct {
	contentType string
	packed      []byte
	version     string
}

func newAsset(name string, packed []byte) asset {
	sum := sha256.Sum256(packed)
	return asset{contentTypes[path.Ext(name)], packed, hex.EncodeToString(sum[:8])}
}

// ServeHTTP sends the file packed, or unpacked to whoever does not take gzip.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	tag, body, err := a.version, a.packed, error(nil)
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		tag += "-gzip"
		h.Set("Content-Encoding", "gzip")
	} else if body, err = unpack(a.packed); err != nil {
		http.Error(w, "the file is damaged", http.StatusInternalServerError)
		return
	}
	h.Set("ETag", strconv.Quote(tag))
	if strings.Contains(r.Header.Get("If-None-Match"), strconv.Quote(tag)) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client is gone then
}

// takesGzip reads Accept-Encoding; "gzip;q=0" is a refusal.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" || coding == "*" {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

func unpack(packed []byte) ([]byte, error) {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return io.ReadAll(plain)
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(plain) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
