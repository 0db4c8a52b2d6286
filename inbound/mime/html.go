package mime

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxHTMLDepth is how deep the tree of ParseHTML gets; elements deeper down
// become siblings.
const maxHTMLDepth = 200

// maxHTMLNodes is how many elements the tree gets. Of a longer document the
// rest is text only: it can still be read, and costs no more than its bytes.
const maxHTMLNodes = 50_000

// ParseHTML builds a plain tree from HTML, in time and memory linear in its
// length, and never fails.
//
// The rules by which browsers repair markup are left out on purpose: they copy
// formatting elements into every paragraph, so that two megabytes of mail may
// become gigabytes of tree, and they refuse deep nesting. To find words and
// quotes in a mail the tags as written are enough.
func ParseHTML(source string) *html.Node {
	b := treeBuilder{root: &html.Node{Type: html.DocumentNode}, count: make(map[string]int)}
	b.push(b.root)
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if b.rest.Len() > 0 {
				b.top().AppendChild(&html.Node{Type: html.TextNode, Data: b.rest.String()})
			}
			return b.root
		case html.TextToken:
			if b.nodes >= maxHTMLNodes {
				b.restText(z.Text())
				continue
			}
			b.top().AppendChild(&html.Node{Type: html.TextNode, Data: string(z.Text())})
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(string(name))
		}
	}
}

type treeBuilder struct {
	root *html.Node
	open []*html.Node // the elements not yet ended, outermost first
	// count is how many elements of each name are open, so that a stray end tag
	// costs no search.
	count map[string]int
	nodes int
	rest  strings.Builder // the text behind the last element that the tree could take
	mute  bool            // the next text is a script's or a style's
}

// restText keeps text that is too late for the tree.
func (b *treeBuilder) restText(text []byte) {
	if !b.mute {
		b.rest.Write(text)
	}
	b.mute = false
}

// restStart keeps what an element that is too late for the tree means for the
// text: where a word ends, and that scripts and styles are none.
func (b *treeBuilder) restStart(name atom.Atom) {
	switch name {
	case atom.Script, atom.Style, atom.Title:
		b.mute = true
	case atom.Br, atom.P, atom.Div, atom.Tr, atom.Li, atom.Blockquote, atom.Table:
		b.rest.WriteByte(' ')
	}
}

func (b *treeBuilder) push(n *html.Node) {
	b.open = append(b.open, n)
	b.count[n.Data]++
}

// popTo ends the elements from open[i] on.
func (b *treeBuilder) popTo(i int) {
	for _, n := range b.open[i:] {
		b.count[n.Data]--
	}
	b.open = b.open[:i]
}

func (b *treeBuilder) pop() { b.popTo(len(b.open) - 1) }

func (b *treeBuilder) top() *html.Node { return b.open[len(b.open)-1] }

func (b *treeBuilder) start(t html.Token) {
	if b.nodes >= maxHTMLNodes {
		b.restStart(t.DataAtom)
		return
	}
	b.nodes++
	b.impliedEnds(t.DataAtom)
	node := &html.Node{Type: html.ElementNode, Data: t.Data, DataAtom: t.DataAtom, Attr: t.Attr}
	b.top().AppendChild(node)
	if t.Type == html.SelfClosingTagToken && !strings.Contains(t.Data, ":") {
		// Browsers ignore the slash on elements that may hold something, but
		// Office writes <o:p/> and means it.
		t.Type = html.StartTagToken
	}
	if isVoid(t.DataAtom) || t.Type == html.SelfClosingTagToken || len(b.open) >= maxHTMLDepth {
		return
	}
	b.push(node)
}

// impliedEnds closes the elements whose end tag may be left out.
func (b *treeBuilder) impliedEnds(next atom.Atom) {
	switch top := b.top().DataAtom; next {
	case atom.Li, atom.Option, atom.P:
		if top == next {
			b.pop()
		}
	case atom.Td, atom.Th, atom.Tr:
		for top == atom.Td || top == atom.Th || top == atom.P || next == atom.Tr && top == atom.Tr {
			b.pop()
			top = b.top().DataAtom
		}
	case atom.Div, atom.Table, atom.Ul, atom.Ol, atom.Blockquote, atom.Hr:
		if top == atom.P {
			b.pop()
		}
	}
}

// end closes the innermost element of that name. A cell or a table is not
// closed by the stray end tag of something around it.
func (b *treeBuilder) end(name string) {
	if b.count[name] == 0 {
		return
	}
	for i := len(b.open) - 1; i > 0; i-- {
		if b.open[i].Data == name {
			b.popTo(i)
			return
		}
		if b.open[i].DataAtom == atom.Table {
			return
		}
	}
}

func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input,
		atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// Attribute returns an attribute's value, or "".
func Attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
