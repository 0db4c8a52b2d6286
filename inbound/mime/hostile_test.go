package mime

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// nested builds multiparts within multiparts, none of them ended.
func nested(depth int) string {
	var b strings.Builder
	b.WriteString("Subject: deep\r\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	return b.String() + "\r\nthe core\r\n"
}

func manyParts(n int) string {
	return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
		strings.Repeat("--b\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nx\r\n", n) + "--b--\r\n"
}

func segmentsOf(n int) string {
	var b strings.Builder
	b.WriteString("Subject: x\r\nContent-Type: text/plain")
	for i := range n {
		fmt.Fprintf(&b, ";\r\n name*%d*=%%41", i)
	}
	return b.String() + "\r\n\r\nbody\r\n"
}

// TestHostile reads mails built to cost more than they weigh. Each is to be
// read in less than a second.
func TestHostile(t *testing.T) {
	t.Parallel()
	const mega = 1 << 20
	repeat := strings.Repeat
	html := func(s string) string { return "Content-Type: text/html\r\n\r\n" + s }
	from := func(s string) string { return "From: " + s + "\r\nSubject: still read\r\n\r\nbody\r\n" }
	for name, mail := range map[string]string{
		"depth 1000":             nested(1000),
		"depth 1000 rfc822":      repeat("Content-Type: message/rfc822\r\n\r\n", 1000),
		"same boundary nested":   repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 1000),
		"prefix boundaries":      nested(32) + repeat("--b1x\r\n--b\r\n", 50_000),
		"10000 parts":            manyParts(10_000),
		"rfc2231 segments":       segmentsOf(100_000),
		"rfc2231 high index":     "Content-Type: text/plain; name*999999999=x\r\n\r\nbody",
		"10000 parameters":       "Content-Type: text/plain" + repeat(";\r\n a=b", 10_000) + "\r\n\r\nbody",
		"million fields":         repeat("A: b\r\n", mega) + "\r\nbody",
		"huge field":             "Subject: " + repeat("x", 20*mega) + "\r\n\r\nbody",
		"huge folded field":      "Subject: x\r\n" + repeat(" folded\r\n", mega) + "\r\nbody",
		"100000 references":      "References: " + repeat("<a@b>\r\n ", 100_000) + "\r\n\r\nbody",
		"100000 addresses":       "To: " + repeat("<a@b>,\r\n ", 100_000) + "\r\n\r\nbody",
		"parens":                 from(repeat("(", mega)),
		"folded parens":          from(repeat("((((\r\n ", mega/8)),
		"escaped quotes":         from(repeat(`"\\`, mega/3)),
		"open quotes":            from(repeat(`" `, 30_000)),
		"domain literals":        from(repeat("@[::", mega/4)),
		"open angles":            from(repeat("<", 60_000)),
		"encoded word 5 MB":      "Subject: =?utf-8?B?" + repeat("QUJD", 5*mega/4) + "?=\r\n\r\nbody",
		"open encoded words":     "Subject: " + repeat("=?a?q?", 10_000) + "\r\n\r\nbody",
		"open words in From":     from(repeat("=?a?q?x ", 8000)),
		"quoted-printable":       "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat("=", 10_000_000),
		"blanks before line end": "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat(" ", 10_000_000),
		"quotes":                 "\r\n" + repeat(">", 5*mega),
		"flowed":                 "Content-Type: text/plain; format=flowed\r\n\r\n" + repeat("> x \r\n", mega/2),
		"nul bytes":              "Subject: \x00x\r\n\r\n" + repeat("\x00", mega),
		"carriage returns":       "Subject: x\r\n\r\n" + repeat("\r", 5*mega),
		"html depth":             html(repeat("<div>", 400_000)),
		"html formatting": html(func() string {
			var b strings.Builder
			for i := range 400 {
				fmt.Fprintf(&b, "<font color=%d>", i)
			}
			return b.String() + repeat("</p><p>x", 200_000)
		}()),
		"html quotes":        html(repeat("<blockquote>", 300) + repeat("x<br>", 300_000)),
		"html stray ends":    html(repeat("<i>", 190) + repeat("</b>", 500_000)),
		"html open tag":      html("<a href=\"" + repeat("x", 2*mega)),
		"html lists":         html(repeat("<ul><li>", 200_000)),
		"html attributes":    html("<a " + repeat("b=c ", 500_000) + ">x"),
		"html links":         html(repeat("<a href=http://x>", 150) + repeat("y ", mega/2)),
		"utf-7":              "Content-Type: text/plain; charset=utf-7\r\n\r\n" + repeat("+", mega),
		"utf-7 runs":         "Content-Type: text/plain; charset=utf-7\r\n\r\n" + repeat("+AGE-", mega/5),
		"report":             "Content-Type: message/delivery-status\r\n\r\n" + repeat("Final-Recipient: rfc822;a@b\r\n\r\n", 100_000),
		"no header, no line": repeat("x", 20*mega),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			m := Read(strings.NewReader(mail), DefaultLimits())
			if took := time.Since(start); took > patience {
				t.Errorf("took %v", took)
			}
			checkMessage(t, m)
			if n := len(m.Text) + len(m.HTML); n > 3*(DefaultLimits().TextBytes+DefaultLimits().HTMLBytes) {
				t.Errorf("%d bytes of text", n)
			}
		})
	}
}

// TestOverLimit checks that a limit ends the reading there and says so, and
// that what comes before it is kept.
func TestOverLimit(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader(manyParts(10_000)), DefaultLimits())
	if n := len(m.Attachments); n != 999 {
		t.Errorf("%d attachments of 1000 parts", n)
	}
	wantProblem(t, m, "too many parts")

	m = Read(strings.NewReader(nested(40)), DefaultLimits())
	if len(m.Attachments) != 1 || m.Attachments[0].Size == 0 {
		t.Errorf("the inside of a deep mail is not kept: %+v", m.Attachments)
	}
	wantProblem(t, m, "nested too deep")

	m = Read(strings.NewReader("To: "+strings.Repeat("<a@b>,", 1000)+"\r\nSubject: kept\r\n\r\nbody"), DefaultLimits())
	if len(m.To) != 500 || m.Subject != "kept" || m.Text != "body" {
		t.Errorf("%d addresses, subject %q, text %q", len(m.To), m.Subject, m.Text)
	}
	wantProblem(t, m, "too many addresses")

	lim := DefaultLimits()
	lim.TextBytes = 10
	m = Read(strings.NewReader("Subject: x\r\n\r\n0123456789and more"), lim)
	if m.Text != "0123456789" {
		t.Errorf("text %q", m.Text)
	}
	wantProblem(t, m, "text too long")
}

func wantProblem(t *testing.T, m *Message, words string) {
	t.Helper()
	if !strings.Contains(strings.Join(m.Problems, "; "), words) {
		t.Errorf("problems %q do not say %q", m.Problems, words)
	}
}

// TestFlatMemory reads a mail with an attachment of 50 MiB and looks at what it
// allocates on the way.
func TestFlatMemory(t *testing.T) {
	head := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n" +
		"--b\r\nContent-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	line := []byte(strings.Repeat("QUJD", 19) + "\r\n")
	const lines = 50 << 20 / 78
	mail := func() io.Reader {
		return io.MultiReader(strings.NewReader(head), &repeater{line: line, left: lines}, strings.NewReader("--b--\r\n"))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m := Read(mail(), DefaultLimits())
	runtime.ReadMemStats(&after)
	if want := int64(lines * 57); len(m.Attachments) != 1 || m.Attachments[0].Size != want {
		t.Fatalf("attachments %+v, want one of %d bytes", m.Attachments, want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("allocated %d bytes for a mail of 50 MiB", used)
	}
	r, err := Part(mail(), "2", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 6)
	if _, err := io.ReadFull(r, first); err != nil || string(first) != "ABCABC" {
		t.Errorf("part begins %q, %v", first, err)
	}
}

// repeater gives a line many times without holding the result.
type repeater struct {
	line []byte
	rest []byte
	left int
}

func (r *repeater) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.left--
		r.rest = r.line
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// TestFailingSource checks that half a mail is never taken for a whole one.
func TestFailingSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	mail := "Subject: half\r\nContent-Type: application/zip\r\n\r\nabc"
	source := func() io.Reader {
		return io.MultiReader(strings.NewReader(mail), iotest.ErrReader(broken))
	}
	m := Read(source(), DefaultLimits())
	if m.Subject != "half" || !errors.Is(m.Err, broken) {
		t.Errorf("subject %q, error %v", m.Subject, m.Err)
	}
	r, err := Part(source(), "1", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, broken) {
		t.Errorf("reading the part: %v, want %v", err, broken)
	}
	if _, err := Part(bytes.NewReader([]byte(mail)), "7", DefaultLimits()); !errors.Is(err, ErrNoPart) {
		t.Errorf("error %v, want %v", err, ErrNoPart)
	}
}
