package scrapers

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
)

// warcFound is a record on a walk through a file. Its block is nil where it is not wanted.
type warcFound struct {
	header textproto.MIMEHeader
	block  []byte
	place  warcPlace
}

// warcPlace is where a record can be read again: in its file, where it stands there alone, or kept here, zipped.
type warcPlace struct {
	path   string
	offset int64
	kept   []byte
}

// walkWarc goes through the records of a WARC file, ours or another's, plain or gzipped. A torn end, as a crash leaves it, ends the
// walk without an error; damage in the middle is one. A record that is not wanted may be of any size.
func walkWarc(path string, wanted func(textproto.MIMEHeader) bool, visit func(warcFound) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := newWarcWalk(path, file)
	for n := 1; ; n++ {
		found, err := w.next(wanted)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err == nil {
			err = visit(found)
		}
		if err != nil {
			return fmt.Errorf("%s: record %d: %w", path, n, err)
		}
	}
}

// warcWalk knows where in the file the record begins that it reads next.
type warcWalk struct {
	path    string
	raw     *countedReader
	members *members // nil where the file is plain
	text    *bufio.Reader
}

func newWarcWalk(path string, file io.Reader) *warcWalk {
	w := &warcWalk{path: path, raw: &countedReader{Reader: bufio.NewReader(file)}}
	if magic, _ := w.raw.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) { // a shorter file is no gzip
		w.text = bufio.NewReader(w.raw)
		return w
	}
	w.members = &members{raw: w.raw}
	w.text = bufio.NewReader(w.members)
	return w
}

func (w *warcWalk) next(wanted func(textproto.MIMEHeader) bool) (warcFound, error) {
	if err := skipEmptyLines(w.text); err != nil {
		return warcFound{}, err
	}
	offset, alone := w.offset()
	header, block, err := readRecord(w.text, wanted)
	found := warcFound{header: header, block: block, place: warcPlace{path: w.path, offset: offset}}
	if err == nil && !alone && block != nil {
		found.place, err = keep(header, block)
	}
	return found, err
}

// offset is where in the file the next record can be read from; false where its gzip member begins with another.
func (w *warcWalk) offset() (at int64, alone bool) {
	ahead := int64(w.text.Buffered())
	if w.members == nil {
		return w.raw.n - ahead, true
	}
	return w.members.start, w.members.produced == ahead
}

// skipEmptyLines skips those between two records.
func skipEmptyLines(r *bufio.Reader) error {
	for {
		next, err := r.Peek(1)
		if err != nil {
			return err
		}
		if next[0] != '\r' && next[0] != '\n' {
			return nil
		}
		_, _ = r.Discard(1) // it is there
	}
}

// keep zips a record for reading it again.
func keep(header textproto.MIMEHeader, block []byte) (warcPlace, error) {
	var buffer bytes.Buffer
	zip := gzip.NewWriter(&buffer)
	fmt.Fprint(zip, "WARC/1.1\r\n")
	for name, values := range header {
		for _, value := range values {
			fmt.Fprintf(zip, "%s: %s\r\n", name, value)
		}
	}
	fmt.Fprint(zip, "\r\n")
	_, err := zip.Write(block)
	err = errors.Join(err, zip.Close())
	return warcPlace{kept: buffer.Bytes()}, err
}

// read reads a record again.
func (p warcPlace) read() (textproto.MIMEHeader, []byte, error) {
	from := io.Reader(bytes.NewReader(p.kept))
	if p.kept == nil {
		file, err := os.Open(p.path)
		if err != nil {
			return nil, nil, err
		}
		defer file.Close()
		if _, err := file.Seek(p.offset, io.SeekStart); err != nil {
			return nil, nil, err
		}
		from = file
	}
	found, err := newWarcWalk(p.path, from).next(everyRecord)
	return found.header, found.block, err
}

func everyRecord(textproto.MIMEHeader) bool { return true }

// countedReader knows how much was read from it.
type countedReader struct {
	*bufio.Reader
	n int64
}

// Read counts.
func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte counts; a gzip reader that finds it takes no byte too many.
func (c *countedReader) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// members unzips one gzip member after another. One reading never crosses from a member into the next.
type members struct {
	raw  *countedReader
	zip  gzip.Reader
	open bool
	// start is where the member begins in the file, produced how much has come out of it.
	start, produced int64
}

// Read unzips.
func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.open {
			m.start, m.produced = m.raw.n, 0
			if err := m.zip.Reset(m.raw); err != nil {
				return 0, err
			}
			m.zip.Multistream(false)
			m.open = true
		}
		n, err := m.zip.Read(p)
		m.produced += int64(n)
		if errors.Is(err, io.EOF) {
			m.open, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}
