package mailer

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestWebhookDocs holds the examples for receivers in docs/webhooks.md to what the
// sender sends.
func TestWebhookDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("webhook_verify_test.go")
	if err != nil {
		t.Fatal(err)
	}
	example := block(t, string(page), "go")
	if !strings.Contains(string(source), example) {
		t.Errorf("the example is not that of webhook_verify_test.go:\n%s", example)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(testSecret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"subject":"Müller's \"router\""}`
	var failed error
	var got []byte
	now := time.Now()
	e := receiver(t, func(w http.ResponseWriter, r *http.Request) { got, failed = verify(r, key, now) })
	if a := e.Post(t.Context(), now, "msg_1", body); a.Code != 200 || failed != nil || string(got) != body {
		t.Errorf("answer %+v, %v, body %s", a, failed, got)
	}
	for name, at := range map[string]time.Time{"old": now.Add(-6 * time.Minute), "early": now.Add(6 * time.Minute)} {
		if e.Post(t.Context(), at, "msg_1", body); failed == nil {
			t.Errorf("a message that is %s is believed", name)
		}
	}
	key[0]++
	if e.Post(t.Context(), now, "msg_1", body); failed == nil {
		t.Error("another's signature is believed")
	}
}

// TestWebhookDocsShell runs the example for a shell.
func TestWebhookDocsShell(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed, which CI must not do without")
		}
		t.Skip("openssl is not installed: .ci/run installs it")
	}
	page, err := os.ReadFile("../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"a":"b"}`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "body.json"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, err := ParseWebhookSecret(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", block(t, string(page), "sh"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SECRET="+testSecret, "ID=msg_1", "TIMESTAMP="+strconv.Itoa(1614265330))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	if got, want := strings.TrimSpace(out.String()), secret.Sign("msg_1", time.Unix(1614265330, 0), body); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// block is the code of the only block of a page in a language.
func block(t *testing.T, page, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "```"+language+"\n")
	code, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 || code == "" {
		t.Fatalf("docs/webhooks.md has no block in %s", language)
	}
	return code
}
