package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRestartNeeded(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	before := parse(t, source(dir, fullConfig))
	edit := func(old, new string) string {
		if !strings.Contains(fullConfig, old) {
			t.Fatalf("%q is not there", old)
		}
		return strings.Replace(fullConfig, old, new, 1)
	}
	newBox := "\n[mailbox.new]\naddress = \"new@bank.example\"\ndepartment = \"support\"\n" +
		"url = \"imaps://new@imap.bank.example\"\npassword = \"env:SUPPORT_PASSWORD\"\n"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", fullConfig, nil},
		{"policy", edit(`name = "Jane Doe"`, `name = "Jane"`), nil},
		{"where tickets go", edit(`department = "online-banking"`, `department = "support"`), nil},
		{"database", edit("example/desk?", "example/other?"), []string{"database"}},
		{"password of the database", edit(`database_password = "file:support.password"`, `database_password = "env:SUPPORT_PASSWORD"`), []string{"database_password"}},
		{"bucket", edit("raw/mail", "mail"), []string{"blobs"}},
		{"poll", edit("1m30s", "2m"), []string{"mailbox.support.poll"}},
		{"password", edit("hunter2", "hunter3"), []string{"mailbox.local.password"}},
		{"relay", edit("relay.lan", "relay2.lan"), []string{"relay.main.url"}},
		{"log", edit(`level = "warn"`, `level = "info"`), []string{"log.level"}},
		{"size", edit("10MiB", "20MiB"), []string{"mail.max_size"}},
		{"new mailbox", fullConfig + newBox, []string{"mailbox.new"}},
	}
	for _, tt := range tests {
		after := parse(t, source(dir, tt.text))
		if diff := cmp.Diff(tt.want, before.restartNeeded(after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
