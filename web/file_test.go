package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"strings"
	"testing"
	"testing/iotest"

	"deskpost/inbound"
	"deskpost/ticket"
)

// mailFile lets karen write a mail with a file, and returns its ticket with its
// entry.
func (p *place) mailFile(f ticket.File, content []byte) (ticket.Number, ticket.Entry, []byte) {
	p.t.Helper()
	p.uid++
	raw := fmt.Appendf(nil, "Message-ID: <f%d@customer.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"+
		"Content-Disposition: attachment; filename=x\r\n\r\n%s\r\n--b--\r\n", p.uid, base64.StdEncoding.EncodeToString(content))
	sum := ticket.Sum(sha256.Sum256(raw))
	f.Size, f.Sum, f.Raw, f.Part = int64(len(content)), sha256.Sum256(content), sum, "2"
	c, err := p.desk.Receive(context.Background(), ticket.Incoming{
		Mail: ticket.Mail{From: ticket.Address{Name: "Karen Customer", Email: "karen@customer.example"}, Recipients: []string{"support@bank.example"},
			Subject: "A file", NewText: "See the file.", Authenticity: ticket.Proven, MessageID: fmt.Sprintf("f%d@customer.example", p.uid), Files: []ticket.File{f}},
		Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: p.uid, Digest: sum, Keyed: true, Received: p.now,
			Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := p.desk.Read(context.Background(), "jane", c.Ticket)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, item := range s.Thread {
		if item.Entry != nil {
			return c.Ticket, *item.Entry, raw
		}
	}
	p.t.Fatal("the ticket has no entry")
	return 0, ticket.Entry{}, nil
}

func filePath(n ticket.Number, e ticket.Entry) string {
	return fmt.Sprintf("/tickets/%d/files/%d", n, e.Files[0].ID)
}

func mailPath(n ticket.Number, e ticket.Entry) string {
	return fmt.Sprintf("/tickets/%d/mails/%d", n, e.ID)
}

// TestFiles downloads attachments and whole mails as the bytes that came, and
// never as something that a browser would show here.
func TestFiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	content := bytes.Repeat([]byte("<script>alert(1)</script>\x00\xff"), 20_000)
	jane, bob := p.signIn("jane"), p.signIn("bob")
	for sent, want := range map[string]string{"image/png": "image/png", "application/pdf": "application/pdf", "text/plain": "text/plain",
		"text/html": "application/octet-stream", "image/svg+xml": "application/octet-stream", "": "application/octet-stream"} {
		n, e, raw := p.mailFile(ticket.File{Name: "screen.png", Type: sent}, content)
		jane.want(jane.get(fmt.Sprintf("/tickets/%d", n)), 200, filePath(n, e), mailPath(n, e))
		for _, c := range []struct {
			path, kind, name string
			bytes            []byte
		}{{filePath(n, e), want, "screen.png", content}, {mailPath(n, e), "message/rfc822", fmt.Sprintf("%d-%d.eml", n, e.ID), raw}} {
			s := jane.get(c.path)
			if s.status != 200 || s.body != string(c.bytes) {
				t.Fatalf("%s: status %d and %d bytes, want %d", c.path, s.status, len(s.body), len(c.bytes))
			}
			for header, want := range map[string]string{"Content-Type": c.kind, "Content-Disposition": `attachment; filename="` + c.name + `"`,
				"Content-Length": fmt.Sprint(len(c.bytes)), "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"} {
				if got := s.header.Values(header); len(got) != 1 || got[0] != want {
					t.Errorf("%s of type %s: the header %s is %q, want %q", c.path, sent, header, got, want)
				}
			}
			if !strings.Contains(strings.Join(s.header.Values("Cache-Control"), ","), "no-store") {
				t.Errorf("%s may be stored", c.path)
			}
			if s := jane.do("HEAD", c.path, nil); s.status != 200 || s.body != "" || s.header.Get("Content-Length") != fmt.Sprint(len(c.bytes)) {
				t.Errorf("HEAD %s: %+v", c.path, s)
			}
			bob.want(bob.get(c.path), 404, "Not found")
		}
	}
}

// TestFilesOfOthers are found by nobody: not by the number of another ticket, and
// not by one that is none.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n, e, _ := p.mailFile(ticket.File{Name: "a.txt", Type: "text/plain"}, []byte("a"))
	other := p.mail("Other", "text")
	jane := p.signIn("jane")
	for _, path := range []string{filePath(other, e), mailPath(other, e), filePath(1, e), fmt.Sprintf("/tickets/%d/files/0", n),
		fmt.Sprintf("/tickets/%d/files/%d", n, e.Files[0].ID+1), fmt.Sprintf("/tickets/%d/files/x", n), fmt.Sprintf("/tickets/%d/mails/9999", n)} {
		jane.want(jane.get(path), 404, "Not found")
	}
}

// TestNamesOfFiles: whatever a stranger called a file, the header is one that
// browsers read, and the name is one of a file in the reader's directory.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	for name, want := range map[string]string{
		`a"; filename="evil.exe`:        `a"; filename="evil.exe`,
		"..":                            "file",
		"":                              "file",
		"../../etc/passwd":              "_.._etc_passwd",
		`C:\autoexec.bat`:               "C__autoexec.bat",
		".bashrc":                       "bashrc",
		"a\r\nSet-Cookie: a=b.txt":      "a__Set-Cookie_ a=b.txt",
		"Überweisung €100%.pdf":         "Überweisung €100%.pdf",
		"发票.pdf":                        "发票.pdf",
		"\u202egpj.exe":                 "gpj.exe",
		"100%41.txt":                    "100%41.txt",
		"a\x01b\x7f\u0085.txt":          "a_b__.txt",
		strings.Repeat("é", 300) + ".x": strings.Repeat("é", 99) + ".x",
	} {
		n, e, _ := p.mailFile(ticket.File{Name: name, Type: "text/plain"}, []byte("x"))
		s := jane.get(filePath(n, e))
		header := s.header.Get("Content-Disposition")
		kind, params, err := mime.ParseMediaType(header)
		if s.status != 200 || err != nil || kind != "attachment" || params["filename"] != want {
			t.Errorf("%q becomes %s: %q, want %q (%v)", name, header, params["filename"], want, err)
		}
		if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Contains(strings.Join(s.header["Set-Cookie"], "\n"), "a=b") {
			t.Errorf("%q becomes the header %q", name, header)
		}
	}
}

// TestLostFile: a file whose mail is gone is a page that says so, and a line of
// the log.
func TestLostFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane := p.signIn("jane")
	n, e, raw := p.mailFile(ticket.File{Name: "a.txt", Type: "text/plain"}, []byte("hello"))
	var log bytes.Buffer
	p.server.Log = slog.New(slog.NewTextHandler(&log, nil))
	for _, c := range []struct {
		open func(ticket.File) (io.ReadCloser, error)
		page string
		log  string
	}{
		{func(ticket.File) (io.ReadCloser, error) { return nil, fmt.Errorf("open: %w", fs.ErrNotExist) }, "The file is lost", "a file is lost"},
		{func(ticket.File) (io.ReadCloser, error) { return nil, errors.New("no route to bucket") }, "Something is broken here", "no route to bucket"},
		{func(ticket.File) (io.ReadCloser, error) {
			return io.NopCloser(iotest.ErrReader(errors.New("a chunk is missing"))), nil
		}, "Something is broken here", "a chunk is missing"},
		{func(f ticket.File) (io.ReadCloser, error) {
			return inbound.OpenFile(io.NopCloser(bytes.NewReader(raw[:100])), f)
		}, "Something is broken here", "a request failed"},
	} {
		p.server.Open = c.open
		log.Reset()
		s := jane.get(filePath(n, e))
		jane.want(s, 500, c.page)
		if !strings.Contains(log.String(), c.log) || s.header.Get("Content-Disposition") != "" {
			t.Errorf("the log is %s, the headers %v", log.String(), s.header)
		}
	}
}
