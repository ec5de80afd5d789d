package store

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// pipeEnd is one end of a connection within the process. Unlike net.Pipe's it buffers without a limit: the server answers each
// command of a pipeline before the client reads, and would wait for it for ever.
type pipeEnd struct{ in, out *stream }

func newPipe() (a, b net.Conn) {
	there, back := newStream(), newStream()
	return &pipeEnd{back, there}, &pipeEnd{there, back}
}

// Read waits for bytes, or for the other end to close.
func (p *pipeEnd) Read(b []byte) (int, error) { return p.in.read(b) }

// Write never waits.
func (p *pipeEnd) Write(b []byte) (int, error) { return p.out.write(b) }

// Close ends both directions.
func (p *pipeEnd) Close() error {
	p.in.close()
	p.out.close()
	return nil
}

// LocalAddr is the same for all.
func (p *pipeEnd) LocalAddr() net.Addr { return pipeAddr{} }

// RemoteAddr is the same for all.
func (p *pipeEnd) RemoteAddr() net.Addr { return pipeAddr{} }

// SetDeadline does nothing: the other end is in this process and always answers.
func (p *pipeEnd) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (p *pipeEnd) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (p *pipeEnd) SetWriteDeadline(time.Time) error { return nil }

type pipeAddr struct{}

// Network names the kind of address.
func (pipeAddr) Network() string { return "memory" }

// String is the address.
func (pipeAddr) String() string { return "memory" }

// stream is bytes on their way from one end to the other.
type stream struct {
	guard  sync.Mutex
	filled *sync.Cond
	bytes  bytes.Buffer
	closed bool
}

func newStream() *stream {
	s := &stream{}
	s.filled = sync.NewCond(&s.guard)
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.guard.Lock()
	defer s.guard.Unlock()
	for s.bytes.Len() == 0 && !s.closed {
		s.filled.Wait()
	}
	if s.bytes.Len() == 0 {
		return 0, io.EOF
	}
	return s.bytes.Read(b)
}

func (s *stream) write(b []byte) (int, error) {
	s.guard.Lock()
	defer s.guard.Unlock()
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	s.filled.Signal()
	return s.bytes.Write(b)
}

func (s *stream) close() {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.closed = true
	s.filled.Broadcast()
}
