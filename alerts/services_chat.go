package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	discordurl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	googlechaturl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/googlechat"
	larkurl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/lark"
	mattermosturl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/mattermost"
	rocketchaturl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/rocketchat"
	slackurl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/slack"
	teamsurl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/teams"
	telegramurl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
	wecomurl "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/wecom"
)

// fields are a JSON object. Empty strings are left out.
type fields map[string]any

// asJSON is a request with a JSON body.
func asJSON(to string, body fields) post {
	for key, value := range body {
		if value == "" {
			delete(body, key)
		}
	}
	text, _ := json.Marshal(body) // strings, numbers and objects of them
	return post{url: to, header: http.Header{"Content-Type": {"application/json"}}, body: text}
}

// unlessZero is a refusal by a code in the answer that is not zero.
func unlessZero(code, words string) func([]byte) string {
	return func(answer []byte) string {
		var said map[string]any
		if json.Unmarshal(answer, &said) != nil {
			return "the answer is no JSON"
		}
		if n, isNumber := said[code].(float64); isNumber && n == 0 {
			return ""
		}
		return fmt.Sprintf("%v %v", said[code], said[words])
	}
}

// unlessTrue is a refusal by "ok" not being true.
func unlessTrue(words string) func([]byte) string {
	return func(answer []byte) string {
		var said map[string]any
		if json.Unmarshal(answer, &said) != nil {
			return "the answer is no JSON"
		}
		if said["ok"] == true {
			return ""
		}
		return fmt.Sprint(said[words])
	}
}

func slack(u *url.URL, m message) (post, error) {
	config := &slackurl.Config{}
	if err := read(config, u); err != nil {
		return post{}, err
	}
	body := fields{"text": m.whole(), "username": config.BotName, "thread_ts": config.ThreadTS}
	if !config.Token.IsAPIToken() {
		return asJSON(config.Token.WebhookURL(), body), nil
	}
	body["channel"] = config.Channel
	p := asJSON("https://slack.com/api/chat.postMessage", body)
	p.header.Set("Authorization", config.Token.Authorization())
	p.refused = unlessTrue("error")
	return p, nil
}

func telegram(u *url.URL, m message) (post, error) {
	config := &telegramurl.Config{}
	if err := read(config, u); err != nil || len(config.Chats) != 1 {
		return post{}, errForm // one chat a target: a retry repeats nothing elsewhere
	}
	chat, thread, _ := strings.Cut(config.Chats[0], ":")
	body := fields{"chat_id": chat, "text": m.whole(), "disable_notification": !config.Notification, "link_preview_options": fields{"is_disabled": true}}
	if n, err := strconv.Atoi(thread); err == nil {
		body["message_thread_id"] = n
	}
	p := asJSON("https://api.telegram.org/bot"+config.Token+"/sendMessage", body)
	p.refused = unlessTrue("description")
	return p, nil
}

func discord(u *url.URL, m message) (post, error) {
	config := &discordurl.Config{}
	if err := read(config, u); err != nil || u.Path != "" {
		return post{}, errForm
	}
	return asJSON(discordurl.CreateAPIURLFromConfig(config), fields{"content": m.whole(), "username": config.Username, "allowed_mentions": fields{"parse": []string{}}}), nil
}

func wecom(u *url.URL, m message) (post, error) {
	config := &wecomurl.Config{}
	if err := read(config, u); err != nil {
		return post{}, err
	}
	p := asJSON("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="+url.QueryEscape(config.Key), fields{"msgtype": "text", "text": fields{"content": m.whole()}})
	p.refused = unlessZero("errcode", "errmsg")
	return p, nil
}

func lark(u *url.URL, m message) (post, error) {
	config := &larkurl.Config{}
	if err := read(config, u); err != nil {
		return post{}, err
	}
	body := fields{"msg_type": "text", "content": fields{"text": m.whole()}}
	if config.Secret != "" {
		stamp := strconv.FormatInt(m.now.Unix(), 10)
		body["timestamp"], body["sign"] = stamp, digest(stamp+"\n"+config.Secret, "")
	}
	p := asJSON("https://"+config.Host+"/open-apis/bot/v2/hook/"+url.PathEscape(config.Path), body)
	p.refused = unlessZero("code", "msg")
	return p, nil
}

// dingtalk is the robot webhook of DingTalk, which shoutrrr lacks.
func dingtalk(u *url.URL, m message) (post, error) {
	if u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return post{}, errForm
	}
	query := url.Values{"access_token": {u.Host}}
	if secret := u.Query().Get("secret"); secret != "" {
		stamp := strconv.FormatInt(m.now.UnixMilli(), 10)
		query.Set("timestamp", stamp)
		query.Set("sign", digest(secret, stamp+"\n"+secret))
	}
	p := asJSON("https://oapi.dingtalk.com/robot/send?"+query.Encode(), fields{"msgtype": "text", "text": fields{"content": m.whole()}})
	p.refused = unlessZero("errcode", "errmsg")
	return p, nil
}

// digest is the HMAC-SHA256 that the Chinese services sign with, in Base64.
func digest(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func teams(u *url.URL, m message) (post, error) {
	c := &teamsurl.Config{}
	if err := read(c, u); err != nil {
		return post{}, err
	}
	to := teamsurl.BuildWebhookURL(c.Host, c.Group, c.Tenant, c.AltID, c.GroupOwner, c.ExtraID)
	if teamsurl.ValidateWebhookURL(to) != nil {
		return post{}, errForm
	}
	return asJSON(to, fields{"@type": "MessageCard", "@context": "https://schema.org/extensions", "summary": m.title, "title": m.title, "text": strings.ReplaceAll(m.body(), "\n", "\n\n")}), nil
}

func googleChat(u *url.URL, m message) (post, error) {
	config := &googlechaturl.Config{}
	if err := read(config, u); err != nil || config.Key == "" || config.Token == "" || config.Path == "" {
		return post{}, errForm
	}
	to := url.URL{Scheme: "https", Host: config.Host, Path: config.Path, RawQuery: url.Values{"key": {config.Key}, "token": {config.Token}}.Encode()}
	return asJSON(to.String(), fields{"text": m.whole()}), nil
}

func mattermost(u *url.URL, m message) (post, error) {
	config := &mattermosturl.Config{}
	if err := read(config, u); err != nil {
		return post{}, err
	}
	to := url.URL{Scheme: scheme(config.DisableTLS), Host: config.Host, Path: "/hooks/" + config.Token}
	return asJSON(to.String(), fields{"text": m.whole(), "username": config.UserName, "channel": config.Channel}), nil
}

func rocketChat(u *url.URL, m message) (post, error) {
	config := &rocketchaturl.Config{}
	if err := read(config, u); err != nil || config.TokenA == "" || config.TokenB == "" {
		return post{}, errForm
	}
	to := url.URL{Scheme: "https", Host: u.Host, Path: "/hooks/" + config.TokenA + "/" + config.TokenB}
	return asJSON(to.String(), fields{"text": m.whole(), "username": config.UserName, "channel": config.Channel}), nil
}

func scheme(disableTLS bool) string {
	if disableTLS {
		return "http"
	}
	return "https"
}
