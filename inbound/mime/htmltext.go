package mime

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTMLText renders HTML as the text a person would type: paragraphs, lists,
// table rows and quotes on lines of their own, links with their address.
func HTMLText(source string) string {
	return NodeText(ParseHTML(source))
}

// NodeText renders a tree of ParseHTML as text, see HTMLText. No markup is
// added to the words, as a "#verb" line must come out as it was typed.
func NodeText(n *html.Node) string {
	var t textWriter
	t.node(n)
	return strings.TrimSpace(cleanText(t.out.String()))
}

// textWriter holds blanks and line ends back until a word follows.
type textWriter struct {
	out      strings.Builder
	prefix   string // of every line: "> " in a quote, blanks in a list
	bullet   string // of the next line
	newlines int    // line ends due before the next word
	space    bool   // a blank is due before the next word
	started  bool
	fresh    bool // a line has been begun, but not its prefix
	pre      int
	lists    []*listState
}

type listState struct {
	ordered bool
	number  int
}

func (t *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		t.node(c)
	}
}

func (t *textWriter) node(n *html.Node) {
	if n.Type == html.TextNode {
		t.text(n.Data)
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Svg, atom.Select:
	case atom.Br:
		t.newlines++
		t.space = false
		t.newlines = min(t.newlines, 3)
	case atom.Img:
		if alt := Attribute(n, "alt"); len(alt) <= 100 {
			t.text(alt)
		}
	case atom.A:
		t.link(n)
	case atom.Blockquote:
		t.block(2)
		t.nested("> ", n)
		t.block(2)
	case atom.Ul, atom.Ol:
		t.list(n)
	case atom.Li:
		t.item(n)
	case atom.Td, atom.Th:
		// As innerText does: a tab between cells, none at the line's start.
		if t.newlines == 0 && t.started && !t.fresh {
			t.word("\t")
			t.space = false
		}
		t.children(n)
	case atom.Pre, atom.Textarea:
		t.block(2)
		t.pre++
		t.children(n)
		t.pre--
		t.block(2)
	default:
		lines := blockLines(n.DataAtom)
		t.block(lines)
		t.children(n)
		t.block(lines)
	}
}

// blockLines is how many line ends stand around an element: 2 leave a blank
// line, 0 is an element inside a line.
func blockLines(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Dl, atom.Hr, atom.Fieldset:
		return 2
	case atom.Div, atom.Tr, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address,
		atom.Center, atom.Form, atom.Caption, atom.Figure, atom.Main, atom.Nav, atom.Aside, atom.Body, atom.Html:
		return 1
	}
	return 0
}

func (t *textWriter) block(lines int) {
	if lines > 0 {
		t.newlines = max(t.newlines, lines)
		t.space = false
	}
}

func (t *textWriter) nested(prefix string, n *html.Node) {
	before := t.prefix
	// The blank lines above are outside of the quote.
	if t.started {
		t.flushLines()
	}
	t.indent(prefix)
	t.children(n)
	t.prefix = before
}

// maxPrefix bounds what is written before every line, or two hundred nested
// quotes would make each line four hundred bytes longer.
const maxPrefix = 24

func (t *textWriter) indent(by string) {
	if len(t.prefix)+len(by) <= maxPrefix {
		t.prefix += by
	}
}

func (t *textWriter) list(n *html.Node) {
	lines := 2
	if len(t.lists) > 0 {
		lines = 1
	}
	t.block(lines)
	t.lists = append(t.lists, &listState{ordered: n.DataAtom == atom.Ol})
	t.children(n)
	t.lists = t.lists[:len(t.lists)-1]
	t.block(lines)
}

func (t *textWriter) item(n *html.Node) {
	t.block(1)
	bullet := "- "
	if len(t.lists) > 0 {
		if list := t.lists[len(t.lists)-1]; list.ordered {
			list.number++
			bullet = strconv.Itoa(list.number) + ". "
		}
	}
	before := t.prefix
	t.bullet = before + bullet
	t.indent(strings.Repeat(" ", len(bullet)))
	t.children(n)
	t.prefix, t.bullet = before, ""
	t.block(1)
}

// link writes the words of a link, and its address unless they are the same.
func (t *textWriter) link(n *html.Node) {
	start := t.out.Len()
	t.children(n)
	words := t.out.String()[start:]
	href := strings.TrimSpace(Attribute(n, "href"))
	lower := strings.ToLower(href)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "mailto:") {
		return
	}
	if strings.TrimSpace(words) == "" || len(href) > 2000 || sameTarget(words, href) {
		return
	}
	t.space = true
	t.word("<" + clean(href) + ">")
}

// sameTarget reports whether a link's words already say its address.
func sameTarget(words, href string) bool {
	bare := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		for _, scheme := range []string{"mailto:", "https://", "http://", "www."} {
			s = strings.TrimPrefix(s, scheme)
		}
		return strings.Trim(s, "/<>[]()")
	}
	return bare(words) == bare(href)
}

// text writes words, with white space as HTML folds it.
func (t *textWriter) text(s string) {
	if t.pre > 0 {
		t.preformatted(s)
		return
	}
	for s != "" {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		if end > 0 {
			t.word(s[:end])
		}
		s = s[end:]
		if rest := strings.TrimLeftFunc(s, unicode.IsSpace); len(rest) < len(s) {
			t.space = true
			s = rest
		}
	}
}

func (t *textWriter) preformatted(s string) {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if i > 0 {
			t.newlines++
		}
		if line != "" {
			t.word(line)
		}
	}
}

// word writes what is due, and then the word.
func (t *textWriter) word(s string) {
	if !t.started {
		t.started, t.fresh = true, true
		t.newlines = 0
	}
	if t.newlines > 0 {
		t.flushLines()
	}
	if t.fresh {
		t.out.WriteString(t.lineStart())
		t.fresh, t.space = false, false
	}
	if t.space {
		t.out.WriteByte(' ')
	}
	t.space = false
	t.out.WriteString(s)
}

func (t *textWriter) lineStart() string {
	if t.bullet != "" {
		bullet := t.bullet
		t.bullet = ""
		return bullet
	}
	return t.prefix
}

// flushLines writes the line ends that are due. Blank lines within a quote
// belong to it.
func (t *textWriter) flushLines() {
	for ; t.newlines > 0; t.newlines-- {
		t.out.WriteByte('\n')
		if t.newlines > 1 {
			t.out.WriteString(strings.TrimRight(t.prefix, " "))
		}
	}
	t.fresh = true
}
