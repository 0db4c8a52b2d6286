package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"deskpost/mailer"
	"deskpost/store/enginetest"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

// A served is a daemon that runs in this process between the demo's mail
// servers.
type served struct {
	t    *testing.T
	host *demoHost
	path string
	log  *syncBuffer
	stop context.CancelFunc
	done chan error
}

// serveDemo starts the daemon as "deskpost serve" does.
func serveDemo(t *testing.T) *served {
	t.Helper()
	return serveDemoIn(t, enginetest.URL(t))
}

// serveDemoIn starts it on the database at a URL.
func serveDemoIn(t *testing.T, database string) *served {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	host, err := startDemoHost(newTimeline(io.Discard), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.close() })
	dir := t.TempDir()
	s := &served{t: t, host: host, path: filepath.Join(dir, "deskpost.toml"), log: &syncBuffer{}}
	s.write(demoConfig(host, database))
	s.start()
	return s
}

func (s *served) write(config string) {
	s.t.Helper()
	if err := os.WriteFile(s.path, []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *served) config() string {
	s.t.Helper()
	text, err := os.ReadFile(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *served) start() {
	s.begin()
	s.logs("mailbox connected")
}

// begin starts the daemon and does not wait until it works.
func (s *served) begin() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.done = stop, make(chan error, 1)
	go func() { s.done <- serve(ctx, s.path, s.log) }()
	s.t.Cleanup(stop)
}

// end stops the daemon and waits for it.
func (s *served) end() {
	s.t.Helper()
	s.stop()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Fatalf("serve ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		s.t.Fatal("serve did not end")
	}
}

// logs waits until the log has the words.
func (s *served) logs(words string) {
	s.t.Helper()
	s.logsMore(words, 0)
}

// logsMore waits until the log has the words more often than so many times.
func (s *served) logsMore(words string, times int) {
	s.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strings.Count(s.log.String(), words) > times {
			return
		}
	}
	s.t.Fatalf("the log lacks %q:\n%s", words, s.log)
}

func TestServeTakesMailOnceOverARestart(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	karen := s.host.person("karen@customer.example")
	if err := karen.write("support@bank.example", "First", "before the restart"); err != nil {
		t.Fatal(err)
	}
	if _, err := karen.await(t.Context(), "[#1001]"); err != nil {
		t.Fatal(err)
	}
	s.end()
	if err := karen.write("support@bank.example", "Second", "while nobody is there"); err != nil {
		t.Fatal(err)
	}
	s.start()
	john := s.host.person("john@bank.example")
	if _, err := john.await(t.Context(), "[#1002] New: Second"); err != nil {
		t.Fatal(err)
	}
	s.end()
	out := &bytes.Buffer{}
	if err := explain(t.Context(), s.path, []string{"1001"}, out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"outcome: opened", "because new ticket 1001 in Support", "because acknowledged to karen@customer.example", "(ack) to karen@customer.example: sent"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("explain lacks %q:\n%s", want, out)
		}
	}
	out.Reset()
	if err := explain(t.Context(), s.path, []string{"support", "1"}, out); err != nil || !strings.Contains(out.String(), "outcome: opened") {
		t.Errorf("explain by UID: %v\n%s", err, out)
	}
}

// TestServeRefusesASecondDaemon demands that on SQLite a second daemon ends at
// once and says who has the file (F15, F52).
func TestServeRefusesASecondDaemon(t *testing.T) {
	t.Parallel()
	s := serveDemoIn(t, enginetest.SQLite(t))
	err := serve(t.Context(), s.path, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "desk.db.lock") || exitCode(err) != exitFault {
		t.Errorf("a second daemon ended with %v", err)
	}
	s.end()
}

// TestServeWaitsForTheFirstDaemon demands that on PostgreSQL a second daemon of
// the same name waits, and takes over what the first one left (F15, F52).
func TestServeWaitsForTheFirstDaemon(t *testing.T) {
	t.Parallel()
	s := serveDemoIn(t, enginetest.Postgres(t))
	second := &served{t: t, host: s.host, path: s.path, log: &syncBuffer{}}
	second.begin()
	second.logs("waiting: another deskpost called")
	second.logs(fmt.Sprintf("process %d", os.Getpid()))
	karen := s.host.person("karen@customer.example")
	if err := karen.write("support@bank.example", "First", "to the first daemon"); err != nil {
		t.Fatal(err)
	}
	s.logs("mail taken")
	if strings.Contains(second.log.String(), "mailbox connected") {
		t.Error("the second daemon works beside the first")
	}
	s.end()
	second.logs("mailbox connected")
	if err := karen.write("support@bank.example", "Second", "to the second daemon"); err != nil {
		t.Fatal(err)
	}
	second.logs("mail taken")
	third := &served{t: t, host: s.host, path: s.path, log: &syncBuffer{}}
	third.begin()
	third.logs("waiting: another deskpost called")
	third.end() // a daemon that waits can be stopped
	second.end()
	out := &bytes.Buffer{}
	if err := explain(t.Context(), s.path, []string{"1002"}, out); err != nil || !strings.Contains(out.String(), "opened") {
		t.Errorf("explain what the second daemon took: %v\n%s", err, out)
	}
}

// TestServeEndsWithItsLock demands that a daemon which may no longer be the only
// one stops by itself, also when it has nothing to do.
func TestServeEndsWithItsLock(t *testing.T) {
	t.Parallel()
	database := enginetest.Postgres(t)
	s := serveDemoIn(t, database)
	out := &bytes.Buffer{}
	if err := check(t.Context(), s.path, true, out); err != nil {
		t.Errorf("check beside the daemon: %v", err)
	}
	for _, want := range []string{"server        PostgreSQL 1", fmt.Sprintf("process %d", os.Getpid())} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check lacks %q:\n%s", want, out)
		}
	}
	admin, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	ended, err := admin.Exec("SELECT pg_terminate_backend(pid) FROM pg_locks " +
		"WHERE locktype = 'advisory' AND objid = hashtext(current_schema())::oid")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := ended.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%d sessions were ended, %v", n, err)
	}
	select {
	case err := <-s.done:
		if err == nil || !strings.Contains(err.Error(), "lock of the desk was lost") || exitCode(err) != exitFault {
			t.Errorf("serve ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("serve did not end")
	}
}

// TestReloadKeepsTheOldConfigOnFaults reloads a config with a wrong department
// (F19).
func TestReloadKeepsTheOldConfigOnFaults(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	set, err := loadConfig(s.path)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{settings: set, webhooks: &mailer.Webhooks{}, desk: &ticket.Desk{Store: storetest.Open(t), Now: time.Now}, log: slog.New(slog.NewTextHandler(s.log, nil))}
	a.desk.SetPolicy(set.Policy)

	good := s.config()
	s.write(strings.Replace(good, janesAccess, `access = { suport = "agent" }`, 1))
	a.reload(t.Context(), s.path)
	if a.desk.Policy() != set.Policy {
		t.Error("a config with faults was put in force")
	}
	s.logs(`did you mean`)

	s.write(strings.Replace(good, janesAccess, janesNewAccess, 1))
	a.reload(t.Context(), s.path)
	if !a.desk.Policy().May("jane", ticket.MayReply, "support") {
		t.Error("a good config was not put in force")
	}
	s.write(strings.Replace(good, "database = \"", "database = \"sqlite:other.db\" # \"", 1))
	a.reload(t.Context(), s.path)
	s.logs("take effect only after a restart")
	s.end()
}

// TestReloadWithoutWhatStillRuns takes a mailbox and a department out of the
// config of a running desk.
func TestReloadWithoutWhatStillRuns(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	good := s.config()
	karen, john := s.host.person("karen@customer.example"), s.host.person("john@bank.example")
	if err := karen.write("support@bank.example", "First", "text"); err != nil {
		t.Fatal(err)
	}
	if _, err := john.await(t.Context(), "[#1001] New"); err != nil {
		t.Fatal(err)
	}
	reload := func(config, logged string) {
		s.write(config)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		s.logs(logged)
	}
	renamed := strings.NewReplacer("department.support", "department.helpdesk", `department = "support"`, `department = "helpdesk"`,
		"support = \"agent\"", "helpdesk = \"agent\"")
	reload(renamed.Replace(good), "[department.support] is missing, but has tickets")
	reload(withoutTables(good, "banking", "online-banking"), "take effect only after a restart")
	if err := karen.write("banking@bank.example", "Second", "into a mailbox that is still read"); err != nil {
		t.Fatal(err)
	}
	if _, err := john.await(t.Context(), "[#1002] New"); err != nil {
		t.Fatal(err)
	}
	s.end()
}

// withoutTables takes the mailboxes and departments with these names out of a
// config.
func withoutTables(config string, names ...string) string {
	var kept []string
	for _, table := range strings.Split(config, "\n[") {
		if !slices.ContainsFunc(names, func(name string) bool {
			return strings.HasPrefix(table, "mailbox."+name+"]") || strings.HasPrefix(table, "department."+name+"]")
		}) {
			kept = append(kept, table)
		}
	}
	return strings.Join(kept, "\n[")
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	s.end()
	good := s.config()
	for name, tc := range map[string]struct{ old, new, want string }{
		"wrong password": {`password = "demo"`, `password = "wrong"`, "[mailbox"},
		"server is down": {s.host.imap.Addr(), "127.0.0.1:1", "127.0.0.1:1"},
		"no such folder": {"/INBOX", "/Tickets", "Tickets"},
	} {
		s.write(strings.ReplaceAll(good, tc.old, tc.new))
		var out bytes.Buffer
		err := check(t.Context(), s.path, true, &out)
		if err == nil || !strings.Contains(out.String(), "FAULT") || !strings.Contains(out.String(), tc.want) {
			t.Errorf("%s: check ended with %v and said\n%s", name, err, &out)
		}
	}
	s.write(strings.Replace(good, "database = \"", "database = \"sqlite:/nowhere/at/all/desk.db\" # \"", 1))
	if err := check(t.Context(), s.path, false, io.Discard); err == nil || !strings.Contains(err.Error(), "the folder /nowhere/at/all is not there") {
		t.Errorf("no folder for the database: check ended with %v", err)
	}
	s.write(good)
	var out bytes.Buffer
	if err := check(t.Context(), s.path, true, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"no faults", "UIDVALIDITY", "IDLE          yes", "sign-in       none"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check lacks %q:\n%s", want, &out)
		}
	}
}

// A syncBuffer is a log that is read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
