package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// portalSights are the pages for customers, from nobody who is known to one who
// reads a ticket.
func portalSights(d *desk) []sight {
	return []sight{
		{"portal-choice", "/new", func(b *tab) { b.open("/new") }},
		{"portal-new", "/new", func(b *tab) { b.follow("Support") }},
		{"portal-confirm", "/new/{token}", func(b *tab) { b.open("/new/1.abc") }},
		{"portal-ask", "/my", func(b *tab) { b.open("/my") }},
		{"portal-asked", "/my", func(b *tab) { b.fill("Your mail address", "chris@customer.example"); b.press("Mail me the link") }},
		{"portal-link", "/my/sign-in/{token}", func(b *tab) { b.open(d.mailedLink(b.t, "chris@customer.example", "/my/sign-in/")) }},
		{"portal-my", "/my", func(b *tab) { b.press("Show my tickets"); b.reads("CFO's laptop") }},
		{"portal-ticket", "/my/{number}", func(b *tab) { b.follow("CFO's laptop"); b.reads("Your message") }},
		{"portal-left", "/my", func(b *tab) { b.press("Sign out") }},
	}
}

// mailedLink waits for a mail with a link, and gives its path.
func (d *desk) mailedLink(t *testing.T, mailbox, to string) string {
	t.Helper()
	return regexp.MustCompile(regexp.QuoteMeta(to) + `\S+`).FindString(d.await(t, mailbox, "", d.url+to).text)
}

// TestCustomerWithoutMailProgram opens a ticket by the form, with a file, on a
// telephone that runs no scripts, and follows it to its end.
func TestCustomerWithoutMailProgram(t *testing.T) {
	d := newDesk(t)
	b := newTab(t, d.url, device{width: 390, height: 844, scriptless: true})
	b.open("/new")
	b.follow("Support")
	b.fill("Your name", "Dora New")
	b.fill("Your mail address", dorasBox)
	b.fill("What is it about?", "The form is stuck")
	b.fill("Your message", "It does not print. See the picture.")
	b.attach("files", "stuck.png", logo(t))
	time.Sleep(4 * time.Second) // as long as people take at least, which the page wants to see
	b.press("Send")
	b.reads("Look into your mail", dorasBox)
	b.open(d.mailedLink(t, dorasBox, "/new/"))
	b.press("Send my message")
	b.reads("Your ticket has the number", "The form is stuck", "It does not print.", "stuck.png")
	b.report("a ticket of a customer", b.tooWide())
	b.shot("portal-opened")
	number := ticketNumber(t, d.await(t, dorasBox, "The form is stuck", "").subject)

	john := newTab(t, d.url, device{width: 1280, height: 900, scriptless: true})
	john.signIn("john")
	john.open("/tickets/" + number)
	john.reads("stuck.png", "Dora New")
	john.tick("Reply")
	john.fill("Text", "Which **printer** is it?")
	john.press("Preview")
	john.reads("If you send this now", "To "+dorasBox)
	john.press("Send")
	john.reads("Which printer is it?")
	john.tick("Note")
	john.fill("Text", "She is new.")
	john.press("Send")

	b.open("/my")
	b.follow("The form is stuck")
	b.reads("Which printer is it?")
	if b.says("She is new.") {
		t.Errorf("a customer reads a note: %s", b.where())
	}
	b.fill("Your message", "The one on the second floor.")
	b.press("Send")
	b.reads("The one on the second floor.")
	john.open("/tickets/" + number)
	john.reads("The one on the second floor.")
	john.tick("Reply")
	john.fill("Text", "It is back.")
	john.press("Send and resolve")
	b.open("/my/" + number)
	b.reads("It is back.", "solved")
	b.tick("5")
	b.fill("What should we know?", "That was quick.")
	b.press("Rate")
	b.reads("Your rating", "Change my rating")
	john.open("/tickets/" + number)
	john.reads("That was quick.")
	b.shot("portal-solved")

	john.open("/tickets?q=all")
	john.fill("Commands", "#tag +browser")
	john.run(chromedp.Click(`[aria-label="Select #` + number + `"]`))
	john.press("Do to the selected")
	john.reads("Done to several tickets", "browser")
}

// says reports whether words are to be seen on the page.
func (b *tab) says(words string) bool {
	b.t.Helper()
	var there bool
	b.ask(fmt.Sprintf(`document.body.innerText.includes(%q)`, words), &there)
	return there
}

// awaitWords waits until words come onto the page that is open.
func (b *tab) awaitWords(words string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if b.says(words) {
			return
		}
	}
	b.t.Fatalf("%q does not come onto the page: %s", words, b.where())
}

// inPlace presses a button whose answer a script puts into the page.
func (b *tab) inPlace(button, words string) {
	b.t.Helper()
	b.run(chromedp.Click(fmt.Sprintf(`//button[normalize-space()=%q]`, button), chromedp.BySearch))
	b.awaitWords(words)
}

// attach chooses a file in the input with an id.
func (b *tab) attach(id, name string, content []byte) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.run(chromedp.SetUploadFiles("#"+id, []string{path}, chromedp.ByQuery))
}
