package browsertest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// controls are what can be used on a page: of each group of radio buttons the
// first, since arrows go to the others.
const controls = `[...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(e =>
	!e.disabled && e.checkVisibility() && !e.closest("[aria-hidden=true]") && e.type !== "hidden" && e.getClientRects().length > 0 && !(e.type === "radio" && document.querySelector("input[type=radio][name=" + e.name + "]") !== e))`

// naming gives what one may use a name that is its own on the page.
const naming = `const name = e => e.type === "radio" ? "radio " + e.name :
	e.tagName.toLowerCase() + " " + [...document.querySelectorAll(e.tagName)].indexOf(e) + " " + (e.innerText || e.name || "").trim().slice(0, 40);`

// stops are what the Tab key comes by.
type stops struct {
	reached []string
	missed  []string // could be used, but not with keys
	unseen  []string // one does not see that one is there
}

// walk presses Tab from the top of the page to its end.
func (b *tab) walk() stops {
	b.t.Helper()
	var all []string
	b.ask(`(() => {`+naming+` const top = document.body; top.tabIndex = -1; top.focus(); top.blur(); top.removeAttribute("tabindex"); // a field may have the focus from the start
		getSelection().removeAllRanges(); scrollTo(0, 0); return `+controls+`.map(name) })()`, &all)
	var found stops
	last := ""
	for range 5*len(all) + 10 {
		b.run(chromedp.KeyEvent(kb.Tab))
		var at struct {
			Name  string
			Shown bool
		}
		b.ask(`(() => {`+naming+` const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
			return e === document.body ? {name: "", shown: true} : {name: name(e),
				shown: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth} })()`, &at)
		if at.Name == last && last != "" {
			continue // a date has fields of its own
		}
		last = at.Name
		if at.Name == "" || slices.Contains(found.reached, at.Name) {
			break // the end of the page, or around
		}
		found.reached = append(found.reached, at.Name)
		if !at.Shown {
			found.unseen = append(found.unseen, at.Name)
		}
	}
	for _, name := range all {
		if !slices.Contains(found.reached, name) {
			found.missed = append(found.missed, name)
		}
	}
	return found
}

// TestKeysReachEverything walks over the pages with the Tab key.
func TestKeysReachEverything(t *testing.T) {
	d := newDesk(t)
	b := newTab(t, d.url, screen)
	for _, s := range sights(d, "1003") {
		if s.name == "ticket-done" || s.name == "ticket-draft" || s.name == "queue-keys" { // as "ticket", which is walked over; a sheet that keeps the keys to itself
			continue
		}
		s.show(b)
		found := b.walk()
		if len(found.reached) == 0 || len(found.missed) > 0 || len(found.unseen) > 0 {
			t.Errorf("%s: %d reached, not reached: %q; without a focus that shows: %q", s.name, len(found.reached), found.missed, found.unseen)
		}
	}
}

// TestKeysAreEnough answers a ticket without a mouse, from signing in to sending.
func TestKeysAreEnough(t *testing.T) {
	d := newDesk(t)
	d.write(t, dora, "Keys only", "My mouse is dead.")
	d.await(t, dorasBox, "Keys only", "")
	b := newTab(t, d.url, screen)
	b.open("/tickets?q=unassigned")
	b.tabTo(`e.labels?.[0]?.innerText.startsWith("Mail address")`)
	b.run(chromedp.KeyEvent("jane@bank.example" + kb.Tab + password))
	b.load(chromedp.KeyEvent(kb.Enter))
	b.tabTo(`e.innerText === "Keys only"`)
	b.shot("keys-queue")
	b.load(chromedp.KeyEvent(kb.Enter))
	b.tabTo(`e.type === "radio"`)
	b.run(chromedp.KeyEvent(kb.ArrowDown))
	b.shot("keys-note")
	b.run(chromedp.KeyEvent(kb.ArrowUp + kb.Tab + "I bring you another one."))
	b.tabTo(`e.id === "commands"`)
	b.run(chromedp.KeyEvent("#take"))
	b.tabTo(`e.innerText === "Send and resolve"`)
	b.shot("keys-send")
	b.load(chromedp.KeyEvent(kb.Enter))
	b.reads("Reply Jane Doe", "I bring you another one.", "nobody -> Jane Doe")
	d.await(t, dorasBox, "Keys only", "I bring you another one.")
	if got := b.chosen("Status"); got != "resolved" {
		t.Errorf("the ticket is %s", got)
	}
}

// tabTo presses Tab until something has the focus, told by an expression over e.
func (b *tab) tabTo(is string) {
	b.t.Helper()
	for range 100 {
		b.run(chromedp.KeyEvent(kb.Tab))
		var there bool
		if b.ask(fmt.Sprintf(`(e => !!(%s))(document.activeElement)`, is), &there); there {
			return
		}
	}
	b.t.Fatalf("the Tab key does not come to %s at %s", is, b.where())
}

// TestScriptsAreNotNeeded works on a ticket in a browser that runs none.
func TestScriptsAreNotNeeded(t *testing.T) {
	d := newDesk(t)
	d.write(t, dora, "No scripts", "My browser is careful.")
	number := ticketNumber(t, d.await(t, dorasBox, "No scripts", "").subject)
	b := newTab(t, d.url, device{width: 390, height: 844, scriptless: true})
	b.signIn("jane")
	b.open("/tickets?q=unassigned")
	b.follow("No scripts")
	b.choose("Priority", "High")
	b.choose("Assignee", "Jane Doe")
	b.press("Change")
	b.reads("priority: Normal -> High", "nobody -> Jane Doe")
	b.tick("Note")
	b.fill("Text", "A careful customer.")
	b.press("Send")
	b.reads("A careful customer.")
	b.tick("Reply")
	b.fill("Text", "So is our page.")
	b.press("Send and resolve")
	b.reads("So is our page.", "status: new -> resolved")
	b.shot("scriptless")
	d.await(t, dorasBox, "No scripts", "So is our page.")
	b.press("Sign out")
	b.open("/tickets/" + number)
	b.reads("Mail address")
}
