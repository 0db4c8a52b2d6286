package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestCannedByKeys puts a canned reply between what is written, and is told why
// another one can not be.
func TestCannedByKeys(t *testing.T) {
	d := newDesk(t)
	b := newTab(t, d.url, screen)
	b.signIn("jane")
	b.open("/tickets/1002")
	b.tabTo(`e.id === "text"`)
	b.run(chromedp.KeyEvent("[]" + kb.ArrowLeft))
	b.tabTo(`e.id === "canned"`)
	b.run(chromedp.KeyEvent("A r"+kb.Tab+kb.Enter), chromedp.Poll(`document.activeElement.id === "text"`, nil))
	var text string
	if b.ask(`document.getElementById("text").value`, &text); !strings.HasPrefix(text, "[Dear Ken,") || !strings.HasSuffix(text, "Its number is 1002.]") {
		t.Errorf("the text is %q", text)
	}
	b.report("canned", b.axe("{}"))
	b.tabTo(`e.id === "canned"`)
	b.run(chromedp.KeyEvent("When"+kb.Tab+kb.Enter), chromedp.Poll(`document.getElementById("canned-state").innerText.includes("{{due}} is empty")`, nil))
	b.report("canned, refused", b.axe("{}"))
	b.shot("canned-refused")
	b.tabTo(`e.id === "commands"`)
	b.load(chromedp.KeyEvent("#tag +canned" + kb.Enter)) // Enter sends: it does not press the first button that one sees
	b.reads("Its number is 1002.", "tags: software -> canned, software")
}
