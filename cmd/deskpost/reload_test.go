package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// runReload runs "deskpost reload".
func runReload(t *testing.T, path string) (string, error) {
	t.Helper()
	root := rootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"reload", "--config", path})
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// serveObeying is serveDemo with a control socket, on PostgreSQL too.
func serveObeying(t *testing.T) *served {
	t.Helper()
	s := serveDemo(t)
	s.end()
	s.write(fmt.Sprintf("control = %q\n", filepath.Join(filepath.Dir(s.path), "orders")) + s.config())
	s.log = &syncBuffer{}
	s.start()
	s.logs("deskpost is up")
	return s
}

// TestReload puts a config in force that gives an agent a role, and then others
// that must leave it as it is (F19). Who asked hears what the daemon says.
func TestReload(t *testing.T) {
	t.Parallel()
	s := serveObeying(t)
	good := s.config()
	if out, err := runDo(t, s.path, "", "new", "--as", "jane", "--requester", "karen@customer.example", "--department", "support",
		"--subject", "Locked out", "--text", "Since nine."); exitCode(err) != exitFault || !strings.Contains(err.Error(), `needs the right "create" in Support`) {
		t.Errorf("jane may create before the reload: %v\n%s", err, out)
	}
	s.write(strings.Replace(good, janesAccess, janesNewAccess, 1) + "\n[log]\nlevel = \"debug\"\n")
	out, err := runReload(t, s.path)
	want := "reloaded " + s.path + ": 3 departments, 2 agents\nonly after a restart: log.level\n"
	if err != nil || out != want {
		t.Errorf("reload: %v\n%s", err, out)
	}
	karen, jane := s.host.person("karen@customer.example"), s.host.person("jane@bank.example")
	if err := karen.write("support@bank.example", "Locked out", "Since nine."); err != nil {
		t.Fatal(err)
	}
	if _, err := jane.await(t.Context(), "[#1001] New: Locked out"); err != nil {
		t.Fatalf("jane has no role after the reload: %v", err)
	}
	for name, c := range map[string]struct {
		config, want string
		exit         int
	}{
		"a fault":              {strings.Replace(good, janesAccess, `access = { suport = "agent" }`, 1), `did you mean "support"?`, exitUsage},
		"a department in use":  {strings.NewReplacer("department.support", "department.help", `department = "support"`, `department = "help"`, `support = "agent"`, `help = "agent"`).Replace(good), "[department.support] is missing, but has tickets", exitFault},
		"a socket of nobody's": {strings.Replace(good, "orders\"", "others\"", 1), "no daemon takes orders", exitFault},
	} {
		s.write(c.config)
		if out, err := runReload(t, s.path); exitCode(err) != c.exit || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	s.write(good)
	s.end()
	if _, err := runReload(t, s.path); !errors.Is(err, errNoDaemon) {
		t.Errorf("reload without a daemon: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(filepath.Dir(s.path), "orders")); !os.IsNotExist(err) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// TestControlSocket demands that the socket is its owner's, that what a dead
// daemon left is replaced, and that a living one's is not.
func TestControlSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "orders")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	socket, err := listen(path)
	if err != nil {
		t.Fatalf("the socket of a dead daemon stands in the way: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	c := &controller{socket: socket, obey: map[string]func(context.Context) ([]string, error){
		"count": func(context.Context) ([]string, error) { return []string{"one", "two"}, nil },
		"fail":  func(context.Context) ([]string, error) { return nil, errors.New("no room") },
	}}
	c.work.Go(func() { c.run(t.Context()) })
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), "another deskpost takes orders") {
		t.Errorf("two daemons at one socket: %v", err)
	}
	if said, err := order(t.Context(), path, "count"); err != nil || fmt.Sprint(said) != "[one two]" {
		t.Errorf("count: %q, %v", said, err)
	}
	for word, want := range map[string]string{"fail": "no room", "dance": `does not know the order "dance"`, strings.Repeat("x", 100): "without an answer"} {
		if _, err := order(t.Context(), path, word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", word, err)
		}
	}
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	c.work.Wait()
	if _, err := order(t.Context(), path, "count"); !errors.Is(err, errNoDaemon) {
		t.Errorf("after the end: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil {
		t.Error("a file that is no socket was replaced")
	}
}

// TestDaemonHearsOfMail demands that a command which queues mail tells the
// daemon, and that one which queues none does not.
func TestDaemonHearsOfMail(t *testing.T) {
	t.Parallel()
	s := serveObeying(t)
	set, err := loadConfig(s.path)
	if err != nil {
		t.Fatal(err)
	}
	rung := make(chan struct{}, 1)
	s.end()
	socket, err := listen(set.Control)
	if err != nil {
		t.Fatal(err)
	}
	c := &controller{socket: socket, obey: map[string]func(context.Context) ([]string, error){
		orderSend: func(context.Context) ([]string, error) { rung <- struct{}{}; return nil, nil },
	}}
	c.work.Go(func() { c.run(t.Context()) })
	defer func() {
		if err := socket.Close(); err != nil {
			t.Error(err)
		}
		c.work.Wait()
	}()
	if _, err := runDo(t, s.path, "", "list"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-rung:
		t.Error("the daemon was told of mail where there is none")
	default:
	}
	err = beside(t.Context(), set, func(desk *ticket.Desk) error {
		_, err := desk.Open(t.Context(), ticket.Opening{Origin: ticket.FromCommandLine, Department: "support",
			Requester: ticket.Address{Email: "karen@customer.example"}, Subject: "s", Text: "t"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-rung:
	case <-time.After(5 * time.Second):
		t.Error("the daemon was not told of the mail")
	}
}
