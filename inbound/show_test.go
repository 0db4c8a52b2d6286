package inbound

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"deskpost/ticket"
)

const offers = "Subject: Offers\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=r\r\n\r\n" +
	"--r\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nOur offers\r\n" +
	"--a\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"<p onclick=3Dx>Gr=FC=DFe</p><img src=3D\"cid:logo@shop.example\"><img src=3D\"cid:none\"><img src=3D\"https://shop.example/a.png\">\r\n--a--\r\n" +
	"--r\r\nContent-Type: image/png\r\nContent-ID: <logo@shop.example>\r\n\r\npicture\r\n--r\r\nContent-Type: image/png\r\nContent-ID: <logo@shop.example>\r\n\r\nanother\r\n--r--\r\n"

// TestMailHTML draws a letter with a picture that came with it and one elsewhere.
func TestMailHTML(t *testing.T) {
	t.Parallel()
	at := func(part string) string { return "/pictures/" + part }
	for remote, want := range map[bool]string{
		false: `<p>Grüße</p><img src="/pictures/2"/><img/><img/>`,
		true:  `<p>Grüße</p><img src="/pictures/2"/><img/><img src="https://shop.example/a.png"/>`,
	} {
		safe, withheld, err := MailHTML(strings.NewReader(offers), at, remote)
		if err != nil || strings.TrimSpace(safe) != want || (withheld == 1) == remote {
			t.Errorf("remote %v: %s, %d withheld (%v), want %s", remote, safe, withheld, err, want)
		}
	}
	for _, plain := range []string{"Subject: x\r\n\r\ntext", "Content-Type: text/html\r\n\r\n \r\n", ""} {
		if safe, withheld, err := MailHTML(strings.NewReader(plain), at, true); safe != "" || withheld != 0 || err != nil {
			t.Errorf("%q is %q, %d withheld (%v)", plain, safe, withheld, err)
		}
	}
	broken := errors.New("a chunk is missing")
	if _, _, err := MailHTML(iotest.ErrReader(broken), at, false); !errors.Is(err, broken) {
		t.Errorf("a mail that can not be read: %v", err)
	}
}

// TestMailSaysItHasHTML: what is offered on a ticket is known when a mail is taken.
func TestMailSaysItHasHTML(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{offers: true, "Subject: x\r\n\r\ntext": false, "Content-Type: text/html\r\n\r\n<p>x": true,
		"Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n<p>x": false} {
		if m, _, err := ReadMail(strings.NewReader(raw), ticket.Sum{}, ""); err != nil || m.HTML != want {
			t.Errorf("%q: HTML is %v (%v), want %v", raw, m.HTML, err, want)
		}
	}
}
