package alerts

import (
	"errors"
	"strings"
	"testing"
)

const (
	slackHook = "slack://hook:TAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook"
	telegramA = "telegram://123456789:AAFmA-vrXqSyXU1yLbP3sGgyyk8vYqxKNz8@telegram?chats=@prices"
	teamsHook = "teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=org.webhook.office.com"
	mailTo    = "smtp://user:hunter22@mail.example.com:587/?from=gpuhour@example.com&to=broker@example.com"
	chatSpace = "googlechat://chat.googleapis.com/v1/spaces/FOO/messages?key=bar&token=baz"
)

func TestParseTarget(t *testing.T) {
	tests := []struct{ target, wrong, why string }{
		{"https://hooks.example.com/x?y=z", "", "a webhook"},
		{"https://93.184.216.34:8443/x", "", "a public address"},
		{slackHook, "", "Slack's webhook"},
		{"slack://xoxb:123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N@C001CH4NN3L", "", "Slack's API"},
		{telegramA, "", "Telegram"},
		{"discord://token@123", "", "Discord"},
		{"lark://open.feishu.cn/token?secret=abc", "", "Feishu"},
		{"lark://open.larksuite.com/token", "", "Lark"},
		{"dingtalk://0123abcd?secret=SECabc", "", "DingTalk"},
		{"wecom://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "", "WeCom"},
		{teamsHook, "", "Teams"},
		{chatSpace, "", "Google Chat"},
		{"mattermost://chat.example.com/token", "", "Mattermost"},
		{"rocketchat://chat.example.com/tokenA/tokenB", "", "Rocket.Chat"},
		{"ntfy://ntfy.sh/prices", "", "ntfy"},
		{"gotify://gotify.example.com/Aaa.bbb.ccc.ddd", "", "Gotify"},
		{"bark://:device@api.day.app", "", "Bark"},
		{"pushover://:token@user", "", "Pushover"},
		{"pagerduty:///0123456789abcdef0123456789abcdef", "", "PagerDuty at its usual host"},
		{"opsgenie://api.opsgenie.com/key", "", "Opsgenie"},
		{mailTo, "", "mail"},

		{"", "no such kind", "nothing"},
		{"hooks.example.com/x", "no such kind", "no scheme"},
		{"http://hooks.example.com/x", "give https://", "no TLS"},
		{"https://", "names no host", "no host"},
		{"https:///x", "names no host", "no host but a path"},
		{"https:hooks.example.com", "not a URL", "no slashes"},
		{"https://localhost/x", "not a public one", "the machine itself"},
		{"https://app.LOCALHOST./x", "not a public one", "the machine itself, by another name"},
		{"https://127.0.0.1/x", "not a public one", "loopback"},
		{"https://[::ffff:10.0.0.1]/x", "not a public one", "private, as IPv6"},
		{"https://[fe80::1%25eth0]/x", "names no host", "a zone is a network card of the machine"},
		{"https://user:pass word@h/x", "not a URL", "net/url refuses it"},
		{"https://h/" + strings.Repeat("x", 3000), "not a URL", "far too long"},
		{"file:///etc/passwd", "no such kind", "a file"},
		{"gopher://h/x", "no such kind", "another protocol"},
		{"logger://", "no such kind", "the library's logger"},
		{"generic://h/x", "no such kind", "the library's way to any host"},
		{"generic+https://h/x", "no such kind", "the same"},
		{"script:///bin/sh", "no such kind", "a program"},
		{"matrix://user:token@matrix.example.com", "no such kind", "it needs several requests"},
		{"slack://nonsense", "not of the form", "no token"},
		{"slack://dummy@dummy.com", "not of the form", "the library's example, which it does not look at"},
		{"telegram://dummy@dummy.com", "not of the form", "the same"},
		{"telegram://123456789:AAFmA-vrXqSyXU1yLbP3sGgyyk8vYqxKNz8@telegram?chats=@a,@b", "not of the form", "two chats: a retry would repeat itself to one"},
		{"lark://evil.example.com/token", "not of the form", "not Lark's host"},
		{"googlechat://evil.example.com/v1?key=a&token=b", "not of the form", "not Google's host"},
		{"opsgenie://evil.example.com/key", "not of the form", "not Opsgenie's host"},
		{"pagerduty://evil.example.com/0123456789abcdef0123456789abcdef", "not of the form", "not PagerDuty's host"},
		{"gotify://10.0.0.1/Aaa.bbb.ccc.ddd", "not a public one", "a private host"},
		{"ntfy://ntfy.sh/prices?scheme=http", "give https://", "no TLS"},
		{"mattermost://h.example.com/token?disabletls=yes", "give https://", "no TLS"},
		{"smtp://mail.example.com/?from=a@example.com", "not of the form", "nobody to write to"},
		{"smtp://mail.example.com/?from=a@example.com&to=b@example.com%0d%0aBcc:c@example.com", "not of the form", "an address with a line break"},
		{"smtp://127.0.0.1/?from=a@example.com&to=b@example.com", "not a public one", "a private host"},
	}
	for _, test := range tests {
		err := ParseTarget(test.target, false)
		if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s (%s): %v, want %q", test.target, test.why, err, test.wrong)
		}
	}
	for _, private := range []string{"http://127.0.0.1:8080/x", "https://localhost/x", "ntfy://10.0.0.1/prices?scheme=http", "smtp://127.0.0.1:2525/?from=a@example.com&to=b@example.com"} {
		if err := ParseTarget(private, true); err != nil {
			t.Errorf("%s, where private targets are allowed: %v", private, err)
		}
	}
}

func TestChannelHidesSecrets(t *testing.T) {
	for target, want := range map[string]string{
		"https://user:pass@hooks.example.com:8443/services/T0/B0?token=x#y": "https://hooks.example.com:8443/…",
		"http://10.0.0.1/x": "http://10.0.0.1/…",
		slackHook:           "slack://…",
		telegramA:           "telegram://…",
		"wecom://693a91f6":  "wecom://…",
		mailTo:              "smtp://…",
		"xoxb-secret://x":   "…",
		"https://":          "…",
		"https://a b/":      "…",
		"\x00":              "…",
	} {
		if got := Channel(target); got != want {
			t.Errorf("Channel(%q) is %q, want %q", target, got, want)
		}
	}
}

func TestScrub(t *testing.T) {
	tests := []struct{ text, target, want, why string }{
		{"404: /services/T0001/B0001 is unknown", "https://h/services/T0001/B0001", "404: … is unknown", "the path"},
		{"no token T0001 here", "https://h/services/T0001/B0001", "no token … here", "a part of the path"},
		{"bad key a b", "https://h/?k=a%20b%20", "bad key a b", "too short a part, not the same"},
		{"bad key top secret", "https://h/?k=top%20secret", "bad key …", "a value as it is meant"},
		{"user broker@example.com is unknown", "smtp://h/?from=a@example.com&to=c@example.com,broker@example.com", "user … is unknown", "one of several addresses"},
		{"invalid key 693a91f6", "wecom://693a91f6", "invalid key …", "the key of a channel stands where a host does"},
		{"refused: Authorization: Basic YnJva2VyOnRvcHNlY3JldA==", "https://broker:topsecret@h/", "refused: Authorization: Basic …", "name and password as HTTP sends them"},
		{"dial tcp: lookup hooks.example.com: no such host", "https://hooks.example.com/secret", "dial tcp: lookup hooks.example.com: no such host", "the host is no secret"},
	}
	for _, test := range tests {
		if got := scrub(test.text, test.target); got != test.want {
			t.Errorf("%s: %q, want %q", test.why, got, test.want)
		}
	}
}

// FuzzTarget holds that no URL makes us fail, and that nothing of it but the host of a webhook is ever repeated.
func FuzzTarget(f *testing.F) {
	const secret = "s3cr3tT0k3nXYZ"
	for _, before := range []string{"https://h/", "https://h/?k=", "https://u:", "slack://hook:T-B-", "slack://", "telegram://1:", "wecom://", "lark://open.feishu.cn/", "dingtalk://",
		"smtp://u:", "pushover://:", "gotify://h/", "opsgenie://api.opsgenie.com/", "", "teams://", "discord://", "bark://:", "pagerduty:///", "ntfy://h/t?title=", "rocketchat://h/a/"} {
		f.Add(before, "")
		f.Add(before, "@h/?from=a@b.c&to=d@e.f")
		f.Add(before, "@h\x7f")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		target := before + secret + after
		for _, allowPrivate := range []bool{false, true} {
			if err := ParseTarget(target, allowPrivate); err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("ParseTarget(%q) repeats it: %v", target, err)
			}
		}
		channel := Channel(target)
		host, isWebhook := strings.CutPrefix(channel, "http")
		if strings.Contains(channel, secret) && (!isWebhook || strings.Contains(host, "@")) {
			t.Errorf("Channel(%q) is %s", target, channel)
		}
		if got := scrub("they said "+secret, target); strings.Contains(got, secret) && strings.Contains(target, "/"+secret) && after == "" && strings.HasPrefix(target, "https://h/") {
			t.Errorf("scrub leaves %s of %q", got, target)
		}
	})
}

func TestNotPublicIsPlain(t *testing.T) {
	if err := ParseTarget("https://10.0.0.1/", false); !errors.Is(err, errNotPublic) || strings.Contains(err.Error(), "10.0.0.1") {
		t.Errorf("%v", err)
	}
}
