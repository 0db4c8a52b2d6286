package safehtml

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// gone are elements that go with all that is in them: what they hold is no text
// for readers, or is read by other rules than the rest of a document. Without the
// latter no browser can take the result for another tree than it is.
var gone = []string{
	"script", "style", "title", "template", "noscript", "link", "meta", "base", // of a page, not of a letter
	"iframe", "frame", "frameset", "noframes", "object", "embed", "applet", "param", "noembed", "portal", // other documents
	"svg", "math", "xmp", "plaintext", "listing", // other languages
	"audio", "video", "source", "track", "canvas", "map", "area", // other media
	"input", "select", "option", "optgroup", "datalist", "textarea", "keygen", "dialog", // input
}

// A cleaner goes over a tree once.
type cleaner struct {
	Options
	withheld int
}

// children cleans all that is in an element. The tree is at most 200 deep.
func (c *cleaner) children(n *html.Node) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case child.Type == html.TextNode:
		case child.Type != html.ElementNode || slices.Contains(gone, child.Data):
			n.RemoveChild(child)
		default:
			c.element(child)
			c.children(child)
		}
		child = next
	}
}

// element decides about the addresses and styles of an element. Which elements
// and other attributes stay is the policy's matter.
func (c *cleaner) element(n *html.Node) {
	n.Attr = firsts(n.Attr)
	if style := take(n, "style"); style != "" {
		set(n, "style", cleanStyle(style))
	}
	switch n.DataAtom {
	case atom.Body:
		n.Data, n.DataAtom = "div", atom.Div // it carries the colours of many mails
	case atom.A:
		c.link(n)
	case atom.Img:
		c.picture(n)
	}
}

// link lets a link lead where a person may want to go, in a window of its own
// that knows nothing of this one.
func (c *cleaner) link(n *html.Node) {
	to := take(n, "href")
	for _, name := range []string{"rel", "target", "name"} {
		take(n, name)
	}
	if to = linkAddress(to); to != "" {
		set(n, "href", to)
		set(n, "target", "_blank")
		set(n, "rel", linkRelation)
	}
}

const linkRelation = "nofollow noreferrer noopener"

// picture keeps what came with the mail. Of any other picture the words in its
// place stay.
func (c *cleaner) picture(n *html.Node) {
	address := take(n, "src")
	for _, name := range []string{"srcset", "sizes", "loading", "usemap"} {
		take(n, name)
	}
	if id, ok := contentID(address); ok {
		if c.Picture != nil {
			set(n, "src", c.Picture(id))
		}
		return
	}
	address, remote := pictureAddress(address)
	switch {
	case !remote:
	case c.Remote && address != "":
		set(n, "src", address)
	default:
		c.withheld++
	}
}

// firsts leaves out attributes that an element has already: browsers take the
// first of a name (HTML standard, 13.2.5.33).
func firsts(attributes []html.Attribute) []html.Attribute {
	seen := make(map[string]bool, len(attributes))
	return slices.DeleteFunc(attributes, func(a html.Attribute) bool {
		twice := seen[a.Key]
		seen[a.Key] = true
		return twice
	})
}

// take removes an attribute, and gives its value without blanks around it.
func take(n *html.Node, name string) string {
	at := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if at < 0 {
		return ""
	}
	value := n.Attr[at].Val
	n.Attr = slices.Delete(n.Attr, at, at+1)
	return strings.TrimSpace(value)
}

// set adds an attribute, unless it has no value.
func set(n *html.Node, name, value string) {
	if value != "" {
		n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
	}
}
