package scrapers

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
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

// readWarc reads the answers of a WARC file, ours or another's, plain or gzipped. A torn end, as a crash leaves it, ends the
// reading without an error; damage in the middle is one.
func readWarc(path string) ([]Recorded, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	plain, err := unzipped(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	answers, err := readRecords(bufio.NewReader(plain))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return answers, nil
}

func unzipped(r *bufio.Reader) (io.Reader, error) {
	magic, _ := r.Peek(2) // a shorter file is no gzip
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return r, nil
	}
	return gzip.NewReader(r)
}

func readRecords(r *bufio.Reader) ([]Recorded, error) {
	var answers []Recorded
	methods := map[string]string{} // record id of a request -> its method
	for n := 1; ; n++ {
		header, block, err := readRecord(r)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return answers, nil
		case err != nil:
			return nil, fmt.Errorf("record %d: %w", n, err)
		}
		switch header.Get("Warc-Type") {
		case "request":
			method, _, _ := strings.Cut(string(block), " ")
			methods[header.Get("Warc-Record-Id")] = method
		case "response":
			answer, err := parseAnswer(header, block)
			if err != nil {
				return nil, fmt.Errorf("record %d: %w", n, err)
			}
			answer.Method = cmp.Or(methods[header.Get("Warc-Concurrent-To")], "ANY")
			answers = append(answers, answer)
		}
	}
}

func readRecord(r *bufio.Reader) (textproto.MIMEHeader, []byte, error) {
	version, err := firstLine(r)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasPrefix(version, "WARC/1.") {
		return nil, nil, fmt.Errorf("%q is not the start of a WARC record", abbreviate(version))
	}
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return nil, nil, endOr(r, err)
	}
	length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 || length > 2*largestAnswer {
		return nil, nil, fmt.Errorf("content length %q", abbreviate(header.Get("Content-Length")))
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

// firstLine skips the empty lines between two records.
func firstLine(r *bufio.Reader) (string, error) {
	for {
		line, err := r.ReadString('\n')
		if text := strings.TrimSpace(line); text != "" || err != nil {
			return text, err
		}
	}
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
	at, err := time.Parse(time.RFC3339, header.Get("Warc-Date"))
	if err != nil {
		return Recorded{}, fmt.Errorf("date: %w", err)
	}
	target := strings.Trim(header.Get("Warc-Target-Uri"), "<>")
	return Recorded{URL: target, At: at, Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

func abbreviate(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
