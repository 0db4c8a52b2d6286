package web_test

import (
	"fmt"
	"strings"
	"testing"

	"deskpost/ticket"
)

func TestPreviewShowsWhoGetsIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	p.outbox()
	jane := p.signIn("jane")
	p.outbox()
	before := p.lastEntry(n).ID
	form := jane.form(n, "reply", "Please <b>try</b> again.", "#assign john")
	s := jane.post(ticketPath(n)+"/preview", form)
	jane.want(s, 200, "If you send this now", "To <span dir=\"auto\">karen@customer.example</span>", "<strong>John Smith</strong>: the ticket is given to them",
		"nobody -&gt; John Smith", ">Please &lt;b&gt;try&lt;/b&gt; again.</textarea>", `value="#assign john"`)
	if out := p.outbox(); len(out) > 0 || p.lastEntry(n).ID != before {
		t.Errorf("the preview has sent %+v, or written something", out)
	}
	note := jane.post(ticketPath(n)+"/preview", jane.form(n, "note", "Between us.", ""))
	jane.want(note, 200, "None. Nobody outside gets a mail.")
	jane.want(jane.post(ticketPath(n), form), 303)
	if out := p.outbox(); len(out) != 2 {
		t.Errorf("after it was sent %d mails wait", len(out))
	}
	stale := jane.post(ticketPath(n)+"/preview", form)
	jane.want(stale, 409, "Meanwhile there is a new reply by Jane Doe", ">Please &lt;b&gt;try&lt;/b&gt; again.</textarea>")
}

// TestSendAllTheSame demands that an agent is asked whether words go out that only
// agents have seen when that was the reason, and for no other.
func TestSendAllTheSame(t *testing.T) {
	t.Parallel()
	const asked = "Send the text though"
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	jane := p.signIn("jane")
	const private = "The router in the cellar is on fire again."
	jane.want(jane.post(ticketPath(n), jane.form(n, "note", private, "")), 303)
	if s := jane.post(ticketPath(n), jane.form(n, "reply", "Hello.", "#tga x")); s.status != 422 || strings.Contains(s.body, asked) {
		t.Errorf("after a slip (%d) the page has %q: %s", s.status, asked, s.body)
	}
	form := jane.form(n, "reply", private, "")
	jane.want(jane.post(ticketPath(n), form), 422, asked)
	form.Set("sure", "yes")
	form.Set("commands", "#tga x")
	jane.want(jane.post(ticketPath(n), form), 422, `name="sure" value="yes" checked`)
	form.Del("commands")
	jane.want(jane.post(ticketPath(n), form), 303)
}

// TestMarkdownIsShown follows a reply to where it is read: the thread, the mail, and
// the page of the customer.
func TestMarkdownIsShown(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "It is **not** marked by me.")
	jane := p.signIn("jane")
	p.outbox()
	const shown = "try <strong>this</strong>"
	form := jane.form(n, "reply", "try **this** <script>alert(1)</script>", "#tag +vpn")
	jane.want(jane.post(ticketPath(n)+"/preview", form), 200, shown)
	jane.want(jane.post(ticketPath(n), form), 303)
	thread := jane.get(ticketPath(n))
	jane.want(thread, 200, shown, "It is **not** marked by me.")
	if strings.Contains(thread.body, "alert(1)</script>") {
		t.Error("a script stands in the thread")
	}
	var mailed bool
	for _, notice := range p.outbox() {
		mailed = mailed || notice.Kind == ticket.NoticeReply && notice.Facts.Markdown && strings.HasPrefix(notice.Facts.Text, "try **this**")
	}
	if !mailed {
		t.Error("the mail to the customer does not say that its text is Markdown")
	}
	karen := p.follow("karen@customer.example")
	karen.want(karen.get(fmt.Sprintf("/my/%d", n)), 200, shown, "It is **not** marked by me.")
}
