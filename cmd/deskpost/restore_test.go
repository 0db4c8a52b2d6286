package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
)

// A lostDay is a desk of which a backup was taken while mail was waiting to be
// sent, and that was lost after it had gone on.
type lostDay struct {
	*served
	file             string
	karen, ken, john *person
}

// loseADay plays the day: Karen writes while the relay is down, a backup is
// taken, the relay comes back and the mail goes out, John answers, Ken writes.
func loseADay(t *testing.T, change func(config string) string) *lostDay {
	t.Helper()
	s := serveDemo(t)
	d := &lostDay{served: s, file: filepath.Join(t.TempDir(), "backup.db")}
	d.karen, d.ken, d.john = s.host.person("karen@customer.example"), s.host.person("ken@customer.example"), s.host.person("john@bank.example")
	s.end()
	good := change(s.config())
	s.write(strings.ReplaceAll(good, s.host.smtp.Addr(), "127.0.0.1:1"))
	s.start()
	d.must(d.karen.write("support@bank.example", "First", "before the backup"))
	s.logs(`"outcome":"opened"`)
	var out bytes.Buffer
	if err := backup(t.Context(), s.path, d.file, false, &out); err != nil { // beside the daemon
		t.Fatal(err)
	}
	for _, want := range []string{"tickets  1\n", "mails    1, ", "unsent   2, the oldest queued 20", "verified, took"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("backup lacks %q:\n%s", want, &out)
		}
	}
	s.end()

	s.write(good)
	s.start()
	d.await(d.karen, "[#1001]")
	m, err := d.john.await(t.Context(), "[#1001] New: First")
	d.must(err)
	d.must(d.john.answer(m, "It is the cable."))
	d.await(d.karen, "[#1001]", "It is the cable.")
	d.must(d.ken.write("support@bank.example", "Second", "after the backup"))
	d.await(d.john, "[#1002] New: Second")
	s.end()

	s.log = &syncBuffer{}
	s.write(regexp.MustCompile(`(?m)^database = .*`).ReplaceAllString(good, fmt.Sprintf("database = %q", enginetest.URL(t))))
	return d
}

func (d *lostDay) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *lostDay) await(p *person, subject string, text ...string) {
	d.t.Helper()
	_, err := p.await(d.t.Context(), subject, text...)
	d.must(err)
}

// restore fills the new database and starts the daemon on it.
func (d *lostDay) restore() (said string) {
	d.t.Helper()
	var out bytes.Buffer
	d.must(restore(d.t.Context(), d.path, d.file, &out))
	d.start()
	return out.String()
}

// outbox runs a command about the outbox and returns what it said.
func (d *lostDay) outbox(args ...string) string {
	d.t.Helper()
	said, err := d.tryOutbox(args...)
	if err != nil {
		d.t.Fatalf("outbox %v: %v", args, err)
	}
	return said
}

func (d *lostDay) tryOutbox(args ...string) (said string, err error) {
	cmd := rootCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs(append(append([]string{"outbox"}, args...), "--config", d.path))
	err = cmd.ExecuteContext(d.t.Context())
	return out.String(), err
}

// got is how many mails a person has.
func (d *lostDay) got(p *person) int {
	d.t.Helper()
	stored, err := d.host.imap.Messages(p.email, "INBOX")
	d.must(err)
	return len(stored)
}

// explained is what explain says of a ticket.
func (d *lostDay) explained(number string) string {
	d.t.Helper()
	var out bytes.Buffer
	d.must(explain(d.t.Context(), d.path, []string{number}, &out))
	return out.String()
}

// TestRestoreOfALostDay demands that after the loss of a day the mail since the
// backup becomes one ticket each, that nothing which was queued before the
// restore point is sent by itself, and that a person has it sent or dropped (F17).
func TestRestoreOfALostDay(t *testing.T) {
	t.Parallel()
	d := loseADay(t, func(config string) string { return config })
	karens, johns := d.got(d.karen), d.got(d.john)
	said := d.restore()
	if !strings.Contains(said, "held, since they may have been sent after the backup: 2;") {
		t.Errorf("restore said:\n%s", said)
	}
	d.logs("mail is held since a restore")
	d.await(d.john, "[#1002] New: Second") // he hears of it anew, with a token that is good here
	listed := d.outbox("list", "--held")
	for _, want := range []string{"ack to karen@customer.example", "new to john@bank.example", "reply to karen@customer.example",
		"on ticket 1001: First", "restored from the backup of 20", "3 held\n"} {
		if !strings.Contains(listed, want) {
			t.Errorf("the list lacks %q:\n%s", want, listed)
		}
	}
	if n := d.got(d.karen); n != karens {
		t.Errorf("Karen got %d mails by themselves", n-karens)
	}
	if n := d.got(d.john); n != johns+1 {
		t.Errorf("John got %d mails, want the one about Ken's", n-johns)
	}
	for number, want := range map[string]string{"1001": "outcome: appended", "1002": "outcome: opened"} {
		if text := d.explained(number); strings.Count(text, "outcome: opened") != 1 || !strings.Contains(text, want) {
			t.Errorf("ticket %s was not made of one mail each:\n%s", number, text)
		}
	}

	ids := regexp.MustCompile(`(?m)^(\d+)  (\w+) to`).FindAllStringSubmatch(listed, -1)
	if len(ids) != 3 {
		t.Fatalf("cannot read the list:\n%s", listed)
	}
	for _, m := range ids {
		verb, want := []string{"drop", m[1], "--reason", "sent on Monday"}, "dropped 1 of 1"
		if m[2] == "reply" {
			verb, want = []string{"release", m[1]}, "released 1 of 1"
		}
		if said := d.outbox(verb...); !strings.Contains(said, want) {
			t.Errorf("outbox %v said %s", verb, said)
		}
	}
	if said := d.outbox("release", "--all"); !strings.Contains(said, "released 0 of 0") {
		t.Errorf("nothing is left to release, and it said %s", said)
	}
	if said, err := d.tryOutbox("release", ids[0][1]); err == nil || !strings.Contains(said, ids[0][1]+" is not held") {
		t.Errorf("release of what was dropped said %s", said)
	}
	d.karen.read = 0
	d.end()
	d.start() // which finds at once what was released; else the sender's own timer does
	for deadline := time.Now().Add(patience); d.got(d.karen) == karens && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
	}
	if n := d.got(d.karen); n != karens+1 {
		t.Errorf("Karen got %d mails, want the one that was released", n-karens)
	}
	if text := d.explained("1001"); strings.Count(text, ": dropped ") != 2 || !strings.Contains(text, "sent on Monday") {
		t.Errorf("explain says:\n%s", text)
	}
	d.end()
}

// TestRestoreWithEcho demands that what the lost desk has sent is settled by the
// copies in its own mailbox, so that nothing is left to decide (F17).
func TestRestoreWithEcho(t *testing.T) {
	t.Parallel()
	d := loseADay(t, func(config string) string {
		return strings.Replace(config, "[mail]\n", "[mail]\necho = \"support@bank.example\"\n", 1)
	})
	karens := d.got(d.karen)
	d.restore()
	d.await(d.john, "[#1002] New: Second")
	// The reply's copy is that of a notice which nobody here has ever heard of.
	if listed := d.outbox("list", "--held"); !strings.Contains(listed, "1 held\n") || !strings.Contains(listed, "reply to karen") {
		t.Errorf("still held:\n%s", listed)
	}
	if n := d.got(d.karen); n != karens {
		t.Errorf("Karen got %d mails twice", n-karens)
	}
	text := d.explained("1001")
	for _, want := range []string{"(ack) to karen@customer.example: sent", "(new) to john@bank.example: sent"} {
		if !strings.Contains(text, want) {
			t.Errorf("explain lacks %q:\n%s", want, text)
		}
	}
	d.end()
}

// TestServeRefusesABackup demands that nobody runs a desk on the file of a
// backup, which would send again what it has queued (F17).
func TestServeRefusesABackup(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := backup(t.Context(), s.path, file, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := backup(t.Context(), s.path, file, false, io.Discard); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a second backup: %v", err)
	}
	s.end()
	s.write(regexp.MustCompile(`(?m)^database = .*`).ReplaceAllString(s.config(), fmt.Sprintf("database = %q", "sqlite:"+file)))
	if err := serve(t.Context(), s.path, io.Discard); err == nil || !strings.Contains(err.Error(), "deskpost restore") {
		t.Errorf("serve on a backup ended with %v", err)
	}
	if err := restore(t.Context(), s.path, file, io.Discard); err == nil || !strings.Contains(err.Error(), "restore never overwrites") {
		t.Errorf("restore onto itself: %v", err)
	}
}
