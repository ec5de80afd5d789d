package alerts

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"gpuhour/market"
)

const knownSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var judgedAt = time.Date(2026, 11, 24, 2, 11, 0, 0, time.UTC)

// firedEvent is an event with everything in it.
func firedEvent() market.Event {
	price := func(text string) *market.Decimal { d := decimal.MustParse(text); return &d }
	return market.Event{
		Sequence: 7, Number: 2, RuleID: market.RuleID(3), RuleName: "cheap <H100> @here", RuleVersion: 4, Kind: market.Fired, Subject: market.Cheapest, Condition: market.Below,
		About: "coreweave/h100/europe/on-demand", At: judgedAt, ObservedAt: judgedAt.Add(-17 * time.Second), Offers: 12, Currency: market.USD,
		Value: price("2.390"), Previous: price("2.71"), Threshold: price("2.50"), Percent: price("10"), Window: 90 * time.Minute, Stock: market.Available,
		Offer: &market.Offer{ID: "coreweave/h100/europe/on-demand", Provider: "coreweave", Kind: market.Neocloud, SKU: "NVIDIA HGX H100", GpuName: "NVIDIA HGX H100", GpuModel: "H100",
			GpuID: "nvidia/h100-sxm-80gb", GpuCount: market.Cards(8), Region: "europe", Market: market.OnDemand,
			Listed: market.ListedPrice{Amount: decimal.MustParse("19.120"), Currency: market.USD, Per: market.PerInstance, Period: market.PerHour}},
		Sources: []market.Source{{URL: "https://www.coreweave.com/pricing", FetchedAt: judgedAt.Add(-17 * time.Second), Digest: "ab12"}},
	}
}

func TestBody(t *testing.T) {
	const want = `{"type":"alert.fired","timestamp":"2026-11-24T02:11:00Z","data":{"id":"event/000000000007","number":2,"rule":{"id":"rule/3","name":"cheap \u003cH100\u003e @here","version":4},` +
		`"kind":"FIRED","subject":"CHEAPEST","condition":"BELOW","about":"coreweave/h100/europe/on-demand","at":"2026-11-24T02:11:00Z","observedAt":"2026-11-24T02:10:43Z",` +
		`"value":"2.39","previous":"2.71","threshold":"2.5","currency":"USD","percent":"10","window":"PT1H30M","stock":"AVAILABLE","reason":null,"offers":12,` +
		`"offer":{"id":"coreweave/h100/europe/on-demand","provider":"coreweave","kind":"NEOCLOUD","sku":"NVIDIA HGX H100","gpuName":"NVIDIA HGX H100","gpuModel":"H100","gpu":"nvidia/h100-sxm-80gb",` +
		`"gpuCount":"8","region":"europe","country":null,"market":"ON_DEMAND","commitmentMonths":0,"listed":{"amount":"19.120","currency":"USD","per":"INSTANCE","period":"PT1H"},"sample":false},` +
		`"sources":[{"url":"https://www.coreweave.com/pricing","fetchedAt":"2026-11-24T02:10:43Z","digest":"ab12"}],` +
		`"summary":{"en":"coreweave NVIDIA HGX H100 (8 × H100), europe, on demand: 2.39 USD per card-hour, at or below 2.5, before 2.71, the cheapest of 12 offers, seen 2026-11-24 02:10 UTC.",` +
		`"zh":"coreweave NVIDIA HGX H100（8 × H100），europe，按需：每卡时 2.39 USD，不高于 2.5，此前 2.71，12 个报价中最低，读取于 2026-11-24 02:10 UTC。"}}}`
	got, err := Body(firedEvent())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	unknown, err := Body(market.Event{Sequence: 1, Kind: market.NoData, At: judgedAt, Reason: "nothing matched"})
	if err != nil {
		t.Fatal(err)
	}
	for _, null := range []string{"observedAt", "value", "previous", "threshold", "percent", "window", "stock", "offer"} {
		if !bytes.Contains(unknown, []byte(`"`+null+`":null`)) {
			t.Errorf("%s is unknown, but not null: %s", null, unknown)
		}
	}
}

// TestBodyStaysSmall holds that an event is rather told without its documents than not at all.
func TestBodyStaysSmall(t *testing.T) {
	e := firedEvent()
	for range 100 {
		e.Sources = append(e.Sources, market.Source{URL: "https://example.com/" + strings.Repeat("x", 1500)})
	}
	body, err := Body(e)
	if err != nil || len(body) >= 20_000 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	e.RuleName = strings.Repeat("x", 30_000)
	if _, err := Body(e); err == nil {
		t.Error("a body of 30 kB is none")
	}
}

func TestWindows(t *testing.T) {
	for d, want := range map[time.Duration]string{24 * time.Hour: "P1D", 720 * time.Hour: "P30D", 36 * time.Hour: "PT36H", 15 * time.Minute: "PT15M", 3661 * time.Second: "PT1H1M1S"} {
		if got := windowOrNil(d); *got != want {
			t.Errorf("%s is %s, want %s", d, *got, want)
		}
	}
}

// TestSignature compares with the example of those who specify Standard Webhooks.
func TestSignature(t *testing.T) {
	signer, err := standardwebhooks.NewWebhook(knownSecret)
	if err != nil {
		t.Fatal(err)
	}
	got, err := signer.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

func TestSecrets(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if a == b || !strings.HasPrefix(a, "whsec_") || len(a) != len("whsec_")+44 {
		t.Errorf("%q, %q", a, b)
	}
	if _, err := webhook("https://h/", "", firedEvent(), judgedAt); err == nil {
		t.Error("signed without a secret")
	}
}

// TestWebhookIsWhatItSays holds that a receiver with the standard's own library accepts what we send, on every attempt.
func TestWebhookIsWhatItSays(t *testing.T) {
	var bodies [][]byte
	var headers []http.Header
	now := time.Now()
	server := receiverOf(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies, headers = append(bodies, body), append(headers, r.Header.Clone())
		w.WriteHeader(http.StatusNoContent)
	})
	s := senderTo(server, SenderOptions{Now: func() time.Time { return now }})
	for range 2 {
		if out := s.Attempt(t.Context(), server.URL+"/hook", knownSecret, firedEvent()); out.Err != nil {
			t.Fatal(out.Err)
		}
		now = now.Add(time.Minute)
	}
	verifier, _ := standardwebhooks.NewWebhook(knownSecret)
	for i := range bodies {
		if err := verifier.Verify(bodies[i], headers[i]); err != nil {
			t.Errorf("attempt %d: %v", i+1, err)
		}
	}
	if !bytes.Equal(bodies[0], bodies[1]) || headers[0].Get("webhook-id") != headers[1].Get("webhook-id") || headers[0].Get("webhook-id") != firedEvent().ID() {
		t.Error("an attempt is not the same as the one before")
	}
	if headers[0].Get("webhook-timestamp") == headers[1].Get("webhook-timestamp") {
		t.Error("the time is not the attempt's")
	}
	if h := headers[0]; h.Get("User-Agent") != "gpuhour/1.2.3" || h.Get("Content-Type") != "application/json" || h.Get("Cookie") != "" || h.Get("Accept-Encoding") != "" {
		t.Errorf("%v", h)
	}
	if verifier.Verify(append(bodies[0], ' '), headers[0]) == nil {
		t.Error("a changed body is accepted: the test proves nothing")
	}
}

// TestHTTP2 tells a receiver that speaks nothing older.
func TestHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	s := senderTo(server, SenderOptions{})
	for range 2 {
		if out := s.Attempt(t.Context(), server.URL, knownSecret, firedEvent()); out.Err != nil {
			t.Error(out.Err)
		}
	}
}

// receiverOf is a receiver with TLS.
func receiverOf(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(handle)
	t.Cleanup(server.Close)
	return server
}

// senderTo is a sender that trusts a receiver of a test, which is at a private address.
func senderTo(server *httptest.Server, options SenderOptions) *Sender {
	options.Guard.AllowPrivate, options.Version = true, "1.2.3"
	if options.Now == nil {
		options.Now = func() time.Time { return judgedAt }
	}
	if options.TLS == nil && server.Certificate() != nil {
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		options.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return NewSender(options)
}

func TestReceiversThatBehaveBadly(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	elsewhere := 0
	private := receiverOf(t, func(http.ResponseWriter, *http.Request) { elsewhere++ })
	release := make(chan struct{})
	tests := []struct {
		why    string
		handle http.HandlerFunc
		limit  time.Duration
		want   Outcome
	}{
		{"takes it", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }, 0, Outcome{}},
		{"fails, and repeats what it was asked", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "oh\x1b[31m no:\n "+r.URL.String())
		}, 0, Outcome{Err: errors.New("answered 500 Internal Server Error: oh[31m no: …")}},
		{"wants nothing more", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, 0, Outcome{Err: errors.New("answered 410 Gone"), Gone: true}},
		{"wants to be left alone for two minutes", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 0, Outcome{Err: errors.New("answered 429 Too Many Requests"), RetryAfter: 2 * time.Minute}},
		{"wants to be left alone until a moment", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", judgedAt.Add(time.Hour).Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 0, Outcome{Err: errors.New("answered 503 Service Unavailable"), RetryAfter: time.Hour}},
		{"leads to a private address", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, private.URL+"/secret", http.StatusFound)
		}, 0, Outcome{Err: errors.New("answered 302: redirects are not followed, give the address it leads to")}},
		{"leads to itself", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
		}, 0, Outcome{Err: errors.New("answered 307: redirects are not followed, give the address it leads to")}},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}, 50 * time.Millisecond, Outcome{Err: errTimeout, Silent: true}},
		{"takes it, and never stops talking", func(w http.ResponseWriter, _ *http.Request) { forever(w) }, 0, Outcome{}},
		{"refuses it, and never stops talking", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			forever(w)
		}, 0, Outcome{Err: errors.New("answered 400 Bad Request: " + strings.Repeat("x", 200-26-3) + "…")}},
		{"sends a bomb that was not asked for", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusBadGateway)
			z := gzip.NewWriter(w)
			_, _ = io.CopyN(z, zeros{}, 8<<20)
			_ = z.Close()
		}, 0, Outcome{Err: errors.New("answered 502 Bad Gateway: …")}},
		{"hangs up", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, 0, Outcome{Err: errors.New("EOF"), Silent: true}},
		{"sends headers without end", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 2000 {
				w.Header().Add("X-Header", strings.Repeat("y", 90)+string(rune('a'+i%26)))
			}
		}, 0, Outcome{Err: errors.New("headers"), Silent: true}},
	}
	for _, test := range tests {
		server := receiverOf(t, test.handle)
		server.Config.ErrorLog = quietLog()
		s := senderTo(server, SenderOptions{Limit: test.limit})
		got := s.Attempt(t.Context(), server.URL+"/services/T0001/B0001?token=topsecret", knownSecret, firedEvent())
		if !sameOutcome(got, test.want) {
			t.Errorf("a receiver that %s: %+v, want %+v", test.why, got, test.want)
		}
		if got.Err != nil && (strings.Contains(got.Err.Error(), "T0001") || strings.Contains(got.Err.Error(), "topsecret")) {
			t.Errorf("a receiver that %s: the URL's secrets stand in %q", test.why, got.Err)
		}
	}
	close(release)
	if elsewhere > 0 {
		t.Error("a redirect was followed")
	}
}

// sameOutcome compares, where the network words an error by the words that are ours.
func sameOutcome(got, want Outcome) bool {
	if (got.Err == nil) != (want.Err == nil) || got.Gone != want.Gone || got.Final != want.Final || got.RetryAfter != want.RetryAfter || got.Silent != want.Silent {
		return false
	}
	if got.Err == nil {
		return true
	}
	if start, open := strings.CutSuffix(want.Err.Error(), ": …"); open && want.Gone == got.Gone {
		return strings.HasPrefix(got.Err.Error(), start)
	}
	return want.Silent && strings.Contains(strings.ToLower(got.Err.Error()), strings.ToLower(want.Err.Error())) || got.Err.Error() == want.Err.Error()
}

func forever(w io.Writer) {
	line := bytes.Repeat([]byte("x"), 4096)
	for {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestPrivateReceiversAreNotAsked holds that the guard stands in the way of every kind of target.
func TestPrivateReceiversAreNotAsked(t *testing.T) {
	asked := 0
	server := receiverOf(t, func(http.ResponseWriter, *http.Request) { asked++ })
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	resolver := namesAt(t, mustAddress("127.0.0.1"))
	s := NewSender(SenderOptions{Guard: Guard{Resolver: resolver}, Version: "1", Now: time.Now})
	host := "inner.example.com:" + port
	for _, target := range []string{"https://" + host + "/hook", "gotify://" + host + "/Aaa.bbb.ccc.ddd", "ntfy://" + host + "/prices", "mattermost://" + host + "/token",
		"rocketchat://" + host + "/a/b", "bark://:device@" + host, "smtp://" + host + "/?from=a@example.com&to=b@example.com", slackHook, telegramA, teamsHook, "wecom://key",
		"lark://open.feishu.cn/token", "dingtalk://token", "discord://token@1", chatSpace, "pushover://:token@user", "opsgenie://api.opsgenie.com/key",
		"pagerduty:///0123456789abcdef0123456789abcdef"} {
		if out := s.Attempt(t.Context(), target, knownSecret, firedEvent()); out.Err == nil || out.Err.Error() != errNotPublic.Error() {
			t.Errorf("%s: %v", Channel(target), out.Err)
		}
	}
	if asked > 0 {
		t.Errorf("the private receiver was asked %d times", asked)
	}
}

func TestBadTLSIsRefused(t *testing.T) {
	server := receiverOf(t, func(http.ResponseWriter, *http.Request) { t.Error("told over a connection that proves nothing") })
	server.Config.ErrorLog = quietLog()
	s := senderTo(server, SenderOptions{TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
	if out := s.Attempt(t.Context(), server.URL, knownSecret, firedEvent()); out.Err == nil || !strings.Contains(out.Err.Error(), "certificate") {
		t.Errorf("%v", out.Err)
	}
}

// TestNoProxy holds that the environment cannot make another dial for us, past the guard.
func TestNoProxy(t *testing.T) {
	s := NewSender(SenderOptions{Now: time.Now})
	transport, _ := s.client.Transport.(*http.Transport)
	if transport == nil || transport.Proxy != nil {
		t.Error("a proxy may be asked")
	}
	if s.client.Jar != nil {
		t.Error("cookies are kept")
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
		why  string
	}{
		{"", 0, "nothing"}, {"120", 2 * time.Minute, "seconds"}, {" 5 ", 5 * time.Second, "with spaces"}, {"-5", 0, "the past"},
		{"99999999999999", 24 * time.Hour, "more than a day"}, {"soon", 0, "no number"}, {"1e9", 0, "no whole number"},
		{judgedAt.Add(time.Hour).Format(http.TimeFormat), time.Hour, "a date"}, {judgedAt.Add(-time.Hour).Format(http.TimeFormat), 0, "a date of the past"},
		{judgedAt.Add(9999 * time.Hour).Format(http.TimeFormat), 24 * time.Hour, "a date far away"},
	}
	for _, test := range tests {
		if got := retryAfter(test.text, judgedAt); got != test.want {
			t.Errorf("%q (%s) is %s, want %s", test.text, test.why, got, test.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{"": "", " a\n\tb ": "a b", "\x00\xff\u200bz": "z", "\x1b[31mred": "[31mred"} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"字字字": "字字字", "字字字字": "字字…"} {
		if got := clip(in, 9); got != want {
			t.Errorf("clip(%q) is %q, want %q", in, got, want)
		}
	}
}

// TestHalfASecretIsNotShown holds that secrets are taken out before a long answer is cut.
func TestHalfASecretIsNotShown(t *testing.T) {
	for before := range longestError {
		s := through(&answering{status: http.StatusBadRequest, body: strings.Repeat("x", before) + "topsecretvalue"}, SenderOptions{Now: atJudged})
		if out := s.Attempt(t.Context(), "https://h.example.com/topsecretvalue", knownSecret, firedEvent()); strings.Contains(out.Err.Error(), "tops") {
			t.Fatalf("after %d bytes: %v", before, out.Err)
		}
	}
}

// TestCancelledAttempts are not the target's fault.
func TestCancelledAttempts(t *testing.T) {
	server := receiverOf(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if out := senderTo(server, SenderOptions{}).Attempt(ctx, server.URL, knownSecret, firedEvent()); !errors.Is(out.Err, context.Canceled) || out.Silent {
		t.Errorf("%+v", out)
	}
}

func decodeJSON(t *testing.T, text []byte) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}
