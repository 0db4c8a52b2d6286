package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWebhookTest sends the message that proves a webhook, and says what came of it.
func TestWebhookTest(t *testing.T) {
	t.Parallel()
	var got string
	code := http.StatusNoContent
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Header.Get("Webhook-Id") + " " + r.Header.Get("Webhook-Signature") + " " + string(body)
		w.WriteHeader(code)
	}))
	t.Cleanup(server.Close)
	dir := configDir(t)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	path := filepath.Join(dir, "deskpost.toml")
	config := sampleConfig() + "\n[webhook.mine]\nurl = \"" + server.URL + "\"\nsecret = \"file:webhook.secret\"\nallow_private = true\nca_file = \"ca.pem\"\n"
	for name, text := range map[string]string{path: config, filepath.Join(dir, "ca.pem"): string(ca)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		cmd := webhookTestCommand()
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SetArgs(append(args, "--config", path))
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	if out, err := run("mine"); err != nil || !strings.Contains(out, "mine took it: 204 No Content") {
		t.Errorf("%q, %v", out, err)
	}
	if !strings.HasPrefix(got, "msg_ping_") || !strings.Contains(got, " v1,") || !strings.Contains(got, `"type":"ping"`) {
		t.Errorf("sent %q", got)
	}
	code = http.StatusForbidden
	if _, err := run("mine"); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("refused: %v", err)
	}
	if _, err := run("yours"); err == nil || !strings.Contains(err.Error(), "write one of: mine") {
		t.Errorf("unknown: %v", err)
	}
}
