package alerts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	opsgenieurl "github.com/nicholas-fedor/shoutrrr/pkg/services/incident/opsgenie"
	pagerdutyurl "github.com/nicholas-fedor/shoutrrr/pkg/services/incident/pagerduty"
	barkurl "github.com/nicholas-fedor/shoutrrr/pkg/services/push/bark"
	gotifyurl "github.com/nicholas-fedor/shoutrrr/pkg/services/push/gotify"
	ntfyurl "github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	pushoverurl "github.com/nicholas-fedor/shoutrrr/pkg/services/push/pushover"

	"gpuhour/market"
)

func ntfy(u *url.URL, m message) (post, error) {
	config := &ntfyurl.Config{}
	if err := read(config, u); err != nil || strings.Trim(config.Topic, "/") == "" {
		return post{}, errForm
	}
	if config.DisableTLS {
		config.Scheme = "http"
	}
	to := url.URL{Scheme: config.Scheme, Host: config.Host, Path: "/"}
	p := asJSON(to.String(), fields{"topic": strings.Trim(config.Topic, "/"), "title": m.title, "message": m.body(), "click": m.link, "priority": int(config.Priority)})
	if config.Username != "" || config.Password != "" {
		r := http.Request{Header: p.header}
		r.SetBasicAuth(config.Username, config.Password)
	}
	return p, nil
}

func gotify(u *url.URL, m message) (post, error) {
	config := &gotifyurl.Config{}
	if err := read(config, u); err != nil || config.Token == "" {
		return post{}, errForm
	}
	to := url.URL{Scheme: scheme(config.DisableTLS), Host: config.Host, Path: strings.TrimSuffix(config.Path, "/") + "/message"}
	p := asJSON(to.String(), fields{"title": m.title, "message": m.body(), "priority": config.Priority})
	p.header.Set("X-Gotify-Key", config.Token)
	return p, nil
}

func bark(u *url.URL, m message) (post, error) {
	config := &barkurl.Config{}
	if err := read(config, u); err != nil || config.DeviceKey == "" {
		return post{}, errForm
	}
	p := asJSON(config.GetAPIURL("push"), fields{"title": m.title, "body": m.body(), "device_key": config.DeviceKey, "group": config.Group, "sound": config.Sound, "url": m.link})
	p.refused = func(answer []byte) string {
		var said struct {
			Code    int
			Message string
		}
		if json.Unmarshal(answer, &said) == nil && said.Code == http.StatusOK {
			return ""
		}
		return fmt.Sprintf("%d %s", said.Code, said.Message)
	}
	return p, nil
}

func pushover(u *url.URL, m message) (post, error) {
	config := &pushoverurl.Config{}
	if err := read(config, u); err != nil {
		return post{}, err
	}
	form := url.Values{"token": {config.Token}, "user": {config.User}, "title": {m.title}, "message": {clip(m.text, 1000)}, "priority": {fmt.Sprint(config.Priority)}}
	if len(config.Devices) > 0 {
		form.Set("device", strings.Join(config.Devices, ","))
	}
	if m.link != "" {
		form.Set("url", m.link)
	}
	return post{url: "https://api.pushover.net/1/messages.json", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: []byte(form.Encode())}, nil
}

// pagerDuty opens an incident for what a rule's subject fires, and closes it when that is resolved.
func pagerDuty(u *url.URL, m message) (post, error) {
	config := &pagerdutyurl.Config{Host: "events.pagerduty.com"}
	if err := read(config, u); err != nil {
		return post{}, err
	}
	action, key := "trigger", m.id
	switch m.kind {
	case market.Resolved:
		action, key = "resolve", m.subject
	case market.Fired, market.Further:
		key = m.subject
	}
	return asJSON("https://"+hostOr(u, config.Host)+"/v2/enqueue", fields{"routing_key": config.IntegrationKey, "event_action": action, "dedup_key": clip(key, 255),
		"payload": fields{"summary": clip(m.title+": "+m.text, 1000), "severity": config.Severity, "source": "gpuhour", "timestamp": m.now.UTC().Format("2006-01-02T15:04:05Z07:00")}}), nil
}

func opsgenie(u *url.URL, m message) (post, error) {
	config := &opsgenieurl.Config{}
	if err := read(config, u); err != nil || config.APIKey == "" {
		return post{}, errForm
	}
	p := asJSON("https://"+hostOr(u, "api.opsgenie.com")+"/v2/alerts", fields{"message": clip(m.title, 130), "alias": m.id, "description": m.body(), "source": "gpuhour", "priority": config.Priority})
	p.header.Set("Authorization", "GenieKey "+config.APIKey)
	return p, nil
}

func hostOr(u *url.URL, otherwise string) string {
	if u.Host == "" {
		return otherwise
	}
	return u.Host
}
