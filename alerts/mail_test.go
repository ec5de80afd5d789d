package alerts

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"mime"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// mailbox is a mail server that takes one letter a connection.
type mailbox struct {
	// tls is set where it offers STARTTLS, or speaks TLS from the start.
	tls      *tls.Config
	implicit bool
	// refusal is what it says to a recipient; empty takes it.
	refusal string
	// mute never says a word.
	mute bool

	address string
	letters chan string
	said    chan string
}

func (m *mailbox) open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address, m.letters, m.said = listener.Addr().String(), make(chan string, 1), make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if m.implicit {
				conn = tls.Server(conn, m.tls)
			}
			m.talk(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
}

func (m *mailbox) talk(conn net.Conn) {
	in := bufio.NewReader(conn)
	if m.mute {
		_, _ = in.ReadByte() // until the other side hangs up
		return
	}
	say := func(text string) { fmt.Fprint(conn, text+"\r\n") }
	say("220 mail.example.com ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		m.said <- strings.TrimSpace(line)
		switch verb := strings.ToUpper(strings.Fields(line + " .")[0]); verb {
		case "EHLO":
			if _, encrypted := conn.(*tls.Conn); m.tls != nil && !encrypted {
				say("250-mail.example.com\r\n250 STARTTLS")
			} else {
				say("250-mail.example.com\r\n250 AUTH PLAIN LOGIN")
			}
		case "STARTTLS":
			say("220 go on")
			secure := tls.Server(conn, m.tls)
			conn, in = secure, bufio.NewReader(secure)
			say = func(text string) { fmt.Fprint(secure, text+"\r\n") }
		case "AUTH":
			say("235 welcome")
		case "RCPT":
			if m.refusal != "" {
				say(m.refusal)
			} else {
				say("250 ok")
			}
		case "DATA":
			say("354 go on")
			m.letters <- readLetter(in)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func readLetter(in *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

func TestMail(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	certificate := httptest.NewTLSServer(nil)
	t.Cleanup(certificate.Close)
	trusting := senderTo(certificate, SenderOptions{}) // its certificate is for 127.0.0.1 and example.com
	tests := []struct {
		why    string
		box    mailbox
		target string
		wrong  string
	}{
		{"plain, with nothing to hide", mailbox{}, "smtp://%s/?from=gpuhour@example.com&fromname=GPU&to=broker@example.com,second@example.com", ""},
		{"encrypted on the way, with a password", mailbox{tls: certificate.TLS}, "smtp://user:hunter22@%s/?from=gpuhour@example.com&to=broker@example.com", ""},
		{"encrypted from the start", mailbox{tls: certificate.TLS, implicit: true}, "smtp://user:hunter22@%s/?from=gpuhour@example.com&to=broker@example.com&encryption=ImplicitTLS", ""},
		{"a password is not told in the open", mailbox{}, "smtp://user:hunter22@%s/?from=gpuhour@example.com&to=broker@example.com", "STARTTLS"},
		{"nobody of that name, and the answer repeats it", mailbox{refusal: "550 no such user broker@example.com"}, "smtp://%s/?from=gpuhour@example.com&to=broker@example.com", "550"},
	}
	for _, test := range tests {
		box := test.box
		box.open(t)
		target := fmt.Sprintf(test.target, box.address)
		out := trusting.Attempt(t.Context(), target, "", firedEvent())
		if test.wrong != "" {
			if out.Err == nil || !strings.Contains(out.Err.Error(), test.wrong) || strings.Contains(out.Err.Error(), "broker@") {
				t.Errorf("%s: %v, want %q", test.why, out.Err, test.wrong)
			}
			continue
		}
		if out.Err != nil {
			t.Errorf("%s: %v", test.why, out.Err)
			continue
		}
		checkLetter(t, test.why, <-box.letters)
	}
}

func checkLetter(t *testing.T, why, letter string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(letter))
	if err != nil {
		t.Fatalf("%s: %v in %s", why, err, letter)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "[alert 触发] cheap <H100> @here" {
		t.Errorf("%s: the subject is %q, %v", why, subject, err)
	}
	if id := m.Header.Get("Message-ID"); id != "<event/000000000007@gpuhour>" {
		t.Errorf("%s: the id is %s", why, id)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(judgedAt) {
		t.Errorf("%s: the date is %s, %v", why, at, err)
	}
}

// TestMailHeadersCannotBeAdded holds that a rule's name cannot write headers of its own.
func TestMailHeadersCannotBeAdded(t *testing.T) {
	box := mailbox{}
	box.open(t)
	e := firedEvent()
	e.RuleName = "x\r\nBcc: everybody@example.com\r\n\r\nhello"
	s := NewSender(SenderOptions{Guard: Guard{AllowPrivate: true}, Now: atJudged})
	if out := s.Attempt(t.Context(), "smtp://"+box.address+"/?from=a@example.com&to=b@example.com", "", e); out.Err != nil {
		t.Fatal(out.Err)
	}
	m, err := mail.ReadMessage(strings.NewReader(<-box.letters))
	if err != nil || m.Header.Get("Bcc") != "" {
		t.Errorf("%v, %v", m, err)
	}
}

func TestMuteMailServer(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	box := mailbox{mute: true}
	box.open(t)
	s := NewSender(SenderOptions{Guard: Guard{AllowPrivate: true}, Now: atJudged, Limit: 50 * time.Millisecond})
	if out := s.Attempt(t.Context(), "smtp://"+box.address+"/?from=a@example.com&to=b@example.com", "", firedEvent()); out.Err == nil || out.Err.Error() != errTimeout.Error() || !out.Silent {
		t.Errorf("%+v", out)
	}
}
