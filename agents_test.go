package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gpuhour/market"
)

// TestAgentsReport lets an agent report to the program: without a token until one is made, then with it alone.
func TestAgentsReport(t *testing.T) {
	dir := t.TempDir()
	server := serve(t, dir, "--replay", samples, "--sources", "coreweave")
	post := func(what, token string, body any) (int, string) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+server.address+"/v1/agents/gpu-01/"+what, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var said bytes.Buffer
		if _, err := said.ReadFrom(response.Body); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, said.String()
	}
	report := market.Report{Schema: market.ReportSchema, Host: "gpu-01", Epoch: 1, Seq: 1, BootID: "boot", NVML: market.ReportedNVML{State: market.NVMLReady}}
	if code, said := post("report", "", report); code != http.StatusConflict {
		t.Errorf("a report before hello: %d %s", code, said)
	}
	if code, said := post("hello", "", struct{}{}); code != http.StatusOK || !strings.Contains(said, `"epoch":1,`) {
		t.Errorf("hello: %d %s", code, said)
	}
	if code, said := post("report", "", report); code != http.StatusOK || !strings.Contains(said, `"accepted":true`) {
		t.Errorf("report: %d %s", code, said)
	}
	code, token, errs := runCommand(t, "agents", "token", "gpu-01", "--data-dir", dir)
	if code != 0 || len(strings.TrimSpace(token)) != 52 {
		t.Fatalf("%d %q %s", code, token, errs)
	}
	for _, c := range []struct {
		token  string
		status int
	}{{"", http.StatusUnauthorized}, {"guess", http.StatusUnauthorized}, {strings.TrimSpace(token), http.StatusOK}} {
		report.Seq++
		if code, said := post("report", c.token, report); code != c.status {
			t.Errorf("%q: %d %s, want %d", c.token, code, said, c.status)
		}
	}
	if code, _, errs := runCommand(t, "agents", "token", "no/host", "--data-dir", dir); code != 1 || !strings.Contains(errs, "no host's id") {
		t.Errorf("%d %s", code, errs)
	}
}
