package alerts

import (
	"errors"
	"net/url"

	"github.com/nicholas-fedor/shoutrrr/pkg/format"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// service is a kind of channel that takes a message by one HTTP request. Shoutrrr reads the notification URLs, because people know its
// forms; the request is ours, because most of its senders take neither a client to send through nor a context, and Telegram's says
// nothing of a network that failed.
type service struct {
	// form shows what its URLs look like.
	form string
	// hosts are where the service is; none where the URL says so.
	hosts []string
	build func(*url.URL, message) (post, error)
}

// services are the channels by the schemes of their URLs. E-mail stands apart: it is no HTTP.
var services = map[string]service{
	"bark":       {"bark://:device-key@host", nil, bark},
	"dingtalk":   {"dingtalk://access-token?secret=SEC…", []string{"oapi.dingtalk.com"}, dingtalk},
	"discord":    {"discord://token@webhook-id", []string{"discord.com"}, discord},
	"googlechat": {"googlechat://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…", []string{"chat.googleapis.com"}, googleChat},
	"gotify":     {"gotify://host/token", nil, gotify},
	"lark":       {"lark://open.feishu.cn/token?secret=…", []string{"open.feishu.cn", "open.larksuite.com"}, lark},
	"mattermost": {"mattermost://host/token", nil, mattermost},
	"ntfy":       {"ntfy://host/topic", nil, ntfy},
	"opsgenie":   {"opsgenie://api.opsgenie.com/key", []string{"api.opsgenie.com", "api.eu.opsgenie.com"}, opsgenie},
	"pagerduty":  {"pagerduty://events.pagerduty.com/integration-key", []string{"events.pagerduty.com", "events.eu.pagerduty.com"}, pagerDuty},
	"pushover":   {"pushover://:token@user", []string{"api.pushover.net"}, pushover},
	"rocketchat": {"rocketchat://host/token-a/token-b", nil, rocketChat},
	"slack":      {"slack://hook:T…-B…-…@webhook or slack://xoxb:…@channel", []string{"hooks.slack.com", "slack.com"}, slack},
	"teams":      {"teams://group@tenant/alt-id/owner/extra-id?host=organization.webhook.office.com", nil, teams},
	"telegram":   {"telegram://token@telegram?chats=@channel", []string{"api.telegram.org"}, telegram},
	"wecom":      {"wecom://key", []string{"qyapi.weixin.qq.com"}, wecom},
}

// errForm is a notification URL that is not of its service's form.
var errForm = errors.New("not of the form that the service's URLs have")

// read fills a shoutrrr configuration from a URL, over its defaults.
func read[C types.ServiceConfig](config C, u *url.URL) error {
	resolver := format.NewPropKeyResolver(config)
	_ = resolver.SetDefaultProps(config) // those without a default say so
	if config.SetURL(u) != nil {
		return errForm // its errors repeat the URL
	}
	return nil
}
