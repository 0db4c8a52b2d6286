package templates

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"deskpost/ticket"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"words":              {"a **strong** ~~old~~ `#include`", `<p dir="auto">a <strong>strong</strong> <del>old</del> <code>#include</code></p>`},
		"lines stay lines":   {"Kind regards\nJane", "<p dir=\"auto\">Kind regards<br>\nJane</p>"},
		"a list":             {"1. one\n2. two", "<ol>\n<li dir=\"auto\">one</li>\n<li dir=\"auto\">two</li>\n</ol>"},
		"a quote":            {"> you wrote", "<blockquote dir=\"auto\">\n<p dir=\"auto\">you wrote</p>\n</blockquote>"},
		"a heading":          {"## Steps", `<h4 dir="auto">Steps</h4>`},
		"a link":             {"[the page](https://example.org/?a=1&b=2)", `<p dir="auto"><a href="https://example.org/?a=1&amp;b=2" rel="nofollow noreferrer">the page</a></p>`},
		"a bare link":        {"see https://example.org.", `<p dir="auto">see <a href="https://example.org" rel="nofollow noreferrer">https://example.org</a>.</p>`},
		"an address":         {"<a@b.example>", `<p dir="auto"><a href="mailto:a@b.example" rel="nofollow noreferrer">a@b.example</a></p>`},
		"an image":           {"![the screen](https://example.org/a.png)", `<p dir="auto"><a href="https://example.org/a.png" rel="nofollow noreferrer">the screen</a></p>`},
		"an image in a link": {"[![x](https://a.example/i)](https://b.example)", `<p dir="auto"><a href="https://b.example" rel="nofollow noreferrer">x</a></p>`},
		"script":             {"[x](javascript:alert(1)) <script>alert(1)</script>", `<p dir="auto">x alert(1)</p>`},
		"a task":             {"- [x] done", "<ul>\n<li dir=\"auto\">[x] done</li>\n</ul>"},
		"a relative link":    {"[x](/sign-out)", `<p dir="auto">x</p>`},
		"turned round":       {"a\u202eb", `<p dir="auto">ab</p>`},
	} {
		got, err := markdown(c.in)
		if err != nil || strings.TrimSpace(string(got)) != c.want {
			t.Errorf("%s: %q is %s (%v), want %s", name, c.in, got, err, c.want)
		}
	}
}

// TestMarkdownPatience demands that no text takes long, however its marks are
// nested.
func TestMarkdownPatience(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{"[", "![", "> ", "- ", "+ ", "**a ", "`", "<a", "[a](", "|a", "*_", "~~a", "https://a_", "&", "\\[", "1. ", "- > ", ">", "-", "1.\t", "*", "a\n> ", "[a]: x\n"} {
		start := time.Now()
		if _, err := mailMarkdown(strings.Repeat(mark, 200_000/len(mark))); err != nil {
			t.Errorf("%q: %v", mark, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("200 kB of %q took %v", mark, took)
		}
	}
}

// checkHarmless demands of HTML that it holds only what is named here.
func checkHarmless(t *testing.T, source, out string) {
	t.Helper()
	elements := []string{"p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6",
		"table", "thead", "tbody", "tr", "th", "td", "a", "div"}
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			if !slices.Contains(elements, tag.Data) {
				t.Errorf("%q has <%s>: %s", source, tag.Data, out)
			}
			for _, a := range tag.Attr {
				switch {
				case slices.Contains([]string{"dir", "style", "rel", "start", "align", "class", "tabindex", "cellpadding", "cellspacing"}, a.Key):
				case a.Key == "href" && tag.Data == "a":
					u, err := url.Parse(a.Val)
					if err != nil || !slices.Contains([]string{"http", "https", "mailto"}, u.Scheme) {
						t.Errorf("%q links to %q", source, a.Val)
					}
				default:
					t.Errorf("%q has %s=%q on <%s>", source, a.Key, a.Val, tag.Data)
				}
			}
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("%q has %s", source, z.Raw())
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"a **b** `c`\n\n> d\n\n1. e\n- f\n\n|a|b|\n|-|:-:|\n|1|2|", "[x](javascript:x) <img src=x onerror=y>", "![a](http://x \"t\")", "<svg/onload=x>",
		"[a]: data:text/html,x\n[a]", "www.x.y mailto:a@b.c", "~~~ x\" onclick=y\n<p style=\"x\">\n~~~", "&lt;script&gt;", "<a href=\"java\tscript:x\">", "| <script> |\n|-|\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		for _, render := range []func(string) (string, error){
			func(s string) (string, error) { h, err := markdown(s); return string(h), err },
			func(s string) (string, error) { h, err := mailMarkdown(s); return string(h), err },
		} {
			out, err := render(source)
			if err != nil {
				t.Fatalf("%q: %v", source, err)
			}
			checkHarmless(t, source, out)
		}
	})
}

// TestMarkdownMail keeps what a customer gets of a reply that uses everything.
func TestMarkdownMail(t *testing.T) {
	t.Parallel()
	set, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := set.Mail(ticket.Notice{Kind: ticket.NoticeReply, ReplyTo: "support+c1.x@example.com", Facts: ticket.Facts{
		Number: 1234, Subject: "Cannot sign in", Signature: "Your *support* team", Markdown: true,
		Text: "Hello Karen,\n\nplease try **one** of these:\n\n1. Clear the cookies of https://example.org.\n2. Run\n\n```\nipconfig /flushdns\n```\n\n" +
			"> It still says \"try again\".\n\n| Browser | Works |\n| --- | ---: |\n| Firefox | yes |\n\n### More\n\n![screen](https://example.org/a.png) <b>raw</b>\n"}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "markdown.txt.golden", r.Text)
	golden(t, "markdown.html.golden", r.HTML)
}
