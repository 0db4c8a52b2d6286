package ledgertest_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostEnv says where the mail host is: words such as "imap=20000", as
// .ci/ledger.sh writes them.
const hostEnv = "DESKPOST_TEST_MAILHOST"

// serverPatience is how long a server may take to start or to die.
const serverPatience = 20 * time.Second

// A mailHost is Postfix and Dovecot, started by .ci/mailhost.sh.
type mailHost struct {
	dir, user, password string
	imap, smtp          string // ports on 127.0.0.1
}

// needMailHost skips the test where there is no mail host, and fails it in CI.
func needMailHost(t *testing.T) *mailHost {
	t.Helper()
	words := os.Getenv(hostEnv)
	switch {
	case words == "" && os.Getenv("CI") == "true":
		t.Fatalf("%s is not set: CI has to run the ledger test; say \"later\" if another step does", hostEnv)
	case words == "":
		t.Skipf("%s is not set: run it by .ci/ledger.sh, which starts Postfix and Dovecot", hostEnv)
	case words == "later":
		t.Skip("another step runs it, by .ci/ledger.sh")
	}
	h := &mailHost{}
	known := map[string]*string{"dir": &h.dir, "user": &h.user, "password": &h.password, "imap": &h.imap, "smtp": &h.smtp}
	for _, word := range strings.Fields(words) {
		name, value, _ := strings.Cut(word, "=")
		if known[name] == nil || value == "" {
			t.Fatalf("%s: %q: want one of dir, user, password, imap, smtp, with a value", hostEnv, word)
		}
		*known[name] = value
	}
	for name, value := range known {
		if *value == "" {
			t.Fatalf("%s names no %s", hostEnv, name)
		}
	}
	return h
}

// A server is Postfix or Dovecot: a master and what it starts.
type server struct {
	name    string
	pidFile string
	port    string
	start   func() error
}

func (h *mailHost) dovecot() server {
	return server{"dovecot", filepath.Join(h.dir, "dovecot/run/master.pid"), h.imap, h.startDovecot}
}

func (h *mailHost) postfix() server {
	return server{"postfix", filepath.Join(h.dir, "postfix/queue/pid/master.pid"), h.smtp, func() error {
		return exec.Command("postfix", "-c", filepath.Join(h.dir, "postfix/etc"), "start").Run()
	}}
}

// startDovecot starts it as .ci/mailhost.sh does: wholly as an ordinary user. It
// would wait two minutes for the locks of those that were killed.
func (h *mailHost) startDovecot() error {
	locks, _ := filepath.Glob(filepath.Join(h.dir, "mail/*/Maildir/*.lock")) // the pattern is good
	for _, lock := range locks {
		if err := os.Remove(lock); err != nil {
			return err
		}
	}
	owner, err := user.Lookup(h.user)
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(h.dir, "dovecot.out"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command("dovecot", "-F", "-c", filepath.Join(h.dir, "dovecot/dovecot.conf"))
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // that it is killed is no news
	return nil
}

// kill kills the master and all that it has started, as a power cut would.
func (s server) kill() error {
	master, err := s.master()
	if err != nil {
		return err
	}
	if err := syscall.Kill(master, syscall.SIGSTOP); err != nil { // it shall not start new ones meanwhile
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	pids := append(children(master), master)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one that has just ended is dead too
	}
	return until(s.name+" to die", func() bool { return !slices.ContainsFunc(pids, alive) })
}

// killSome kills some of the processes under the master, which starts others.
func (s server) killSome(chosen func() bool) (int, error) {
	master, err := s.master()
	if err != nil {
		return 0, err
	}
	killed := 0
	for _, pid := range children(master) {
		if chosen() && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed, nil
}

func (s server) begin() error {
	if err := s.start(); err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	return until(s.name+" to answer", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err != nil {
			return false
		}
		conn.Close()
		_, err = s.master()
		return err == nil
	})
}

func (s server) master() (int, error) {
	b, err := os.ReadFile(s.pidFile)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err == nil && !alive(pid) {
		err = fmt.Errorf("%s is not running", s.name)
	}
	return pid, err
}

// flush has Postfix try again at once what it could not deliver.
func (h *mailHost) flush() error {
	return exec.Command("postqueue", "-c", filepath.Join(h.dir, "postfix/etc"), "-f").Run()
}

// queued says how much mail is with Postfix, "" if none, and hurries it. A file
// that is not complete, which is one without the right to be executed, is a mail
// that Postfix was killed over before it had taken it.
func (h *mailHost) queued() string {
	n := 0
	for _, queue := range []string{"incoming", "active", "deferred"} {
		err := filepath.WalkDir(filepath.Join(h.dir, "postfix/queue", queue), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			if info, err := d.Info(); err == nil && info.Mode()&0o100 != 0 {
				n++
			}
			return nil // what has just been delivered is gone
		})
		if err != nil {
			return err.Error()
		}
	}
	if n == 0 {
		return ""
	}
	if err := h.flush(); err != nil {
		return "postqueue -f: " + err.Error()
	}
	return plural(n, "mail") + " with Postfix"
}

// files lists the mails of a mailbox, in whatever folder they are.
func (h *mailHost) files(address string) []string {
	var all []string
	for _, pattern := range []string{"new/*", "cur/*", ".*/new/*", ".*/cur/*"} {
		found, _ := filepath.Glob(filepath.Join(h.dir, "mail", address, "Maildir", pattern)) // the patterns are good
		all = append(all, found...)
	}
	return all
}

// baseName is what stays the same of a mail's file: flags and folders change.
func baseName(path string) string {
	base, _, _ := strings.Cut(filepath.Base(path), ":")
	return base
}

// readAsServed reads a mail as Dovecot hands it out: with CRLF.
func readAsServed(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) { // its flags were changed under our eyes
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(path)), "*", baseName(path)+"*"))
		if len(found) > 0 {
			raw, err = os.ReadFile(found[0])
		}
	}
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")), err
}

func sumOf(raw []byte) string { return fmt.Sprintf("%x", sha256.Sum256(raw)) }

// children are the processes that a process has started and that still run.
func children(parent int) []int {
	var pids []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, stat := range stats {
		if pid, of, _ := process(stat); of == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// alive reports whether a process runs; one that only waits for its parent to
// notice its end does not.
func alive(pid int) bool {
	_, _, state := process(fmt.Sprintf("/proc/%d/stat", pid))
	return state != "" && state != "Z"
}

// process reads a file such as /proc/1/stat; see proc(5).
func process(stat string) (pid, parent int, state string) {
	b, err := os.ReadFile(stat)
	if err != nil {
		return 0, 0, ""
	}
	end := bytes.LastIndexByte(b, ')') // the name may hold anything
	if _, err := fmt.Sscanf(string(b[end+1:]), "%s %d", &state, &parent); err != nil {
		return 0, 0, ""
	}
	pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(stat)))
	return pid, parent, state
}

// until waits until something holds.
func until(what string, holds func() bool) error {
	for deadline := time.Now().Add(serverPatience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s in vain for %s", serverPatience, what)
		}
	}
	return nil
}
