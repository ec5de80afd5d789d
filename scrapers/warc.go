package scrapers

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// largestWarc is the size after which an archive file is left alone and a new one begun.
const largestWarc = 256 << 20

// Archive keeps every exchange as WARC 1.1 records in a folder: a request and a response each, one gzip member a record.
// Files are only ever appended to by the process that made them, so that a torn end cannot lie inside one.
type Archive struct {
	dir      string
	software string
	now      func() time.Time

	guard sync.Mutex
	file  *os.File
	size  int64
}

// NewArchive keeps exchanges in a folder, which is made when the first one comes.
func NewArchive(dir, software string, now func() time.Time) *Archive {
	return &Archive{dir: dir, software: software, now: now}
}

// Record writes an exchange and returns when it is on the disk.
func (a *Archive) Record(x Exchange) error {
	a.guard.Lock()
	defer a.guard.Unlock()
	if err := a.rotate(); err != nil {
		return err
	}
	asked, answered := recordID(), recordID()
	request := x.requestRecord(asked, answered)
	response := x.responseRecord(answered, asked)
	if err := a.write(request, response); err != nil {
		return err
	}
	return a.file.Sync()
}

// Close ends the current file.
func (a *Archive) Close() error {
	a.guard.Lock()
	defer a.guard.Unlock()
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}

func (a *Archive) rotate() error {
	if a.file != nil && a.size < largestWarc {
		return nil
	}
	if a.file != nil {
		if err := a.file.Close(); err != nil {
			return err
		}
	}
	return a.begin()
}

func (a *Archive) begin() error {
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return err
	}
	var unique [4]byte
	_, _ = rand.Read(unique[:]) // never fails
	name := fmt.Sprintf("gpuhour-%s-%s.warc.gz", a.now().UTC().Format("20060102T150405Z"), hex.EncodeToString(unique[:]))
	file, err := os.OpenFile(filepath.Join(a.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	a.file, a.size = file, 0
	return a.write(warcRecord{kind: "warcinfo", id: recordID(), at: a.now(), contentType: "application/warc-fields",
		block: []byte("software: " + a.software + "\r\nformat: WARC File Format 1.1\r\n")})
}

func (a *Archive) write(records ...warcRecord) error {
	var buffer bytes.Buffer
	for _, r := range records {
		member := gzip.NewWriter(&buffer)
		if err := r.writeTo(member); err != nil {
			return err
		}
		if err := member.Close(); err != nil {
			return err
		}
	}
	n, err := a.file.Write(buffer.Bytes())
	a.size += int64(n)
	return err
}

// warcRecord is one record of a WARC file (ISO 28500:2017).
type warcRecord struct {
	kind, id, concurrentTo, target, contentType string
	at                                          time.Time
	block, payload                              []byte
}

func (r warcRecord) writeTo(w io.Writer) error {
	var head bytes.Buffer
	fmt.Fprintf(&head, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: %s\r\nWARC-Date: %s\r\n", r.kind, r.id, r.at.UTC().Format("2006-01-02T15:04:05.000Z"))
	optional(&head, "WARC-Target-URI", r.target)
	optional(&head, "WARC-Concurrent-To", r.concurrentTo)
	optional(&head, "Content-Type", r.contentType)
	optional(&head, "WARC-Block-Digest", sha256Base32(r.block))
	if r.payload != nil {
		optional(&head, "WARC-Payload-Digest", sha256Base32(r.payload))
	}
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n", len(r.block))
	_, err := io.Copy(w, io.MultiReader(&head, bytes.NewReader(r.block), strings.NewReader("\r\n\r\n")))
	return err
}

func optional(w io.Writer, name, value string) {
	if value != "" {
		fmt.Fprintf(w, "%s: %s\r\n", name, value)
	}
}

func sha256Base32(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}

func recordID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("<urn:uuid:%x-%x-%x-%x-%x>", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (x Exchange) requestRecord(id, with string) warcRecord {
	var block bytes.Buffer
	fmt.Fprintf(&block, "%s %s HTTP/1.1\r\nHost: %s\r\n", x.Request.Method, pathOf(x.Request.URL), hostOf(x.Request.URL))
	_ = safeHeader(x.Request.Header).Write(&block) // a buffer takes everything
	block.WriteString("\r\n")
	block.Write(x.Request.Body)
	return warcRecord{kind: "request", id: id, concurrentTo: with, target: safeURL(x.Request.URL), at: x.ReceivedAt,
		contentType: "application/http;msgtype=request", block: block.Bytes()}
}

func (x Exchange) responseRecord(id, with string) warcRecord {
	var block bytes.Buffer
	fmt.Fprintf(&block, "%s %s\r\n", cmp.Or(x.Proto, "HTTP/1.1"), x.Status)
	header := safeHeader(x.Header)
	header.Del("Set-Cookie")
	header.Del("Transfer-Encoding")
	header.Set("Content-Length", fmt.Sprint(len(x.Body)))
	_ = header.Write(&block) // a buffer takes everything
	block.WriteString("\r\n")
	block.Write(x.Body)
	return warcRecord{kind: "response", id: id, concurrentTo: with, target: safeURL(x.Request.URL), at: x.ReceivedAt,
		contentType: "application/http;msgtype=response", block: block.Bytes(), payload: x.payload()}
}

// payload is never nil, so that an empty answer has its digest too.
func (x Exchange) payload() []byte { return append([]byte{}, x.Body...) }

func pathOf(address string) string {
	u, err := url.Parse(safeURL(address))
	if err != nil {
		return "/"
	}
	return u.RequestURI()
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// statusLine spells a status as HTTP/1.1 does.
func statusLine(code int) string { return fmt.Sprintf("%d %s", code, http.StatusText(code)) }
