package scrapers

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// Recorded is one answer read back from an archive.
type Recorded struct {
	Method string
	URL    string
	At     time.Time
	Status int
	Header http.Header
	Body   []byte
}

// readWarc reads the answers of a WARC file.
func readWarc(path string) ([]Recorded, error) {
	var answers []Recorded
	var headers []textproto.MIMEHeader
	requests := newRequestRecords()
	err := walkWarc(path, everyRecord, func(found warcFound) error {
		switch {
		case requests.take(found), !isAnswer(found.header):
			return nil
		}
		answer, err := parseAnswer(found.header, found.block)
		answers, headers = append(answers, answer), append(headers, found.header)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range answers {
		answers[i].Method = "ANY"
		if request, known := requests.of(headers[i]); known {
			answers[i].Method = request.method
		}
	}
	return answers, nil
}

// isAnswer leaves out what archives record beside HTTP: names that were looked up, pictures of pages.
func isAnswer(header textproto.MIMEHeader) bool {
	kind := header.Get("Content-Type")
	return header.Get("Warc-Type") == "response" && (kind == "" || strings.HasPrefix(kind, "application/http"))
}

// requestRecord is what an answer was asked for with.
type requestRecord struct{ method, body string }

// requestRecords finds the request of an answer: either of the two may name the other, and stand first.
type requestRecords struct{ byID, byAnswer map[string]requestRecord }

func newRequestRecords() requestRecords {
	return requestRecords{map[string]requestRecord{}, map[string]requestRecord{}}
}

// take keeps a record if it is a request.
func (r requestRecords) take(found warcFound) bool {
	if found.header.Get("Warc-Type") != "request" {
		return false
	}
	head, body, _ := bytes.Cut(found.block, []byte("\r\n\r\n"))
	method, _, _ := strings.Cut(string(head), " ")
	request := requestRecord{method, bodyDigest(body)}
	r.byID[found.header.Get("Warc-Record-Id")] = request
	for _, id := range found.header.Values("Warc-Concurrent-To") {
		r.byAnswer[id] = request
	}
	return true
}

func (r requestRecords) of(answer textproto.MIMEHeader) (requestRecord, bool) {
	for _, id := range answer.Values("Warc-Concurrent-To") {
		if request, known := r.byID[id]; known {
			return request, true
		}
	}
	request, known := r.byAnswer[answer.Get("Warc-Record-Id")]
	return request, known && answer.Get("Warc-Record-Id") != ""
}

// bodyDigest tells the bodies of requests apart; empty where there is none.
func bodyDigest(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	return digest(body)
}

// readRecord reads a record; of one that is not wanted only the header.
func readRecord(r *bufio.Reader, wanted func(textproto.MIMEHeader) bool) (textproto.MIMEHeader, []byte, error) {
	version, err := r.ReadString('\n')
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasPrefix(version, "WARC/1.") {
		return nil, nil, fmt.Errorf("%q is not the start of a WARC record", abbreviate(strings.TrimSpace(version)))
	}
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return nil, nil, endOr(r, err)
	}
	length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	skipped := err == nil && length >= 0 && !wanted(header)
	if err != nil || length < 0 || length > 2*largestAnswer && !skipped {
		return nil, nil, fmt.Errorf("content length %q", abbreviate(header.Get("Content-Length")))
	}
	if skipped {
		_, err = io.CopyN(io.Discard, r, length)
		return header, nil, err
	}
	block := make([]byte, length)
	_, err = io.ReadFull(r, block)
	return header, block, err
}

// endOr tells a header that was cut short from one that is damaged: after the former there is nothing left.
func endOr(r *bufio.Reader, err error) error {
	if _, end := r.Peek(1); end != nil {
		return io.EOF
	}
	return err
}

func parseAnswer(header textproto.MIMEHeader, block []byte) (Recorded, error) {
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(block)), nil)
	if err != nil {
		return Recorded{}, fmt.Errorf("response: %w", err)
	}
	defer answer.Body.Close()
	body, err := readCapped(answer.Body)
	if err != nil {
		return Recorded{}, fmt.Errorf("response: %w", err)
	}
	at, err := recordDate(header)
	if err != nil {
		return Recorded{}, err
	}
	return Recorded{URL: target(header), At: at, Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

func recordDate(header textproto.MIMEHeader) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, header.Get("Warc-Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("date: %w", err)
	}
	return at, nil
}

func target(header textproto.MIMEHeader) string {
	return strings.Trim(header.Get("Warc-Target-Uri"), "<>")
}

func abbreviate(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
