package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
)

// TestRoom demands that it is said once when room is low, and once when it is no
// longer (F10).
func TestRoom(t *testing.T) {
	t.Parallel()
	var free int64
	var fault error
	out := &syncBuffer{}
	r := &room{dir: "/srv", least: 100, log: slog.New(slog.NewTextHandler(out, nil)),
		free: func(string) (int64, error) { return free, fault }}
	for _, step := range []struct {
		free  int64
		fault error
		want  bool
		lines int
	}{
		{100, nil, true, 0}, {99, nil, false, 1}, {5, nil, false, 1}, {5, errors.New("gone"), true, 2}, {99, nil, false, 2},
		{100, nil, true, 3}, {100, nil, true, 3}, {0, nil, false, 4},
	} {
		free, fault = step.free, step.fault
		if got := r.enough(); got != step.want {
			t.Errorf("%d bytes free: %t", step.free, got)
		}
		if lines := strings.Count(out.String(), "\n"); lines != step.lines {
			t.Errorf("%d bytes free: %d lines: %s", step.free, lines, out)
		}
	}
	if !(*room)(nil).enough() {
		t.Error("where nothing is watched there is no room")
	}
}

// TestServeHoldsMail demands that a daemon without room leaves mail on the
// server, and that it is taken once there is room (F10).
func TestServeHoldsMail(t *testing.T) {
	t.Parallel()
	s := serveDemoIn(t, enginetest.SQLite(t))
	s.end()
	good := s.config()
	s.write("free_space = \"1000000GiB\"\n" + good)
	s.start()
	s.logs("mail stays on its server")
	if err := s.host.person("karen@customer.example").write("support@bank.example", "First", "while there is no room"); err != nil {
		t.Fatal(err)
	}
	s.end()
	if told := toldMails(t, s.host); len(told) != 0 {
		t.Fatalf("the server was told of %v", told)
	}
	if strings.Contains(s.log.String(), "mail taken") {
		t.Fatal("mail was taken")
	}
	s.write(good)
	s.start()
	s.logs("mail taken")
	for deadline := time.Now().Add(10 * time.Second); len(toldMails(t, s.host)) != 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the server was told of %v", toldMails(t, s.host))
		}
	}
}
