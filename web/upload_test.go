package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"deskpost/ticket"
)

// A sentFile is a file as a browser sends it.
type sentFile struct{ name, kind, content string }

// upload sends a form with files.
func (b *browser) upload(path string, form url.Values, files ...sentFile) seen {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, values := range form {
		for _, v := range values {
			if err := w.WriteField(key, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, f.name)}, "Content-Type": {f.kind}})
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.content); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.send(path, w.FormDataContentType(), &body)
}

func (b *browser) send(path, kind string, body io.Reader) seen {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", b.page.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return seen{answer.StatusCode, answer.Header, string(page)}
}

func ticketPath(n ticket.Number) string { return fmt.Sprintf("/tickets/%d", n) }

// lastEntry is the newest entry of a ticket.
func (p *place) lastEntry(n ticket.Number) ticket.Entry {
	p.t.Helper()
	sheet, err := p.desk.Read(p.t.Context(), "jane", n)
	if err != nil {
		p.t.Fatal(err)
	}
	var last ticket.Entry
	for _, it := range sheet.Thread {
		if it.Entry != nil {
			last = *it.Entry
		}
	}
	return last
}

func TestReplyWithFiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	jane := p.signIn("jane")
	large := strings.Repeat("a log line\n", 200_000) // 2.2 MB: more than a form without files may have
	s := jane.upload(ticketPath(n), jane.form(n, "reply", "See the files.", ""),
		sentFile{`C:\\Users\\jane\\how to.pdf`, "application/pdf", "%PDF"}, sentFile{"../../boot.log", "text/plain; charset=utf-8", large}, sentFile{"", "application/octet-stream", ""})
	jane.want(s, 303)
	e := p.lastEntry(n)
	if e.Kind != ticket.Reply || len(e.Files) != 2 {
		t.Fatalf("the reply is %+v", e)
	}
	if a, b := e.Files[0], e.Files[1]; a.Name != "how to.pdf" || a.Type != "application/pdf" || b.Name != "boot.log" || b.Type != "text/plain" || b.Size != int64(len(large)) {
		t.Errorf("the files are %+v", e.Files)
	}
	if got := jane.get(fmt.Sprintf("/tickets/%d/files/%d", n, e.Files[1].ID)); got.body != large {
		t.Errorf("%d bytes come back of %d (status %d)", len(got.body), len(large), got.status)
	}
	for _, notice := range p.outbox() {
		if notice.Kind == ticket.NoticeReply && len(notice.Facts.Files) == 2 {
			return
		}
	}
	t.Error("no mail with the files goes to the customer")
}

func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	jane := p.signIn("jane")
	before := p.lastEntry(n).ID
	form := jane.form(n, "note", "text", "")
	huge := url.Values{"kind": {"note"}, "text": {strings.Repeat("x", 1<<20)}}
	many := url.Values{"kind": {"note"}, "text": make([]string, 1001)}
	whole := "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nbytes"
	for name, c := range map[string]struct {
		got  seen
		want int
	}{
		"a file over the limit":   {jane.upload(ticketPath(n), form, sentFile{"a", "text/plain", strings.Repeat("x", 30<<20)}), 413},
		"inputs over the limit":   {jane.upload(ticketPath(n), huge), 413},
		"a plain form over it":    {jane.post(ticketPath(n), huge), 413},
		"a form of another route": {jane.post("/me/password", url.Values{"password": {strings.Repeat("x", 1<<20)}}), 413},
		"too many inputs":         {jane.upload(ticketPath(n), many), 422},
		"a file that breaks off":  {jane.send(ticketPath(n), "multipart/form-data; boundary=b", strings.NewReader(whole)), 422},
		"no boundary":             {jane.send(ticketPath(n), "multipart/form-data", strings.NewReader(whole)), 422},
	} {
		if c.got.status != c.want {
			t.Errorf("%s: status %d, want %d: %s", name, c.got.status, c.want, c.got.body)
		}
	}
	if after := p.lastEntry(n).ID; after != before {
		t.Errorf("entry %d was written", after)
	}
}
