package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"deskpost/store/enginetest"
)

// TestVerifyBesideServe demands that verify works on the database of a daemon
// that runs, and counts what it has taken.
func TestVerifyBesideServe(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	if err := s.host.person("karen@customer.example").write("support@bank.example", "First", "hello"); err != nil {
		t.Fatal(err)
	}
	s.logs("mail taken")
	var out bytes.Buffer
	if err := (&verification{config: s.path, json: true}).run(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	var tally struct {
		Mails, Tickets int64
		Outcomes       map[string]int64
	}
	if err := json.Unmarshal(out.Bytes(), &tally); err != nil || tally.Mails != 1 || tally.Tickets != 1 || tally.Outcomes["opened"] != 1 {
		t.Errorf("%v: %s", err, &out)
	}
	s.end()
}

// TestVerifyFinds demands that a finding makes verify fail with what to do, and
// that --gc does it (F02).
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	url := enginetest.SQLite(t)
	s := serveDemoIn(t, url)
	s.end()
	path := strings.TrimPrefix(url, "sqlite:")
	spoilt, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spoilt.Exec(`INSERT INTO blobs (size, made_at) VALUES (0, 1000)`); err != nil {
		t.Fatal(err)
	}
	if err := spoilt.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = (&verification{database: path}).run(t.Context(), &out)
	if exitCode(err) != exitFault || !strings.Contains(err.Error(), "1 finding ") {
		t.Errorf("verify ended with %v", err)
	}
	for _, want := range []string{"FINDING upload-unfinished", "verify --gc", "findings  1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("verify does not say %q:\n%s", want, &out)
		}
	}
	out.Reset()
	if err := (&verification{config: s.path, gc: true}).run(t.Context(), &out); err != nil || !strings.Contains(out.String(), "removed 1 raw mails") {
		t.Errorf("verify --gc: %v\n%s", err, &out)
	}
	for _, wrong := range []verification{{database: filepath.Join(t.TempDir(), "none.db")}, {config: s.path, gc: true, salvage: "x"}} {
		if err := wrong.run(t.Context(), &out); exitCode(err) != exitUsage {
			t.Errorf("%+v ended with %v", wrong, err)
		}
	}
}
