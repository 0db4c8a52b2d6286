package browsertest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A device is what somebody looks at the page with.
type device struct {
	width, height int64
	dark, still   bool // what they have asked their system for: dark colours, no motion
	scriptless    bool
}

var (
	screen    = device{width: 1280, height: 900}
	telephone = device{width: 390, height: 844}
)

// A tab is one person's browser, with cookies of its own. It finds things the way
// people do, by what is written on them. It is watched from its first page to the
// last: a test fails if a page did what none may do.
type tab struct {
	t       *testing.T
	ctx     context.Context
	profile cdp.BrowserContextID
	origin  string
	watch   *watch
}

func newTab(t *testing.T, origin string, on device) *tab {
	t.Helper()
	if err := shared.browser.start(); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	shared.browser.logTo(t)
	profile, id, err := shared.browser.newWindow()
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewContext(shared.browser.ctx, chromedp.WithTargetID(id))
	t.Cleanup(end)
	b := &tab{t: t, ctx: ctx, profile: profile, origin: origin, watch: &watch{}}
	if err := b.watch.over(ctx, origin); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, what := range b.watch.take() {
			t.Errorf("a page %s", what)
		}
	})
	b.use(on)
	return b
}

// use continues on another device, with the page that is open.
func (b *tab) use(on device) {
	b.t.Helper()
	wish := func(name string, wanted bool, yes, no string) *emulation.MediaFeature {
		if wanted {
			return &emulation.MediaFeature{Name: name, Value: yes}
		}
		return &emulation.MediaFeature{Name: name, Value: no}
	}
	b.run(chromedp.EmulateViewport(on.width, on.height),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			wish("prefers-color-scheme", on.dark, "dark", "light"), wish("prefers-reduced-motion", on.still, "reduce", "no-preference")}),
		emulation.SetFocusEmulationEnabled(true), // a tab that is not in front shows no focus
		emulation.SetScriptExecutionDisabled(on.scriptless))
}

// run does something, and ends the test if that can not be done in time.
func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatalf("%v, at %s", err, b.where())
	}
}

// load does something that loads a page, and waits for it.
func (b *tab) load(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, actions...); err != nil {
		b.t.Fatalf("wait for a page: %v, at %s", err, b.where())
	}
}

// where says which page is open, for messages.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var url, text string
	if err := chromedp.Run(ctx, chromedp.Location(&url), chromedp.Evaluate(`document.body.innerText`, &text)); err != nil {
		return fmt.Sprintf("an unknown page (%v)", err)
	}
	return url + ":\n" + text
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.load(chromedp.Navigate(b.origin + path))
}

// ask evaluates an expression in the page.
func (b *tab) ask(expression string, answer any) {
	b.t.Helper()
	b.run(chromedp.Evaluate(expression, answer, chromedp.EvalAsValue))
}

// press presses a button, and waits for the page that comes.
func (b *tab) press(button string) {
	b.t.Helper()
	b.load(chromedp.Click(fmt.Sprintf(`//button[normalize-space()=%q]`, button), chromedp.BySearch))
}

// follow follows a link.
func (b *tab) follow(link string) {
	b.t.Helper()
	b.load(chromedp.Click(fmt.Sprintf(`//main//a[contains(normalize-space(), %q)]`, link), chromedp.BySearch))
}

// labelled finds what a label is for.
func labelled(label string) string {
	return fmt.Sprintf(`//*[@id=//label[starts-with(normalize-space(), %q)]/@for]`, label)
}

// fill types into a field, in the place of what is there.
func (b *tab) fill(label, text string) {
	b.t.Helper()
	b.run(chromedp.Focus(labelled(label), chromedp.BySearch), chromedp.Evaluate(`document.activeElement.select()`, nil), chromedp.KeyEvent(text))
}

// choose chooses what a list calls by a name.
func (b *tab) choose(label, option string) {
	b.t.Helper()
	var nodes []*cdp.Node
	b.run(chromedp.Nodes(labelled(label)+fmt.Sprintf(`/option[normalize-space()=%q]`, option), &nodes, chromedp.BySearch))
	b.run(chromedp.SetValue(labelled(label), nodes[0].AttributeValue("value"), chromedp.BySearch))
}

// tick chooses one of several.
func (b *tab) tick(label string) {
	b.t.Helper()
	b.run(chromedp.Click(fmt.Sprintf(`//label[starts-with(normalize-space(), %q)]/input`, label), chromedp.BySearch))
}

// chosen is what a list shows.
func (b *tab) chosen(label string) string {
	b.t.Helper()
	var name string
	b.ask(fmt.Sprintf(`[...document.querySelectorAll("label")].find(l => l.innerText.trim() === %q).control.selectedOptions[0].text`, label), &name)
	return name
}

// reads checks that words are to be seen on the page.
func (b *tab) reads(words ...string) {
	b.t.Helper()
	var text string
	b.ask(`document.body.innerText`, &text)
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("the page does not say %q: %s", w, b.where())
		}
	}
}

// shot keeps a picture of the whole page.
func (b *tab) shot(name string) {
	b.t.Helper()
	var png []byte
	b.run(chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(artifact(b.t, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// signIn signs an agent of the demo in.
func (b *tab) signIn(agent string) {
	b.t.Helper()
	b.open("/sign-in")
	b.fill("Mail address", agent+"@bank.example")
	b.fill("Password", password)
	b.press("Sign in")
	b.reads("Sign out")
}
