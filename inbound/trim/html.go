package trim

import (
	"strings"

	"deskpost/inbound/mime"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// FromHTML returns what the sender newly wrote in an HTML mail. The marks that
// clients put into their HTML are surer than words; they are turned into the
// marks of a text, and the rules for text then decide. ok tells that the HTML
// had such marks.
func FromHTML(source string) (newText string, ok bool) {
	root := mime.ParseHTML(source)
	m := marker{}
	m.walk(root)
	var kept []string
	for _, line := range strings.Split(New(mime.NodeText(root)).New, "\n") {
		if line != ReplyMarker {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n")), m.found
}

// marker goes through a tree and marks quotes and signatures in it.
type marker struct{ found bool }

func (m *marker) walk(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode {
			m.element(c)
			m.walk(c)
		}
		c = next
	}
}

func (m *marker) element(n *html.Node) {
	switch {
	case beginsOlderMail(n):
		m.found = true
		insertLine(n, ReplyMarker)
	case isAttribution(n):
		m.found = true
		n.Data, n.DataAtom = "blockquote", atom.Blockquote
	case isSignature(n):
		insertLine(n, "-- ")
	case n.DataAtom == atom.Blockquote:
		if isIndent(n) {
			n.Data, n.DataAtom = "div", atom.Div
			return
		}
		m.found = m.found || mime.Attribute(n, "type") == "cite" || hasClass(n, "gmail_quote")
	}
}

// beginsOlderMail reports whether all that follows an element is the mail that
// is answered.
func beginsOlderMail(n *html.Node) bool {
	switch strings.TrimPrefix(mime.Attribute(n, "id"), "x_") {
	case "divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "stopSpelling", "mail-editor-reference-message-container",
		"ms-outlook-mobile-reference-message", "isReplyContent", "reply139content":
		return true
	}
	for _, class := range []string{"yahoo_quoted", "protonmail_quote", "OutlookMessageHeader", "tutanota_quote", "zmail_extra", "wrapQuote"} {
		if hasClass(n, class) {
			return true
		}
	}
	if n.DataAtom == atom.Div && mime.Attribute(n, "name") == "quote" { // GMX, web.de
		return true
	}
	if n.DataAtom == atom.Hr && mime.Attribute(n, "tabindex") == "-1" { // outlook.com
		return true
	}
	// Outlook on the desktop names nothing, but draws a line above "From:".
	style := strings.ToLower(mime.Attribute(n, "style"))
	return n.DataAtom == atom.Div && strings.Contains(style, "border-top:solid #") &&
		(strings.Contains(style, "#e1e1e1") || strings.Contains(style, "#b5c4df"))
}

// isAttribution reports whether an element is the "On ... wrote:" above a quote.
func isAttribution(n *html.Node) bool {
	return hasClass(n, "gmail_attr") || hasClass(n, "moz-cite-prefix")
}

func isSignature(n *html.Node) bool {
	for _, class := range []string{"gmail_signature", "moz-signature", "protonmail_signature_block"} {
		if hasClass(n, class) {
			return !strings.HasPrefix(firstText(n), "--")
		}
	}
	id := strings.TrimPrefix(mime.Attribute(n, "id"), "x_")
	return id == "Signature" || id == "ms-outlook-mobile-signature"
}

// firstText returns the first words in an element.
func firstText(n *html.Node) string {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			if text := strings.TrimSpace(c.Data); text != "" {
				return text
			}
		} else if text := firstText(c); text != "" {
			return text
		}
	}
	return ""
}

// isIndent reports whether a blockquote is the sender's own indented text:
// editors use it to move a paragraph to the right.
func isIndent(n *html.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(mime.Attribute(n, "style")), " ", "")
	return mime.Attribute(n, "type") != "cite" && strings.Contains(style, "border:none")
}

// hasClass looks for a class, also as Outlook renames it ("x_gmail_quote").
func hasClass(n *html.Node, class string) bool {
	for _, c := range strings.Fields(mime.Attribute(n, "class")) {
		if strings.TrimPrefix(c, "x_") == class {
			return true
		}
	}
	return false
}

// insertLine puts a line of its own before an element.
func insertLine(before *html.Node, text string) {
	line := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	line.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	before.Parent.InsertBefore(line, before)
}
