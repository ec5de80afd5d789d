package alerts

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gpuhour/market"
)

// answering is a network that gives one answer, and keeps what it was asked.
type answering struct {
	status  int
	body    string
	request *http.Request
	asked   []byte
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	a.request = r
	a.asked, _ = io.ReadAll(r.Body)
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// through is a sender over such a network.
func through(network http.RoundTripper, options SenderOptions) *Sender {
	s := NewSender(options)
	s.client.Transport = network
	return s
}

const (
	told = "[alert 触发] cheap ‹H100› @\u200bhere\n" + toldBody
	// toldBody is what stands under the title.
	toldBody = toldText + "\n" + toldLink
	toldText = "coreweave NVIDIA HGX H100 (8 × H100), europe, on demand: 2.39 USD per card-hour, at or below 2.5, before 2.71, the cheapest of 12 offers, seen 2026-11-24 02:10 UTC.\n" +
		"coreweave NVIDIA HGX H100（8 × H100），europe，按需：每卡时 2.39 USD，不高于 2.5，此前 2.71，12 个报价中最低，读取于 2026-11-24 02:10 UTC。"
	toldTitle         = "[alert 触发] cheap ‹H100› @\u200bhere"
	dingTalkSignature = "tTf9cYVkHY1MfpHQYWxbHKuxX7XT4qasP5vLREDBpVQ="
	larkSignature     = "XBuBVCxFLCd8yxJjPo1VUu8GQ6a6Z3/uu5cc9CidTZc="
	toldLink          = "https://www.coreweave.com/pricing"
)

// TestServices compares the request that every kind of channel gets with what its makers document.
func TestServices(t *testing.T) {
	tests := []struct {
		target, url, good string
		header            map[string]string
		body              map[string]any
		refusals          []string
	}{
		{target: slackHook, url: "https://hooks.slack.com/services/TAAAAAAAA/BBBBBBBBB/123456789123456789123456", good: "ok", body: map[string]any{"text": told}},
		{target: "slack://xoxb:123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N@C001CH4NN3L", url: "https://slack.com/api/chat.postMessage", good: `{"ok":true}`,
			header: map[string]string{"Authorization": "Bearer xoxb-123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N"},
			body:   map[string]any{"text": told, "channel": "C001CH4NN3L"}, refusals: []string{`{"ok":false,"error":"channel_not_found"}`, "<html>", "{}"}},
		{target: telegramA, url: "https://api.telegram.org/bot123456789:AAFmA-vrXqSyXU1yLbP3sGgyyk8vYqxKNz8/sendMessage", good: `{"ok":true,"result":{}}`,
			body:     map[string]any{"chat_id": "@prices", "text": told, "disable_notification": false, "link_preview_options": map[string]any{"is_disabled": true}},
			refusals: []string{`{"ok":false,"description":"chat not found"}`, ""}},
		{target: "telegram://123456789:AAFmA-vrXqSyXU1yLbP3sGgyyk8vYqxKNz8@telegram?chats=-1001:42&notification=no", good: `{"ok":true}`,
			url:  "https://api.telegram.org/bot123456789:AAFmA-vrXqSyXU1yLbP3sGgyyk8vYqxKNz8/sendMessage",
			body: map[string]any{"chat_id": "-1001", "message_thread_id": 42.0, "text": told, "disable_notification": true, "link_preview_options": map[string]any{"is_disabled": true}}},
		{target: "discord://token@123", url: "https://discord.com/api/webhooks/123/token", body: map[string]any{"content": told, "allowed_mentions": map[string]any{"parse": []any{}}}},
		{target: "lark://open.feishu.cn/token", url: "https://open.feishu.cn/open-apis/bot/v2/hook/token", good: `{"code":0}`,
			body: map[string]any{"msg_type": "text", "content": map[string]any{"text": told}}, refusals: []string{`{"code":9499,"msg":"Bad Request"}`, "{}", ""}},
		{target: "lark://open.larksuite.com/token?secret=abc", url: "https://open.larksuite.com/open-apis/bot/v2/hook/token", good: `{"code":0}`,
			body: map[string]any{"msg_type": "text", "content": map[string]any{"text": told}, "timestamp": "1795486260", "sign": "LARKSIGN"}},
		{target: "dingtalk://0123abcd", url: "https://oapi.dingtalk.com/robot/send?access_token=0123abcd", good: `{"errcode":0,"errmsg":"ok"}`,
			body: map[string]any{"msgtype": "text", "text": map[string]any{"content": told}}, refusals: []string{`{"errcode":310000,"errmsg":"sign not match"}`, "{}"}},
		{target: "dingtalk://0123abcd?secret=SECabc", url: "https://oapi.dingtalk.com/robot/send?access_token=0123abcd&sign=DINGSIGN&timestamp=1795486260000", good: `{"errcode":0}`,
			body: map[string]any{"msgtype": "text", "text": map[string]any{"content": told}}},
		{target: "wecom://693a91f6-7xxx", url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx", good: `{"errcode":0}`,
			body: map[string]any{"msgtype": "text", "text": map[string]any{"content": told}}, refusals: []string{`{"errcode":93000,"errmsg":"invalid webhook url"}`}},
		{target: teamsHook, url: "https://org.webhook.office.com/webhookb2/11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/IncomingWebhook/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05",
			body: map[string]any{"@type": "MessageCard", "@context": "https://schema.org/extensions", "title": toldTitle, "summary": toldTitle, "text": strings.ReplaceAll(toldBody, "\n", "\n\n")}},
		{target: chatSpace, url: "https://chat.googleapis.com/v1/spaces/FOO/messages?key=bar&token=baz", body: map[string]any{"text": told}},
		{target: "mattermost://bot@chat.example.com:8443/token/prices", url: "https://chat.example.com:8443/hooks/token", body: map[string]any{"text": told, "username": "bot", "channel": "prices"}},
		{target: "rocketchat://chat.example.com:8443/tokenA/tokenB", url: "https://chat.example.com:8443/hooks/tokenA/tokenB", body: map[string]any{"text": told}},
		{target: "ntfy://user:pass@ntfy.sh/prices?priority=high", url: "https://ntfy.sh/", header: map[string]string{"Authorization": "Basic dXNlcjpwYXNz"},
			body: map[string]any{"topic": "prices", "title": toldTitle, "message": toldBody, "click": toldLink, "priority": 4.0}},
		{target: "gotify://gotify.example.com/sub/Aaa.bbb.ccc.ddd", url: "https://gotify.example.com/sub/message", header: map[string]string{"X-Gotify-Key": "Aaa.bbb.ccc.ddd"},
			body: map[string]any{"title": toldTitle, "message": toldBody, "priority": 0.0}},
		{target: "bark://:device@api.day.app", url: "https://api.day.app/push", good: `{"code":200}`, body: map[string]any{"title": toldTitle, "body": toldBody, "device_key": "device", "url": toldLink},
			refusals: []string{`{"code":400,"message":"no such device"}`}},
		{target: "pagerduty:///0123456789abcdef0123456789abcdef", url: "https://events.pagerduty.com/v2/enqueue",
			body: map[string]any{"routing_key": "0123456789abcdef0123456789abcdef", "event_action": "trigger", "dedup_key": "rule/3/coreweave/h100/europe/on-demand",
				"payload": map[string]any{"summary": toldTitle + ": " + toldText, "severity": "error", "source": "gpuhour", "timestamp": "2026-11-24T02:11:00Z"}}},
		{target: "opsgenie://api.eu.opsgenie.com/key", url: "https://api.eu.opsgenie.com/v2/alerts", header: map[string]string{"Authorization": "GenieKey key"},
			body: map[string]any{"message": toldTitle, "alias": "event/000000000007", "description": toldBody, "source": "gpuhour"}},
	}
	for _, test := range tests {
		network := &answering{status: http.StatusOK, body: test.good}
		s := through(network, SenderOptions{Version: "1", Now: atJudged})
		if out := s.Attempt(t.Context(), test.target, "", firedEvent()); out.Err != nil {
			t.Errorf("%s: %v", test.target, out.Err)
			continue
		}
		if got := network.request.URL.String(); got != strings.ReplaceAll(test.url, "DINGSIGN", url.QueryEscape(digest("SECabc", "1795486260000\nSECabc"))) {
			t.Errorf("%s is sent to %s", test.target, got)
		}
		for key, want := range test.header {
			if got := network.request.Header.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", test.target, key, got, want)
			}
		}
		if sign, signed := test.body["sign"]; signed && sign == "LARKSIGN" {
			test.body["sign"] = digest("1795486260\nabc", "")
		}
		if diff := cmp.Diff(test.body, decodeJSON(t, network.asked)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.target, diff)
		}
		for _, refusal := range test.refusals {
			network.body = refusal
			if out := s.Attempt(t.Context(), test.target, "", firedEvent()); out.Err == nil || !strings.HasPrefix(out.Err.Error(), "refused: ") {
				t.Errorf("%s: %q is taken for a success: %v", test.target, refusal, out.Err)
			}
		}
		network.status = http.StatusForbidden
		if out := s.Attempt(t.Context(), test.target, "", firedEvent()); out.Err == nil {
			t.Errorf("%s: 403 is taken for a success", test.target)
		}
	}
}

// TestSignaturesOfChineseServices compares with values that were computed by another program (openssl).
func TestSignaturesOfChineseServices(t *testing.T) {
	if got := digest("SECabc", "1795486260000\nSECabc"); got != dingTalkSignature {
		t.Errorf("DingTalk: %s", got)
	}
	if got := digest("1795486260\nabc", ""); got != larkSignature {
		t.Errorf("Lark: %s", got)
	}
}

func TestPushover(t *testing.T) {
	network := &answering{status: http.StatusOK}
	s := through(network, SenderOptions{Now: atJudged})
	if out := s.Attempt(t.Context(), "pushover://:token@user?devices=phone", "", firedEvent()); out.Err != nil {
		t.Fatal(out.Err)
	}
	got, err := url.ParseQuery(string(network.asked))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"token": {"token"}, "user": {"user"}, "device": {"phone"}, "title": {toldTitle}, "message": {toldText}, "url": {toldLink}, "priority": {"0"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPagerDutyCloses holds that what is resolved closes what was opened, and that other kinds stand alone.
func TestPagerDutyCloses(t *testing.T) {
	tests := []struct {
		kind        market.AlertEventKind
		action, key string
	}{
		{market.Fired, "trigger", "rule/3/coreweave/h100/europe/on-demand"}, {market.Further, "trigger", "rule/3/coreweave/h100/europe/on-demand"},
		{market.Resolved, "resolve", "rule/3/coreweave/h100/europe/on-demand"}, {market.NoData, "trigger", "event/000000000007"}, {market.TestEvent, "trigger", "event/000000000007"},
	}
	for _, test := range tests {
		network := &answering{status: http.StatusAccepted}
		e := firedEvent()
		e.Kind = test.kind
		through(network, SenderOptions{Now: atJudged}).Attempt(t.Context(), "pagerduty:///0123456789abcdef0123456789abcdef", "", e)
		if got := decodeJSON(t, network.asked); got["event_action"] != test.action || got["dedup_key"] != test.key {
			t.Errorf("%s: %v %v", test.kind, got["event_action"], got["dedup_key"])
		}
	}
}

func TestLongMessagesFit(t *testing.T) {
	e := firedEvent()
	e.RuleName = strings.Repeat("价", 3000)
	m := messageOf(e, judgedAt)
	if whole := m.whole(); len(whole) > longestMessage || !strings.HasSuffix(whole, toldLink) {
		t.Errorf("%d bytes, ending in %q", len(whole), whole[len(whole)-40:])
	}
	if whole := strings.ToValidUTF8(m.whole(), "!"); strings.Contains(whole, "!") {
		t.Error("a character was cut")
	}
}
