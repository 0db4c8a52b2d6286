package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestComposer writes a reply in Markdown with a file: the preview comes into the
// page and leaves everything as it is, and what goes out is what it showed.
func TestComposer(t *testing.T) {
	d := newDesk(t)
	d.write(t, dora, "How to print", "Please explain.")
	number := ticketNumber(t, d.await(t, dorasBox, "How to print", "").subject)
	b := newTab(t, d.url, screen)
	b.signIn("jane")
	b.open("/tickets/" + number)
	const text = "Press **Print**, then:\n\n- wait\n- smile"
	b.run(chromedp.SetValue("#text", text, chromedp.ByQuery))
	b.attach("file", "steps.png", logo(t))
	b.inPlace("Preview", "If you send this now")
	b.reads("To " + dorasBox)
	var shown struct {
		Strong string
		Items  int
		Text   string
		Kept   int
		Path   string
	}
	b.ask(`({strong: document.querySelector("section.preview .prose strong")?.innerText ?? "",
		items: document.querySelectorAll("section.preview .prose li").length, text: document.getElementById("text").value,
		kept: document.querySelectorAll("input[name=kept]:checked").length, path: location.pathname})`, &shown)
	if shown.Strong != "Print" || shown.Items != 2 || shown.Text != text || shown.Kept != 1 || shown.Path != "/tickets/"+number {
		t.Errorf("the preview shows %+v", shown)
	}
	b.shot("composer-preview")
	b.use(telephone)
	b.report("preview on a telephone", b.tooWide())
	b.shot("composer-preview-telephone")
	b.use(screen)
	b.press("Send")
	b.reads("Reply Jane Doe", "steps.png")
	mail := d.await(t, dorasBox, "How to print", "Press")
	if !strings.Contains(mail.html, "<strong>Print</strong>") || !strings.Contains(strings.Join(mail.files, " "), "steps.png") {
		t.Errorf("the customer's mail has the files %q and this HTML: %s", mail.files, mail.html)
	}

	// What is typed is kept by itself, until it is discarded.
	b.fill("Text", "Half a thought")
	b.awaitWords("Draft saved")
	b.open("/tickets/" + number)
	b.reads("Draft of")
	if got := b.written(); got != "Half a thought" {
		t.Errorf("the draft says %q", got)
	}
	b.press("Discard")
	if got := b.written(); got != "" {
		t.Errorf("a discarded draft still says %q", got)
	}
}

// written is what the text of the answer holds.
func (b *tab) written() string {
	b.t.Helper()
	var text string
	b.ask(`document.getElementById("text").value`, &text)
	return text
}

// TestTwoAgentsSeeEachOther has one ticket open in two browsers: each is told what
// the other does, and what the customer writes, without loading the page again.
func TestTwoAgentsSeeEachOther(t *testing.T) {
	d := newDesk(t)
	d.write(t, dora, "Who takes it?", "Please help.")
	ack := d.await(t, dorasBox, "Who takes it?", "")
	number := ticketNumber(t, ack.subject)
	jane, john, list := newTab(t, d.url, screen), newTab(t, d.url, screen), newTab(t, d.url, screen)
	for b, who := range map[*tab]string{jane: "jane", john: "john", list: "john"} {
		b.signIn(who)
	}
	jane.open("/tickets/" + number)
	list.open("/tickets?q=new+open")
	john.open("/tickets/" + number)
	jane.awaitWords("John Smith is reading")
	john.fill("Text", "I am at it.")
	jane.awaitWords("John Smith is replying")
	jane.shot("live-people")
	d.answer(t, dora, ack, "It got worse.")
	jane.awaitWords("show it")
	list.awaitWords("changed: show it")
	if jane.says("It got worse.") {
		t.Error("the page loads by itself what is new")
	}
	jane.shot("live-news")
	list.shot("live-list")
	jane.load(chromedp.Click("#live a", chromedp.ByQuery))
	jane.reads("It got worse.")
}

// TestKeysSaveWay goes through a list and a ticket with single keys, which do
// nothing while something is being typed.
func TestKeysSaveWay(t *testing.T) {
	d := newDesk(t)
	b := newTab(t, d.url, screen)
	b.signIn("jane")
	b.open("/tickets?q=all")
	focused := func(want string) {
		t.Helper()
		var there bool
		if b.ask(fmt.Sprintf(`(e => !!(%s))(document.activeElement)`, want), &there); !there {
			t.Errorf("the focus is not on %s: %s", want, b.where())
		}
	}
	row := func(n int) string { return fmt.Sprintf(`e.matches("tr:nth-child(%d) .subject a")`, n) }
	b.run(chromedp.KeyEvent("jj"))
	focused(row(2))
	b.run(chromedp.KeyEvent("x"))
	b.run(chromedp.KeyEvent("k"))
	focused(row(1))
	var ticked []string
	if b.ask(`[...document.querySelectorAll("tbody input:checked")].map(i => i.value)`, &ticked); len(ticked) != 1 || ticked[0] != "1002" {
		t.Errorf("selected are %q", ticked)
	}
	b.run(chromedp.KeyEvent("?"))
	focused(`document.getElementById("keys").open && e.closest("#keys")`)
	b.run(chromedp.KeyEvent("\x1b"))
	focused(`!document.getElementById("keys").open && ` + row(1))
	b.load(chromedp.KeyEvent("\r"))
	b.key("n")
	focused(`e.id === "text" && document.querySelector(".composer input[value=note]").checked`)
	b.run(chromedp.KeyEvent("jrx?"))
	var typed string
	if b.ask(`document.activeElement.value + " " + document.querySelector(".composer input[name=kind]:checked").value + " " + document.getElementById("keys").open`, &typed); typed != "jrx? note false" {
		t.Errorf("typed were keys, and there is %q", typed)
	}
	b.run(chromedp.Evaluate(`document.activeElement.blur()`, nil))
	b.key("r")
	focused(`e.id === "text" && document.querySelector(".composer input[value=reply]").checked`)
}

// key strikes a key as a keyboard does: a page that takes it for itself leaves
// nothing to type. chromedp's own KeyEvent types it all the same.
func (b *tab) key(key string) {
	b.t.Helper()
	b.run(input.DispatchKeyEvent(input.KeyDown).WithKey(key).WithText(key), input.DispatchKeyEvent(input.KeyUp).WithKey(key))
}
