package scrapers

import (
	"bytes"
	"net/http"
	"strings"

	"golang.org/x/net/html"
)

// marks are what gives away an answer that is not the page. Texts are looked for in the title only, and in the body only
// where no ordinary page has them: a contact form with a captcha is still a page.
var (
	challengeTitles = []string{
		"just a moment", "attention required", "access denied", "are you a robot", "robot check", "verify you are human",
		"security check", "pardon our interruption", "captcha", "人机验证", "安全验证", "滑动验证", "访问验证", "请完成验证",
	}
	challengeBodies = []string{
		"_cf_chl_opt", "cf-challenge-running", "px-captcha", "captcha-delivery.com", "_incapsula_resource", "acw_sc__v2",
		"awswafcaptcha", "tencent-captcha-dy",
	}
	loginTitles = []string{"log in", "login", "sign in", "登录", "登陆"}
	loginPaths  = []string{"/login", "/signin", "/sign-in", "/passport"}
)

// blockedBy names what stands in front of the page; empty when nothing does. Headers are asked before the body.
func blockedBy(answer *http.Response, d Document) string {
	switch {
	case answer.Header.Get("Cf-Mitigated") == "challenge":
		return "a Cloudflare challenge"
	case answer.Header.Get("X-Amzn-Waf-Action") != "":
		return "an AWS WAF " + answer.Header.Get("X-Amzn-Waf-Action")
	case redirectedToLogin(answer):
		return "a login page"
	case !strings.Contains(d.ContentType, "html"):
		return ""
	}
	return blockedByText(d.Body)
}

func redirectedToLogin(answer *http.Response) bool {
	if answer.Request == nil || answer.Request.Response == nil {
		return false
	}
	return containsAny(strings.ToLower(answer.Request.URL.Path), loginPaths)
}

// blockedByText looks at the head of the document: challenge pages are small and say it early.
func blockedByText(body []byte) string {
	head := body[:min(len(body), 64<<10)]
	title := strings.ToLower(titleOf(head))
	switch {
	case containsAny(title, challengeTitles):
		return "a challenge page (" + strings.TrimSpace(title) + ")"
	case containsAny(strings.ToLower(string(head)), challengeBodies):
		return "a challenge page"
	case containsAny(title, loginTitles):
		return "a login page"
	}
	return ""
}

func titleOf(head []byte) string {
	tokens := html.NewTokenizer(bytes.NewReader(head))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			if name, _ := tokens.TagName(); string(name) == "title" && tokens.Next() == html.TextToken {
				return string(tokens.Text())
			}
		}
	}
}

func containsAny(text string, marks []string) bool {
	for _, m := range marks {
		if strings.Contains(text, m) {
			return true
		}
	}
	return false
}
