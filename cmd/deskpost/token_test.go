package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
)

func runToken(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := rootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetArgs(append([]string{"token"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// TestToken makes a token, finds it in the list without its secret, and ends it.
func TestToken(t *testing.T) {
	t.Parallel()
	path := doDesk(t)
	secret, err := runToken(t, "add", "john", "--name", "CRM", "--scope", "tickets:write,files:read", "-c", path)
	if err != nil || !regexp.MustCompile(`^dp_[A-Z2-7]{33}\n$`).MatchString(secret) {
		t.Fatalf("printed %q, %v", secret, err)
	}
	list, err := runToken(t, "list", "-c", path)
	if err != nil || strings.Contains(list, strings.TrimSpace(secret)) ||
		!regexp.MustCompile(`(?m)^1 +john +CRM +tickets:write,files:read +\d{4}-.* +never$`).MatchString(list) {
		t.Errorf("listed %q, %v", list, err)
	}
	if list, err := runToken(t, "list", "--agent", "jane", "-c", path); err != nil || strings.Contains(list, "CRM") {
		t.Errorf("jane's are %q, %v", list, err)
	}
	if said, err := runToken(t, "revoke", "1", "-c", path); err != nil || said != "token 1 (CRM) of john is revoked\n" {
		t.Errorf("revoked: %q, %v", said, err)
	}
	if list, err := runToken(t, "list", "-c", path); err != nil || !strings.Contains(list, "revoked 20") {
		t.Errorf("listed %q, %v", list, err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"add", "nobody", "--name", "CRM"}, `no agent "nobody"`},
		{[]string{"add", "max", "--name", "CRM"}, "disabled"},
		{[]string{"add", "john"}, "a name"},
		{[]string{"add", "john", "--name", "CRM", "--scope", "admin"}, `no scope "admin"`},
		{[]string{"add", "john", "--name", "CRM", "--days", "1000"}, "1 to 365 days"},
		{[]string{"revoke", "2"}, "no token 2"},
		{[]string{"revoke", "x"}, "not the ID"},
	} {
		if out, err := runToken(t, append(c.args, "-c", path)...); err == nil || !strings.Contains(err.Error(), c.says) || out != "" {
			t.Errorf("%v: %q, %v; want an error that says %q", c.args, out, err, c.says)
		}
	}
}
