package alerts

import (
	"strings"
	"time"

	"gpuhour/market"
)

// message is an event as people get it.
type message struct {
	// id is the event's, subject what it is about: services that can tell repetitions from news get them.
	id, subject string
	kind        market.AlertEventKind
	title, text string
	// link is the document behind it; empty where there is none.
	link string
	now  time.Time
}

// titles say the kind of an event in both languages.
var titles = map[market.AlertEventKind]string{
	market.Fired: "alert 触发", market.Further: "further 继续", market.Resolved: "resolved 恢复", market.NoData: "no data 无数据",
	market.SourceError: "source error 数据源异常", market.TestEvent: "test 测试",
}

// messageOf is English, then Chinese: a channel has no language.
func messageOf(e market.Event, now time.Time) message {
	m := message{id: e.ID(), subject: e.RuleID + "/" + e.About, kind: e.Kind, title: "[" + titles[e.Kind] + "] " + e.RuleName,
		text: e.Summary("en") + "\n" + e.Summary("zh"), now: now}
	if len(e.Sources) > 0 {
		m.link = e.Sources[0].URL
	}
	return m
}

// longestMessage fits every channel: WeCom takes 2,048 bytes.
const longestMessage = 2000

// whole is everything in one text.
func (m message) whole() string {
	end := m.end()
	return clip(m.title+"\n"+m.text, longestMessage-len(end)) + end
}

// body is everything but the title.
func (m message) body() string {
	end := m.end()
	return clip(m.text, longestMessage-len(end)) + end
}

func (m message) end() string {
	if m.link == "" || len(m.link) > longestMessage/2 {
		return ""
	}
	return "\n" + m.link
}

// harmless takes the meaning from marks by which what a provider prints could call everybody in a chat, or pose as a link.
var harmless = strings.NewReplacer("@", "@\u200b", "<", "‹", ">", "›")

// quiet is the message for chats.
func (m message) quiet() message {
	m.title, m.text = harmless.Replace(m.title), harmless.Replace(m.text)
	return m
}
