package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuhour/export"
	"gpuhour/store"
)

// hearing asks a server, and keeps all that it says.
type hearing struct {
	running
	said *strings.Builder
}

// hear asks and gives the answer, which may be a refusal.
func (h hearing) hear(t *testing.T, query string, variables map[string]any) json.RawMessage {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post("http://"+h.address+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	h.said.Write(text)
	return text
}

// right asks what must be answered.
func (h hearing) right(t *testing.T, query string, variables map[string]any) json.RawMessage {
	t.Helper()
	answer := h.hear(t, query, variables)
	if bytes.Contains(answer, []byte(`"errors"`)) {
		t.Errorf("%s: %s", query, answer)
	}
	return answer
}

// TestSecretsAreNotTold makes rules with secrets everywhere in their targets, delivers and fails to, and looks for them in everything that the
// program says and writes. Only the embedded store's journal holds them.
func TestSecretsAreNotTold(t *testing.T) {
	r, pages, dir := &receivers{got: map[string][]hooked{}}, newPriced(t), t.TempDir()
	echo := func(w http.ResponseWriter, q *http.Request, _ int) { // as some do that fail
		user, password, _ := q.BasicAuth()
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, "no ", q.URL, " ", q.Header, " of ", user, password, " at http://", q.Host, q.URL)
	}
	with := func(target, user, rest string) string {
		return strings.Replace(strings.TrimSuffix(target, pathSecret), "://", "://"+user, 1) + rest
	}
	fine := r.target(t, "fine", "127.0.0.1", func(http.ResponseWriter, *http.Request, int) {})
	echoing := r.target(t, "echoing", "127.0.0.1", echo)
	away := "http://" + strings.Replace(freeAddress(t), "127.0.0.1", "localhost", 1) + "/" + pathSecret
	targets := []string{ // one that takes webhooks, three that refuse them, two where nobody is
		with(fine, "us3rname:passw0rd@", "P4TH/s3cret?token=QU3RY"),
		with(echoing, "us3rname:passw0rd@", "P4TH/s3cret?token=QU3RY"),
		strings.Replace(with(echoing, "", "G0T1FYs3cretXYZ"), "http", "gotify", 1) + "?disabletls=yes",
		strings.Replace(with(echoing, "us3rname:passw0rd@", "T0P1C-of-ntfy"), "http", "ntfy", 1) + "?scheme=http",
		with(away, "us3rname:passw0rd@", "P4TH/s3cret?token=QU3RY"),
		strings.Replace(with(away, "us3rname:passw0rd@", "?from=from@example.com&to=t0s3cret@example.com"), "http", "smtp", 1),
	}
	secrets := []string{"us3rname", "passw0rd", "P4TH", "s3cret", "QU3RY", "G0T1FY", "T0P1C", "dXMzcm5hbWU6cGFzc3cwcmQ"} // the last is us3rname:passw0rd as HTTP has it
	never := []string{"slack://hook:T0SL4CK12-B12345678-s3cretABCDEFGHIJKLMNOPQR@webhook", "telegram://123456789:AATELEGRAMs3cret_abcdefghijklmnopqrs@telegram?chats=@ch4tname"}
	secrets = append(secrets, "SL4CK", "AATELEGRAM", "ch4tname")
	wrong := []string{"ftp://h/s3cret", "https://us3rname:pass w0rd@h/P4TH", "slack://SL4CK-s3cret", "https://h/%zzP4TH", "smtp://us3rname:passw0rd@h/", "telegram://AATELEGRAM"}

	pages.set(false)
	server := serve(t, dir, "-v", "--replay", pages.dir, "--sources", "coreweave", "--allow-private-targets")
	server.scrape(t, "coreweave")
	rules, signing := []string{}, []string{}
	h := hearing{server, &strings.Builder{}}
	for _, target := range targets {
		id, secret := server.told(t, target)
		rules, signing = append(rules, id), append(signing, secret)
	}
	h.right(t, `mutation($to: [String!]!) { createAlertRule(input: {`+cheapH100+`, notify: $to, enabled: false}) { id notify } }`, map[string]any{"to": never})
	h.mistakes(t, wrong)

	pages.set(true)
	server.scrape(t, "coreweave")
	for n, rule := range rules {
		eventually(t, targets[n]+" was tried", func() bool {
			d := server.delivered(t, rule, 1)
			return d.Status == map[bool]string{true: "DELIVERED", false: "RETRYING"}[n == 0]
		})
		if n > 3 {
			continue // who does not answer is left alone for a while
		}
		h.right(t, `mutation($id: ID!) { testAlertRule(id: $id) { `+deliveryFields+` event { summary rule { notify webhookSecret } } } }`, map[string]any{"id": rule})
	}
	all := h.right(t, `{ alertRules(first: 10) { nodes { id name filter notify webhookSecret events(first: 2) { nodes { id summary reason deliveries { `+deliveryFields+` } } } } } deadLetters { `+deliveryFields+` } }`, nil)
	if n := strings.Count(string(all), `"FAILED"`); n != 6 {
		t.Errorf("%d failed deliveries are told, want three twice: %s", n, all)
	}
	h.export(t)
	server.stop()
	for _, secret := range append(secrets, signing...) {
		for where, text := range map[string]string{"the log": server.errs.String(), "the answers": h.said.String()} {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s is told in %s: %s", secret, where, text[max(0, at-200):min(len(text), at+200)])
			}
		}
	}
	if log := server.errs.String(); strings.Count(log, "alert delivered") < 2 || !strings.Contains(log, "alert not delivered") {
		t.Errorf("the log says nothing of deliveries: %s", log)
	}
	holders(t, dir, append(secrets, signing...))
}

// mistakes asks for what is refused: a target that is none, in full and as a variable of another kind.
func (h hearing) mistakes(t *testing.T, wrong []string) {
	t.Helper()
	const create = `mutation($to: [String!]!) { createAlertRule(input: {` + cheapH100 + `, notify: $to}) { id } }`
	for _, target := range wrong {
		for _, to := range []any{[]string{target}, []any{map[string]string{"url": target}}, map[string]string{target: target}, []any{[]any{target}}, nil} {
			if got := h.hear(t, create, map[string]any{"to": to}); !bytes.Contains(got, []byte(`"errors"`)) {
				t.Errorf("%v is a target: %s", to, got)
			}
		}
		for _, literal := range []string{fmt.Sprintf(`{url: %q}`, target), fmt.Sprintf(`[%q, {}]`, target), fmt.Sprintf(`[%q], title: "x"`, target)} {
			if got := h.hear(t, strings.NewReplacer("$to: [String!]!", "$unused: Int", "$to", literal).Replace(create), nil); !bytes.Contains(got, []byte(`"errors"`)) {
				t.Errorf("%s is a target: %s", literal, got)
			}
		}
	}
}

func (h hearing) export(t *testing.T) {
	t.Helper()
	for _, file := range []string{"prices.csv", "prices.ndjson", "manifest.json"} {
		answer, err := http.Get("http://" + h.address + export.Path + file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", file, answer.StatusCode, err)
		}
		h.said.Write(text)
	}
}

// holders holds that the journal alone has the secrets.
func holders(t *testing.T, dir string, secrets []string) {
	t.Helper()
	var files int
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		has := func(secret string) bool { return bytes.Contains(text, []byte(secret)) }
		switch journal := entry.Name() == store.JournalName; {
		case journal && !slices.ContainsFunc(secrets, has):
			t.Errorf("%s has none of the secrets", path)
		case !journal && slices.ContainsFunc(secrets, has):
			t.Errorf("%s has one of the secrets", path)
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files, %v", files, err)
	}
}
