package mailertest_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"deskpost/mailer/mailertest"
)

// talk sends all of it at once and returns what comes back until the sink
// hangs up.
func talk(t *testing.T, s *mailertest.Sink, lines string) string {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, lines); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(bufio.NewReader(c))
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

const smuggled = "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\none\n.\nMAIL FROM:<evil@x>\nRCPT TO:<b@x>\nDATA\ntwo\r\n.\r\nQUIT\r\n"

// The smuggling tests of package mailer stand on this difference.
func TestLenientIsOpenToSmuggling(t *testing.T) {
	t.Parallel()
	for lenient, want := range map[bool]int{false: 1, true: 2} {
		s := mailertest.Start(t, mailertest.Temper{Lenient: lenient})
		talk(t, s, smuggled)
		if n := len(s.Mails()); n != want {
			t.Errorf("lenient=%v: %d mails, want %d", lenient, n, want)
		}
	}
}

func TestSink(t *testing.T) {
	t.Parallel()
	s := mailertest.Start(t, mailertest.Temper{Rcpt: map[string]string{"no@x": "550 no"}})
	var delivered int
	s.OnDelivered(func(mailertest.Mail) { delivered++ })
	got := talk(t, s, "MAIL FROM:<> SIZE=3\r\nRCPT TO:<no@x>\r\nRCPT TO:<b@x> NOTIFY=NEVER\r\nDATA\r\n..dot\r\n.\r\nQUIT\r\n")
	if !strings.Contains(got, "550 no\r\n") || !strings.Contains(got, "250 2.0.0 queued") {
		t.Errorf("said %q", got)
	}
	m := s.Mails()
	if len(m) != 1 || delivered != 1 {
		t.Fatalf("%d mails, %d delivered", len(m), delivered)
	}
	if m[0].From != "" || m[0].FromParams != "SIZE=3" || len(m[0].To) != 1 || m[0].ToParams[0] != "NOTIFY=NEVER" || string(m[0].Raw) != ".dot\r\n" {
		t.Errorf("%+v", m[0])
	}
}
