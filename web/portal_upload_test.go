package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

var myFileLink = regexp.MustCompile(`/my/\d+/files/\d+`)

// TestCustomersSendFiles: what was sent with a form waits with it for the link, is
// on the ticket then, and comes back to its customer as the bytes that it was, to
// be saved and never shown. Files that an agent sent are there too; those of notes
// and of other customers are not.
func TestCustomersSendFiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	dora := p.browser()
	page := "<script>alert(1)</script>"
	form := dora.fill("/new?for=Support", "email", "dora@customer.example", "subject", "Look", "text", "See the file.", "field-contract", "many")
	refused := dora.upload("/new", form, sentFile{"a.html", "text/html", page})
	dora.want(refused, 422, "Contract: ", "Choose your files once more")
	form.Set("field-contract", "1")
	dora.want(dora.upload("/new", form, sentFile{"../../a.html", "text/html", page}, sentFile{"bomb.zip", "application/zip", "PK\x03\x04" + strings.Repeat("\x00", 2<<20)}), 200, "Look into your mail")
	link := p.linkTo(ticket.NoticeConfirm, "dora@customer.example")
	dora.want(dora.post(link, url.Values{}), 303)
	path := "/my/1001"
	dora.want(dora.get(path), 200, ">a.html</a>", ">bomb.zip</a>", "2.0 MiB")
	links := myFileLink.FindAllString(dora.get(path).body, -1)
	if len(links) != 2 {
		t.Fatalf("the page links %v", links)
	}
	got := dora.get(links[0])
	if got.body != page || got.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("it comes back as %+v", got)
	}

	jane := p.signIn("jane")
	jane.want(jane.upload("/tickets/1001", jane.form(1001, "note", "secret", ""), sentFile{"secret.txt", "text/plain", "secret"}), 303)
	secret := p.lastEntry(1001).Files[0].ID
	jane.want(jane.upload("/tickets/1001", jane.form(1001, "reply", "So.", ""), sentFile{"how.pdf", "application/pdf", "%PDF"}), 303)
	how := p.lastEntry(1001).Files[0].ID
	dora.want(dora.upload(path, dora.fill(path), sentFile{"only.txt", "text/plain", "nothing but a file"}), 303)
	if last := p.lastEntry(1001); len(last.Files) != 1 || last.Text != "" || last.Authenticity != ticket.Proven {
		t.Errorf("a message that is only a file became %+v", last)
	}
	if got := dora.get(fmt.Sprintf("/my/1001/files/%d", how)); got.status != 200 || got.body != "%PDF" {
		t.Errorf("the file of a reply: %d %q", got.status, got.body)
	}
	p.mail("Another's", "text")
	p.now = p.now.Add(time.Minute)
	karen := p.follow("karen@customer.example")
	for _, c := range []struct {
		b    *browser
		path string
	}{{dora, fmt.Sprintf("/my/1001/files/%d", secret)}, {dora, "/my/1001/files/0"}, {dora, "/my/1002/files/1"}, {karen, links[0]}, {karen, strings.Replace(links[0], "1001", "1002", 1)}} {
		if s := c.b.get(c.path); s.status != 404 || strings.Contains(s.body, "secret") {
			t.Errorf("%s: %d %s", c.path, s.status, s.body)
		}
	}
	if s := p.browser().get(links[0]); s.status != 303 || s.header.Get("Location") != "/my" {
		t.Errorf("who is not let in gets %d", s.status)
	}
}

// TestUploadFlood: strangers fill neither the disk from one host nor from many,
// and whose address is proven is not in their way.
func TestUploadFlood(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mail("Can not log in", "text")
	karen := p.follow("karen@customer.example")
	b := p.browser()
	form := b.fill("/new?for=Support", "email", "eve@evil.example", "subject", "s", "text", "t")
	big := sentFile{"a", "text/plain", strings.Repeat("x", 29<<20)}
	for i := range 7 {
		if s := b.upload("/new", form, big); (s.status == 429) != (i == 6) {
			t.Fatalf("upload %d: %d", i, s.status)
		}
	}
	if s := b.upload("/new", form); s.status != 200 {
		t.Errorf("without files: %d", s.status)
	}
	karen.want(karen.upload("/my/1001", karen.fill("/my/1001", "text", "See."), big), 303)
	p.now = p.now.Add(24 * time.Hour)
	b.want(b.upload("/new", form, big), 200)
}

// TestHugeForms: ten thousand inputs and long texts are refused, and a name as long
// as a book is made short.
func TestHugeForms(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser()
	form := b.fill("/new?for=Support", "email", "eve@evil.example", "subject", "s", "text", "t")
	many := url.Values{}
	for i := range 10_000 {
		many.Set(fmt.Sprintf("field-%d", i), "x")
	}
	b.want(b.upload("/new", many), 422, "at most 1000")
	for key, limit := range map[string]int{"name": 100, "subject": 200, "text": 20_000} {
		form.Set(key, strings.Repeat("é", limit+1))
		b.want(b.upload("/new", form), 422, "at most")
		form.Set(key, "short")
	}
	b.want(b.upload("/new", form, sentFile{strings.Repeat("n", 100_000) + ".pdf", "text/plain", "x"}), 200)
	b.want(b.post(p.linkTo(ticket.NoticeConfirm, "eve@evil.example"), url.Values{}), 303)
	if got := p.lastEntry(1001).Files[0].Name; len(got) > 255 || !strings.HasSuffix(got, ".pdf") {
		t.Errorf("the name is %d bytes: %s", len(got), got)
	}
}
