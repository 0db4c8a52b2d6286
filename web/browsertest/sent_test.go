package browsertest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// frames opens each mail of a ticket as it was sent, and waits for the frames.
func (b *tab) frames() int {
	b.t.Helper()
	var open int
	b.ask(`(() => { const all = [...document.querySelectorAll("details.sent")]; for (const d of all) {
		d.open = true; const f = d.querySelector("iframe"); f.addEventListener("load", () => f.dataset.loaded = "yes"); f.loading = "eager" } return all.length })()`, &open)
	loaded := 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if b.ask(`document.querySelectorAll("details.sent iframe[data-loaded]").length`, &loaded); loaded == open {
			return open
		}
	}
	b.t.Fatalf("only %d of %d frames were loaded: %s", loaded, open, b.where())
	return 0
}

// misplaced names frames that are not where their messages are.
func (b *tab) misplaced() []string {
	b.t.Helper()
	var out []string
	b.ask(`[...document.querySelectorAll("details.sent iframe")].filter(f => { const i = f.getBoundingClientRect(), o = f.closest("article").getBoundingClientRect();
		return i.left < o.left || i.right > o.right || i.top < o.top || i.bottom > o.bottom || Math.round(i.height) !== 480 }).map(f => "a frame is out of its place: " + f.title)`, &out)
	return out
}

// TestHostileMailStaysInItsFrame opens every hostile body of the corpus as it was
// sent. The tab is watched: no script runs, nothing is asked for elsewhere, no
// dialog or window opens, and no frame is larger than its place.
func TestHostileMailStaysInItsFrame(t *testing.T) {
	payloads := hostilePayloads(t)
	d := newDesk(t)
	for i, payload := range payloads {
		d.send(t, "Stranger <stranger@elsewhere.example>", "support@bank.example", fmt.Sprintf("Subject: Mail %d\r\nContent-Type: text/html; charset=utf-8\r\n", i),
			fmt.Sprintf("<p>%s</p>\n%s", mark(i), payload))
	}
	d.write(t, dora, "The end", "The desk takes mail in its order, so all others were taken before this one.")
	d.await(t, dorasBox, "The end", "")
	b := newTab(t, d.url, telephone)
	b.signIn("john")
	seen := 0
	for _, path := range b.ticketsOf("stranger@elsewhere.example") {
		b.open(path)
		seen += b.frames()
		b.report(path, b.misplaced())
		b.report(path, b.tooWide())
		var at string
		if b.run(chromedp.Location(&at)); at != d.url+path {
			t.Errorf("%s led to %s", path, at)
		}
		for _, what := range b.watch.take() {
			t.Errorf("%s: a page %s", path, what)
		}
	}
	b.shot("hostile-sent")
	if seen != len(payloads) {
		t.Errorf("%d mails were opened as they were sent, want %d", seen, len(payloads))
	}
}

// ticketsOf are the paths of all tickets of somebody, over all pages of the list.
func (b *tab) ticketsOf(address string) []string {
	b.t.Helper()
	var all []string
	for next := "/tickets?q=all+from:" + address; next != ""; {
		b.open(next)
		var here []string
		b.ask(`[...document.querySelectorAll("td.number a")].map(a => a.getAttribute("href"))`, &here)
		for _, path := range here {
			if !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
		b.ask(`document.querySelector("a[rel=next]")?.getAttribute("href") ?? ""`, &next)
	}
	return all
}

// TestLetterAsItWasSent opens a newsletter: the picture that came with it is
// there, that on another host only after the click, and the page works so without
// scripts, in the dark and on a telephone.
func TestLetterAsItWasSent(t *testing.T) {
	d := newDesk(t)
	const elsewhere = "https://cdn.shop.example/offer.png"
	d.send(t, dora, "support@bank.example", "Subject: Our offers\r\nContent-Type: multipart/related; boundary=part\r\n",
		"--part\nContent-Type: text/html; charset=utf-8\n\n"+
			`<body style="background:#eef"><table width="600" cellpadding="12"><tr><td bgcolor="#ffffff"><h1 style="color:#0b57a4">Offers of the week</h1>`+
			`<img src="cid:logo@shop.example" width="120" height="40" alt="Logo"><p>Hello Jane, <a href="https://shop.example/">see them all</a>.</p>`+
			`<img src="`+elsewhere+`" width="300" height="80" alt="An offer"></td></tr></table></body>`+
			"\n--part\nContent-Type: image/png; name=logo.png\nContent-ID: <logo@shop.example>\nContent-Transfer-Encoding: base64\n\n"+
			base64.StdEncoding.EncodeToString(logo(t))+"\n--part--")
	number := ticketNumber(t, d.await(t, dorasBox, "Our offers", "").subject)
	b := newTab(t, d.url, screen)
	b.signIn("jane")
	b.open("/tickets/" + number)
	if n := b.frames(); n != 1 {
		t.Fatalf("%d mails are offered as they were sent: %s", n, b.where())
	}
	b.shot("letter-before")
	b.report("before", b.misplaced())
	b.report("before", b.axe("{}"))
	if asked := b.watch.take(); len(asked) != 0 {
		t.Errorf("before the click a page %q", asked)
	}
	b.run(chromedp.Evaluate(`delete document.querySelector("details.sent iframe").dataset.loaded`, nil),
		chromedp.Click(`//button[normalize-space()="Load pictures from elsewhere"]`, chromedp.BySearch))
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var done bool
		if b.ask(`"loaded" in document.querySelector("details.sent iframe").dataset`, &done); done {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the frame does not load again: %s", b.where())
		}
	}
	b.shot("letter-after")
	if asked := b.watch.take(); !slices.Contains(asked, "asked for "+elsewhere) || len(asked) != 1 {
		t.Errorf("after the click a page %q", asked)
	}
	for name, on := range map[string]device{"dark": {width: 1280, height: 900, dark: true}, "telephone": telephone} {
		b.use(on)
		b.open("/tickets/" + number)
		b.frames()
		b.shot("letter-" + name)
		b.report(name, b.tooWide())
		b.report(name, b.misplaced())
	}
	if asked := b.watch.take(); len(asked) != 0 {
		t.Errorf("once it was shown, a page %s", strings.Join(asked, ", "))
	}
}

// logo is a picture that one sees.
func logo(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 120, 40))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	for x := range 120 {
		for y := range 40 {
			if (x/10+y/10)%2 == 0 {
				m.Set(x, y, color.RGBA{11, 87, 164, 255})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
