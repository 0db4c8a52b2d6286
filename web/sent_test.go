package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound"
	"deskpost/ticket"
)

// pngOf is a picture, and what a browser takes for one by its first bytes.
func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White})); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// letter lets somebody write a mail in HTML with a picture in it, and returns its
// ticket with its entry.
func (p *place) letter(from, html string, picture []byte) (ticket.Number, ticket.Entry) {
	p.t.Helper()
	p.uid++
	raw := fmt.Appendf(nil, "From: <%s>\r\nTo: support@bank.example\r\nSubject: Offers\r\nMessage-ID: <l%d@customer.example>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n%s\r\n"+
		"--b\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
		from, p.uid, html, base64.StdEncoding.EncodeToString(picture))
	sum := ticket.Sum(sha256.Sum256(raw))
	mail, digest, err := inbound.ReadMail(bytes.NewReader(raw), sum, "")
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := p.desk.Receive(context.Background(), ticket.Incoming{Mail: mail, Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: p.uid,
		Digest: digest, Keyed: true, Received: p.now, Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := p.desk.Read(context.Background(), "jane", c.Ticket)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, item := range s.Thread {
		if item.Entry != nil {
			return c.Ticket, *item.Entry
		}
	}
	p.t.Fatal("the ticket has no entry")
	return 0, ticket.Entry{}
}

func sentPath(n ticket.Number, e ticket.Entry) string {
	return fmt.Sprintf("/tickets/%d/mails/%d/html", n, e.ID)
}

const karen = "karen@customer.example"

var pictureLink = regexp.MustCompile(`"(/pictures/[^"]+)"`)

// TestSent shows a mail in HTML in a document of its own, with a policy of its own
// and nothing from elsewhere until a form asks for it.
func TestSent(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	picture := pngOf(t, 3, 2)
	n, e := p.letter(karen, `<p onclick="x">Hello <b>Jane</b></p><script>alert(1)</script><img src="cid:logo" alt="Logo"><img src="https://shop.example/a.png"><img src="http://shop.example/b.png">`, picture)
	plain := p.mail("No letter", "text")
	jane, path := p.signIn("jane"), sentPath(n, e)
	jane.want(jane.get(fmt.Sprintf("/tickets/%d", n)), 200, "as it was sent", fmt.Sprintf(`src="%s"`, path), fmt.Sprintf(`method="post" action="%s"`, path),
		`sandbox="allow-popups allow-popups-to-escape-sandbox"`, `title="The mail as `)
	if s := jane.get(fmt.Sprintf("/tickets/%d", plain)); strings.Contains(s.body, "as it was sent") {
		t.Error("a mail without HTML is offered as it was sent")
	}

	s := jane.get(path)
	jane.want(s, 200, "<p>Hello <b>Jane</b></p>", `alt="Logo"`, "2 pictures that are kept elsewhere are not shown")
	wantPolicy(t, s, "img-src 'self';")
	if strings.Contains(s.body, "shop.example") || strings.Contains(s.body, "alert") {
		t.Errorf("what was sent is\n%s", s.body)
	}
	shown := jane.post(path, url.Values{})
	jane.want(shown, 200, `src="https://shop.example/a.png"`, "One picture that is kept elsewhere is not shown")
	wantPolicy(t, shown, "img-src 'self' https:;")
	if strings.Contains(shown.body, "b.png") {
		t.Errorf("a picture is loaded without https:\n%s", shown.body)
	}
	if again := jane.get(path); strings.Contains(again.body, "shop.example") {
		t.Error("pictures from elsewhere stay after they were shown once")
	}

	// The frame sends no cookies with what it asks for.
	at := pictureLink.FindStringSubmatch(s.body)[1]
	stranger := p.browser()
	got := stranger.get(at)
	if got.status != 200 || got.body != string(picture) {
		t.Fatalf("the picture is %+v", got)
	}
	wantShown(t, at, got, "image/png")
	stranger.want(stranger.get(at+"a"), 404, "Not found")
	p.now = p.now.Add(10 * time.Minute)
	stranger.want(stranger.get(at), 404, "too old")
}

func wantPolicy(t *testing.T, s seen, pictures string) {
	t.Helper()
	policy := s.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none';", pictures, "style-src 'unsafe-inline';", "frame-ancestors 'self';", "form-action 'none';", "base-uri 'none';"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if !strings.HasSuffix(policy, "sandbox allow-popups allow-popups-to-escape-sandbox") {
		t.Errorf("the policy %q allows something else", policy)
	}
}

func wantShown(t *testing.T, path string, s seen, kind string) {
	t.Helper()
	for header, want := range map[string]string{"Content-Type": kind, "Content-Disposition": "inline", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"} {
		if got := s.header.Values(header); !slices.Contains(got, want) {
			t.Errorf("%s: the header %s is %q, want %q", path, header, got, want)
		}
	}
}

// TestSentByWhom: who may not read a ticket learns nothing of its mails, the mail
// of an agent is shown to nobody, and only a click on the ticket loads what is
// elsewhere.
func TestSentByWhom(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n, e := p.letter(karen, `<p>Hello</p>`, pngOf(t, 1, 1))
	own, note := p.letter("jane@private.example", `<p>From my telephone</p>`, pngOf(t, 1, 1))
	other := p.mail("Other", "text")
	jane, bob := p.signIn("jane"), p.signIn("bob")
	jane.want(jane.get(sentPath(n, e)), 200, "<p>Hello</p>")
	bob.want(bob.get(sentPath(n, e)), 404, "Not found")
	bob.want(bob.post(sentPath(n, e), url.Values{}), 404, "Not found")
	if s := p.browser().get(sentPath(n, e)); s.status != 303 {
		t.Errorf("who is not signed in gets %+v", s)
	}
	for _, path := range []string{sentPath(own, note), sentPath(other, e), sentPath(1, e), sentPath(n, ticket.Entry{ID: 9999}), sentPath(n, ticket.Entry{}),
		fmt.Sprintf("/tickets/%d/mails/x/html", n), fmt.Sprintf("/tickets/x/mails/%d/html", e.ID)} {
		jane.want(jane.get(path), 404, "Not found")
	}
	if s := jane.get(fmt.Sprintf("/tickets/%d", own)); strings.Contains(s.body, "as it was sent") {
		t.Error("the mail of an agent is offered as it was sent")
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		if s := jane.do("POST", sentPath(n, e), nil, headers...); s.status != 403 {
			t.Errorf("a form elsewhere with %v loads pictures: %d", headers, s.status)
		}
	}
	if s := jane.do("GET", sentPath(n, e), nil, "Sec-Fetch-Dest", "document"); s.status != 303 || s.header.Get("Location") != fmt.Sprintf("/tickets/%d", n) {
		t.Errorf("a link to the mail alone answers %+v", s)
	}
	jane.want(jane.do("GET", sentPath(n, e), nil, "Sec-Fetch-Dest", "iframe"), 200, "<p>Hello</p>")
}

// TestPictures: a picture is what is one by its content, and of a size that a
// browser can bear, whatever it is called.
func TestPictures(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var asJPEG, asGIF bytes.Buffer
	if err := errors.Join(jpeg.Encode(&asJPEG, image.NewGray(image.Rect(0, 0, 4, 4)), nil), gif.Encode(&asGIF, image.NewGray(image.Rect(0, 0, 4, 4)), nil)); err != nil {
		t.Fatal(err)
	}
	webp := func(kind string, body ...byte) []byte {
		return append([]byte("RIFF\x20\x00\x00\x00WEBP"+kind+"\x10\x00\x00\x00"), append(body, make([]byte, 20)...)...)
	}
	jane := p.signIn("jane")
	for name, c := range map[string]struct {
		bytes []byte
		kind  string // "" if it is not shown
	}{
		"PNG":            {pngOf(t, 2, 2), "image/png"},
		"JPEG":           {asJPEG.Bytes(), "image/jpeg"},
		"GIF":            {asGIF.Bytes(), "image/gif"},
		"WebP, lossy":    {webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 4, 0, 4, 0), "image/webp"},
		"WebP, lossless": {webp("VP8L", 0x2f, 3, 0xc0, 0, 0), "image/webp"},
		"WebP, extended": {webp("VP8X", 0, 0, 0, 0, 3, 0, 0, 3, 0, 0), "image/webp"},
		"large":          {pngOf(t, 5000, 5000), "image/png"},
		"too large":      {pngOf(t, 10_000, 10_000), ""},
		"WebP too large": {webp("VP8X", 0, 0, 0, 0, 0xff, 0xff, 0, 0xff, 0xff, 0), ""},
		"WebP of none":   {webp("VP8 "), ""},
		"SVG":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ""},
		"XML":            {[]byte(`<?xml version="1.0"?><svg onload="x"/>`), ""},
		"HTML":           {[]byte(`<!DOCTYPE html><script>alert(1)</script>`), ""},
		"PDF":            {[]byte("%PDF-1.7"), ""},
		"only a start":   {pngOf(t, 2, 2)[:12], ""},
		"text":           {[]byte("no picture"), ""},
	} {
		n, e := p.letter(karen, `<img src="cid:logo">`, c.bytes)
		signed := pictureLink.FindStringSubmatch(jane.get(sentPath(n, e)).body)
		if signed == nil || len(e.Files) != 1 {
			t.Fatalf("%s: no address; files %+v", name, e.Files)
		}
		for _, path := range []string{signed[1], filePath(n, e) + "/picture"} {
			s := jane.get(path)
			if c.kind == "" {
				jane.want(s, 404, "Not found")
				continue
			}
			if s.status != 200 || s.body != string(c.bytes) {
				t.Errorf("%s at %s: status %d, %d bytes", name, path, s.status, len(s.body))
			}
			wantShown(t, path, s, c.kind)
			if s := jane.do("HEAD", path, nil); s.status != 200 || s.body != "" || s.header.Get("Content-Type") != c.kind {
				t.Errorf("HEAD %s: %+v", path, s)
			}
		}
	}
}

// TestPreviews: attachments that are called pictures are shown small, if they are
// not too large to be so.
func TestPreviews(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	jane, bob, picture := p.signIn("jane"), p.signIn("bob"), pngOf(t, 2, 2)
	for _, c := range []struct {
		kind  string
		bytes []byte
		want  bool
	}{{"image/png", picture, true}, {"image/svg+xml", picture, false}, {"application/octet-stream", picture, false}, {"", picture, false},
		{"image/png", append(picture, make([]byte, 5<<20)...), false}} {
		n, e, _ := p.mailFile(ticket.File{Name: `screen"<b>.png`, Type: c.kind}, c.bytes)
		path := filePath(n, e) + "/picture"
		page := jane.get(fmt.Sprintf("/tickets/%d", n))
		if strings.Contains(page.body, path) != c.want || c.want && !strings.Contains(page.body, `alt="screen&#34;&lt;b&gt;.png, shown small"`) {
			t.Errorf("type %q, %d bytes: shown is not %v", c.kind, len(c.bytes), c.want)
		}
		if s := jane.get(path); (s.status == 200) != c.want {
			t.Errorf("type %q, %d bytes: %d", c.kind, len(c.bytes), s.status)
		}
		bob.want(bob.get(path), 404, "Not found")
	}
}

// TestLostMail: a mail that is gone says so in its frame, and its pictures are not
// there.
func TestLostMail(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n, e := p.letter(karen, `<img src="cid:logo">`, pngOf(t, 1, 1))
	jane := p.signIn("jane")
	at := pictureLink.FindStringSubmatch(jane.get(sentPath(n, e)).body)[1]
	var log bytes.Buffer
	p.server.Log = slog.New(slog.NewTextHandler(&log, nil))
	p.server.Open = func(ticket.File) (io.ReadCloser, error) { return nil, fmt.Errorf("open: %w", fs.ErrNotExist) }
	s := jane.get(sentPath(n, e))
	jane.want(s, 500, "missing from the store")
	wantPolicy(t, s, "img-src 'self';")
	if !strings.Contains(log.String(), "a mail is lost") {
		t.Errorf("the log is %s", log.String())
	}
	jane.want(jane.get(at), 404, "Not found")
	p.server.Open = func(ticket.File) (io.ReadCloser, error) { return nil, errors.New("no route to bucket") }
	jane.want(jane.get(sentPath(n, e)), 500, "Something is broken here")
	jane.want(jane.get(at), 500, "Something is broken here")
}
