package alerts

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"

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
	client, err := mail.NewClient(config.Host, s.mailOptions(ctx, config)...)
	if err != nil {
		return failure(errMailForm)
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		out := unanswered(ctx, err)
		var network *net.OpError
		out.Silent = out.Silent && (ctx.Err() != nil || errors.As(err, &network)) // else the server has spoken
		return out
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

func implicitTLS(config *smtpurl.Config) bool {
	return config.Encryption == smtpurl.EncMethods.ImplicitTLS || config.Encryption == smtpurl.EncMethods.Auto && config.Port == smtpurl.ImplicitTLSPort
}

func (s *Sender) mailOptions(ctx context.Context, config *smtpurl.Config) []mail.Option {
	settings, implicit := s.mailTLS(config.Host), implicitTLS(config)
	policy := mail.TLSOpportunistic
	if config.Username != "" || config.RequireStartTLS {
		policy = mail.TLSMandatory
	}
	options := []mail.Option{mail.WithPort(int(config.Port)), mail.WithTimeout(s.options.Limit), mail.WithTLSConfig(settings),
		mail.WithDialContextFunc(s.dialMail(ctx, settings, implicit)), mail.WithTLSPolicy(policy)}
	if implicit {
		options = append(options, mail.WithSSL())
	}
	if config.Username == "" {
		return options
	}
	auth := mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin, mail.SMTPAuthCramMD5)
	if config.Auth == smtpurl.AuthTypes.OAuth2 {
		auth = mail.WithSMTPAuth(mail.SMTPAuthXOAUTH2)
	}
	return append(options, mail.WithUsername(config.Username), mail.WithPassword(config.Password), auth)
}

// mailTLS are the settings of a connection to a mail server, whose certificate is always looked at.
func (s *Sender) mailTLS(host string) *tls.Config {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.options.TLS != nil {
		settings = s.options.TLS.Clone()
	}
	settings.ServerName = host
	return settings
}

// dialMail connects through the guard, and speaks TLS from the start where that is asked for. The connection ends with the attempt: the
// library leaves it open where the server does not let it in, and gives every command a time of its own.
func (s *Sender) dialMail(attempt context.Context, settings *tls.Config, implicit bool) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := s.guard.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(attempt, func() { _ = conn.Close() })
		if implicit {
			return tls.Client(conn, settings), nil
		}
		return conn, nil
	}
}
