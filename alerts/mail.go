package alerts

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	smtpurl "github.com/nicholas-fedor/shoutrrr/pkg/services/email/smtp"
	"github.com/wneessen/go-mail"
)

const mailScheme = "smtp"

// errMailForm is a wrong smtp:// URL.
var errMailForm = errors.New("this smtp:// URL is not of the form smtp://user:password@host:587/?from=a@example.com&to=b@example.com")

// readMail reads shoutrrr's form of a mail's address.
func readMail(u *url.URL) (*smtpurl.Config, error) {
	config := &smtpurl.Config{}
	if err := read(config, u); err != nil || config.Host == "" {
		return nil, errMailForm
	}
	if config.Port == 0 {
		config.Port = smtpurl.DefaultSMTPPort
	}
	for _, address := range append([]string{config.FromAddress}, config.ToAddresses...) {
		if mail.NewMsg().From(address) != nil {
			return nil, errMailForm
		}
	}
	return config, nil
}

// mail sends a message by SMTP over a guarded connection. Passwords go over TLS alone.
func (s *Sender) mail(ctx context.Context, u *url.URL, m message) Outcome {
	config, err := readMail(u)
	if err != nil {
		return failure(err)
	}
	letter, err := letterOf(config, m)
	if err != nil {
		return failure(errMailForm)
	}
	client, err := mail.NewClient(config.Host, s.mailOptions(config)...)
	if err != nil {
		return failure(errMailForm)
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return unanswered(ctx, err)
	}
	return Outcome{}
}

// letterOf is the mail. Its id is the event's, so that a repetition can be seen.
func letterOf(config *smtpurl.Config, m message) (*mail.Msg, error) {
	letter := mail.NewMsg()
	if err := letter.FromFormat(config.FromName, config.FromAddress); err != nil {
		return nil, err
	}
	if err := letter.To(config.ToAddresses...); err != nil {
		return nil, err
	}
	letter.SetMessageIDWithValue(m.id + "@gpuhour")
	letter.SetDateWithValue(m.now)
	letter.Subject(m.title)
	letter.SetBodyString(mail.TypeTextPlain, m.body())
	return letter, nil
}

func (s *Sender) mailOptions(config *smtpurl.Config) []mail.Option {
	settings := s.mailTLS(config.Host)
	implicit := config.Encryption == smtpurl.EncMethods.ImplicitTLS || config.Encryption == smtpurl.EncMethods.Auto && config.Port == smtpurl.ImplicitTLSPort
	options := []mail.Option{mail.WithPort(int(config.Port)), mail.WithTimeout(s.options.Limit), mail.WithTLSConfig(settings), mail.WithDialContextFunc(s.dialMail(implicit, settings))}
	switch {
	case implicit:
		options = append(options, mail.WithSSL())
	case config.Username != "" || config.RequireStartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if config.Username != "" {
		options = append(options, mail.WithUsername(config.Username), mail.WithPassword(config.Password), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover))
	}
	return options
}

func (s *Sender) mailTLS(host string) *tls.Config {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.options.TLS != nil {
		settings = s.options.TLS.Clone()
	}
	settings.ServerName = host
	return settings
}

// dialMail connects through the guard, and speaks TLS from the start where that is asked for. The deadline ends a server that hangs.
func (s *Sender) dialMail(implicit bool, settings *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := s.guard.DialContext(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		_ = conn.SetDeadline(time.Now().Add(s.options.Limit)) // the network's own clock
		if implicit {
			return tls.Client(conn, settings), nil
		}
		return conn, nil
	}
}
