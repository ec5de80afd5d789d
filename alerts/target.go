package alerts

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"gpuhour/market"
)

// longestTarget is more than any service's URL has.
const longestTarget = 2048

// ParseTarget says what is wrong with a URL to notify, in a sentence that repeats nothing of it but a scheme that we know. Hosts are
// looked at again, by their addresses, whenever something is sent.
func ParseTarget(text string, allowPrivate bool) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestTarget || u.Opaque != "" {
		return errors.New("this is not a URL to notify: give https://…, or a notification URL such as slack://…")
	}
	switch u.Scheme {
	case "https", "http":
		return checkHTTP(u, allowPrivate)
	case mailScheme:
		m, err := readMail(u)
		if err != nil {
			return err
		}
		return checkHost(m.Host, allowPrivate)
	}
	return checkService(u, allowPrivate)
}

// checkHTTP looks at a webhook, ours or a service's.
func checkHTTP(u *url.URL, allowPrivate bool) error {
	if u.Scheme != "https" && !allowPrivate {
		return errors.New("http:// is for private targets, which are not allowed here: give https://")
	}
	return checkHost(u.Hostname(), allowPrivate)
}

func checkHost(host string, allowPrivate bool) error {
	if host == "" || strings.ContainsAny(host, " \t\r\n%/\\") {
		return errors.New("the URL names no host")
	}
	if allowPrivate {
		return nil
	}
	address, err := netip.ParseAddr(host)
	if err == nil && !public(address) || localName(host) {
		return errNotPublic
	}
	return nil
}

// localName says whether a name is the machine's own by definition.
func localName(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func checkService(u *url.URL, allowPrivate bool) error {
	s, found := services[u.Scheme]
	if !found {
		return fmt.Errorf("there is no such kind of target: give https://, %s:// or one of %s", mailScheme, strings.Join(slices.Sorted(maps.Keys(services)), ", "))
	}
	p, err := s.request(u, message{})
	if err != nil {
		return fmt.Errorf("this %s:// URL is not of the form %s", u.Scheme, s.form)
	}
	to, err := url.Parse(p.url)
	if err != nil {
		return fmt.Errorf("this %s:// URL is not of the form %s", u.Scheme, s.form)
	}
	return checkHTTP(to, allowPrivate)
}

// request is what tells a service, which is sent nowhere but to the service's own hosts where it has some.
func (s service) request(u *url.URL, m message) (post, error) {
	if strings.HasSuffix(strings.ToLower(u.Hostname()), "dummy.com") {
		return post{}, errForm // shoutrrr takes its documentation's example for granted
	}
	p, err := s.build(u, m.quiet())
	if err != nil {
		return post{}, err
	}
	to, err := url.Parse(p.url)
	if err != nil || len(s.hosts) > 0 && !slices.Contains(s.hosts, strings.ToLower(to.Host)) {
		return post{}, errForm
	}
	return p, nil
}

// Channel is a target as it may be shown: the host of a webhook, the kind of every other, and nothing that could be a secret.
func Channel(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "…"
	}
	switch _, known := services[u.Scheme]; {
	case (u.Scheme == "https" || u.Scheme == "http") && checkHost(u.Hostname(), true) == nil:
		return u.Scheme + "://" + u.Host + "/…"
	case known, u.Scheme == mailScheme:
		return u.Scheme + "://…"
	}
	return "…"
}

// receiver is the host that a delivery is sent to: what a hanging one must not hold up are those to others.
func receiver(d market.Delivery) string {
	u, err := url.Parse(d.Target)
	if err != nil {
		return ""
	}
	if s, isService := services[u.Scheme]; isService && len(s.hosts) > 0 {
		return s.hosts[0]
	}
	if u.Scheme == "teams" {
		return u.Query().Get("host")
	}
	return strings.ToLower(u.Hostname())
}

// shortestSecret is a part of a URL that is too short to be looked for in a text.
const shortestSecret = 4

// scrub takes out of a text what a target's URL keeps secret, should somebody have repeated it.
func scrub(text, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "the target is not a URL"
	}
	for _, part := range secretParts(u) {
		if len(part) >= shortestSecret {
			text = strings.ReplaceAll(text, part, "…")
		}
	}
	return text
}

// secretParts are the parts of a URL that may be secrets, longest first.
func secretParts(u *url.URL) []string {
	password, _ := u.User.Password()
	parts := []string{u.User.String(), u.User.Username(), password, basic(u.User), u.RawQuery, u.EscapedPath(), u.Path, u.Fragment}
	parts = append(parts, strings.Split(u.Path, "/")...)
	parts = append(parts, strings.Split(u.EscapedPath(), "/")...)
	for _, values := range u.Query() {
		parts = append(parts, values...)
		parts = append(parts, strings.Split(strings.Join(values, ","), ",")...)
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		parts = append(parts, u.Host, u.Hostname())
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return parts
}

// basic is how HTTP sends a name and a password; empty without them.
func basic(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
}
