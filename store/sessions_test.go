package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

var _ scs.CtxStore = (*Sessions)(nil)

func TestSessions(t *testing.T) {
	t.Parallel()
	db, now := openTest(t), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s := db.Sessions(func() time.Time { return now })
	write := func(token, says string, expires time.Time) {
		t.Helper()
		if err := s.Commit(token, []byte(says), expires); err != nil {
			t.Fatal(err)
		}
	}
	has := func(token, want string) {
		t.Helper()
		says, found, err := s.Find(token)
		if err != nil || found != (want != "") || !bytes.Equal(says, []byte(want)) && found {
			t.Errorf("the session of %q is %q, %v (%v), want %q", token, says, found, err, want)
		}
	}
	write("a", "one", now.Add(time.Hour))
	write("b", "two", now.Add(2*time.Hour))
	write("a", "three", now.Add(time.Hour))
	has("a", "three")
	has("b", "two")
	has("c", "")
	now = now.Add(time.Hour)
	has("a", "")
	write("b", "four", now.Add(time.Hour))
	var left int
	if err := db.write.QueryRow("SELECT COUNT(*) FROM sessions").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d sessions are left (%v), want 1", left, err)
	}
	var plain int
	if err := db.write.QueryRow("SELECT COUNT(*) FROM sessions WHERE token = 'b'").Scan(&plain); err != nil || plain != 0 {
		t.Errorf("the token itself is stored (%v)", err)
	}
	if err := s.Delete("b"); err != nil {
		t.Fatal(err)
	}
	has("b", "")
}
