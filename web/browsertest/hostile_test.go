package browsertest

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// TestHostileMailDoesNothing has the desk take every hostile body of the corpus, as
// HTML, as a subject and as the name of who wrote it, and opens what comes of it.
// The tab is watched: no script runs, nothing is asked for elsewhere, and no dialog
// or window opens; nor is anything wider than its place.
func TestHostileMailDoesNothing(t *testing.T) {
	payloads := hostilePayloads(t)
	d := newDesk(t)
	for i, payload := range payloads {
		start := encodedWords(payload[:min(len(payload), 200)])
		d.send(t, start+" <stranger@elsewhere.example>", "support@bank.example", "Subject: "+start+"\r\nContent-Type: text/html; charset=utf-8\r\n",
			fmt.Sprintf("<p>%s</p>\n%s", mark(i), payload))
	}
	d.write(t, dora, "The end", "The desk takes mail in its order, so all others were taken before this one.")
	d.await(t, dorasBox, "The end", "")

	b := newTab(t, d.url, telephone)
	b.signIn("john")
	b.open("/tickets?q=all+from:stranger@elsewhere.example")
	b.report("the queue", b.tooWide())
	b.shot("hostile-queue")
	var tickets []string
	b.ask(`[...document.querySelectorAll("td.number a")].map(a => a.getAttribute("href"))`, &tickets)
	var all strings.Builder
	for _, path := range tickets {
		b.open(path)
		var text string
		b.ask(`document.querySelector(".thread").innerText`, &text)
		all.WriteString(text)
		b.report(path, b.tooWide())
		for _, what := range b.watch.take() {
			t.Errorf("%s: a page %s", path, what)
		}
	}
	b.shot("hostile-last")
	for i, payload := range payloads {
		if !strings.Contains(all.String(), mark(i)) {
			t.Errorf("this mail is on none of %d tickets: %s", len(tickets), payload)
		}
	}
}

// TestHostileFilesAreNotShown follows the links to a page with a script that came
// as an attachment, and to the mail that it came in: both are for saving only.
func TestHostileFilesAreNotShown(t *testing.T) {
	d := newDesk(t)
	const file = "<!DOCTYPE html><script>alert(1)</script><h1>Your password?</h1>"
	d.send(t, dora, "support@bank.example", "Subject: See the file\r\nContent-Type: multipart/mixed; boundary=part\r\n",
		"--part\nContent-Type: text/plain\n\nPlease open it.\n"+
			"--part\nContent-Type: text/html; name=page.html\nContent-Disposition: inline; filename=page.html\n\n"+file+"\n--part--")
	number := ticketNumber(t, d.await(t, dorasBox, "See the file", "").subject)
	b := newTab(t, d.url, screen)
	b.signIn("jane")
	b.open("/tickets/" + number)
	begun := make(chan string, 10)
	chromedp.ListenBrowser(b.ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadWillBegin); ok {
			begun <- e.URL
		}
	})
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		return browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorDeny).WithBrowserContextID(b.profile).
			WithEventsEnabled(true).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
	}))
	var links []string
	b.ask(`[...document.querySelectorAll(".thread a[href^='/']")].map(a => a.getAttribute("href"))`, &links)
	if len(links) != 2 {
		t.Fatalf("the ticket links to %q, want the file and its mail: %s", links, b.where())
	}
	for _, link := range links {
		for _, way := range []chromedp.Action{
			chromedp.Click(fmt.Sprintf(`a[href=%q]`, link)),
			chromedp.Evaluate(fmt.Sprintf(`location = %q`, link), nil), // typed, or opened in a window: without the word "download" on the link
		} {
			b.run(way)
			select {
			case url := <-begun:
				if url != d.url+link {
					t.Errorf("%s is saved, want %s", url, link)
				}
			case <-time.After(patience):
				t.Errorf("%s is not saved: %s", link, b.where())
			}
		}
	}
	b.reads("Please open it.")
}

// mark is what one finds a mail by.
func mark(i int) string { return fmt.Sprintf("(mail %d)", i) }

// encodedWords writes a text as a header may hold it (RFC 2047), whatever is in it.
func encodedWords(text string) string {
	var words []string
	for part := range slices.Chunk([]byte(strings.ToValidUTF8(text, "")), 42) { // a word has 75 characters at most
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString(part)+"?=")
	}
	return strings.Join(words, "\r\n ")
}

// hostilePayloads reads the corpus of what sanitisers were once beaten with.
func hostilePayloads(t *testing.T) []string {
	t.Helper()
	corpus := os.Getenv("DESKPOST_SHARED")
	switch {
	case corpus == "" && os.Getenv("CI") == "true":
		t.Fatal("DESKPOST_SHARED names no corpus, which CI must not do without")
	case corpus == "":
		t.Skip("DESKPOST_SHARED names no corpus")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "corpus/open/hostile-html/test/fixtures/*/*.html"))
	if err != nil {
		t.Fatal(err)
	}
	var payloads []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, string(raw))
	}
	if len(payloads) < 100 {
		t.Fatalf("the corpus has only %d hostile bodies", len(payloads))
	}
	return payloads
}
