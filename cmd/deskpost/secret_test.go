package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func secretOf(t *testing.T, spec string) secret {
	t.Helper()
	var s secret
	if err := s.UnmarshalText([]byte(spec)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSecretIsNeverPrinted tries every way in which values end up in logs,
// also inside structs whose fields fmt may not call methods on.
func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s := secretOf(t, "hunter2")
	type inner struct{ password secret }
	raw := rawConfig{Mailbox: map[string]rawMailbox{"a": {Password: s}}}
	for _, v := range []any{s, &s, inner{s}, &inner{s}, []inner{{s}}, map[string]inner{"x": {s}}, raw, &settings{raw: &raw}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		if js, err := json.Marshal(v); err == nil { // settings hold functions, which JSON refuses
			out.Write(js)
		}
		for _, leak := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2")} {
			if strings.Contains(out.String(), leak) {
				t.Errorf("%T prints %s:\n%s", v, leak, &out)
			}
		}
	}
	if got := fmt.Sprintf("%v %+v %s %d", s, s, s, s); got != "••• ••• ••• •••" {
		t.Errorf("prints as %q", got)
	}
	if js, err := json.Marshal(s); string(js) != `"•••"` || err != nil {
		t.Errorf("JSON %s, %v", js, err)
	}
}

func TestSecretReveal(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	if err := os.WriteFile(filepath.Join(dir, "crlf"), []byte(" pass word \r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	from := secretSource{dir: dir, env: source(dir, "").env}
	tests := []struct{ spec, want, fault string }{
		{"plain", "plain", ""},
		{"with:colon", "with:colon", ""},
		{"environment:x", "environment:x", ""},
		{"env:SUPPORT_PASSWORD", "s3cret", ""},
		{"file:support.password", "s3cret", ""},
		{"file:" + filepath.Join(dir, "support.password"), "s3cret", ""},
		{"file:crlf", " pass word ", ""},
		{"credential:support.password", "s3cret", ""},
		{"", "", "no password is set"},
		{"env:NOT_SET", "", `"NOT_SET" is not set`},
		{"file:", "", "needs a path"},
		{"file:nowhere", "", "there is no file"},
		{"file:open.password", "", "run chmod 600 "},
		{"file:empty.password", "", "is empty"},
		{"file:lines.password", "", "one line"},
		{"file:.", "", "not a regular file"},
		{"credential:", "", "not the name of a credential"},
		{"credential:a/b", "", "not the name of a credential"},
		{"credential:nowhere", "", "LoadCredential=nowhere:PATH"},
		{"two\nlines", "", "one line"},
	}
	for _, tt := range tests {
		got, err := secretOf(t, tt.spec).reveal(from)
		if tt.fault == "" && (err != nil || got != tt.want) {
			t.Errorf("reveal %q: %q, %v; want %q", tt.spec, got, err, tt.want)
		}
		if tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) {
			t.Errorf("reveal %q: %v, want an error with %q", tt.spec, err, tt.fault)
		}
	}
	none := secretSource{dir: dir, env: func(string) (string, bool) { return "", false }}
	if _, err := secretOf(t, "credential:x").reveal(none); err == nil || !strings.Contains(err.Error(), "$CREDENTIALS_DIRECTORY") {
		t.Errorf("without systemd: %v", err)
	}
}

// TestSecretRotates: a password that was replaced after the start is used at
// the next sign-in.
func TestSecretRotates(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	s := parse(t, source(dir, fullConfig))
	password := s.Mailboxes[1].Password
	if got, err := password(); got != "s3cret" || err != nil {
		t.Fatalf("before: %q, %v", got, err)
	}
	path := filepath.Join(dir, "support.password")
	if err := os.WriteFile(path, []byte("n3w\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := password(); got != "n3w" || err != nil {
		t.Errorf("after: %q, %v", got, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := password(); err == nil || !strings.Contains(err.Error(), "mode 0640") {
		t.Errorf("opened to the group: %v", err)
	}
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"/etc/a-b_c.d": "/etc/a-b_c.d", "/x y": "'/x y'", "it's": `'it'\''s'`} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}
