package browsertest

import (
	_ "embed"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeCore finds what keeps people from using a page: https://github.com/dequelabs/axe-core,
// from the npm package axe-core, whose licences lie beside it.
//
//go:embed testdata/axe-core/axe.min.js
var axeCore string

// A sight is a page in one of the states that people get to see it in.
type sight struct {
	name  string
	route string // as it stands in web/server.go or web/portal.go
	show  func(*tab)
}

// sights are all pages. A form is shown as it comes, and with what it says when
// something was wrong. The ticket is one with messages, replies, notes, events,
// quotes and deliveries.
func sights(d *desk, number string) []sight {
	path := "/tickets/" + number
	return append(portalSights(d), []sight{
		{"not-found", "", func(b *tab) { b.open("/nowhere") }},
		{"sign-in", "/sign-in", func(b *tab) { b.open("/sign-in") }},
		{"sign-in-refused", "/sign-in", func(b *tab) {
			b.open("/sign-in")
			b.fill("Mail address", "jane@bank.example")
			b.fill("Password", "wrong")
			b.press("Sign in")
		}},
		{"link", "/sign-in/{token}", func(b *tab) { b.open("/sign-in/1.abc") }},
		{"link-refused", "/sign-in/{token}", func(b *tab) { b.open("/sign-in/1.abc"); b.press("Sign in") }},
		{"provider-none", "/sign-in/provider", func(b *tab) { b.open("/sign-in/provider") }},
		{"home", "/{$}", func(b *tab) { b.signIn("jane"); b.open("/") }},
		{"queue", "/tickets", func(b *tab) { b.open("/tickets?q=all") }},
		{"queue-empty", "/tickets", func(b *tab) { b.open("/tickets?q=overdue") }},
		{"queue-refused", "/tickets", func(b *tab) { b.open("/tickets?q=prio:none") }},
		{"queue-keys", "/tickets", func(b *tab) { b.open("/tickets?q=all"); b.run(chromedp.KeyEvent("?")) }},
		{"queue-bulk", "/tickets", func(b *tab) {
			b.open("/tickets?q=all")
			b.fill("Commands", "#close")
			b.run(chromedp.Click(`[aria-label="Select #1001"]`))
			b.press("Do to the selected")
			b.reads("Is this meant?")
		}},
		{"views", "/views", func(b *tab) {
			b.open("/tickets?q=prio:normal")
			b.fill("Keep this list as", "Ordinary")
			b.press("Keep")
			b.open("/views")
			b.reads("Ordinary")
		}},
		{"ticket", "/tickets/{number}", func(b *tab) { b.open(path) }},
		{"ticket-closed", "/tickets/{number}", func(b *tab) { b.open("/tickets/1001") }},
		{"ticket-refused", "/tickets/{number}", func(b *tab) {
			b.open(path)
			b.fill("Text", "A text that stays.")
			b.fill("Commands", "#assgin john")
			b.press("Send")
		}},
		{"ticket-preview", "/tickets/{number}", func(b *tab) {
			b.open(path)
			b.fill("Text", "Please try **this** one.")
			b.run(chromedp.Evaluate(`document.getElementById("commands").value = "#prio high"`, nil))
			b.inPlace("Preview", "If you send this now")
		}},
		{"ticket-draft", "/tickets/{number}", func(b *tab) { b.press("Save draft"); b.reads("Draft of", "Discard") }},
		{"ticket-report", "/tickets/{number}", func(b *tab) {
			b.open(path)
			b.fill("Commands", "#help")
			b.press("Send")
		}},
		{"ticket-done", "/tickets/{number}", func(b *tab) {
			b.open(path)
			b.fill("Commands", "#tag +browser")
			b.press("Send")
		}},
		{"quarantine", "/quarantine", func(b *tab) { b.open("/quarantine") }},
		{"account", "/me", func(b *tab) { b.open("/me") }},
		{"health-refused", "/health", func(b *tab) { b.open("/health") }},
		{"health", "/health", func(b *tab) { b.open("/"); b.press("Sign out"); b.signIn("john"); b.open("/health") }}, // an admin, and a lead
		{"dashboard", "/dashboard", func(b *tab) { b.open("/dashboard") }},
		{"dashboard-refused", "/dashboard", func(b *tab) { b.open("/dashboard?from=soon") }},
		{"second-factor", "/me/second-factor", func(b *tab) { b.open("/me/second-factor") }},
		{"second-factor-begun", "/me/second-factor", func(b *tab) { b.press("Set it up") }},
		{"second-factor-refused", "/me/second-factor", func(b *tab) {
			b.fill("The code that it shows now", "000000")
			b.press("Switch on")
		}},
		{"second-factor-codes", "/me/second-factor", func(b *tab) {
			d.secret = b.secret()
			b.fill("The code that it shows now", totpCode(d.secret, time.Now()))
			b.press("Switch on")
			b.reads("shown only this once")
		}},
		{"second-factor-on", "/me/second-factor", func(b *tab) { b.open("/me/second-factor"); b.reads("10 recovery codes left") }},
		{"account-with-second-factor", "/me", func(b *tab) { b.open("/me") }},
		{"code", "/sign-in/code", func(b *tab) {
			b.press("Sign out")
			b.fill("Mail address", "john@bank.example")
			b.fill("Password", "demo")
			b.press("Sign in")
			b.reads("Your code")
		}},
		{"code-refused", "/sign-in/code", func(b *tab) {
			b.fill("Code of your device", "000000")
			b.press("Sign in")
			b.reads("This code is not right")
		}},
		{"home-by-code", "/{$}", func(b *tab) {
			b.fill("Code of your device", totpCode(d.secret, time.Now().Add(30*time.Second)))
			b.press("Sign in")
			b.reads("John Smith")
		}},
	}...)
}

// TestEverybodyCanUseEveryPage looks at each page on a screen, in light and in dark
// colours, and on a telephone: axe-core finds nothing, nothing has to be moved
// sideways to be read, and nothing moves by itself for who asked for that.
func TestEverybodyCanUseEveryPage(t *testing.T) {
	d := newDesk(t)
	number := richTicket(t, d)
	b := newTab(t, d.url, screen)
	for _, s := range sights(d, number) {
		b.use(screen)
		s.show(b)
		b.shot("page-" + s.name)
		b.report(s.name, b.axe("{}"))
		b.use(device{width: 1280, height: 900, dark: true, still: true})
		b.shot("page-" + s.name + "-dark")
		b.report(s.name+" in the dark", b.axe(`{runOnly: ["color-contrast"]}`)) // what else there is has no colour
		b.report(s.name, b.moving())
		b.use(telephone)
		b.shot("page-" + s.name + "-telephone")
		b.report(s.name+" on a telephone", b.axe(`{rules: {"target-size": {enabled: true}}}`))
		b.report(s.name+" on a telephone", b.tooWide())
	}
}

// downloads are what a browser keeps, and does not show, or shows within a page:
// sent_test.go looks at those.
var downloads = []string{"/tickets.csv", "/tickets/{number}/files/{id}", "/tickets/{number}/mails/{id}",
	"/tickets/{number}/files/{id}/picture", "/tickets/{number}/mails/{id}/html", "/pictures/{address}",
	"/tickets/{number}/canned/{name}", "/my/{number}/files/{id}"}

// TestNoPageIsForgotten compares the pages that are looked at with those that the
// program has.
func TestNoPageIsForgotten(t *testing.T) {
	var source []byte
	for _, file := range []string{"../server.go", "../portal.go"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, content...)
	}
	routes := regexp.MustCompile(`(?:open|signedIn|settingUp)\("GET (/[^"]*)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) < 20 {
		t.Fatalf("web/server.go and web/portal.go do not write their routes as they did: %q", routes)
	}
	for _, route := range routes {
		if !slices.Contains(downloads, route[1]) && !slices.ContainsFunc(sights(nil, ""), func(s sight) bool { return s.route == route[1] }) {
			t.Errorf("no test looks at %s in Chromium: add it to sights", route[1])
		}
	}
}

// richTicket plays a ticket that has something of everything.
func richTicket(t *testing.T, d *desk) string {
	t.Helper()
	const subject = "Forms do not print: a subject that is longer than a telephone is wide, withonewordthatisverylongindeed"
	d.write(t, dora, subject, "Hello,\n\nsee https://customer.example/a/very/long/address/"+strings.Repeat("0123456789", 12)+"\n\nDora")
	ack := d.await(t, dorasBox, "Forms do not print", "")
	number := ticketNumber(t, ack.subject)
	b := newTab(t, d.url, screen)
	b.signIn("jane")
	b.open("/tickets/" + number)
	b.tick("Note")
	b.fill("Text", "Seen before, at another customer.")
	b.press("Send")
	b.tick("Reply")
	b.fill("Text", "Which printer is it?")
	b.press("Send")
	reply := d.await(t, dorasBox, "Forms do not print", "Which printer is it?")
	d.answer(t, dora, reply, "The one on the second floor.\n\nOn Monday Jane wrote:\n> Which printer is it?")
	waitFor(b, "/tickets/"+number, "second floor")
	d.answer(t, "Eve <eve@elsewhere.example>", reply, "I know which printer it is.")
	waitFor(b, "/tickets/"+number, "I know which printer it is.")
	d.answer(t, "Eve <eve@elsewhere.example>", d.await(t, "jane@bank.example", "Forms do not print", ""), "#close")
	waitFor(b, "/quarantine", "#close")
	return number
}

// report fails the test with what was found on a page.
func (b *tab) report(name string, faults []string) {
	b.t.Helper()
	for _, fault := range faults {
		b.t.Errorf("%s: %s", name, fault)
	}
}

// axe gives what axe-core finds wrong with the page. Contrast that it can not
// tell, as over a picture, counts as wrong too, but for the words of a plot.
func (b *tab) axe(options string) []string {
	b.t.Helper()
	var there bool
	if b.ask(`"axe" in window`, &there); !there {
		b.run(chromedp.Evaluate(axeCore, nil))
	}
	var faults []string
	b.run(chromedp.Evaluate(`axe.run(document, `+options+`).then(found =>
		[...found.violations, ...found.incomplete.filter(rule => rule.id === "color-contrast").map(rule =>
			({...rule, nodes: rule.nodes.filter(node => !node.html.startsWith("<text "))}))].flatMap(rule => rule.nodes.map(node => rule.id + ": " + rule.help + ": " + node.html + ": " + node.failureSummary)))`,
		&faults, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return faults
}

// tooWide names what makes the page wider than the window.
func (b *tab) tooWide() []string {
	b.t.Helper()
	var wide []string
	b.ask(`document.scrollingElement.scrollWidth <= innerWidth ? [] : ["wider than the window: " + document.scrollingElement.scrollWidth,
		...[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))]`, &wide)
	return wide
}

// moving names what moves by itself.
func (b *tab) moving() []string {
	b.t.Helper()
	var moving []string
	b.ask(`[...document.querySelectorAll("*")].filter(e => { const s = getComputedStyle(e);
		return s.animationName !== "none" || s.transitionDuration !== "0s" || s.scrollBehavior === "smooth" }).map(e => "moves: " + e.outerHTML.slice(0, 120))`, &moving)
	return moving
}
